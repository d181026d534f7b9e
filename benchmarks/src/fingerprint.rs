//! Two numbers that stand for a tensor when two programs compare what they have computed.

use std::collections::BTreeMap;

use plywood_tensor::Tensor;

/// The length of the tensor as one long vector, and its product with a fixed vector whose elements
/// lie between −1 and 1: the second tells elements that changed places.
pub(crate) fn fingerprint(tensor: &Tensor) -> [f64; 2] {
    let (mut squares, mut product) = (0.0, 0.0);
    for (index, &x) in tensor.as_slice().iter().enumerate() {
        let x = f64::from(x);
        squares += x * x;
        product += x * direction(index);
    }
    [squares.sqrt(), product]
}

/// Element `index` of the fixed vector: multiples of 2³² / φ, which spread evenly.
fn direction(index: usize) -> f64 {
    let spread = (index as u32).wrapping_mul(0x9E37_79B1);
    f64::from(spread) / f64::from(1_u32 << 31) - 1.0
}

/// The fingerprints of tensors by name.
pub(crate) fn fingerprints(tensors: &[(String, Tensor)]) -> BTreeMap<&str, [f64; 2]> {
    tensors.iter().map(|(name, tensor)| (name.as_str(), fingerprint(tensor))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_elements_that_changed_places() {
        let [length, product] = fingerprint(&Tensor::from([3.0, 4.0]));
        let [other_length, other_product] = fingerprint(&Tensor::from([4.0, 3.0]));
        assert_eq!((length, other_length), (5.0, 5.0));
        assert!((product - other_product).abs() > 0.1);
    }

    #[test]
    fn the_fixed_vector_is_the_one_of_the_other_side() {
        // Python: [(i * 0x9E3779B1 & 0xFFFFFFFF) / 2**31 - 1 for i in range(4)]
        let expected = [-1.0, 0.2360679735429585, -0.527864052914083, 0.7082039206288755];
        assert_eq!([0, 1, 2, 3].map(direction), expected);
    }
}

//! Numbers as files hold them, to `f32`.

use safetensors::Dtype;

/// The numbers of little-endian bytes as `f32`, if they are floating-point numbers. Bytes after the
/// last whole number are passed over.
pub(crate) fn floats(dtype: Dtype, data: &[u8]) -> Option<Vec<f32>> {
    fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> {
        data.chunks_exact(N).map(|word| word.try_into().expect("chunks are exact"))
    }
    match dtype {
        Dtype::F32 => Some(words(data).map(f32::from_le_bytes).collect()),
        Dtype::F64 => Some(words(data).map(|word| f64::from_le_bytes(word) as f32).collect()),
        // A bf16 is the upper half of an f32.
        Dtype::BF16 => {
            Some(words(data).map(|[low, high]| f32::from_le_bytes([0, 0, low, high])).collect())
        }
        Dtype::F16 => Some(words(data).map(|word| half(u16::from_le_bytes(word))).collect()),
        _ => None,
    }
}

/// An IEEE half-precision number.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1F), f32::from(bits & 0x3FF));
    sign * match exponent {
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2.0_f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn half_precision() {
        let cases = [
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x7BFF, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
        ];
        for (bits, number) in cases {
            assert_eq!(half(bits), number);
        }
        assert!(half(0x7C00).is_infinite() && half(0x7E00).is_nan());
    }
}

//! Random numbers for tests: all of them exact in `f32`, so that kernels of both precisions see
//! the same ones.

use proptest::prelude::*;

use crate::Array;

/// Numbers are multiples of this.
const STEP: f64 = 1.0 / 256.0;
/// The largest multiple.
const MOST: i32 = 512;

/// `len` numbers between −2 and 2.
pub fn numbers(len: usize) -> impl Strategy<Value = Vec<f64>> {
    numbers_away_from(len, &[], 0.0)
}

/// `len` numbers between −2 and 2, at least `margin` away from each of `kinks`, where a function
/// has no derivative and finite differences mislead.
pub fn numbers_away_from(
    len: usize,
    kinks: &[f64],
    margin: f64,
) -> impl Strategy<Value = Vec<f64>> + use<> {
    let kinks = kinks.to_vec();
    let number = (-MOST..=MOST)
        .prop_map(|step| f64::from(step) * STEP)
        .prop_filter("too near a kink", move |x| {
            kinks.iter().all(|kink| (x - kink).abs() >= margin)
        });
    proptest::collection::vec(number, len)
}

/// Arrays of these shapes, with numbers between −2 and 2.
pub fn arrays(shapes: impl Strategy<Value = Vec<usize>>) -> impl Strategy<Value = Array> {
    arrays_away_from(shapes, &[], 0.0)
}

/// Arrays of these shapes, with numbers between −2 and 2, at least `margin` away from each of
/// `kinks`.
pub fn arrays_away_from(
    shapes: impl Strategy<Value = Vec<usize>>,
    kinks: &[f64],
    margin: f64,
) -> impl Strategy<Value = Array> {
    let kinks = kinks.to_vec();
    shapes.prop_flat_map(move |shape| {
        let len = shape.iter().product();
        numbers_away_from(len, &kinks, margin)
            .prop_map(move |values| Array { shape: shape.clone(), values })
    })
}

/// `len` numbers in random order, each at least 1/64 away from all others: a maximum among them
/// stays the maximum when they are moved a little.
pub fn distinct(len: usize) -> impl Strategy<Value = Vec<f64>> {
    let middle = (len / 2) as f64;
    let sorted: Vec<f64> = (0..len).map(|i| (i as f64 - middle) / 64.0).collect();
    Just(sorted).prop_shuffle()
}

/// `len` numbers between −1 and 1 that follow from a seed: for large problems, where a strategy
/// for each number would take longer than the kernel.
pub fn noise(seed: u64, len: usize) -> Vec<f64> {
    // SplitMix64 (Steele, Lea and Flood, 2014), its upper 24 bits.
    let word = |index: u64| {
        let mut word = seed
            .wrapping_mul(0xD134_2543_DE82_EF95)
            .wrapping_add(index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    };
    (0..len as u64).map(|index| (word(index) >> 40) as f64 / f64::from(1 << 23) - 1.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cases, shapes};

    proptest! {
        #![proptest_config(cases(32))]

        #[test]
        fn prop_numbers_are_exact_in_f32(
            array in arrays_away_from(shapes(0..=3, 0..=4), &[0.0, 1.0], 0.125),
        ) {
            prop_assert_eq!(array.values.len(), array.shape.iter().product::<usize>());
            for x in array.values {
                prop_assert_eq!(f64::from(x as f32), x);
                prop_assert!(x.abs() >= 0.125 && (x - 1.0).abs() >= 0.125 && x.abs() <= 2.0);
            }
        }

        #[test]
        fn prop_distinct_numbers_are_apart(mut numbers in distinct(50)) {
            numbers.sort_by(f64::total_cmp);
            for pair in numbers.windows(2) {
                prop_assert!(pair[1] - pair[0] >= 1.0 / 64.0);
            }
        }
    }

    #[test]
    fn noise_is_spread_evenly() {
        let noise = noise(7, 10_000);
        let mean = noise.iter().sum::<f64>() / 1e4;
        let square = noise.iter().map(|x| x * x).sum::<f64>() / 1e4;
        // Three standard errors of each.
        assert!(mean.abs() < 3.0 * (1.0 / 3.0_f64).sqrt() / 100.0);
        assert!((square - 1.0 / 3.0).abs() < 3.0 * (4.0 / 45.0_f64).sqrt() / 100.0);
        assert!(noise.iter().all(|&x| f64::from(x as f32) == x && x.abs() <= 1.0));
        assert_ne!(noise, super::noise(8, 10_000));
    }
}

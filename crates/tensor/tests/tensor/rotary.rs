//! Rotary positions against the definition, and what can't be turned.

use plywood_tensor::{RotaryOptions, Shape, Tensor, naive};
use plywood_testkit::cases;
use proptest::prelude::*;

use crate::support::{agree, noise};

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn prop_rows_are_turned_as_defined(
        batch in 1_usize..4, length in 1_usize..80, pairs in 1_usize..20, heads in 0_usize..4, rest in 1_usize..40,
        first in 0_usize..1000, inverse: bool,
    ) {
        let (head, features) = (2 * pairs, 2 * pairs * heads);
        let options = RotaryOptions { head, features, first, base: 10_000.0, inverse };
        let x = noise::<f64>(1, &[batch, length, features + rest]);
        let expected = naive::rotary(&x, &options);
        let y = x.clone().into_rotary(&options).unwrap();
        agree(&y, &expected, 1e-12);
        agree(&x.cast::<f32>().into_rotary(&options).unwrap(), &expected, 1e-5);
        agree(&y.into_rotary(&options.inverted()).unwrap(), &x, 1e-12);
    }
}

/// The product of a query and a key says how far apart they are, and not where.
#[test]
fn products_depend_on_the_distance() {
    let [q, k] = [1, 2].map(|seed| noise::<f64>(seed, &[1, 8]));
    let product = |of_q: usize, of_k: usize| {
        let at = |x: &Tensor<f64>, first| {
            x.clone().into_rotary(&RotaryOptions { first, ..RotaryOptions::new(8) }).unwrap()
        };
        (&at(&q, of_q) * &at(&k, of_k)).sum()
    };
    assert!((product(3, 1) - product(103, 101)).abs() < 1e-10);
    assert!((product(3, 1) - product(4, 1)).abs() > 1e-3);
}

#[test]
fn what_cant_be_turned_is_said() {
    let refused = |options: RotaryOptions, dims: &[usize]| {
        let x = Tensor::<f32>::zeros(Shape::new(dims).unwrap());
        x.into_rotary(&options).unwrap_err().to_string()
    };
    let of = RotaryOptions::new;
    for (options, dims, text) in [
        (of(3), &[2, 3][..], "a head of 3 numbers isn't made of pairs"),
        (of(0), &[2, 3], "a head of 0 numbers isn't made of pairs"),
        (RotaryOptions { features: 6, ..of(4) }, &[2, 8], "6 features aren't heads of 4 numbers"),
        (of(4), &[4], "input [4] should be (…, L, W)"),
        (
            of(4),
            &[2, 3],
            "input [2, 3] (…, L, W) has rows of 3 numbers, of which 4 are to be turned",
        ),
        (
            RotaryOptions { base: f64::NAN, ..of(4) },
            &[2, 4],
            "the base is NaN; it should be 1 or more",
        ),
        (
            RotaryOptions { first: usize::MAX, ..of(4) },
            &[2, 4],
            "2 places from 18446744073709551615 on are too many; there can be 2³² at most",
        ),
    ] {
        assert_eq!(refused(options, dims), format!("rotary: {text}"));
    }
}

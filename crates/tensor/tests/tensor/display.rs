//! Printing: any tensor, whatever is in it, and the forms that NumPy's users expect.

use plywood_tensor::Tensor;
use plywood_testkit::{cases, shapes};
use proptest::prelude::*;

use crate::support::{noise, shape};

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_any_bits_are_printed(bits in proptest::collection::vec(any::<u32>(), 0..40)) {
        let x = Tensor::from(bits.iter().map(|&bits| f32::from_bits(bits)).collect::<Vec<_>>());
        let text = x.to_string();
        prop_assert!(text.starts_with('[') && text.ends_with(']'));
        prop_assert_eq!(text.split_whitespace().count() >= 1, true);
        let _ = format!("{x:?}");
        let _ = Tensor::from(bits).to_string();
    }

    #[test]
    fn prop_any_doubles_are_printed(values in proptest::collection::vec(any::<f64>(), 0..40)) {
        let _ = Tensor::from(values).to_string();
    }

    #[test]
    fn prop_any_shape_is_printed(dims in shapes(0..=8, 0..=3)) {
        let x = noise::<f32>(1, &dims);
        let text = x.to_string();
        if x.numel() <= 1000 {
            // Every element, and a bracket for each line of it.
            let numbers = text.split(['[', ']', ' ', '\n']).filter(|part| !part.is_empty());
            prop_assert_eq!(numbers.count(), x.numel());
        }
        let opened = text.matches('[').count();
        prop_assert_eq!(opened, text.matches(']').count());
    }

    #[test]
    fn prop_long_axes_are_shortened(dims in shapes(1..=3, 1..=40)) {
        let x = noise::<f32>(1, &dims);
        prop_assert!(x.to_string().len() < 12_000);
    }
}

#[test]
fn types_and_shapes_for_debugging() {
    assert_eq!(format!("{:?}", Tensor::from([[1.0_f32, 0.5]])), "Tensor<f32> [1, 2]\n[[1.  0.5]]");
    assert_eq!(format!("{:?}", Tensor::from([true, false])), "Tensor<bool> [2]\n[ true false]");
    assert_eq!(format!("{:>12}|", shape(&[2, 3])), "      [2, 3]|");
}

#[test]
fn empty_tensors_of_any_size() {
    assert_eq!(Tensor::zeros([0]).to_string(), "[]");
    assert_eq!(Tensor::zeros([0, 3]).to_string(), "[]");
    assert_eq!(Tensor::zeros([1 << 40, 0]).to_string().matches("[]").count(), 6);
}

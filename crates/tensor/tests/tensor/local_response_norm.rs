//! Local response normalisation against its definition, PyTorch's numbers, and itself on several
//! threads.

use plywood_tensor::{
    Float, LocalResponseOptions, local_response_norm, local_response_norm_grad, naive, threads,
};
use plywood_testkit::{assert_same_bits, cases, fixtures};
use proptest::prelude::*;

use crate::support::{agree, f64s, noise, tensor, tolerance};

fn check<T: Float>(input: &[usize], options: &LocalResponseOptions) {
    let x = noise::<T>(1, input);
    let expected = naive::local_response_norm(&x.cast::<f64>(), options).unwrap();
    agree(&local_response_norm(&x, options).unwrap(), &expected, tolerance::<T>(32));
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_local_response_norm(
        n in 0_usize..=2, c in 0_usize..=7, h in 0_usize..=3, w in 1_usize..=3,
        size in 1_usize..=9, alpha in 0.0..2.0, beta in 0.1..2.0, k in 0.5..2.0,
    ) {
        let options = LocalResponseOptions { size, alpha, beta, k };
        check::<f32>(&[n, c, h, w], &options);
        check::<f64>(&[n, c, h, w], &options);
    }
}

#[test]
fn agrees_with_pytorch() {
    let fixture = fixtures::load("local_response_norm");
    for case in fixture.cases("case") {
        let array = |name: &str| tensor::<f64>(&fixture[&format!("{case}.{name}")]);
        let params = array("params");
        let &[size, alpha, beta, k] = params.as_slice() else { panic!("{params}") };
        let options = LocalResponseOptions { size: size as usize, alpha, beta, k };
        let (x, dy) = (array("input"), array("grad_output"));
        agree(&local_response_norm(&x, &options).unwrap(), &array("output"), 1e-14);
        let dx = local_response_norm_grad(&dy, &x, &options).unwrap();
        agree(&dx, &array("grad_input"), 1e-14);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let x = noise::<f32>(1, &[4, 32, 29, 31]);
    let options = LocalResponseOptions::default();
    let both = || {
        let y = local_response_norm(&x, &options).unwrap();
        let dx = local_response_norm_grad(&y, &x, &options).unwrap();
        [f64s(&y), f64s(&dx)]
    };
    let (one, three) = (threads::with(1, both).unwrap(), threads::with(3, both).unwrap());
    one.iter().zip(&three).for_each(|(one, three)| assert_same_bits(one, three));
}

#[test]
fn what_makes_no_sense_is_said() {
    let x = noise::<f32>(1, &[2, 3]);
    let error = |options| local_response_norm(&x, &options).unwrap_err().to_string();
    let default = LocalResponseOptions::default();
    assert_eq!(
        error(LocalResponseOptions { size: 0, ..default }),
        "local_response_norm: the size is 0; it should be 1 or more",
    );
    assert_eq!(
        error(LocalResponseOptions { beta: f64::NAN, ..default }),
        "local_response_norm: the β is NaN; it should be finite",
    );
    assert_eq!(
        local_response_norm(&noise::<f32>(1, &[3]), &default).unwrap_err().to_string(),
        "local_response_norm: input [3] should have axes (N, C, …)",
    );
    assert_eq!(
        local_response_norm_grad(&x, &noise(1, &[3, 2]), &default).unwrap_err().to_string(),
        "local_response_norm_grad: dy [2, 3] should be [3, 2]",
    );
}

//! The gradient check itself: it must find what is wrong.

use plywood_autodiff::{Param, Params, Pass, Var, gradcheck, gradcheck_model};
use plywood_tensor::{Result, Tensor};

use crate::support::error_of;

fn x() -> Tensor<f64> {
    Tensor::from([0.5, -1.5])
}

#[test]
fn a_right_gradient_passes() {
    gradcheck(&[x(), x()], |x, _| x[0].clone().exp().mul(&x[1])).unwrap();
}

/// Half of a square's gradient: detached factors are constants to the tape, but not to the
/// difference quotient.
#[test]
fn a_wrong_gradient_is_shown_with_both_numbers() {
    let half = |x: &[Var<f64>], _: &mut _| -> Result<Var<f64>> { x[0].mul(&x[0].detach()) };
    let text = error_of(gradcheck(&[x()], half));
    let start = "gradcheck: input 0: element 0 of [2] has gradient ";
    assert!(text.starts_with(start), "{text}");
    let numbers: Vec<f64> = text[start.len()..]
        .split(", the difference quotient is ")
        .map(|number| number.parse().unwrap())
        .collect();
    assert!((numbers[1] - 2.0 * numbers[0]).abs() < 1e-9, "{text}");
}

#[test]
fn an_error_of_a_millionth_is_found() {
    // The tape sees a slope that is wrong by 3e-6 of itself.
    let off = |x: &[Var<f64>], _: &mut _| -> Result<Var<f64>> {
        let nearly = x[0].clone().square();
        let shift = x[0].detach().square() * 3e-6;
        nearly.add(&shift)
    };
    assert!(gradcheck(&[x()], off).is_err());
}

#[test]
fn an_input_without_a_gradient_is_named() {
    let first_only = |x: &[Var<f64>], _: &mut _| Ok(x[0].clone().square());
    assert_eq!(
        error_of(gradcheck(&[x(), x()], first_only)),
        "gradcheck: input 1: it has no gradient",
    );
    let none = |x: &[Var<f64>], _: &mut _| Ok(x[0].detach().square());
    assert_eq!(
        error_of(gradcheck(&[x()], none)),
        "backward: the loss depends on no parameter and no input of this pass",
    );
}

#[test]
fn a_kink_is_found() {
    // The difference quotient across 0 is neither of the two slopes.
    assert!(gradcheck(&[Tensor::from([1e-4])], |x, _| Ok(x[0].clone().relu())).is_err());
}

#[test]
fn errors_of_the_function_come_through() {
    assert_eq!(
        error_of(gradcheck(&[x()], |x, _| x[0].reshape([3]))),
        "reshape: [2] has 2 elements, [3] has 3",
    );
}

#[test]
fn a_models_wrong_gradient_is_named() {
    let model = vec![Param::new(x()), Param::new(x())];
    let check = |wrong: usize| {
        gradcheck_model(&model, &[x()], move |model, x, pass| {
            let [a, b] = [0, 1].map(|place| pass.param(&model[place]));
            // Half of a product's gradient reaches a factor that is detached in one of two places.
            let parts = [&a, &b, &x[0]];
            let twice = parts[wrong % 3].mul(&match wrong {
                3 => parts[0].clone(),
                _ => parts[wrong].detach(),
            })?;
            a.mul(&b)?.mul(&x[0])?.add(&twice)
        })
    };
    check(3).unwrap();
    for (wrong, place) in ["parameter 0", "parameter 1", "input 0"].into_iter().enumerate() {
        let text = error_of(check(wrong));
        let start = format!("gradcheck: {place}: element 0 of [2] has gradient ");
        assert!(text.starts_with(&start), "{text}");
    }
    assert_eq!(model[0].value(), &x(), "the model stays as it is");
    let first_only = |model: &Vec<Param<f64>>, _: &[Var<f64>], pass: &mut Pass<f64>| {
        Ok(pass.param(&model[0]).square())
    };
    assert_eq!(
        error_of(gradcheck_model(&model, &[], first_only)),
        "backward: 1 of 2 parameters have no gradient: 1 (not used in this pass); mend the path, \
         freeze them, or call `backward_partial`",
    );
    let frozen = {
        let mut model = model.clone();
        model.freeze("1");
        model
    };
    gradcheck_model(&frozen, &[], first_only).unwrap();
    assert_eq!(
        error_of(gradcheck_model(&frozen, &[x()], first_only)),
        "gradcheck: input 0: it has no gradient",
    );
}

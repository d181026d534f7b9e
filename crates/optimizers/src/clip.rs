//! Limiting gradients.

use plywood_autodiff::Grads;
use plywood_tensor::{Error, Float, Result, Tensor, check_setting};

/// The norm of all gradients together: √Σ g². Of gradients in `f32` it is finite if all of them are; in `f64`, if
/// none is beyond 1e154.
pub fn grad_norm<T: Float>(grads: &Grads<T>) -> f64 {
    grads.iter().map(|(_, gradient)| sum_of_squares(gradient)).sum::<f64>().sqrt()
}

/// The sum of the squares of a gradient's elements.
fn sum_of_squares<T: Float>(gradient: &Tensor<T>) -> f64 {
    // What squares that have lost digits, being too small, have lost is nothing beside this sum.
    let sure = T::MIN_POSITIVE / T::EPSILON;
    let sum = gradient.sum_of_squares();
    if sum.finite() && sum >= sure {
        return sum.to_f64();
    }
    // Whole layers have no gradient yet, or none any more: that takes no second pass in double precision.
    if gradient.as_slice().iter().fold(true, |all, &g| all & (g == T::ZERO)) {
        return 0.0;
    }
    // In double precision no square of an `f32` overflows, and none is lost.
    gradient.as_slice().iter().map(|g| g.to_f64() * g.to_f64()).sum()
}

/// Scales all gradients together so that their norm is at most `max_norm`, and gives the norm that
/// they had.
///
/// Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks"
/// (2012), as PyTorch's `clip_grad_norm_`.
///
/// # Errors
/// When `max_norm` is not a number of 0 or more, or a gradient is infinite or NaN: scaling would make
/// all of them useless. They are left as they are then.
pub fn clip_grad_norm<T: Float>(grads: &mut Grads<T>, max_norm: f64) -> Result<f64> {
    let mut clip = || {
        check_setting("largest norm", max_norm, 0.0..)?;
        let norm = grad_norm(grads);
        if !norm.is_finite() {
            let broken = grads.iter().find(|(_, gradient)| !gradient.all_finite());
            let name = broken.map_or("", |(name, _)| name);
            return Err(Error::value(format!("the gradients' norm is {norm}, because of {name}"))
                .hint("a smaller learning rate often helps"));
        }
        let factor = max_norm / (norm + 1e-6);
        if factor < 1.0 {
            for (_, gradient) in grads.iter_mut() {
                let whole = std::mem::replace(gradient, Tensor::scalar(T::ZERO));
                *gradient = match T::of(factor) {
                    rounded if rounded >= T::MIN_POSITIVE || factor == 0.0 => whole * rounded,
                    // In single precision the factor would lose digits, or be 0.
                    _ => whole.into_map(|g| T::of(g.to_f64() * factor)),
                };
            }
        }
        Ok(norm)
    };
    clip().map_err(|error: Error| error.operation("clip_grad_norm"))
}

/// Limits each gradient's elements to −`limit` … `limit`, and gives how many lay outside.
///
/// # Errors
/// When `limit` is not a number of 0 or more.
pub fn clip_grad_value<T: Float>(grads: &mut Grads<T>, limit: f64) -> Result<usize> {
    check_setting("limit", limit, 0.0..).map_err(|error| error.operation("clip_grad_value"))?;
    let limit = T::of(limit);
    let mut outside = 0;
    for (_, gradient) in grads.iter_mut() {
        outside += gradient.as_slice().iter().filter(|g| g.abs() > limit).count();
        let whole = std::mem::replace(gradient, Tensor::scalar(T::ZERO));
        *gradient = whole.into_map(|g| match g {
            g if g > limit => limit,
            g if g < -limit => -limit,
            g => g,
        });
    }
    Ok(outside)
}

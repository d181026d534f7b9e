//! Limiting gradients.

use plywood_autodiff::Grads;
use plywood_tensor::{Error, Result, Tensor};

use crate::rule::check_setting;

/// The norm of all gradients together: √Σ g². It is finite if all of them are.
pub fn grad_norm(grads: &Grads) -> f64 {
    grads.iter().map(|(_, gradient)| sum_of_squares(gradient)).sum::<f64>().sqrt()
}

/// The sum of the squares of a gradient's elements.
fn sum_of_squares(gradient: &Tensor) -> f64 {
    /// What squares that are no normal `f32` any more have lost is nothing beside this sum.
    const SURE: f32 = f32::MIN_POSITIVE / f32::EPSILON;
    let sum = gradient.sum_of_squares();
    if sum.is_finite() && sum >= SURE {
        return f64::from(sum);
    }
    // Whole layers have no gradient yet, or none any more: that takes no second pass in double precision.
    let any_bit = gradient.as_slice().iter().fold(0, |bits, g| bits | g.to_bits() << 1);
    if any_bit == 0 {
        return 0.0;
    }
    // In double precision no square of an `f32` overflows, and none is lost.
    gradient.as_slice().iter().map(|&g| f64::from(g) * f64::from(g)).sum()
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
pub fn clip_grad_norm(grads: &mut Grads, max_norm: f64) -> Result<f64> {
    let mut clip = || {
        check_setting("largest norm", max_norm, 0.0, f64::INFINITY)?;
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
                let whole = std::mem::replace(gradient, Tensor::scalar(0.0));
                *gradient = match factor as f32 {
                    single if single.is_normal() || factor == 0.0 => whole * single,
                    // In single precision the factor would lose digits, or be 0.
                    _ => whole.into_map(|g| (f64::from(g) * factor) as f32),
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
pub fn clip_grad_value(grads: &mut Grads, limit: f64) -> Result<usize> {
    check_setting("limit", limit, 0.0, f64::INFINITY)
        .map_err(|error| error.operation("clip_grad_value"))?;
    let limit = limit as f32;
    let mut outside = 0;
    for (_, gradient) in grads.iter_mut() {
        outside += gradient.as_slice().iter().filter(|g| g.abs() > limit).count();
        let whole = std::mem::replace(gradient, Tensor::scalar(0.0));
        *gradient = whole.into_map(|g| g.clamp(-limit, limit));
    }
    Ok(outside)
}

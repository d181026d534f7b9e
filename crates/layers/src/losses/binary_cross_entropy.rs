//! Binary cross-entropy: the loss of yes-or-no questions.

use plywood_autodiff::Var;
use plywood_tensor::{Float, Result, Tensor};

use super::not_empty;

/// The mean over all elements of the binary cross-entropy of scores and targets between 0 and 1,
/// computed without overflow.
///
/// # Errors
/// When the batch is empty, or the shapes differ.
pub fn binary_cross_entropy_with_logits<T: Float>(
    logits: &Var<T>,
    target: &Tensor<T>,
) -> Result<Var<T>> {
    not_empty("binary_cross_entropy_with_logits", target.shape())?;
    Ok(logits.binary_cross_entropy_with_logits(target)?.mean())
}

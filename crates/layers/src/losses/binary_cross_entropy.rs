//! Binary cross-entropy: the loss of yes-or-no questions.

use plywood_autodiff::Var;
use plywood_tensor::{Result, Tensor};

/// The mean over all elements of the binary cross-entropy of scores and targets between 0 and 1,
/// computed without overflow.
///
/// # Errors
/// When the shapes differ.
pub fn binary_cross_entropy_with_logits(logits: &Var, target: &Tensor) -> Result<Var> {
    Ok(logits.binary_cross_entropy_with_logits(target)?.mean())
}

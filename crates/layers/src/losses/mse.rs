//! Mean squared error: the loss of a model that predicts numbers.

use plywood_autodiff::Var;
use plywood_tensor::{Error, Float, Result, Tensor, compiled_here};

use super::not_empty;

/// The mean over all elements of (prediction − target)².
///
/// # Errors
/// When the batch is empty, or the shapes differ: broadcasting `[N]` against `[N, 1]` would compare every prediction with
/// every target.
pub fn mse_loss<T: Float>(prediction: &Var<T>, target: &Tensor<T>) -> Result<Var<T>> {
    mean_square(prediction, target)
}

compiled_here! {
    fn mean_square<'a, T>(prediction: &'a Var<T>, target: &'a Tensor<T>) -> Result<Var<T>> {
        if prediction.shape() != target.shape() {
            return Err(Error::shape(format!(
                "the predictions are {}, the targets {}",
                prediction.shape(),
                target.shape()
            ))
            .operation("mse_loss")
            .hint("`reshape` one of them"));
        }
        not_empty("mse_loss", target.shape())?;
        Ok(prediction.sub(&Var::constant(target.clone()))?.square().mean())
    }
}

//! How wrong a model's output is, as one number.

mod binary_cross_entropy;
mod cross_entropy;
mod loss;
mod mse;

use plywood_tensor::{Error, Result, Shape};

pub use binary_cross_entropy::binary_cross_entropy_with_logits;
pub use cross_entropy::{
    CrossEntropy, balanced_class_weights, cross_entropy, median_frequency_weights,
};
pub use loss::Loss;
pub use mse::mse_loss;

/// Refuses to take the mean over nothing, which would be NaN and spoil every weight.
fn not_empty(operation: &'static str, batch: Shape) -> Result<()> {
    match batch.numel() {
        0 => Err(Error::data("the batch is empty, it has no mean").operation(operation)),
        _ => Ok(()),
    }
}

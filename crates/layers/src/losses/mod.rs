//! How wrong a model's output is, as one number.

mod binary_cross_entropy;
mod cross_entropy;
mod mse;

pub use binary_cross_entropy::binary_cross_entropy_with_logits;
pub use cross_entropy::{CrossEntropy, cross_entropy};
pub use mse::mse_loss;

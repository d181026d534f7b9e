//! Transforms of single pictures: augmentation for training, and sizes for evaluation.
//!
//! Names and meanings are torchvision's. A picture is a `[C, H, W]` tensor with values from 0 to 1.

mod normalize;

pub use normalize::Normalize;

use std::fmt::Debug;

use plywood_tensor::{Error, Result, Rng, Tensor};

/// A change to one picture `[C, H, W]`, with values from 0 to 1.
///
/// Given a generator, it draws what is random about it. Without one (evaluation) it does what is
/// the middle of that: a random crop takes the centre, a random flip does nothing.
///
/// Loader threads run transforms: loops over [`as_slice`](Tensor::as_slice) keep them from waiting
/// for the thread pool that large tensor operations use.
pub trait Transform: Debug + Send + Sync + 'static {
    /// The shape `[C, H, W]` that a picture of shape `input` comes to have: the same for each
    /// picture.
    ///
    /// # Errors
    /// When such a picture can't be changed so.
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]>;

    /// Changes a picture.
    ///
    /// # Errors
    /// When [`shape`](Self::shape) fails.
    fn apply(&self, picture: Tensor, rng: Option<&mut Rng>) -> Result<Tensor>;
}

/// The sizes of a picture's axes.
pub(crate) fn picture_shape(picture: &Tensor) -> Result<[usize; 3]> {
    <[usize; 3]>::try_from(&picture.shape()[..]).map_err(|_| {
        Error::shape(format!(
            "{} is not a picture: it should have 3 axes (C, H, W)",
            picture.shape()
        ))
    })
}

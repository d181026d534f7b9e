//! Transforms of single images: augmentation for training, and sizes for evaluation.
//!
//! Names and meanings are torchvision's. An image is a `[C, H, W]` tensor with values between 0
//! and 1. Settings are checked when a transform meets its first shape, before any training: by
//! [`Images::transform`](crate::Images::transform).
//!
//! ```
//! use plywood_datasets::Digits;
//! use plywood_datasets::transforms::{RandomAffine, RandomCrop};
//!
//! let digits = Digits::embedded()?
//!     .transform(RandomCrop::new(8).padding(1))?
//!     .transform(RandomAffine::new(10.0).scale([0.9, 1.1]))?;
//! assert_eq!(digits.shape(), [1, 8, 8]);
//! # Ok::<(), plywood_tensor::Error>(())
//! ```

mod affine;
mod band_norm;
mod band_warp;
mod color_jitter;
mod crop;
mod erasing;
mod flip;
mod normalize;
mod resize;
mod spec_augment;
mod time_crop;

pub use affine::RandomAffine;
pub use band_norm::BandNorm;
pub use band_warp::BandWarp;
pub use color_jitter::ColorJitter;
pub use crop::{CenterCrop, RandomCrop};
pub use erasing::RandomErasing;
pub use flip::{AlternatingFlip, RandomHorizontalFlip};
pub use normalize::Normalize;
pub use resize::Resize;
pub use spec_augment::SpecAugment;
pub use time_crop::RandomTimeCrop;

use std::fmt::Debug;

use plywood_tensor::{Error, Result, Rng, Tensor};

use crate::draw::Context;

/// A change to one image `[C, H, W]`, with values from 0 to 1.
///
/// In training it draws what is random about it from the [`Context`]. In evaluation, where that has no
/// generator, it does what is the middle of that: a random crop takes the centre, a random flip does nothing.
///
/// Loader threads run transforms: loops over [`as_slice`](Tensor::as_slice) keep them from waiting
/// for the thread pool that large tensor operations use. `Debug` must show every setting: data
/// sets are told apart by it.
///
/// ```
/// use plywood_datasets::{Context, Digits, Transform};
/// use plywood_tensor::{Result, Tensor};
///
/// /// Black on white.
/// #[derive(Debug)]
/// struct Negative;
///
/// impl Transform for Negative {
///     fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
///         Ok(input)
///     }
///
///     fn apply(&self, mut image: Tensor, _: &mut Context) -> Result<Tensor> {
///         for x in image.as_mut_slice() {
///             *x = 1.0 - *x;
///         }
///         Ok(image)
///     }
/// }
///
/// let negatives = Digits::embedded()?.transform(Negative)?;
/// # let _ = negatives;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Transform: Debug + Send + Sync + 'static {
    /// The shape `[C, H, W]` that every image of shape `input` comes to have.
    ///
    /// # Errors
    /// When such an image can't be changed so, or the transform's settings make no sense.
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]>;

    /// Changes an image.
    ///
    /// # Errors
    /// When [`shape`](Self::shape) fails.
    fn apply(&self, image: Tensor, context: &mut Context) -> Result<Tensor>;
}

/// A height and a width in pixels: from one number for a square, or from `[height, width]`.
///
/// ```
/// use plywood_datasets::transforms::Size;
///
/// assert_eq!(Size::from(28), Size { height: 28, width: 28 });
/// assert_eq!(Size::from([480, 640]), Size { height: 480, width: 640 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl From<usize> for Size {
    fn from(side: usize) -> Self {
        Self::from([side, side])
    }
}

impl From<[usize; 2]> for Size {
    fn from([height, width]: [usize; 2]) -> Self {
        Self { height, width }
    }
}

/// The sizes of an image's axes, none of which is 0.
pub(crate) fn image_shape(image: &Tensor) -> Result<[usize; 3]> {
    let shape = image.shape();
    match <[usize; 3]>::try_from(&shape[..]) {
        Ok(sizes) if !sizes.contains(&0) => Ok(sizes),
        Ok(_) => Err(Error::shape(format!("image {shape} (C, H, W) is empty"))),
        Err(_) => {
            Err(Error::shape(format!("{shape} is not an image: it should have 3 axes (C, H, W)")))
        }
    }
}

/// Refuses a range whose ends are the wrong way round.
pub(crate) fn check_order(name: &str, [least, greatest]: [f64; 2]) -> Result<()> {
    if least <= greatest {
        return Ok(());
    }
    Err(Error::value(format!("the {name} is from {least} to {greatest}"))
        .hint("the smaller comes first"))
}

/// A number between two, uniformly.
pub(crate) fn between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.unit()
}

/// Fills each row of `to`, of as many numbers as `lengths` says, from the same row of `from`: with what lies at `start` and
/// each `step` further, on the line between two numbers. Before the first that goes on, and after the last that.
pub(crate) fn resample_rows(
    from: &[f32],
    to: &mut [f32],
    lengths: [usize; 2],
    start: f64,
    step: f64,
) {
    let [old_length, new_length] = lengths;
    for (old, new) in from.chunks(old_length).zip(to.chunks_mut(new_length)) {
        for (number, x) in new.iter_mut().enumerate() {
            let place = (start + number as f64 * step).clamp(0.0, (old_length - 1) as f64);
            let (before, part) = (place as usize, place.fract() as f32);
            let after = (before + 1).min(old_length - 1);
            *x = old[before] * (1.0 - part) + old[after] * part;
        }
    }
}

/// A whole number from 0 to `last`, both included, uniformly.
pub(crate) fn up_to(rng: &mut Rng, last: usize) -> usize {
    ((rng.unit() * (last as f64 + 1.0)) as usize).min(last)
}

//! Numbers as images inside the page.

use plywood_datasets::transforms::Resize;
use plywood_datasets::{Context, Image, Transform};
use plywood_tensor::{Result, Tensor};
use plywood_training::EmbeddedImage;

/// Of numbers `[C, H, W]` from 0 to 1, brought down to at most so many pixels a side.
pub(super) fn shrunk(
    numbers: &Tensor,
    most: usize,
    alt: impl Into<String>,
) -> Result<EmbeddedImage> {
    let small = Resize::at_most(most).apply(numbers.clone(), &mut Context::evaluation())?;
    EmbeddedImage::new(&visible(&small)?, alt)
}

/// Any numbers `[C, H, W]` as an image: in colour if there are three channels, else their mean.
pub(super) fn visible(numbers: &Tensor) -> Result<Image> {
    match numbers.shape()[0] {
        1 | 3 => Image::from_unit(numbers),
        _ => Image::from_unit(&numbers.mean_keepdim(&[0])?),
    }
}

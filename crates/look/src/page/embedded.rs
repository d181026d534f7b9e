//! An image inside a page: a PNG file as a data URI.

use plywood_datasets::transforms::Resize;
use plywood_datasets::{Context, Image, Transform};
use plywood_tensor::{Result, Tensor};
use plywood_training::data_uri;
use serde::Serialize;

/// Below this an image is enlarged by the browser, and its pixels should stay squares.
const SMALL: usize = 64;

/// What the template needs of an image.
#[derive(Serialize)]
pub(super) struct Embedded {
    uri: String,
    pub(super) width: usize,
    pub(super) height: usize,
    /// What those hear who can't see it.
    alt: String,
    small: bool,
}

impl Embedded {
    pub(super) fn new(image: &Image, alt: impl Into<String>) -> Result<Self> {
        let [_, height, width] = image.shape();
        Ok(Self {
            uri: data_uri(image)?,
            width,
            height,
            alt: alt.into(),
            small: width.max(height) <= SMALL,
        })
    }

    /// Of numbers `[C, H, W]` from 0 to 1, brought down to at most so many pixels a side.
    pub(super) fn shrunk(numbers: &Tensor, most: usize, alt: impl Into<String>) -> Result<Self> {
        let shape = numbers.shape();
        let longer = shape[1].max(shape[2]);
        if longer <= most {
            return Self::new(&visible(numbers)?, alt);
        }
        let side = |pixels: usize| (pixels * most / longer).max(1);
        let size = [side(shape[1]), side(shape[2])];
        Self::new(
            &visible(&Resize::new(size).apply(numbers.clone(), &mut Context::evaluation())?)?,
            alt,
        )
    }
}

/// Any numbers `[C, H, W]` as an image: in colour if there are three channels, else their mean.
pub(super) fn visible(numbers: &Tensor) -> Result<Image> {
    match numbers.shape()[0] {
        1 | 3 => Image::from_unit(numbers),
        _ => Image::from_unit(&numbers.mean_keepdim(&[0])?),
    }
}

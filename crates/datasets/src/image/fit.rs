//! How an image of any size is brought to the one that a network takes.

use plywood_tensor::Result;

use super::Image;
use crate::Context;
use crate::transforms::{CenterCrop, Resize, Size, Transform};

/// How an image of any size is brought to one size: what [`Image::fitted`] and
/// [`ImageFolder::open`](crate::ImageFolder::open) are told. A size alone, such as `64` or `[48, 64]`, is
/// [`middle`](Self::middle).
///
/// ```
/// use plywood_datasets::{Fit, Image};
/// use plywood_tensor::Tensor;
///
/// // Black, white, black side by side.
/// let stripes = Image::new(Tensor::from_fn([3, 4, 12], |at| if at[2] / 4 == 1 { 255 } else { 0 }))?;
/// assert_eq!(stripes.fitted(4)?.pixels(), &Tensor::full([3, 4, 4], 255));
/// // Networks for ImageNet see 224×224 of a shorter side of 256; here 2×2 of 4.
/// assert_eq!(stripes.fitted(Fit::cropped(4, 2))?.shape(), [3, 2, 2]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    size: Size,
    /// What the shorter side is brought to before the size is cut out of the middle.
    resize: Option<usize>,
}

impl Fit {
    /// The largest part of the middle that has the size's proportions, brought to that size.
    pub fn middle(size: impl Into<Size>) -> Self {
        Self { size: size.into(), resize: None }
    }

    /// The shorter side brought to `resize` pixels, then the size cut out of the middle. An image that has
    /// the size already is taken whole.
    pub fn cropped(resize: usize, size: impl Into<Size>) -> Self {
        Self { size: size.into(), resize: Some(resize) }
    }

    /// The size that images come to.
    pub fn size(&self) -> Size {
        self.size
    }

    pub(super) fn apply(&self, image: &Image) -> Result<Image> {
        let Size { height, width } = self.size;
        let context = &mut Context::evaluation();
        match self.resize {
            Some(_) if image.shape()[1..] == [height, width] => Ok(image.clone()),
            Some(resize) => {
                let large = Resize::shorter_side(resize).apply(image.to_unit(), context)?;
                Image::from_unit(&CenterCrop::new(self.size).apply(large, context)?)
            }
            None => {
                let middle = image.middle(self.size).to_unit();
                Image::from_unit(&Resize::new(self.size).apply(middle, context)?)
            }
        }
    }
}

impl From<Size> for Fit {
    fn from(size: Size) -> Self {
        Self::middle(size)
    }
}

impl From<usize> for Fit {
    fn from(side: usize) -> Self {
        Self::middle(side)
    }
}

impl From<[usize; 2]> for Fit {
    fn from(size: [usize; 2]) -> Self {
        Self::middle(size)
    }
}

//! A batch of images with the class of each of their pixels.

use plywood_tensor::Tensor;

use crate::batch::Batch;

/// Images and the class of each of their pixels.
///
/// ```
/// use plywood_datasets::{Batch, MaskedBatch};
/// use plywood_tensor::Tensor;
///
/// let (images, masks) = (Tensor::zeros([2, 3, 4, 6]), Tensor::full([2, 4, 6], 0_u32));
/// assert_eq!(MaskedBatch { images, masks }.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MaskedBatch {
    /// The images, `[N, C, H, W]`.
    pub images: Tensor,
    /// The class of each pixel, `[N, H, W]`.
    pub masks: Tensor<u32>,
}

impl Batch for MaskedBatch {
    type Input = Tensor;
    type Target = Tensor<u32>;

    fn len(&self) -> usize {
        self.images.shape()[0]
    }

    fn input(&self) -> &Tensor {
        &self.images
    }

    fn target(&self) -> &Tensor<u32> {
        &self.masks
    }
}

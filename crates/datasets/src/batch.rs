//! What a data set hands out: a batch has an input for the model and a target to learn.

use plywood_tensor::Tensor;

/// What training and metrics see of a batch.
pub trait Batch: Send + 'static {
    /// What the model is given: a [`Tensor`] for images and plain tables.
    type Input;
    /// What the model should answer.
    type Target: Target;

    /// The number of samples.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// What the model is given.
    fn input(&self) -> &Self::Input;
    /// What the model should answer.
    fn target(&self) -> &Self::Target;
}

/// What a model should answer: classes or numbers.
pub trait Target: Send + 'static {
    /// The class of each sample, `[N]`.
    fn classes(&self) -> Option<&Tensor<u32>> {
        None
    }
    /// The numbers of each sample, `[N, …]`.
    fn values(&self) -> Option<&Tensor> {
        None
    }
}

impl Target for Tensor<u32> {
    fn classes(&self) -> Option<&Tensor<u32>> {
        Some(self)
    }
}

impl Target for Tensor {
    fn values(&self) -> Option<&Tensor> {
        Some(self)
    }
}

/// Images and their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageBatch {
    /// The pictures, `[N, C, H, W]`.
    pub images: Tensor,
    /// The class of each picture, `[N]`.
    pub labels: Tensor<u32>,
}

impl Batch for ImageBatch {
    type Input = Tensor;
    type Target = Tensor<u32>;

    fn len(&self) -> usize {
        self.labels.numel()
    }

    fn input(&self) -> &Tensor {
        &self.images
    }

    fn target(&self) -> &Tensor<u32> {
        &self.labels
    }
}

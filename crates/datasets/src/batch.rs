//! What a data set hands out: a batch has an input for the model and a target to learn.

use plywood_tensor::Tensor;

/// What training and metrics see of a batch: samples that a model is given at once.
///
/// ```
/// use plywood_datasets::Batch;
/// use plywood_tensor::Tensor;
///
/// /// Pairs of sentences, and whether they mean the same.
/// struct Pairs {
///     sentences: [Tensor<u32>; 2], // each [N, L], the words' numbers
///     same: Tensor<u32>,           // [N]
/// }
///
/// impl Batch for Pairs {
///     type Input = [Tensor<u32>; 2];
///     type Target = Tensor<u32>;
///
///     fn len(&self) -> usize {
///         self.same.numel()
///     }
///
///     fn input(&self) -> &[Tensor<u32>; 2] {
///         &self.sentences
///     }
///
///     fn target(&self) -> &Tensor<u32> {
///         &self.same
///     }
/// }
///
/// let words = Tensor::from([[5_u32, 17, 3]]);
/// let batch = Pairs { sentences: [words.clone(), words], same: Tensor::from([1_u32]) };
/// assert_eq!((batch.len(), batch.is_empty()), (1, false));
/// ```
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

/// What a model should answer: classes, a `Tensor<u32>`, or numbers, a [`Tensor`].
///
/// ```
/// use plywood_datasets::Target;
/// use plywood_tensor::Tensor;
///
/// let classes = Tensor::from([1_u32, 0]);
/// assert_eq!((classes.classes(), classes.values()), (Some(&classes), None));
/// let prices = Tensor::from([[120.0_f32], [90.0]]);
/// assert_eq!((prices.classes(), prices.values()), (None, Some(&prices)));
/// ```
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
///
/// ```
/// use plywood_datasets::{DataLoader, Digits, ImageBatch};
///
/// let loader = DataLoader::new(&Digits::embedded()?).batch_size(3);
/// let ImageBatch { images, labels } = loader.epoch(0).next().unwrap()?;
/// assert_eq!(images.shape(), [3, 1, 8, 8].into());
/// assert_eq!(labels.as_slice(), [0, 1, 2]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ImageBatch {
    /// The images, `[N, C, H, W]`.
    pub images: Tensor,
    /// The class of each image, `[N]`.
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

//! Images in memory: bytes and labels, shared by all parts of a split.

mod moments;
mod pipeline;
mod store;

use std::sync::Arc;

use plywood_tensor::{Error, Result, Tensor};

use crate::batch::ImageBatch;
use crate::dataset::{Dataset, check_indices, check_subset};
use crate::draw::Draw;
use crate::sample_names::SampleNames;
use crate::split::{Split, Strata};
use crate::transforms::{Normalize, Transform};
pub(crate) use pipeline::Pipeline;
use store::Store;

/// Images of one size, with a class each. They are kept as bytes; batches are `f32`, from 0 to 1
/// unless [`normalize`](Self::normalize) says otherwise.
///
/// Splits, subsets and clones share the bytes: each is a list of indices.
///
/// ```
/// use plywood_datasets::{Dataset, Draw, Images};
/// use plywood_tensor::Tensor;
///
/// let pixels = Tensor::from_fn([10, 3, 4, 4], |at| (25 * at[0]) as u8); // N, C, H, W
/// let labels = (0..10).map(|n| n % 2).collect();
/// let images = Images::new(pixels, labels, ["even", "odd"])?;
/// let batch = images.batch(&[9, 0], &Draw::evaluation())?;
/// assert_eq!(batch.images.shape(), [2, 3, 4, 4].into());
/// assert_eq!(batch.labels, Tensor::from([1, 0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Images {
    store: Arc<Store>,
    indices: Arc<[usize]>,
    pipeline: Arc<Pipeline>,
    /// Of those in the store.
    samples: SampleNames,
}

impl Images {
    /// Images from their bytes `[N, C, H, W]` (0 is black, 255 full), the class of each, and the
    /// names of the classes.
    ///
    /// # Errors
    /// When `pixels` has not four axes or there are none, there are not as many labels as images,
    /// or a label has no name.
    pub fn new<Name: Into<String>>(
        pixels: Tensor<u8>,
        labels: Vec<u32>,
        class_names: impl IntoIterator<Item = Name>,
    ) -> Result<Self> {
        let names = class_names.into_iter().map(Into::into).collect();
        let store =
            Store::new(pixels, labels, names, u8::MAX).map_err(|e| e.operation("images"))?;
        Ok(Self::of(store))
    }

    fn of(store: Store) -> Self {
        Self {
            indices: (0..store.labels.len()).collect(),
            pipeline: Arc::new(Pipeline::new(store.shape(), store.full)),
            store: Arc::new(store),
            samples: SampleNames::default(),
        }
    }

    /// Gives each image the name that errors call it by, such as its file. Without, that is its place in
    /// the set that this one was split from.
    ///
    /// # Errors
    /// When there are not as many names as images.
    pub fn with_sample_names<Name: Into<String>>(
        &self,
        names: impl IntoIterator<Item = Name>,
    ) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() != self.len() {
            return Err(Error::data(format!("{} images have {} names", self.len(), names.len()))
                .operation("images"));
        }
        let mut all: Vec<String> =
            (0..self.store.labels.len()).map(|place| self.samples.of(place)).collect();
        for (&place, name) in self.indices.iter().zip(names) {
            all[place] = name;
        }
        Ok(Self { samples: SampleNames::new(all), ..self.clone() })
    }

    /// As [`new`](Self::new), where the byte `full` stands for 1.
    pub(crate) fn with_full(
        pixels: Tensor<u8>,
        labels: Vec<u32>,
        class_names: Vec<String>,
        full: u8,
    ) -> Result<Self> {
        Ok(Self::of(Store::new(pixels, labels, class_names, full)?))
    }

    /// Adds a transform after those that are there: augmentation for training, or a change of size.
    ///
    /// # Errors
    /// When it doesn't fit the images' shape.
    pub fn transform(&self, transform: impl Transform) -> Result<Self> {
        let mut pipeline = Pipeline::clone(&self.pipeline);
        pipeline.push(Arc::new(transform))?;
        Ok(self.with(pipeline))
    }

    /// Normalises what comes out of all transforms.
    ///
    /// # Errors
    /// When the images have another number of channels.
    pub fn normalize(&self, normalize: &Normalize) -> Result<Self> {
        let mut pipeline = Pipeline::clone(&self.pipeline);
        pipeline.normalize(normalize)?;
        Ok(self.with(pipeline))
    }

    pub(crate) fn with(&self, pipeline: Pipeline) -> Self {
        Self { pipeline: Arc::new(pipeline), ..self.clone() }
    }

    /// The shape `[C, H, W]` of each image in a batch.
    pub fn shape(&self) -> [usize; 3] {
        self.pipeline.shape()
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.store.class_names.len()
    }

    /// The class of each image, `[N]`.
    pub fn labels(&self) -> Vec<u32> {
        self.indices.iter().map(|&i| self.store.labels[i]).collect()
    }

    /// One image `[C, H, W]` as it is stored, before any transform, from 0 (black) to 255.
    ///
    /// # Errors
    /// When there is no such image.
    pub fn image(&self, index: usize) -> Result<Tensor<u8>> {
        check_indices(&[index], self.len()).map_err(|e| e.operation("image"))?;
        let full = u32::from(self.store.full);
        let bytes = self.store.image(self.indices[index]);
        let bytes = bytes.iter().map(|&x| (u32::from(x) * 255 / full) as u8);
        Tensor::from_vec(bytes.collect(), self.store.shape())
    }

    /// The mean and standard deviation of each channel, on the scale from 0 to 1.
    pub(crate) fn channel_moments(&self) -> Vec<(f32, f32)> {
        self.store.channel_moments(&self.indices)
    }
}

impl Dataset for Images {
    type Batch = ImageBatch;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn batch(&self, indices: &[usize], draw: &Draw) -> Result<ImageBatch> {
        check_indices(indices, self.len()).map_err(|e| e.operation("images"))?;
        let [channels, height, width] = self.shape();
        let shape = [indices.len(), channels, height, width];
        let mut images = Tensor::try_full(shape, 0.0).map_err(|error| error.operation("images"))?;
        let size = channels * height * width;
        for (&index, out) in indices.iter().zip(images.as_mut_slice().chunks_mut(size)) {
            let bytes = self.store.image(self.indices[index]);
            self.pipeline.run(bytes, draw.context(index), out)?;
        }
        let labels = indices.iter().map(|&i| self.store.labels[self.indices[i]]);
        Ok(ImageBatch { images, labels: labels.collect::<Vec<_>>().into() })
    }

    fn sample_name(&self, index: usize) -> String {
        self.samples.of(self.indices.get(index).copied().unwrap_or(index))
    }

    fn class_names(&self) -> &[String] {
        &self.store.class_names
    }

    /// The number of images, their shape, and a checksum of all that batches are made of: bytes,
    /// labels and transforms.
    fn fingerprint(&self) -> String {
        let mut hasher = crc32fast::Hasher::new();
        for &index in self.indices.iter() {
            hasher.update(self.store.image(index));
            hasher.update(&self.store.labels[index].to_le_bytes());
        }
        hasher.update(format!("{:?}", self.pipeline).as_bytes());
        let [channels, height, width] = self.shape();
        format!(
            "{} images [{channels}, {height}, {width}] in {} classes, crc32 {:08x}",
            self.len(),
            self.classes(),
            hasher.finalize()
        )
    }
}

impl Split for Images {
    fn strata(&self) -> Strata {
        Strata::Classes(self.labels())
    }

    fn subset(&self, indices: &[usize]) -> Result<Self> {
        check_subset(indices, self.len())?;
        Ok(Self {
            indices: indices.iter().map(|&index| self.indices[index]).collect(),
            ..self.clone()
        })
    }
}

#[cfg(test)]
mod tests;

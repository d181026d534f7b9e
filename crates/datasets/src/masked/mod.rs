//! Images with the class of each of their pixels, in memory.

mod batch;
mod files;
mod transform;

use std::sync::Arc;

use plywood_tensor::{Error, Result, Tensor};

use crate::dataset::{Dataset, check_indices, check_subset};
use crate::draw::{Context, Draw};
use crate::images::Pipeline;
use crate::sample_names::SampleNames;
use crate::split::{Split, Strata};
use crate::transforms::{Normalize, Transform};

pub use batch::MaskedBatch;
pub use transform::{MaskedTransform, RandomScaleCrop};

/// Images of one size with a mask each, which says the class of every pixel: what a network learns from that
/// tells what is where. One class may be void: what nobody knows or asks for.
///
/// Both are kept as bytes; batches have images as `f32`, from 0 to 1 unless [`normalize`](Self::normalize) says
/// otherwise, and masks as `u32`. Splits, subsets and clones share the bytes.
///
/// ```
/// use plywood_datasets::{Dataset, Draw, MaskedImages};
/// use plywood_tensor::Tensor;
///
/// let images = Tensor::from_fn([2, 1, 4, 4], |at| (60 * at[3]) as u8); // N, C, H, W
/// let masks = Tensor::from_fn([2, 4, 4], |at| u8::from(at[2] > 1)); // N, H, W
/// let halves = MaskedImages::new(images, masks, ["dark", "bright"], None)?;
/// let batch = halves.batch(&[1], &Draw::evaluation())?;
/// assert_eq!(batch.images.shape(), [1, 1, 4, 4].into());
/// assert_eq!(batch.masks.as_slice()[..4], [0, 0, 1, 1]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MaskedImages {
    store: Arc<Store>,
    indices: Arc<[usize]>,
    /// What changes images and masks together.
    together: Arc<[Arc<dyn MaskedTransform>]>,
    /// What changes the images alone after that.
    pipeline: Arc<Pipeline>,
    /// Of those in the store.
    samples: SampleNames,
}

struct Store {
    images: Tensor<u8>,
    masks: Tensor<u8>,
    class_names: Vec<String>,
    void: Option<u8>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "masked images {} (N, C, H, W)", self.images.shape())
    }
}

impl MaskedImages {
    /// Images from their bytes `[N, C, H, W]` (0 is black, 255 full), the class of each pixel `[N, H, W]`, the names
    /// of the classes, and the number that stands for void, which is none of the classes.
    ///
    /// # Errors
    /// When the shapes don't fit each other, there are no images, or a pixel's class has no name.
    pub fn new<Name: Into<String>>(
        images: Tensor<u8>,
        masks: Tensor<u8>,
        class_names: impl IntoIterator<Item = Name>,
        void: Option<u8>,
    ) -> Result<Self> {
        let class_names: Vec<String> = class_names.into_iter().map(Into::into).collect();
        let check = || {
            let (pixels, classes) = (images.shape(), masks.shape());
            let &[n, _, height, width] = &pixels[..] else {
                return Err(Error::shape(format!(
                    "images {pixels} have {} axes, they should have 4 (N, C, H, W)",
                    pixels.rank()
                )));
            };
            if classes[..] != [n, height, width] {
                return Err(Error::shape(format!(
                    "images {pixels} (N, C, H, W) have masks {classes}, they should be [{n}, {height}, {width}] (N, H, W)"
                )));
            }
            if images.numel() == 0 {
                return Err(Error::data(format!("images {pixels} (N, C, H, W) are empty")));
            }
            for (place, mask) in masks.as_slice().chunks(height * width).enumerate() {
                check_classes(mask, [height, width], class_names.len(), void)
                    .map_err(|error| error.at(format!("image {place}")))?;
            }
            Ok(())
        };
        check().map_err(|error: Error| error.operation("masked images"))?;
        let shape = images.shape();
        Ok(Self {
            indices: (0..shape[0]).collect(),
            together: Arc::new([]),
            pipeline: Arc::new(Pipeline::new([shape[1], shape[2], shape[3]], u8::MAX)),
            store: Arc::new(Store { images, masks, class_names, void }),
            samples: SampleNames::default(),
        })
    }

    /// Adds a transform of images and masks together, such as [`RandomScaleCrop`], after those of its kind that are
    /// there and before all that change images alone.
    ///
    /// # Errors
    /// When it doesn't fit the images' shape.
    pub fn transform_together(&self, transform: impl MaskedTransform) -> Result<Self> {
        let shape = transform.shape(self.shape())?;
        if shape.contains(&0) || shape[0] != self.shape()[0] {
            return Err(Error::shape(format!(
                "an image {:?} (C, H, W) would become {shape:?}",
                self.shape()
            ))
            .operation("transform"));
        }
        let mut together = self.together.to_vec();
        together.push(Arc::new(transform));
        Ok(Self {
            together: together.into(),
            pipeline: Arc::new(self.pipeline.with_input(shape)?),
            ..self.clone()
        })
    }

    /// Adds a transform of the images alone, which moves nothing: light and colours.
    ///
    /// # Errors
    /// When it doesn't fit the images' shape, or gives them another: then masks would no longer lie over them.
    pub fn transform(&self, transform: impl Transform) -> Result<Self> {
        let mut pipeline = Pipeline::clone(&self.pipeline);
        pipeline.push(Arc::new(transform))?;
        if pipeline.shape() != self.shape() {
            return Err(Error::shape(format!(
                "images {:?} (C, H, W) would become {:?}, and their masks would no longer lie over them",
                self.shape(),
                pipeline.shape()
            ))
            .operation("transform")
            .hint("`transform_together` changes both"));
        }
        Ok(Self { pipeline: Arc::new(pipeline), ..self.clone() })
    }

    /// Normalises what comes out of all transforms.
    ///
    /// # Errors
    /// When the images have another number of channels.
    pub fn normalize(&self, normalize: &Normalize) -> Result<Self> {
        let mut pipeline = Pipeline::clone(&self.pipeline);
        pipeline.normalize(normalize)?;
        Ok(Self { pipeline: Arc::new(pipeline), ..self.clone() })
    }

    /// The shape `[C, H, W]` of each image in a batch.
    pub fn shape(&self) -> [usize; 3] {
        self.pipeline.shape()
    }

    /// The number of classes, without void.
    pub fn classes(&self) -> usize {
        self.store.class_names.len()
    }

    /// The number that stands for void in masks, if there is one.
    pub fn void(&self) -> Option<u8> {
        self.store.void
    }

    /// How many pixels each class has in the masks as they are stored, without void.
    pub fn pixels_by_class(&self) -> Vec<u64> {
        let mut counts = [0_u64; 256];
        for &index in self.indices.iter() {
            self.store.mask(index).iter().for_each(|&class| counts[usize::from(class)] += 1);
        }
        counts[..self.classes().min(256)].to_vec()
    }

    /// One image `[C, H, W]` as it is stored, before any transform, from 0 (black) to 255, and its mask `[H, W]`.
    ///
    /// # Errors
    /// When there is no such image.
    pub fn image(&self, index: usize) -> Result<(Tensor<u8>, Tensor<u8>)> {
        check_indices(&[index], self.len()).map_err(|error| error.operation("image"))?;
        let [channels, height, width] = self.store.shape();
        let place = self.indices[index];
        let image = Tensor::from_vec(self.store.image(place).to_vec(), [channels, height, width])?;
        Ok((image, Tensor::from_vec(self.store.mask(place).to_vec(), [height, width])?))
    }

    /// A sample as it goes into a batch: `image` and `mask` have the sizes of one.
    fn sample(
        &self,
        place: usize,
        mut context: Context,
        image: &mut [f32],
        mask: &mut [u32],
    ) -> Result<()> {
        let [channels, height, width] = self.store.shape();
        let (bytes, classes) = (self.store.image(place), self.store.mask(place));
        let widen = |classes: &[u8], mask: &mut [u32]| {
            mask.iter_mut().zip(classes).for_each(|(to, &class)| *to = u32::from(class));
        };
        if self.together.is_empty() {
            widen(classes, mask);
            return self.pipeline.run(bytes, context, image);
        }
        let mut pixels = Tensor::try_full([channels, height, width], 0.0)?;
        for (to, &byte) in pixels.as_mut_slice().iter_mut().zip(bytes) {
            *to = f32::from(byte) / 255.0;
        }
        let mut classes = Tensor::from_vec(classes.to_vec(), [height, width])?;
        // Where there is no void, what comes from outside has the class of the edge.
        for transform in self.together.iter() {
            (pixels, classes) =
                transform.apply((pixels, classes), self.store.void, &mut context)?;
        }
        let [_, height, width] = self.shape();
        if classes.shape()[..] != [height, width] {
            return Err(Error::shape(format!(
                "{:?} made a mask {}, it should be [{height}, {width}]",
                self.together,
                classes.shape()
            ))
            .operation("transform"));
        }
        widen(classes.as_slice(), mask);
        self.pipeline.finish(pixels, &mut context, image)
    }
}

/// Refuses a mask `[H, W]` with a class that isn't there.
fn check_classes(
    mask: &[u8],
    [_, width]: [usize; 2],
    classes: usize,
    void: Option<u8>,
) -> Result<()> {
    let wrong = |&class: &u8| usize::from(class) >= classes && Some(class) != void;
    let Some(place) = mask.iter().position(wrong) else { return Ok(()) };
    let void = void.map_or(String::new(), |void| format!(", and {void} for void"));
    Err(Error::data(format!(
        "the pixel in row {}, column {} is of class {}, there are {classes} classes",
        place / width,
        place % width,
        mask[place]
    ))
    .hint(format!(
        "classes go from 0 to {}{void}; rows and columns count from 0",
        classes as i128 - 1
    )))
}

impl Store {
    fn shape(&self) -> [usize; 3] {
        let shape = self.images.shape();
        [shape[1], shape[2], shape[3]]
    }

    fn image(&self, place: usize) -> &[u8] {
        let size: usize = self.shape().iter().product();
        &self.images.as_slice()[place * size..][..size]
    }

    fn mask(&self, place: usize) -> &[u8] {
        let [_, height, width] = self.shape();
        &self.masks.as_slice()[place * height * width..][..height * width]
    }
}

impl Dataset for MaskedImages {
    type Batch = MaskedBatch;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn batch(&self, indices: &[usize], draw: &Draw) -> Result<MaskedBatch> {
        check_indices(indices, self.len()).map_err(|error| error.operation("masked images"))?;
        let [channels, height, width] = self.shape();
        let mut images = Tensor::try_full([indices.len(), channels, height, width], 0.0)
            .map_err(|error| error.operation("masked images"))?;
        let mut masks = Tensor::try_full([indices.len(), height, width], 0_u32)?;
        let plane = height * width;
        let parts = images.as_mut_slice().chunks_mut(channels * plane);
        let parts = parts.zip(masks.as_mut_slice().chunks_mut(plane));
        for (&index, (image, mask)) in indices.iter().zip(parts) {
            self.sample(self.indices[index], draw.context(index), image, mask)?;
        }
        Ok(MaskedBatch { images, masks })
    }

    fn sample_name(&self, index: usize) -> String {
        self.samples.of(self.indices.get(index).copied().unwrap_or(index))
    }

    fn class_names(&self) -> &[String] {
        &self.store.class_names
    }

    /// The number of images, their shape, and a checksum of all that batches are made of.
    fn fingerprint(&self) -> String {
        let mut hasher = crc32fast::Hasher::new();
        for &index in self.indices.iter() {
            hasher.update(self.store.image(index));
            hasher.update(self.store.mask(index));
        }
        let Store { void, .. } = &*self.store;
        hasher.update(format!("{void:?} {:?} {:?}", self.together, self.pipeline).as_bytes());
        let [channels, height, width] = self.shape();
        format!(
            "{} masked images [{channels}, {height}, {width}] in {} classes, crc32 {:08x}",
            self.len(),
            self.classes(),
            hasher.finalize()
        )
    }
}

/// An image has no single class: parts are drawn as they come.
impl Split for MaskedImages {
    fn strata(&self) -> Strata {
        Strata::None(self.len())
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

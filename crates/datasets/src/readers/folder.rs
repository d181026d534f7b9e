//! Folders of images, one sub-folder for each class.

use std::path::Path;
use std::sync::Arc;

use plywood_tensor::{Error, Result, Tensor, memory};

use crate::batch::ImageBatch;
use crate::dataset::{Dataset, check_indices, check_subset};
use crate::draw::Draw;
use crate::image::{DecodeLimits, EXTENSIONS, Fit, Image, Note};
use crate::images::{Images, Pipeline};
use crate::readers::files::{Kind, Listing, Seen, all_broken, read_in_parallel};
use crate::split::{Split, Strata};
use crate::transforms::{Normalize, Resize, Transform};

/// Images in one sub-folder for each class, at any depth within it, read when a batch asks for
/// them. Which formats there are, [`Image::decode`] says.
///
/// Classes are the sub-folders' names in alphabetical order, and so are the images within a
/// class. Each image comes in colour, or in [greys](Self::grey) (in front of white where it is not opaque): the largest
/// part of its middle that has the wanted proportions, brought to the wanted size. Values are from
/// 0 to 1 unless [`normalize`](Self::normalize) says otherwise.
///
/// ```no_run
/// use plywood_datasets::{DataLoader, ImageFolder, Split};
/// use plywood_datasets::transforms::RandomHorizontalFlip;
/// use plywood_tensor::Seed;
///
/// // flowers/daisy/1.png, flowers/daisy/2.jpg, flowers/rose/1.png, …
/// let flowers = ImageFolder::open("flowers", [64, 64])?;
/// let [train, test] = flowers.split([0.8, 0.2], Seed(7))?;
/// let train = train.transform(RandomHorizontalFlip::new())?;
/// let loader = DataLoader::new(&train).batch_size(32).shuffle(Seed(7)).augment(Seed(7)).threads(2);
/// # let _ = (loader, test);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImageFolder {
    files: Arc<Files>,
    indices: Arc<[usize]>,
    fit: Fit,
    limits: DecodeLimits,
    pipeline: Arc<Pipeline>,
}

#[derive(Debug)]
struct Files {
    listing: Listing,
    notes: Seen<Note>,
}

const IMAGES: Kind = Kind { one: "image", many: "images", extensions: EXTENSIONS };

impl ImageFolder {
    /// The images below `folder`, to be brought to a size as [`Fit`] says. Files of other types are passed over, as
    /// [`notes`](Self::notes) says. Images may be as large as [`DecodeLimits::for_size`] says, unless
    /// [`limits`](Self::limits) says otherwise.
    ///
    /// # Errors
    /// When there is no such folder, it has no sub-folders, or one of them has no images.
    pub fn open(folder: impl AsRef<Path>, fit: impl Into<Fit>) -> Result<Self> {
        let (listing, fit) = (Listing::of(folder.as_ref(), IMAGES)?, fit.into());
        let output = Resize::new(fit.size()).shape([3, 1, 1])?;
        Ok(Self {
            indices: (0..listing.paths.len()).collect(),
            files: Arc::new(Files { listing, notes: Seen::default() }),
            fit,
            limits: DecodeLimits::for_size(fit.size()),
            pipeline: Arc::new(Pipeline::new(output, u8::MAX)),
        })
    }

    /// The same images, of which each may be as large as these limits say.
    #[must_use]
    pub fn limits(&self, limits: DecodeLimits) -> Self {
        Self { limits, ..self.clone() }
    }

    /// The same images in greys `[1, H, W]`, as [`Image::to_grey`] makes them: for X-rays and scanned pages, which have no
    /// colours to learn from.
    ///
    /// # Errors
    /// When a transform or normalisation that is there already doesn't fit images of one channel.
    #[doc(alias = "Grayscale")]
    pub fn grey(&self) -> Result<Self> {
        let [_, height, width] = self.pipeline.input();
        Ok(self.with(self.pipeline.with_input([1, height, width])?))
    }

    /// What differs from what is in the folder, in a line each, for the user to know: the files that were
    /// passed over, and how images that were read until now came to be others than their files have
    /// ([`Image::notes`]).
    pub fn notes(&self) -> Vec<String> {
        let Files { listing, notes } = &*self.files;
        listing.passed_over().into_iter().chain(notes.lines(&listing.paths, IMAGES)).collect()
    }

    /// Adds a transform after those that are there.
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
    /// When it is for another number of channels.
    pub fn normalize(&self, normalize: &Normalize) -> Result<Self> {
        let mut pipeline = Pipeline::clone(&self.pipeline);
        pipeline.normalize(normalize)?;
        Ok(self.with(pipeline))
    }

    fn with(&self, pipeline: Pipeline) -> Self {
        Self { pipeline: Arc::new(pipeline), ..self.clone() }
    }

    /// Reads all images into memory, at their size: for sets that fit, so that each is decoded
    /// once and not in every epoch.
    ///
    /// # Errors
    /// When images can't be read; the error names each of them, up to twenty. When all of them are more than the
    /// [memory budget](memory::budget) allows for.
    pub fn load(&self) -> Result<Images> {
        let (images, broken) = self.load_readable()?;
        match broken.is_empty() {
            true => Ok(images),
            false => Err(all_broken(broken, self.len(), IMAGES)),
        }
    }

    /// As [`load`](Self::load), without the images that can't be read: their places, with the reason of each.
    ///
    /// # Errors
    /// When none can be read, or they are more than the [memory budget](memory::budget) allows for.
    pub fn load_readable(&self) -> Result<(Images, Vec<(usize, Error)>)> {
        let [channels, height, width] = self.pipeline.input();
        let bytes = self.len().saturating_mul(channels * height).saturating_mul(width);
        let mut pixels = memory::vec_with_capacity(bytes)?;
        let (mut places, mut broken) = (Vec::new(), Vec::new());
        self.decode(|place, image| match image {
            Ok(image) => {
                pixels.extend(image.pixels().as_slice());
                places.push(place);
            }
            Err(error) => broken.push((place, error)),
        });
        if places.is_empty() && !broken.is_empty() {
            return Err(all_broken(broken, self.len(), IMAGES));
        }
        let files = self.subset(&places)?;
        let pixels = Tensor::from_vec(pixels, [files.len(), channels, height, width])?;
        let images = Images::new(pixels, files.labels(), files.class_names())?;
        let images =
            images.with_sample_names(files.paths().iter().map(|p| p.display().to_string()))?;
        Ok((images.with(Pipeline::clone(&self.pipeline)), broken))
    }

    /// The places of the images that can't be read, with the reason of each: all are decoded once, by all
    /// threads.
    ///
    /// ```no_run
    /// use plywood_datasets::{Dataset, ImageFolder, Split};
    ///
    /// let photos = ImageFolder::open("photos", 64)?;
    /// let broken = photos.broken();
    /// let readable = (0..photos.len()).filter(|place| broken.iter().all(|(other, _)| other != place));
    /// let photos = photos.subset(&readable.collect::<Vec<_>>())?;
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    pub fn broken(&self) -> Vec<(usize, Error)> {
        let mut broken = Vec::new();
        self.decode(|place, image| broken.extend(image.err().map(|error| (place, error))));
        broken
    }

    /// Decodes all images by all threads, and hands them over in their order.
    fn decode(&self, take: impl FnMut(usize, Result<Image>)) {
        read_in_parallel(self.len(), |place| self.fitted(self.indices[place]), take);
    }

    /// The shape `[C, H, W]` of each image in a batch.
    pub fn shape(&self) -> [usize; 3] {
        self.pipeline.shape()
    }

    /// The class of each image, `[N]`.
    pub fn labels(&self) -> Vec<u32> {
        self.indices.iter().map(|&i| self.files.listing.labels[i]).collect()
    }

    /// The file of each image.
    pub fn paths(&self) -> Vec<&Path> {
        let paths = self.indices.iter();
        paths.map(|&i| self.files.listing.paths[i].as_path()).collect()
    }

    /// One image as it is in its file, before it is brought to size.
    ///
    /// # Errors
    /// When there is no such image, or it can't be read; the error names it.
    pub fn image(&self, index: usize) -> Result<Image> {
        let file = self.indices.get(index).ok_or_else(|| {
            Error::index(format!("image {index} of a folder with {}", self.len()))
        })?;
        self.read(*file)
    }

    /// One image at its size, before any transform: `[C, H, W]`.
    fn fitted(&self, file: usize) -> Result<Image> {
        // In bytes, so that it is the same from the file and from memory.
        let image = self.read(file)?;
        match self.pipeline.input() {
            [1, ..] => image.to_grey().fitted(self.fit),
            _ => image.to_rgb().fitted(self.fit),
        }
    }

    fn read(&self, file: usize) -> Result<Image> {
        let path = &self.files.listing.paths[file];
        let image = Image::read_within(path, self.limits)?;
        self.files.notes.add(file, image.notes());
        Ok(image)
    }
}

impl Dataset for ImageFolder {
    type Batch = ImageBatch;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn batch(&self, indices: &[usize], draw: &Draw) -> Result<ImageBatch> {
        check_indices(indices, self.len()).map_err(|e| e.operation("image folder"))?;
        let [channels, height, width] = self.shape();
        let mut images = Tensor::zeros([indices.len(), channels, height, width]);
        let size = channels * height * width;
        for (&index, out) in indices.iter().zip(images.as_mut_slice().chunks_mut(size)) {
            let image = self.fitted(self.indices[index])?;
            let bytes = image.pixels().as_slice();
            self.pipeline.run(bytes, draw.context(index), out)?;
        }
        let labels = indices.iter().map(|&i| self.files.listing.labels[self.indices[i]]);
        Ok(ImageBatch { images, labels: labels.collect::<Vec<_>>().into() })
    }

    /// The image's file.
    fn sample_name(&self, index: usize) -> String {
        let path = self.indices.get(index).map(|&file| &self.files.listing.paths[file]);
        path.map_or_else(|| format!("sample {index}"), |path| path.display().to_string())
    }

    fn class_names(&self) -> &[String] {
        &self.files.listing.class_names
    }

    /// The number of images, their shape, and a checksum of their classes, names and sizes in
    /// bytes, and of the transforms. Images are not read for it.
    fn fingerprint(&self) -> String {
        let mut hasher = crc32fast::Hasher::new();
        for &index in self.indices.iter() {
            let path = &self.files.listing.paths[index];
            let name = path.file_name().unwrap_or_default();
            let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
            hasher.update(name.as_encoded_bytes());
            hasher.update(&self.files.listing.labels[index].to_le_bytes());
            hasher.update(&bytes.to_le_bytes());
        }
        hasher.update(format!("{:?}", self.pipeline).as_bytes());
        let [channels, height, width] = self.shape();
        format!(
            "{} images [{channels}, {height}, {width}] in {} classes, crc32 {:08x}",
            self.len(),
            self.class_names().len(),
            hasher.finalize()
        )
    }
}

impl Split for ImageFolder {
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

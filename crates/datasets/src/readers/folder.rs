//! Folders of images, one sub-folder for each class.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use plywood_tensor::{Error, Result, Tensor, memory, threads};

use crate::batch::ImageBatch;
use crate::dataset::{Dataset, check_indices, check_subset};
use crate::draw::Draw;
use crate::image::{DecodeLimits, EXTENSIONS, Fit, Image, Note};
use crate::images::{Images, Pipeline};
use crate::split::{Split, Strata};
use crate::transforms::{Normalize, Resize, Size, Transform};
use passed_over::PassedOver;

mod passed_over;

/// Images in one sub-folder for each class, at any depth within it, read when a batch asks for
/// them. Which formats there are, [`Image::decode`] says.
///
/// Classes are the sub-folders' names in alphabetical order, and so are the images within a
/// class. Each image comes in colour (in front of white where it is not opaque): the largest
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
    paths: Vec<PathBuf>,
    labels: Vec<u32>,
    class_names: Vec<String>,
    passed_over: PassedOver,
    /// What is to be known of the images that were read, by their places among the paths.
    notes: Mutex<BTreeMap<usize, Vec<Note>>>,
}

impl ImageFolder {
    /// The images below `folder`, to be brought to a size as [`Fit`] says. Files of other types are passed over, as
    /// [`notes`](Self::notes) says. Images may be as large as [`DecodeLimits::for_size`] says, unless
    /// [`limits`](Self::limits) says otherwise.
    ///
    /// # Errors
    /// When there is no such folder, it has no sub-folders, or one of them has no images.
    pub fn open(folder: impl AsRef<Path>, fit: impl Into<Fit>) -> Result<Self> {
        let (files, fit) = (Files::list(folder.as_ref())?, fit.into());
        let output = Resize::new(fit.size()).shape([3, 1, 1])?;
        Ok(Self {
            indices: (0..files.paths.len()).collect(),
            files: Arc::new(files),
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

    /// What differs from what is in the folder, in a line each, for the user to know: the files that were
    /// passed over, and how images that were read until now came to be others than their files have
    /// ([`Image::notes`]).
    pub fn notes(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.files.passed_over.text().into_iter().collect();
        let seen = self.files.notes.lock().unwrap_or_else(PoisonError::into_inner);
        // The first image of a kind, and how many more there are.
        let mut kinds: Vec<(Note, usize, usize)> = Vec::new();
        for (&file, note) in
            seen.iter().flat_map(|(file, notes)| notes.iter().map(move |n| (file, n)))
        {
            let kind = std::mem::discriminant(note);
            match kinds.iter_mut().find(|(other, ..)| std::mem::discriminant(other) == kind) {
                Some((_, _, more)) => *more += 1,
                None => kinds.push((*note, file, 0)),
            }
        }
        lines.extend(kinds.into_iter().map(|(note, file, more)| {
            let line = format!("{}: {note}", self.files.paths[file].display());
            match more {
                0 => line,
                1 => format!("{line}; another image like it"),
                _ => format!("{line}; {more} more images like it"),
            }
        }));
        lines
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
    /// When it isn't for three channels.
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
            false => Err(self.all_broken(broken)),
        }
    }

    /// As [`load`](Self::load), without the images that can't be read: their places, with the reason of each.
    ///
    /// # Errors
    /// When none can be read, or they are more than the [memory budget](memory::budget) allows for.
    pub fn load_readable(&self) -> Result<(Images, Vec<(usize, Error)>)> {
        let Size { height, width } = self.fit.size();
        let bytes = self.len().saturating_mul(3).saturating_mul(height).saturating_mul(width);
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
            return Err(self.all_broken(broken));
        }
        let files = self.subset(&places)?;
        let pixels = Tensor::from_vec(pixels, [files.len(), 3, height, width])?;
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
    fn decode(&self, mut take: impl FnMut(usize, Result<Image>)) {
        for first in (0..self.len()).step_by(DECODED_AT_ONCE) {
            let count = DECODED_AT_ONCE.min(self.len() - first);
            let images =
                threads::map_tasks(count, |place| self.fitted(self.indices[first + place]));
            for (place, image) in images.into_iter().enumerate() {
                take(first + place, image);
            }
        }
    }

    /// An error that names all images that can't be read.
    fn all_broken(&self, broken: Vec<(usize, Error)>) -> Error {
        let count = broken.len();
        let mut errors = broken.into_iter().map(|(_, error)| error);
        match (errors.next(), count) {
            (Some(only), 1) => only,
            (first, _) => {
                let all = first.into_iter().chain(errors);
                let mut text = format!("{count} of {} images can't be read:", self.len());
                for error in all.take(BROKEN_NAMED) {
                    text += &format!("\n  {error}");
                }
                if let Some(more @ 1..) = count.checked_sub(BROKEN_NAMED) {
                    text += &format!("\n  and {more} more");
                }
                Error::data(text)
            }
        }
    }

    /// The shape `[C, H, W]` of each image in a batch.
    pub fn shape(&self) -> [usize; 3] {
        self.pipeline.shape()
    }

    /// The class of each image, `[N]`.
    pub fn labels(&self) -> Vec<u32> {
        self.indices.iter().map(|&i| self.files.labels[i]).collect()
    }

    /// The file of each image.
    pub fn paths(&self) -> Vec<&Path> {
        let paths = self.indices.iter();
        paths.map(|&i| self.files.paths[i].as_path()).collect()
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

    /// One image at its size, before any transform: `[3, H, W]`.
    fn fitted(&self, file: usize) -> Result<Image> {
        // In bytes, so that it is the same from the file and from memory.
        self.read(file)?.to_rgb().fitted(self.fit)
    }

    fn read(&self, file: usize) -> Result<Image> {
        let path = &self.files.paths[file];
        let image = Image::read_within(path, self.limits)?;
        if !image.notes().is_empty() {
            let mut notes = self.files.notes.lock().unwrap_or_else(PoisonError::into_inner);
            notes.entry(file).or_insert_with(|| image.notes().to_vec());
        }
        Ok(image)
    }
}

impl Files {
    fn list(folder: &Path) -> Result<Self> {
        let mut files = Self {
            paths: Vec::new(),
            labels: Vec::new(),
            class_names: Vec::new(),
            passed_over: PassedOver::new(folder),
            notes: Mutex::default(),
        };
        for class in entries(folder)? {
            if !class.is_dir() {
                files.passed_over.add(class);
                continue;
            }
            let label = files.class_names.len() as u32;
            let name = class.file_name().map(|name| name.to_string_lossy().into_owned());
            files.class_names.extend(name);
            let mut own = PassedOver::new(&class);
            files.paths.extend(images(&class, &mut own)?);
            if files.labels.len() == files.paths.len() {
                let others = own.kinds().map(|kinds| format!(", of other files {kinds}"));
                let others = others.unwrap_or_default();
                return Err(Error::data(format!("no image is in this folder of a class{others}"))
                    .at(class.display())
                    .hint(format!("images are files that end in .{}", EXTENSIONS.join(", ."))));
            }
            files.labels.resize(files.paths.len(), label);
            files.passed_over.join(own);
        }
        let is_part = |name: &String| PARTS.contains(&&*name.to_lowercase());
        if !files.class_names.is_empty() && files.class_names.iter().all(is_part) {
            return Err(Error::data(format!(
                "its sub-folders {} are parts of a data set, and no classes",
                files.class_names.join(", ")
            ))
            .at(folder.display())
            .hint("open one of them: each class has its images in a sub-folder with its name"));
        }
        if files.paths.is_empty() {
            return Err(Error::data("it has no sub-folders")
                .at(folder.display())
                .hint("each class has its images in a sub-folder with its name"));
        }
        Ok(files)
    }
}

/// Images that are held besides those that are kept, at their size.
const DECODED_AT_ONCE: usize = 64;

/// The most images that an error names.
const BROKEN_NAMED: usize = 20;

/// The usual names of parts: whoever opens the folder above them wants no network that tells what is
/// for training from what is for the test.
const PARTS: [&str; 8] =
    ["train", "training", "val", "valid", "validation", "test", "testing", "eval"];

/// The images in a folder and in those below it, sorted by name. Links to folders are passed over:
/// they may lead back up.
fn images(folder: &Path, passed_over: &mut PassedOver) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if is_image(&path) {
                found.push(path);
            } else if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                folders.push(path);
            } else if path.is_file() {
                passed_over.add(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What is in a folder, sorted by name: systems list it in any order.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = || -> std::io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
        entries.collect()
    };
    let mut entries = list().map_err(|error| Error::io("list", folder, error))?;
    // Hidden folders and files are nobody's classes and images.
    entries.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| !name.starts_with('.'))
    });
    entries.sort();
    Ok(entries)
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|own| EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(own)))
        && path.is_file()
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
        let labels = indices.iter().map(|&i| self.files.labels[self.indices[i]]);
        Ok(ImageBatch { images, labels: labels.collect::<Vec<_>>().into() })
    }

    /// The image's file.
    fn sample_name(&self, index: usize) -> String {
        let path = self.indices.get(index).map(|&file| &self.files.paths[file]);
        path.map_or_else(|| format!("sample {index}"), |path| path.display().to_string())
    }

    fn class_names(&self) -> &[String] {
        &self.files.class_names
    }

    /// The number of images, their shape, and a checksum of their classes, names and sizes in
    /// bytes, and of the transforms. Images are not read for it.
    fn fingerprint(&self) -> String {
        let mut hasher = crc32fast::Hasher::new();
        for &index in self.indices.iter() {
            let path = &self.files.paths[index];
            let name = path.file_name().unwrap_or_default();
            let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
            hasher.update(name.as_encoded_bytes());
            hasher.update(&self.files.labels[index].to_le_bytes());
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

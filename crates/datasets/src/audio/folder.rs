//! Recordings in files: a data set of their spectrograms.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plywood_tensor::{Error, Result, Tensor, memory};

use super::clip::{AudioInput, Clip};
use super::limits::RecordingLimits;
use super::list::List;
use super::notes::RecordingNote;
use super::recording::Recording;
use super::waveform::WaveformTransform;
use crate::dataset::{Dataset, check_indices, check_subset};
use crate::draw::Draw;
use crate::images::Pipeline;
use crate::readers::files::{Kind, Listing, Seen, all_broken, read_in_parallel};
use crate::rows::{RowBatch, RowTarget};
use crate::split::{Split, Strata};
use crate::table::ColumnType;
use crate::transforms::{Normalize, Transform};

/// Recordings in WAV files, each with its class (`T` is `Tensor<u32>`) or a number (`T` is [`Tensor`]), read when a
/// batch asks for them.
///
/// Batches have the pictures that [`AudioInput`] describes, as images `[N, 1, n_mels, frames]`. Recordings of another
/// rate are resampled. Of longer ones training sees a random piece, another one in each epoch, and evaluation that in
/// the middle; shorter ones are followed by silence. [`notes`](Self::notes) say so. Transforms come after the
/// spectrogram.
///
/// ```
/// use plywood_datasets::{AudioFolder, AudioInput, Batch, DataLoader, Dataset, MelSpectrogram, Recording};
/// use plywood_datasets::transforms::SpecAugment;
/// use plywood_tensor::{Seed, Tensor};
///
/// let folder = std::env::temp_dir().join(format!("plywood-words-{}", std::process::id()));
/// for (word, level) in [("yes", 0.5), ("no", 0.25)] {
///     std::fs::create_dir_all(folder.join(word))?;
///     Recording::new(Tensor::full([8000], level), 8000)?.write_wav(folder.join(word).join("1.wav"))?;
/// }
///
/// let mel = MelSpectrogram::config().n_mels(32); // at 16 kHz
/// let words = AudioFolder::open(&folder, &AudioInput::new(mel, 1.0))?;
/// let words = words.transform(SpecAugment::new().time_mask_param(10))?;
/// assert_eq!(words.class_names(), ["no", "yes"]);
/// let batch = DataLoader::new(&words).batch_size(2).augment(Seed(7)).epoch(0).next().unwrap()?;
/// assert_eq!(batch.input().shape(), [2, 1, 32, 81].into());
/// assert!(words.notes()[0].ends_with("no/1.wav: it was resampled from 8000 Hz to 16000 Hz; another recording like it"));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AudioFolder<T = Tensor<u32>> {
    files: Arc<Files<T>>,
    indices: Arc<[usize]>,
    limits: RecordingLimits,
    clip: Arc<Clip>,
    waveform: Vec<Arc<dyn WaveformTransform>>,
    pipeline: Arc<Pipeline>,
    /// Those in memory, by their places among the files.
    loaded: Arc<BTreeMap<usize, Recording>>,
}

#[derive(Debug)]
struct Files<T> {
    paths: Vec<PathBuf>,
    targets: T,
    class_names: Vec<String>,
    /// What is to be known of the folder or the list.
    notes: Vec<String>,
    seen: Seen<RecordingNote>,
}

const RECORDINGS: Kind =
    Kind { one: "recording", many: "recordings", extensions: &["wav", "wave"] };

impl AudioFolder {
    /// The recordings in one sub-folder for each class, at any depth within it. Classes are the sub-folders' names in
    /// alphabetical order.
    ///
    /// # Errors
    /// When there is no such folder, it has no sub-folders, or one of them has no recordings; when the input's settings
    /// are out of range, or the seconds too short for its spectrogram.
    pub fn open(folder: impl AsRef<Path>, input: &AudioInput) -> Result<Self> {
        let listing = Listing::of(folder.as_ref(), RECORDINGS)?;
        let notes = listing.passed_over().into_iter().collect();
        let Listing { paths, labels, class_names, .. } = listing;
        let seen = Seen::default();
        Self::of(Files { paths, targets: labels.into(), class_names, notes, seen }, input)
    }

    /// The recordings that a CSV file lists, with their classes: `columns` names that of the files, whose paths are
    /// relative to the list's folder, and that of the classes.
    ///
    /// # Errors
    /// When the list can't be read, a file isn't there, or a value is missing: the error names the line. Else as
    /// [`open`](Self::open).
    pub fn from_csv(
        list: impl AsRef<Path>,
        columns: [&str; 2],
        input: &AudioInput,
    ) -> Result<Self> {
        let list = List::read(list.as_ref(), columns, ColumnType::Category)?;
        let (class_names, targets) = list.classes()?;
        Self::of_list(list, class_names, targets, input)
    }
}

impl<T: RowTarget> AudioFolder<T> {
    /// These recordings, with a class or a number each, and the classes' names: for a set whose files are told by
    /// neither folders nor a list.
    ///
    /// # Errors
    /// When there are not as many targets as files, or none; when a class has no name; when the input's settings are
    /// out of range, or the seconds too short for its spectrogram.
    pub fn from_files<Name: Into<String>>(
        paths: Vec<PathBuf>,
        targets: T,
        class_names: impl IntoIterator<Item = Name>,
        input: &AudioInput,
    ) -> Result<Self> {
        let class_names: Vec<String> = class_names.into_iter().map(Into::into).collect();
        let (files, there) = (paths.len(), targets.samples().unwrap_or(0));
        let refuse = |error: Error| Err(error.operation("audio folder"));
        if files == 0 || files != there {
            return refuse(Error::data(format!("{files} recordings have {there} targets")));
        }
        let names = class_names.len();
        let classes = targets.classes().map_or(&[][..], Tensor::as_slice);
        if let Some(place) = classes.iter().position(|&class| class as usize >= names) {
            let (file, class) = (paths[place].display(), classes[place]);
            return refuse(
                Error::data(format!("{file} is of class {class}, there are {names} class names"))
                    .hint("classes count from 0"),
            );
        }
        let (notes, seen) = (Vec::new(), Seen::default());
        Self::of(Files { paths, targets, class_names, notes, seen }, input)
    }
}

impl AudioFolder<Tensor> {
    /// The recordings that a CSV file lists, with a number each, which batches have as `[N, 1]`: `columns` names that
    /// of the files, whose paths are relative to the list's folder, and that of the numbers.
    ///
    /// # Errors
    /// As [`from_csv`](AudioFolder::from_csv).
    pub fn scores_from_csv(
        list: impl AsRef<Path>,
        columns: [&str; 2],
        input: &AudioInput,
    ) -> Result<Self> {
        let list = List::read(list.as_ref(), columns, ColumnType::Number)?;
        let targets = list.scores()?;
        Self::of_list(list, Vec::new(), targets, input)
    }
}

impl<T: RowTarget> AudioFolder<T> {
    fn of_list(
        list: List,
        class_names: Vec<String>,
        targets: T,
        input: &AudioInput,
    ) -> Result<Self> {
        let (notes, seen) = (list.notes().to_vec(), Seen::default());
        Self::of(Files { paths: list.paths, targets, class_names, notes, seen }, input)
    }

    fn of(mut files: Files<T>, input: &AudioInput) -> Result<Self> {
        let new = || {
            let clip = Clip::new(input)?;
            let shape = clip.shape()?;
            Ok((clip, shape))
        };
        let (clip, shape) = new().map_err(|e: Error| e.operation("audio input"))?;
        if clip.empty_bands() > 0 {
            files.notes.push(format!(
                "{} of {} mel bands are always empty; take fewer bands, or a longer n_fft",
                clip.empty_bands(),
                shape[1]
            ));
        }
        Ok(Self {
            indices: (0..files.paths.len()).collect(),
            files: Arc::new(files),
            limits: RecordingLimits::new(),
            clip: Arc::new(clip),
            waveform: Vec::new(),
            pipeline: Arc::new(Pipeline::new(shape, u8::MAX)),
            loaded: Arc::default(),
        })
    }

    /// The same recordings, each of which may be as long as these limits say.
    #[must_use]
    pub fn limits(&self, limits: RecordingLimits) -> Self {
        Self { limits, ..self.clone() }
    }

    /// What differs from what is in the files, in a line each, for the user to know: files that were passed over, what
    /// was found out of a list, and how recordings that were read until now came to be others than their files have
    /// ([`RecordingNote`]).
    pub fn notes(&self) -> Vec<String> {
        let Files { paths, notes, seen, .. } = &*self.files;
        notes.iter().cloned().chain(seen.lines(paths, RECORDINGS)).collect()
    }

    /// Adds a transform of the recordings, at the wanted rate, after those that are there and before the spectrogram.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn transform_waveform(&self, transform: impl WaveformTransform) -> Result<Self> {
        transform.check()?;
        let mut changed = self.clone();
        changed.waveform.push(Arc::new(transform));
        Ok(changed)
    }

    /// Adds a transform of the spectrograms `[1, n_mels, frames]` after those that are there.
    ///
    /// # Errors
    /// When it doesn't fit their shape.
    pub fn transform(&self, transform: impl Transform) -> Result<Self> {
        let mut pipeline = Pipeline::clone(&self.pipeline);
        pipeline.push(Arc::new(transform))?;
        Ok(Self { pipeline: Arc::new(pipeline), ..self.clone() })
    }

    /// Normalises what comes out of all transforms.
    ///
    /// # Errors
    /// When it isn't for one channel.
    pub fn normalize(&self, normalize: &Normalize) -> Result<Self> {
        let mut pipeline = Pipeline::clone(&self.pipeline);
        pipeline.normalize(normalize)?;
        Ok(Self { pipeline: Arc::new(pipeline), ..self.clone() })
    }

    /// Reads all recordings into memory, at their rate: for sets that fit, so that each is decoded once and not in
    /// every epoch.
    ///
    /// # Errors
    /// When recordings can't be read; the error names each of them, up to twenty. When all of them are more than the
    /// [memory budget](memory::budget) allows for.
    pub fn load(&self) -> Result<Self> {
        let (loaded, broken) = self.load_readable()?;
        match broken.is_empty() {
            true => Ok(loaded),
            false => Err(all_broken(broken, self.len(), RECORDINGS)),
        }
    }

    /// As [`load`](Self::load), without the recordings that can't be read: their places, with the reason of each.
    ///
    /// # Errors
    /// When none can be read, or they are more than the [memory budget](memory::budget) allows for.
    pub fn load_readable(&self) -> Result<(Self, Vec<(usize, Error)>)> {
        let (mut loaded, mut places, mut broken) = (BTreeMap::new(), Vec::new(), Vec::new());
        let (mut bytes, mut too_many) = (0_usize, Ok(()));
        let read = |place: usize| self.prepared(self.indices[place]);
        read_in_parallel(self.len(), read, |place, recording| match recording {
            Ok(recording) if too_many.is_ok() => {
                bytes = bytes.saturating_add(recording.len() * size_of::<f32>());
                too_many = memory::check(bytes);
                loaded.insert(self.indices[place], recording);
                places.push(place);
            }
            Ok(_) => {}
            Err(error) => broken.push((place, error)),
        });
        too_many?;
        if places.is_empty() && !broken.is_empty() {
            return Err(all_broken(broken, self.len(), RECORDINGS));
        }
        Ok((Self { loaded: Arc::new(loaded), ..self.subset(&places)? }, broken))
    }

    /// The places of the recordings that can't be read, with the reason of each: all are read once, by all threads.
    pub fn broken(&self) -> Vec<(usize, Error)> {
        let mut broken = Vec::new();
        let read = |place: usize| self.prepared(self.indices[place]).map(drop);
        read_in_parallel(self.len(), read, |place, recording| {
            broken.extend(recording.err().map(|error| (place, error)));
        });
        broken
    }

    /// The shape `[1, n_mels, frames]` of each image in a batch, unless transforms change it.
    pub fn shape(&self) -> [usize; 3] {
        self.pipeline.shape()
    }

    /// The class or number of each recording.
    ///
    /// # Errors
    /// Never: all of them are there.
    pub fn targets(&self) -> Result<T> {
        self.files.targets.rows(&self.indices)
    }

    /// The file of each recording.
    pub fn paths(&self) -> Vec<&Path> {
        self.indices.iter().map(|&file| self.files.paths[file].as_path()).collect()
    }

    /// One recording as it is in its file, before it is brought to rate and length.
    ///
    /// # Errors
    /// When there is no such recording, or it can't be read; the error names it.
    pub fn recording(&self, index: usize) -> Result<Recording> {
        check_indices(&[index], self.len()).map_err(|e| e.operation("audio folder"))?;
        Recording::read_within(&self.files.paths[self.indices[index]], self.limits)
    }

    /// One recording at the wanted rate.
    fn prepared(&self, file: usize) -> Result<Recording> {
        if let Some(recording) = self.loaded.get(&file) {
            return Ok(recording.clone());
        }
        let path = &self.files.paths[file];
        let recording = Recording::read_within(path, self.limits)?;
        let recording = self.clip.prepared(&recording).map_err(|e| e.at(path.display()))?;
        self.files.seen.add(file, recording.notes());
        Ok(recording)
    }
}

impl<T: RowTarget> Dataset for AudioFolder<T> {
    type Batch = RowBatch<T>;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn batch(&self, indices: &[usize], draw: &Draw) -> Result<RowBatch<T>> {
        check_indices(indices, self.len()).map_err(|e| e.operation("audio folder"))?;
        let [channels, height, width] = self.shape();
        let mut input = Tensor::try_full([indices.len(), channels, height, width], 0.0)?;
        let size = channels * height * width;
        for (&index, out) in indices.iter().zip(input.as_mut_slice().chunks_mut(size)) {
            let mut recording = self.prepared(self.indices[index])?;
            let mut context = draw.context(index);
            for transform in &self.waveform {
                recording = transform.apply(recording, &mut context)?;
            }
            let picture = self.clip.picture(&recording, context.rng())?;
            self.pipeline.finish(picture, &mut context, out)?;
        }
        let files: Vec<usize> = indices.iter().map(|&index| self.indices[index]).collect();
        Ok(RowBatch { input, target: self.files.targets.rows(&files)? })
    }

    /// The recording's file.
    fn sample_name(&self, index: usize) -> String {
        let path = self.indices.get(index).map(|&file| &self.files.paths[file]);
        path.map_or_else(|| format!("sample {index}"), |path| path.display().to_string())
    }

    fn class_names(&self) -> &[String] {
        &self.files.class_names
    }

    /// The number of recordings, their pictures' shape, and a checksum of their classes or numbers, names and sizes in
    /// bytes, of the spectrogram and of the transforms. Recordings are not read for it.
    fn fingerprint(&self) -> String {
        let mut hasher = crc32fast::Hasher::new();
        for &index in self.indices.iter() {
            let path = &self.files.paths[index];
            let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
            hasher.update(path.file_name().unwrap_or_default().as_encoded_bytes());
            hasher.update(&bytes.to_le_bytes());
        }
        if let Ok(targets) = self.targets() {
            targets.hash(&mut hasher);
        }
        hasher.update(format!("{:?} {:?}", self.clip, self.pipeline).as_bytes());
        if !self.waveform.is_empty() {
            hasher.update(format!("{:?}", self.waveform).as_bytes());
        }
        let [channels, height, width] = self.shape();
        format!(
            "{} recordings [{channels}, {height}, {width}], crc32 {:08x}",
            self.len(),
            hasher.finalize()
        )
    }
}

impl<T: RowTarget> Split for AudioFolder<T> {
    fn strata(&self) -> Strata {
        match self.targets() {
            Ok(targets) => targets.strata(),
            Err(_) => Strata::None(self.len()),
        }
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

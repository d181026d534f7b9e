//! Data sets, loaders, transforms and readers of standard formats.
//!
//! A [`Dataset`] gives samples by index, as whole batches; a [`DataLoader`] asks it for the batches
//! of an epoch, shuffled and read ahead. Randomness is keyed by seed, epoch and sample, so that
//! the number of loader threads changes nothing, and an epoch can be taken up in its middle.
//!
//! ```
//! use plywood_datasets::{DataLoader, Digits, Split};
//! use plywood_tensor::Seed;
//!
//! let digits = Digits::embedded()?; // 1,797 real 8×8 images, in this crate
//! let [train, _valid, _test] = digits.split([0.7, 0.1, 0.2], Seed(7))?; // stratified
//! let loader = DataLoader::new(&train).batch_size(64).shuffle(Seed(7)).augment(Seed(7)).threads(2);
//! for batch in loader.epoch(0) {
//!     let batch = batch?;
//!     assert_eq!(batch.images.shape()[1..], [1, 8, 8]); // N, C, H, W
//! }
//! # Ok::<(), plywood_tensor::Error>(())
//! ```
//!
//! Nothing here knows of layers or models.

#[cfg(feature = "audio")]
mod audio;
mod batch;
mod characters;
mod dataset;
mod draw;
mod embedded;
mod image;
mod images;
mod loader;
mod masked;
mod readers;
mod rows;
mod sample_names;
mod split;
mod table;
mod text;
pub mod transforms;

#[cfg(feature = "audio")]
pub use audio::{
    AddGaussianSnr, AudioFolder, AudioInput, Decibels, Gain, LogScale, MelNorm, MelScale,
    MelSpectrogram, MelSpectrogramConfig, Recording, RecordingLimits, RecordingNote, Resample,
    Shift, Spectrogram, SpectrogramConfig, SpeedPerturbation, WaveformTransform,
};
pub use batch::{Batch, ImageBatch, Target};
pub use characters::{Characters, TextBatch, TextWindows, read_text};
pub use dataset::Dataset;
pub use draw::{Context, Draw};
pub use embedded::{Ames, BreastCancer, Digits, chelsea};
pub use image::{DecodeLimits, Fit, Image, Mask, Note};
pub use images::Images;
pub use loader::{DataLoader, Epoch};
pub use masked::{MaskedBatch, MaskedImages, MaskedTransform, RandomScaleCrop};
/// The trait, and the macro that derives it.
pub use plywood_derive::Settings;
pub use plywood_tensor::Settings;
pub use readers::{
    Cifar10, Cifar100, FashionMnist, Gtsrb, GtsrbSigns, ImageFolder, MedMnist, Mnist, Npz, idx, npy,
};
pub use rows::{RowBatch, RowTarget, Rows};
pub use split::{Split, Strata, check_groups_apart};
pub use table::{
    ColumnType, Csv, CsvPart, CsvRow, CsvStream, Encoding, EncodingConfig, Gaps, Schema, Table,
    TableBatch, TableInput, TableSet,
};
pub use text::{BytePairEncoding, EncodedPairs, PairBatch, PairNote, SentencePairs, TextPairs};
pub use transforms::{Normalize, Transform};

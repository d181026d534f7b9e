//! GTSRB, photos of German traffic signs: folders of PPM files by class, and tables that say what is where.
//!
//! Source: Stallkamp et al., "Man vs. computer: Benchmarking machine learning algorithms for traffic sign
//! recognition" (2012).

mod annotations;

use std::path::{Path, PathBuf};

use plywood_tensor::{Error, Result, Tensor, memory};

use super::files::{Kind, all_broken, read_in_parallel};
use crate::Settings;
use crate::draw::Context;
use crate::image::{DecodeLimits, Image};
use crate::images::Images;
use crate::transforms::{Resize, Transform};
use annotations::{Annotation, CLASSES, annotations, track};

const SIGNS: Kind = Kind { one: "sign", many: "signs", extensions: &["ppm"] };

/// What errors say where a file or folder is missing.
const HINT: &str = "GTSRB_Final_Training_Images.zip, GTSRB_Final_Test_Images.zip and GTSRB_Final_Test_GT.zip have it";

/// The names of the classes.
const NAMES: [&str; CLASSES] = [
    "speed limit (20 km/h)",
    "speed limit (30 km/h)",
    "speed limit (50 km/h)",
    "speed limit (60 km/h)",
    "speed limit (70 km/h)",
    "speed limit (80 km/h)",
    "end of speed limit (80 km/h)",
    "speed limit (100 km/h)",
    "speed limit (120 km/h)",
    "no passing",
    "no passing for trucks",
    "right of way at the next intersection",
    "priority road",
    "yield",
    "stop",
    "no vehicles",
    "no trucks",
    "no entry",
    "general danger",
    "dangerous curve to the left",
    "dangerous curve to the right",
    "double curve",
    "bumpy road",
    "slippery road",
    "road narrows on the right",
    "road work",
    "traffic signals",
    "pedestrians",
    "children crossing",
    "bicycles crossing",
    "ice or snow",
    "wild animals crossing",
    "end of all limits",
    "turn right ahead",
    "turn left ahead",
    "ahead only",
    "straight ahead or right",
    "straight ahead or left",
    "keep right",
    "keep left",
    "roundabout",
    "end of no passing",
    "end of no passing for trucks",
];

/// How the German Traffic Sign Recognition Benchmark is read: 39,209 photos of signs for training and 12,630
/// for the test, of 15 to 250 pixels a side, each with a border of about a tenth around its sign.
///
/// ```
/// use plywood_datasets::{Dataset, Gtsrb};
///
/// // data/gtsrb/GTSRB/Final_Training/Images/00000/00000_00000.ppm, …
/// if let Ok(signs) = Gtsrb::new(32).crop(true).from_dir("data/gtsrb") {
///     assert_eq!(signs.train.shape(), [3, 32, 32]);
///     assert_eq!(signs.tracks[0], [0, 0]); // the class and the track of the first image
/// }
/// assert_eq!(Gtsrb::CLASS_NAMES[14], "stop");
/// ```
///
/// What is missing is named:
///
/// ```
/// use plywood_datasets::Gtsrb;
///
/// assert_eq!(Gtsrb::CLASS_NAMES[14], "stop");
/// let error = Gtsrb::new(32).from_dir("nowhere").unwrap_err().to_string();
/// assert!(error.contains("GT-00000.csv: there is no such file"));
/// ```
#[derive(Clone, Debug, Settings)]
pub struct Gtsrb {
    /// The side that images are brought to, in pixels, whatever their proportions.
    #[setting(range = 1.0..=65_536.0)]
    side: usize,
    /// Whether an image is cut to its region of interest, which is the sign without the border.
    #[setting(default = false)]
    crop: bool,
}

/// The signs in a folder, as [`Gtsrb::from_dir`] reads them.
///
/// ```
/// use plywood_datasets::GtsrbSigns;
///
/// /// How many physical signs there are photos of.
/// fn signs(data: &GtsrbSigns) -> usize {
///     let mut tracks = data.tracks.clone();
///     tracks.dedup(); // they come in order
///     tracks.len()
/// }
/// # let _ = signs;
/// ```
#[derive(Clone, Debug)]
pub struct GtsrbSigns {
    /// The training images, in the order of classes, tracks and frames.
    pub train: Images,
    /// Of each training image `[class, track]`, which together name one physical sign: the frames of a track were
    /// taken while a car went by, and are nearly the same. A split must not part them.
    pub tracks: Vec<[u32; 2]>,
    /// The test images.
    pub test: Images,
}

impl Gtsrb {
    /// The names of the classes, in the order of their numbers.
    pub const CLASS_NAMES: [&str; CLASSES] = NAMES;

    /// The training images (`Final_Training/Images/CLASS/TRACK_FRAME.ppm`, with `GT-CLASS.csv` in each class's
    /// folder) and the test images (`Final_Test/Images`, with `GT-final_test.csv` there or in `folder`), in
    /// `folder` or in `folder/GTSRB`.
    ///
    /// # Errors
    /// When the side is out of range, a file or the folder of a class is missing, a table's line is broken or names a
    /// class that there isn't, an image can't be read or has other sides than its line says, or all of them are more
    /// than the [memory budget](memory::budget) allows for. The error names the file and the line.
    pub fn from_dir(&self, folder: impl AsRef<Path>) -> Result<GtsrbSigns> {
        self.check().map_err(|error| error.operation("gtsrb"))?;
        let folder = folder.as_ref();
        let inside = folder.join("GTSRB");
        let root = if inside.is_dir() { &inside } else { folder };
        let training = root.join("Final_Training").join("Images");
        let mut photos = Vec::new();
        for class in 0..CLASSES {
            let of_class = training.join(format!("{class:05}"));
            let table = existing(of_class.join(format!("GT-{class:05}.csv")))?;
            let begin = photos.len();
            photos.extend(annotations(&table, &of_class, Some(class as u32))?);
            if photos.len() == begin {
                return Err(Error::data("there is no sign in it").at(table.display()).hint(HINT));
            }
        }
        let tracks = photos.iter().map(track).collect::<Result<_>>()?;
        let test = root.join("Final_Test").join("Images");
        let table = [root, folder].map(|other| other.join("GT-final_test.csv"));
        let table = table.into_iter().find(|path| path.is_file());
        let table = existing(table.unwrap_or_else(|| test.join("GT-final_test.csv")))?;
        let tested = annotations(&table, &test, None)?;
        Ok(GtsrbSigns { train: self.images(&photos)?, tracks, test: self.images(&tested)? })
    }

    /// Reads the files by all threads.
    fn images(&self, photos: &[Annotation]) -> Result<Images> {
        let side = self.side;
        let bytes = photos.len().saturating_mul(3).saturating_mul(side).saturating_mul(side);
        let mut pixels = memory::vec_with_capacity(bytes)?;
        let mut broken = Vec::new();
        read_in_parallel(
            photos.len(),
            |place| self.image(&photos[place]),
            |place, image| match image {
                Ok(image) => pixels.extend(image.pixels().as_slice()),
                Err(error) => broken.push((place, error)),
            },
        );
        if !broken.is_empty() {
            return Err(all_broken(broken, photos.len(), SIGNS));
        }
        let pixels = Tensor::from_vec(pixels, [photos.len(), 3, side, side])?;
        let labels = photos.iter().map(|photo| photo.class).collect();
        let names = photos.iter().map(|photo| photo.path.display().to_string());
        Images::new(pixels, labels, NAMES)?.with_sample_names(names)
    }

    /// One image at its size.
    fn image(&self, photo: &Annotation) -> Result<Image> {
        let limits = DecodeLimits::for_size(self.side);
        let image = Image::read_within(&photo.path, limits)?.to_rgb();
        let [_, height, width] = image.shape();
        if [height, width] != photo.size {
            let [rows, columns] = photo.size;
            return Err(Error::data(format!(
                "it has {width}×{height} pixels, {} says {columns}×{rows}",
                photo.place
            ))
            .at(photo.path.display()));
        }
        let image = if self.crop { photo.region(&image)? } else { image };
        if image.shape()[1..] == [self.side, self.side] {
            return Ok(image);
        }
        let context = &mut Context::evaluation();
        Image::from_unit(&Resize::new(self.side).apply(image.to_unit(), context)?)
    }
}

/// A path, if it is a file.
fn existing(path: PathBuf) -> Result<PathBuf> {
    if path.is_file() {
        return Ok(path);
    }
    Err(Error::data("there is no such file").at(path.display()).hint(HINT))
}

#[cfg(test)]
mod tests;

//! The tables of GTSRB: a line of each image, with its sides, its region of interest and its class.

use std::path::{Path, PathBuf};

use plywood_tensor::{Error, Result, Tensor};

use crate::image::Image;
use crate::readers::source::{Source, with_file};

/// The number of classes.
pub(super) const CLASSES: usize = 43;

/// The first line of each table.
const HEADER: &str = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId";

/// No table has a tenth of this.
const MOST_BYTES: usize = 1 << 26;

/// What a table says of an image.
#[derive(Debug)]
pub(super) struct Annotation {
    /// The image's file.
    pub(super) path: PathBuf,
    /// The table, and the line in it, for errors.
    pub(super) place: String,
    /// The image's `[height, width]`.
    pub(super) size: [usize; 2],
    /// The first and the last column of the sign, and the first and the last row.
    columns: [usize; 2],
    rows: [usize; 2],
    pub(super) class: u32,
}

/// What a table says of the images in `folder`, which all should be of a `class` if there is one.
pub(super) fn annotations(
    table: &Path,
    folder: &Path,
    class: Option<u32>,
) -> Result<Vec<Annotation>> {
    let text = with_file(table, |file| Source::new(file)?.rest(MOST_BYTES))?;
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default().trim();
    if header != HEADER {
        return Err(Error::data(format!("line 1 should be `{HEADER}`")).at(table.display()));
    }
    let lines = lines.enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(place, line)| {
            let place = format!("{}: line {}", table.display(), place + 2);
            parsed(line.trim(), folder, class, &place).map_err(|error| error.at(&place))
        })
        .collect()
}

fn parsed(line: &str, folder: &Path, class: Option<u32>, place: &str) -> Result<Annotation> {
    let broken =
        || Error::data(format!("it should have a name and seven whole numbers ({HEADER})"));
    let fields: Vec<&str> = line.split(';').collect();
    let [name, numbers @ ..] = &fields[..] else { return Err(broken()) };
    let numbers: Option<Vec<usize>> = numbers.iter().map(|text| text.parse().ok()).collect();
    let Some([width, height, left, top, right, bottom, label]) = numbers.as_deref() else {
        return Err(broken());
    };
    // A name that is a path would lead out of the folder.
    if Path::new(name).file_name().is_none_or(|file| file != *name) {
        return Err(Error::data(format!("`{name}` is no name of a file")));
    }
    if left > right || top > bottom || right >= width || bottom >= height {
        return Err(Error::data(format!(
            "the region from ({left}, {top}) to ({right}, {bottom}) isn't in an image of \
             {width}×{height}"
        )));
    }
    let label = u32::try_from(*label).ok().filter(|&label| (label as usize) < CLASSES);
    match (label, class) {
        (None, _) => {
            let last = fields.last().copied().unwrap_or_default();
            Err(Error::data(format!("there is no class {last}"))
                .hint(format!("there are {CLASSES}, counted from 0")))
        }
        (Some(label), Some(class)) if label != class => {
            Err(Error::data(format!("class {label} in the folder of class {class}")))
        }
        (Some(class), _) => Ok(Annotation {
            path: folder.join(name),
            place: place.to_owned(),
            size: [*height, *width],
            columns: [*left, *right],
            rows: [*top, *bottom],
            class,
        }),
    }
}

/// The class of a training image, and its track, the first number in the name of its file.
pub(super) fn track(photo: &Annotation) -> Result<[u32; 2]> {
    let name = photo.path.file_name().unwrap_or_default().to_string_lossy();
    let track = name.split_once('_').and_then(|(track, _)| track.parse().ok());
    let track = track.ok_or_else(|| {
        Error::data(format!("`{name}` doesn't begin with the number of a track and `_`"))
            .at(&photo.place)
    })?;
    Ok([photo.class, track])
}

impl Annotation {
    /// The part of its image that the sign takes.
    pub(super) fn region(&self, image: &Image) -> Result<Image> {
        let [left, top] = [self.columns[0], self.rows[0]];
        let shape = [image.shape()[0], self.rows[1] + 1 - top, self.columns[1] + 1 - left];
        let width = image.shape()[2];
        let mut pixels = Vec::with_capacity(shape.iter().product());
        for plane in image.pixels().as_slice().chunks(image.shape()[1] * width) {
            for row in plane.chunks(width).skip(top).take(shape[1]) {
                pixels.extend(&row[left..left + shape[2]]);
            }
        }
        Image::new(Tensor::from_vec(pixels, shape)?)
    }
}

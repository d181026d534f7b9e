//! Images with masks from two folders.

use std::path::{Path, PathBuf};

use plywood_tensor::{Error, Result, Tensor, memory};

use super::{MaskedImages, check_classes};
use crate::draw::Context;
use crate::image::{DecodeLimits, EXTENSIONS, Image, Mask};
use crate::readers::files::{Kind, all_broken, entries, read_in_parallel};
use crate::sample_names::SampleNames;
use crate::transforms::{Resize, Size, Transform};

const IMAGES: Kind = Kind { one: "image", many: "images", extensions: EXTENSIONS };

impl MaskedImages {
    /// The images in a folder, in colour, and their masks in another: PNG files of the same names, but for what they
    /// end in, as [`Mask`] reads them. Each image and its mask are brought to a size, whatever their proportions; masks
    /// by the nearest pixel.
    ///
    /// # Errors
    /// When there is no such folder, it has no images, one has no mask, a mask has another size than its image or a
    /// class without a name, or files can't be read. The error names each of them, up to twenty.
    pub fn open<Name: Into<String>>(
        images: impl AsRef<Path>,
        masks: impl AsRef<Path>,
        class_names: impl IntoIterator<Item = Name>,
        void: Option<u8>,
        size: impl Into<Size>,
    ) -> Result<Self> {
        let (images, masks) = (images.as_ref(), masks.as_ref());
        let class_names: Vec<String> = class_names.into_iter().map(Into::into).collect();
        let size = size.into();
        let paths = paths(images)?;
        let bytes = paths.len().saturating_mul(size.height).saturating_mul(size.width);
        let mut pixels = memory::vec_with_capacity(bytes.saturating_mul(3))?;
        let mut classes = memory::vec_with_capacity(bytes)?;
        let mut broken = Vec::new();
        let read = |place: usize| pair(&paths[place], masks, size, class_names.len(), void);
        read_in_parallel(paths.len(), read, |place, pair| match pair {
            Ok((image, mask)) => {
                pixels.extend_from_slice(image.pixels().as_slice());
                classes.extend_from_slice(mask.classes().as_slice());
            }
            Err(error) => broken.push((place, error)),
        });
        if !broken.is_empty() {
            return Err(all_broken(broken, paths.len(), IMAGES));
        }
        let Size { height, width } = size;
        let pixels = Tensor::from_vec(pixels, [paths.len(), 3, height, width])?;
        let classes = Tensor::from_vec(classes, [paths.len(), height, width])?;
        let names = paths.iter().map(|path| path.display().to_string()).collect();
        Ok(Self {
            samples: SampleNames::new(names),
            ..Self::new(pixels, classes, class_names, void)?
        })
    }
}

/// The images in a folder, sorted by name.
fn paths(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = entries(folder)?;
    paths.retain(|path| IMAGES.has(path));
    match paths.is_empty() {
        true => Err(Error::data("it has no images")
            .at(folder.display())
            .hint(format!("images are files that end in .{}", EXTENSIONS.join(", .")))),
        false => Ok(paths),
    }
}

/// An image and its mask, both of a size.
fn pair(
    path: &Path,
    masks: &Path,
    size: Size,
    classes: usize,
    void: Option<u8>,
) -> Result<(Image, Mask)> {
    let mask_path = masks.join(path.file_stem().unwrap_or_default()).with_extension("png");
    let limits = DecodeLimits::for_size(size);
    let image = Image::read_within(path, limits)?;
    let mask = Mask::read_within(&mask_path, limits)?;
    let check = || {
        let ([_, height, width], [rows, columns]) = (image.shape(), mask.shape());
        if [rows, columns] != [height, width] {
            return Err(Error::data(format!(
                "the mask is {rows}×{columns}, its image {} is {height}×{width}",
                path.display()
            ))
            .hint("each pixel of an image has one in its mask"));
        }
        check_classes(mask.classes().as_slice(), [rows, columns], classes, void)
    };
    check().map_err(|error: Error| error.at(mask_path.display()))?;
    let image = image.to_rgb();
    if image.shape()[1..] == [size.height, size.width] {
        return Ok((image, mask));
    }
    let resized = Resize::new(size).apply(image.to_unit(), &mut Context::evaluation())?;
    Ok((Image::from_unit(&resized)?, mask.resized(size.height, size.width)?))
}

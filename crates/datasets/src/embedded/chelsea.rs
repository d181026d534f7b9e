//! A cat.

use plywood_tensor::Result;

use crate::image::Image;

static FILE: &[u8] = include_bytes!("../../data/chelsea_224.png");

/// Chelsea, a cat, in colour: `[3, 224, 224]`.
///
/// ```
/// let cat = plywood_datasets::chelsea()?;
/// assert_eq!(cat.shape(), [3, 224, 224]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// Source: a photograph by Stéfan van der Walt, as in scikit-image; CC0.
///
/// # Errors
/// Never, unless the crate's own file was changed.
pub fn chelsea() -> Result<Image> {
    Image::decode(FILE).map_err(|e| e.at("the embedded cat"))
}

//! An image inside a page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plywood_datasets::Image;
use plywood_tensor::Result;

/// An image as an address that has all of it, for the `src` of an `img` on a page that is one file.
///
/// ```
/// use plywood_datasets::Image;
/// use plywood_tensor::Tensor;
/// use plywood_training::data_uri;
///
/// let uri = data_uri(&Image::new(Tensor::full([1, 8, 8], 255_u8))?)?;
/// assert!(uri.starts_with("data:image/png;base64,iVBOR"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the image is too large for PNG.
pub fn data_uri(image: &Image) -> Result<String> {
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(image.encode_png()?)))
}

//! An image inside a page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plywood_datasets::Image;
use plywood_tensor::Result;
use serde::Serialize;

/// Below this an image is enlarged by the browser, and its pixels should stay squares.
const SMALL: usize = 64;

/// What the template of a page that is one file needs of an image.
///
/// ```
/// use plywood_datasets::Image;
/// use plywood_tensor::Tensor;
/// use plywood_training::EmbeddedImage;
///
/// let white = Image::new(Tensor::full([1, 8, 6], 255_u8))?;
/// let image = EmbeddedImage::new(&white, "nothing but white")?;
/// assert_eq!((image.width, image.height), (6, 8));
/// let json = serde_json::to_string(&image).unwrap();
/// assert!(json.contains(r#""uri":"data:image/png;base64,iVBOR"#));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct EmbeddedImage {
    /// For the `src` of an `img`: all of the image.
    uri: String,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// What those hear who can't see it.
    alt: String,
    /// Whether its pixels are to stay squares.
    small: bool,
}

impl EmbeddedImage {
    /// The image, and what those hear who can't see it.
    ///
    /// # Errors
    /// When the image is too large for PNG.
    pub fn new(image: &Image, alt: impl Into<String>) -> Result<Self> {
        let [_, height, width] = image.shape();
        let uri = format!("data:image/png;base64,{}", STANDARD.encode(image.encode_png()?));
        let small = width.max(height) <= SMALL;
        Ok(Self { uri, width, height, alt: alt.into(), small })
    }
}

//! Masks: the class of each pixel of an image, in an indexed PNG file.

use std::path::Path;

use plywood_tensor::{Error, Result, Tensor, catch_decoder_panic, check_setting, replace_file};

use super::limits::DecodeLimits;
use super::{Image, png};

/// The class of each pixel of an image: bytes `[H, W]`.
///
/// In a file it is a PNG image with a palette, whose indices are the classes, or one in greys, of which 0 is
/// class 0, 1 is class 1 and so on, though all of them look black.
///
/// ```
/// use plywood_datasets::Mask;
/// use plywood_tensor::Tensor;
///
/// let mask = Mask::new(Tensor::from([[0_u8, 0, 1], [0, 2, 1]]))?; // H, W
/// let png = mask.encode_png(&[[0, 0, 0], [255, 0, 0], [0, 255, 0]])?; // black, red and green
/// assert_eq!(Mask::decode(&png)?, mask);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    classes: Tensor<u8>,
}

impl Mask {
    /// Of the class of each pixel, `[H, W]`.
    ///
    /// # Errors
    /// When there are not two axes, or no pixels.
    pub fn new(classes: Tensor<u8>) -> Result<Self> {
        match classes.rank() == 2 && classes.numel() > 0 {
            true => Ok(Self { classes }),
            false => Err(Error::shape(format!("{} is not a mask (H, W)", classes.shape()))
                .operation("mask")
                .hint("it should have at least a pixel")),
        }
    }

    /// Decodes a PNG file with a palette or in greys, of 1 to 8 bits.
    ///
    /// # Errors
    /// When it is no PNG file, its pixels are colours or have 16 bits, it is cut short, corrupted, or larger than the
    /// default [`DecodeLimits`].
    pub fn decode(file: &[u8]) -> Result<Self> {
        Self::decode_within(file, DecodeLimits::new())
    }

    /// Decodes a file as [`decode`](Self::decode), if it is within these limits.
    ///
    /// # Errors
    /// As there.
    pub fn decode_within(file: &[u8], limits: DecodeLimits) -> Result<Self> {
        let decode = || match file {
            [0x89, b'P', b'N', b'G', ..] => {
                catch_decoder_panic("png", || png::decode_indices(file, limits))
            }
            _ => Err(Error::data("it is no PNG file").hint("save the mask as one")),
        };
        let (classes, _) = decode().map_err(|error| error.operation("mask"))?;
        Self::new(classes)
    }

    /// Reads a file, as [`decode`](Self::decode).
    ///
    /// # Errors
    /// When the file can't be read, or as [`decode`](Self::decode).
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Self::read_within(path, DecodeLimits::new())
    }

    /// Reads a file, as [`decode_within`](Self::decode_within).
    ///
    /// # Errors
    /// When the file can't be read, or as [`decode_within`](Self::decode_within).
    pub fn read_within(path: impl AsRef<Path>, limits: DecodeLimits) -> Result<Self> {
        let path = path.as_ref();
        let file = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
        Self::decode_within(&file, limits).map_err(|error| error.at(path.display()))
    }

    /// The mask as a PNG file with a palette: the colour of each class, `[red, green, blue]`.
    ///
    /// # Errors
    /// When a class has no colour, there are more than 256 colours, or it is too large for the format.
    pub fn encode_png(&self, palette: &[[u8; 3]]) -> Result<Vec<u8>> {
        png::encode_indices(&self.classes, palette).map_err(|error| error.operation("mask"))
    }

    /// Writes the mask as a PNG file with a palette, whole or not at all, as [`replace_file`].
    ///
    /// # Errors
    /// As [`encode_png`](Self::encode_png), or when the file can't be written.
    pub fn write_png(&self, path: impl AsRef<Path>, palette: &[[u8; 3]]) -> Result<()> {
        let path = path.as_ref();
        let file = self.encode_png(palette).map_err(|error| error.at(path.display()))?;
        replace_file(path, &file)
    }

    /// The sizes `[H, W]`.
    pub fn shape(&self) -> [usize; 2] {
        let shape = self.classes.shape();
        [shape[0], shape[1]]
    }

    /// The class of each pixel, `[H, W]`.
    pub fn classes(&self) -> &Tensor<u8> {
        &self.classes
    }

    /// The same brought to another size, each pixel of the class that was nearest to its middle: between two
    /// classes there is nothing.
    ///
    /// # Errors
    /// When the size is 0, or larger than memory.
    pub fn resized(&self, height: usize, width: usize) -> Result<Self> {
        let [rows, columns] = self.shape();
        let mut classes =
            Tensor::try_full([height, width], 0_u8).map_err(|error| error.operation("mask"))?;
        if classes.numel() == 0 {
            return Self::new(classes);
        }
        let nearest = |place: usize, of: usize, from: usize| {
            // The place of the middle of the new pixel, (place + ½) · from / of.
            ((2 * place as u128 + 1) * from as u128 / (2 * of as u128)) as usize
        };
        let columns_of: Vec<usize> =
            (0..width).map(|column| nearest(column, width, columns)).collect();
        for (row, line) in classes.as_mut_slice().chunks_mut(width).enumerate() {
            let own = &self.classes.as_slice()[nearest(row, height, rows) * columns..][..columns];
            for (class, &column) in line.iter_mut().zip(&columns_of) {
                *class = own[column];
            }
        }
        Self::new(classes)
    }

    /// The image, coloured by class: each pixel has so many parts of its class's colour, from 0, where nothing changes,
    /// to 1, where only the colour is left. Pixels whose class has no colour stay as they are.
    ///
    /// ```
    /// use plywood_datasets::{Image, Mask};
    /// use plywood_tensor::Tensor;
    ///
    /// let photo = Image::new(Tensor::full([1, 1, 2], 100_u8))?; // two grey pixels
    /// let mask = Mask::new(Tensor::from([[0_u8, 7]]))?;
    /// let over = mask.over(&photo, &[[200, 0, 0]], 0.5)?;
    /// assert_eq!(over.pixels(), &Tensor::from([[[150_u8, 100]], [[50, 100]], [[50, 100]]])); // C, H, W
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the image has another size, or the opacity isn't between 0 and 1.
    pub fn over(&self, image: &Image, colors: &[[u8; 3]], opacity: f64) -> Result<Image> {
        let check = || {
            check_setting("opacity", opacity, 0.0..=1.0)?;
            let ([_, height, width], [rows, columns]) = (image.shape(), self.shape());
            match [rows, columns] == [height, width] {
                true => Ok(()),
                false => Err(Error::shape(format!(
                    "a mask of {rows}×{columns} doesn't lie over an image of {height}×{width}"
                ))
                .hint("`resized` brings it to another size")),
            }
        };
        check().map_err(|error: Error| error.operation("mask"))?;
        let mut pixels = image.to_rgb().into_pixels();
        let plane = self.classes.numel();
        for (channel, pixels) in pixels.as_mut_slice().chunks_mut(plane).enumerate() {
            for (pixel, &class) in pixels.iter_mut().zip(self.classes.as_slice()) {
                if let Some(color) = colors.get(usize::from(class)) {
                    let (own, new) = (f64::from(*pixel), f64::from(color[channel]));
                    *pixel = (own + (new - own) * opacity).round() as u8;
                }
            }
        }
        Image::new(pixels)
    }

    /// A colour for each of so many classes, told apart as far as may be.
    ///
    /// ```
    /// use plywood_datasets::Mask;
    ///
    /// let colors = Mask::colors(3);
    /// assert!(colors[0] != colors[1] && colors[1] != colors[2]);
    /// assert_eq!(colors, Mask::colors(12)[..3]);
    /// ```
    pub fn colors(classes: usize) -> Vec<[u8; 3]> {
        let color = |class: usize| {
            // Hues by the golden ratio are never near those before them; lightness goes round in three steps.
            let hue = (class as f64 * 0.618_033_988_749_895 + 0.6).fract() * 6.0;
            let [dark, bright] = [[40.0, 230.0], [90.0, 255.0], [20.0, 160.0]][class % 3];
            [5.0, 3.0, 1.0].map(|shift| {
                // HSV to RGB: a trapezoid of the hue for each colour.
                let k = (shift + hue) % 6.0;
                let part = (k.min(4.0 - k)).clamp(0.0, 1.0);
                (bright - (bright - dark) * part) as u8
            })
        };
        (0..classes.min(256)).map(color).collect()
    }
}

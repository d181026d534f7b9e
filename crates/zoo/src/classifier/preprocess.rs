//! From a photo to a network's input.

use plywood_datasets::transforms::{CenterCrop, Resize};
use plywood_datasets::{Context, Image, Normalize, Transform};
use plywood_tensor::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// How a photo of any size becomes a network's input: red, green and blue (in front of white where
/// it isn't opaque), a square from its middle brought to the right size, and its values, from 0 to
/// 1, normalised.
///
/// An image that has the right size already is taken whole.
///
/// ```
/// use plywood_datasets::Image;
/// use plywood_tensor::Tensor;
/// use plywood_zoo::Preprocess;
///
/// // Black, white, black side by side: of the middle only white is left.
/// let stripes = Tensor::from_fn([3, 4, 12], |at| if at[2] / 4 == 1 { 255 } else { 0 });
/// let preprocess = Preprocess::fitted(4).normalize([0.5; 3], [0.25; 3])?;
/// let input = preprocess.input(&Image::new(stripes)?)?;
/// assert_eq!(input, Tensor::full([1, 3, 4, 4], 2.0)); // (1 − 0.5) / 0.25
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocess {
    side: usize,
    /// What the shorter side is brought to before the square is cut out; without it the square is
    /// as large as the image has room for.
    resize: Option<usize>,
    mean: [f32; 3],
    std: [f32; 3],
}

impl Preprocess {
    /// The largest square of the middle, brought to `side × side`, as
    /// [`ImageFolder`](plywood_datasets::ImageFolder) does it.
    pub fn fitted(side: usize) -> Self {
        Self { side, resize: None, mean: [0.0; 3], std: [1.0; 3] }
    }

    /// The shorter side brought to `resize`, then a square of `side × side` from the middle: what
    /// networks for ImageNet are evaluated with.
    pub fn cropped(resize: usize, side: usize) -> Self {
        Self { resize: Some(resize), ..Self::fitted(side) }
    }

    /// Values become (x − mean) / std in each channel; x is from 0 to 1.
    ///
    /// # Errors
    /// When a number is not finite, or a deviation not positive.
    pub fn normalize(mut self, mean: [f32; 3], std: [f32; 3]) -> Result<Self> {
        (self.mean, self.std) = (mean, std);
        self.normalization()?;
        Ok(self)
    }

    /// The side of the input, in pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// The normalisation, for data sets.
    ///
    /// # Errors
    /// Never, but for one that was read from a file.
    pub fn normalization(&self) -> Result<Normalize> {
        Normalize::new(self.mean, self.std)
    }

    /// Refuses what a file may say and no program can do.
    pub(super) fn check(&self) -> Result<()> {
        const MOST: usize = 1 << 13;
        let resize = self.resize.unwrap_or(self.side);
        if self.side == 0 || self.side > resize || resize > MOST {
            return Err(Error::value(format!("squares of {} from {resize} pixels", self.side))
                .operation("preprocess")
                .hint(format!(
                    "both should be from 1 to {MOST}, and the square within the image"
                )));
        }
        self.normalization().map(|_| ())
    }

    /// The input `[1, 3, side, side]` for an image.
    ///
    /// # Errors
    /// When the image is so narrow that it would have to become longer than any image is.
    pub fn input(&self, image: &Image) -> Result<Tensor> {
        let square = self.square(image)?;
        self.normalization()?.apply(square, &mut Context::evaluation())?.unsqueeze(0)
    }

    /// What a network sees of an image, before it is normalised: `[3, side, side]`, from 0 to 1.
    ///
    /// # Errors
    /// As [`input`](Self::input).
    pub fn square(&self, image: &Image) -> Result<Tensor> {
        let image = image.to_rgb();
        let side = self.side;
        match self.resize {
            _ if image.shape() == [3, side, side] => Ok(image.to_unit()),
            None => Ok(image.fitted(side)?.to_unit()),
            Some(resize) => {
                let large = Resize::shorter_side(resize)
                    .apply(image.to_unit(), &mut Context::evaluation())?;
                CenterCrop::new(side).apply(large, &mut Context::evaluation())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_of_any_size_and_number_of_channels() {
        let ways = [Preprocess::fitted(8), Preprocess::cropped(10, 8)];
        for (way, shape) in ways.iter().flat_map(|way| {
            [[1, 3, 40], [2, 40, 3], [3, 8, 8], [4, 17, 9]].map(|shape| (way, shape))
        }) {
            let image = Image::new(Tensor::full(shape, 255)).unwrap();
            let input = way.input(&image).unwrap();
            assert_eq!(input.shape(), [1, 3, 8, 8].into());
            assert!(input.as_slice().iter().all(|x| (x - 1.0).abs() < 1e-6), "{shape:?}");
        }
    }

    #[test]
    fn the_square_is_from_the_middle() {
        // Black, white, black side by side: of the middle only white is left.
        let stripes = Tensor::from_fn([3, 4, 12], |at| if at[2] / 4 == 1 { 255 } else { 0 });
        let input = Preprocess::fitted(4).input(&Image::new(stripes).unwrap()).unwrap();
        assert_eq!(input, Tensor::ones([1, 3, 4, 4]));
    }

    #[test]
    fn each_channel_has_its_own_mean_and_deviation() {
        let way = Preprocess::fitted(1).normalize([0.0, 0.2, 0.4], [1.0, 0.5, 0.25]).unwrap();
        let input = way.input(&Image::new(Tensor::full([3, 1, 1], 255)).unwrap()).unwrap();
        let expected = [1.0, 1.6, 2.4];
        assert!(input.as_slice().iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-6));
    }

    #[test]
    fn what_a_file_may_not_say() {
        let refused = Preprocess::cropped(7, 8).check().unwrap_err().to_string();
        assert_eq!(
            refused,
            "preprocess: squares of 8 from 7 pixels; both should be from 1 to 8192, and the square \
             within the image",
        );
        assert!(Preprocess { std: [0.0; 3], ..Preprocess::fitted(8) }.check().is_err());
    }
}

//! From a photo to a network's input.

use plywood_datasets::{Context, Fit, Image, Normalize, Transform};
use plywood_tensor::{Error, Result, Tensor};
use serde::{Deserialize, Serialize};

/// How a photo of any size becomes a network's input: red, green and blue, or [greys](Self::grey) (in front of white
/// where it isn't opaque), a square from its middle brought to the right size, and its values, from 0 to
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
    /// Of each channel: three, or one of greys.
    mean: Vec<f32>,
    std: Vec<f32>,
}

impl Preprocess {
    /// The largest square of the middle, brought to `side × side`, as
    /// [`ImageFolder`](plywood_datasets::ImageFolder) does it.
    pub fn fitted(side: usize) -> Self {
        Self { side, resize: None, mean: vec![0.0; 3], std: vec![1.0; 3] }
    }

    /// The shorter side brought to `resize`, then a square of `side × side` from the middle: what
    /// networks for ImageNet are evaluated with.
    pub fn cropped(resize: usize, side: usize) -> Self {
        Self { resize: Some(resize), ..Self::fitted(side) }
    }

    /// The same with greys, of one channel, in the place of red, green and blue: see [`Image::to_grey`]. Values are
    /// not normalised before [`normalize`](Self::normalize) says how.
    ///
    /// ```
    /// use plywood_datasets::Image;
    /// use plywood_tensor::Tensor;
    /// use plywood_zoo::Preprocess;
    ///
    /// let preprocess = Preprocess::fitted(2).grey().normalize([0.5], [0.25])?;
    /// let white = Image::new(Tensor::full([3, 4, 4], 255))?;
    /// assert_eq!(preprocess.input(&white)?, Tensor::full([1, 1, 2, 2], 2.0)); // N, C, H, W
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn grey(self) -> Self {
        Self { mean: vec![0.0], std: vec![1.0], ..self }
    }

    /// Values become (x − mean) / std in each channel; x is from 0 to 1.
    ///
    /// # Errors
    /// When a number is not finite, a deviation not positive, or there are not as many as [channels](Self::channels).
    pub fn normalize(
        mut self,
        mean: impl Into<Vec<f32>>,
        std: impl Into<Vec<f32>>,
    ) -> Result<Self> {
        let channels = self.channels();
        (self.mean, self.std) = (mean.into(), std.into());
        self.normalization()?;
        if self.channels() != channels {
            return Err(Error::value(format!(
                "{} means and deviations for {channels} channels",
                self.channels()
            ))
            .operation("preprocess")
            .hint("there should be one of each for every channel"));
        }
        Ok(self)
    }

    /// The channels of the input: 3, or 1 of [greys](Self::grey).
    pub fn channels(&self) -> usize {
        self.mean.len()
    }

    /// The side of the input, in pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// How an image is brought to the size of the input, for data sets: a folder that is opened so has
    /// the same pixels as [`input`](Self::input) makes of each image.
    pub fn fit(&self) -> Fit {
        match self.resize {
            Some(resize) => Fit::cropped(resize, self.side),
            None => Fit::middle(self.side),
        }
    }

    /// The normalisation, for data sets.
    ///
    /// # Errors
    /// Never, but for one that was read from a file.
    pub fn normalization(&self) -> Result<Normalize> {
        Normalize::new(self.mean.clone(), self.std.clone())
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
        if ![1, 3].contains(&self.channels()) {
            return Err(Error::value(format!("images of {} channels", self.channels()))
                .operation("preprocess")
                .hint("there are 3, or 1 of greys"));
        }
        self.normalization().map(|_| ())
    }

    /// The input `[1, C, side, side]` for an image.
    ///
    /// # Errors
    /// When the image is so narrow that it would have to become longer than any image is.
    pub fn input(&self, image: &Image) -> Result<Tensor> {
        let square = self.square(image)?;
        self.normalization()?.apply(square, &mut Context::evaluation())?.unsqueeze(0)
    }

    /// What a network sees of an image, before it is normalised: `[C, side, side]`, from 0 to 1.
    ///
    /// # Errors
    /// As [`input`](Self::input).
    pub fn square(&self, image: &Image) -> Result<Tensor> {
        let image = if self.channels() == 1 { image.to_grey() } else { image.to_rgb() };
        Ok(image.fitted(self.fit())?.to_unit())
    }
}

#[cfg(test)]
mod tests {
    use plywood_datasets::{Dataset, Draw, ImageFolder};

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
    fn a_folder_has_the_same_pixels() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("cats")).unwrap();
        let cat = plywood_datasets::chelsea().unwrap();
        cat.write_png(folder.path().join("cats/chelsea.png")).unwrap();
        for way in [Preprocess::fitted(20), Preprocess::cropped(30, 20)] {
            let way = way.normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]).unwrap();
            let images = ImageFolder::open(folder.path(), way.fit()).unwrap();
            let images = images.normalize(&way.normalization().unwrap()).unwrap();
            let batch = images.batch(&[0], &Draw::evaluation()).unwrap();
            assert_eq!(batch.images, way.input(&cat).unwrap());
        }
    }

    #[test]
    fn greys_are_one_channel_as_a_folder_has_them() {
        let way = Preprocess::fitted(20).grey().normalize([0.4], [0.2]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("cats")).unwrap();
        let cat = plywood_datasets::chelsea().unwrap();
        cat.write_png(folder.path().join("cats/chelsea.png")).unwrap();
        let images = ImageFolder::open(folder.path(), way.fit()).unwrap().grey().unwrap();
        let images = images.normalize(&way.normalization().unwrap()).unwrap();
        let batch = images.batch(&[0], &Draw::evaluation()).unwrap();
        assert_eq!((batch.images, way.channels()), (way.input(&cat).unwrap(), 1));
        assert_eq!(
            way.clone().normalize([0.5; 3], [0.5; 3]).unwrap_err().to_string(),
            "preprocess: 3 means and deviations for 1 channels; there should be one of each for every \
             channel",
        );
        let two = Preprocess { mean: vec![0.0; 2], std: vec![1.0; 2], ..way };
        assert_eq!(
            two.check().unwrap_err().to_string(),
            "preprocess: images of 2 channels; there are 3, or 1 of greys",
        );
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
        assert!(Preprocess { std: vec![0.0; 3], ..Preprocess::fitted(8) }.check().is_err());
    }
}

//! Changes of light and colour.

use plywood_tensor::{Result, Tensor};

use super::{Transform, between, image_shape};
use crate::Settings;
use crate::draw::Context;

/// Changes brightness, contrast and saturation, in this order, each by a random factor. In
/// evaluation nothing changes.
///
/// A setting of 0.2 draws the factor between 0.8 and 1.2. Brightness scales towards black,
/// contrast towards the image's mean grey, saturation towards each pixel's grey. Values stay
/// between 0 and 1.
///
/// ```
/// use plywood_datasets::transforms::ColorJitter;
///
/// let daylight = ColorJitter::new().brightness(0.4).contrast(0.2);
/// # let _ = daylight;
/// ```
#[derive(Clone, Debug, Settings)]
pub struct ColorJitter {
    /// How much the brightness changes.
    #[setting(default = 0.0, range = 0.0..)]
    brightness: f64,
    /// How much the contrast changes.
    #[setting(default = 0.0, range = 0.0..)]
    contrast: f64,
    /// How much the saturation changes: of images with three channels, nothing for others.
    #[setting(default = 0.0, range = 0.0..)]
    saturation: f64,
}

impl Transform for ColorJitter {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        self.check().map_err(|error| error.operation("color_jitter"))?;
        Ok(input)
    }

    fn apply(&self, mut image: Tensor, context: &mut Context) -> Result<Tensor> {
        let [channels, height, width] = self.shape(image_shape(&image)?)?;
        let Some(rng) = context.rng() else { return Ok(image) };
        // All are drawn, so that what one setting draws doesn't depend on the others.
        let [brightness, contrast, saturation] = [self.brightness, self.contrast, self.saturation]
            .map(|most| between(rng, (1.0 - most).max(0.0), 1.0 + most) as f32);
        let pixels = image.as_mut_slice();
        let plane = height * width;
        if self.brightness > 0.0 {
            pixels.iter_mut().for_each(|x| *x = blend(0.0, *x, brightness));
        }
        if self.contrast > 0.0 {
            let sum: f64 = (0..plane).map(|at| f64::from(grey(pixels, plane, at))).sum();
            let mean = (sum / plane as f64) as f32;
            pixels.iter_mut().for_each(|x| *x = blend(mean, *x, contrast));
        }
        if self.saturation > 0.0 && channels == 3 {
            for at in 0..plane {
                let grey = grey(pixels, plane, at);
                for x in pixels[at..].iter_mut().step_by(plane) {
                    *x = blend(grey, *x, saturation);
                }
            }
        }
        Ok(image)
    }
}

/// Away from `from` by a factor, staying between 0 and 1.
fn blend(from: f32, x: f32, factor: f32) -> f32 {
    (from + (x - from) * factor).clamp(0.0, 1.0)
}

/// How bright a pixel looks: ITU-R BT.601's weights for red, green and blue, the mean of any other
/// number of channels.
fn grey(pixels: &[f32], plane: usize, at: usize) -> f32 {
    let channels = pixels.len() / plane;
    let values = pixels[at..].iter().step_by(plane);
    if channels == 3 {
        values.zip([0.299, 0.587, 0.114]).map(|(x, weight)| x * weight).sum()
    } else {
        values.sum::<f32>() / channels as f32
    }
}

#[cfg(test)]
mod tests {
    use plywood_tensor::Seed;

    use super::*;
    use crate::draw::Draw;

    fn jittered(jitter: &ColorJitter, image: &Tensor) -> Vec<f32> {
        let mut context = Draw::training(Seed(3), 0).context(0);
        jitter.apply(image.clone(), &mut context).unwrap().to_vec()
    }

    #[test]
    fn each_keeps_what_it_should() {
        // Two pixels: an orange and a dark blue.
        let image = Tensor::from([[[0.8, 0.1]], [[0.4, 0.1]], [[0.2, 0.3]]]);
        let before = image.to_vec();
        let after = jittered(&ColorJitter::new().brightness(0.2), &image);
        let factor = after[0] / before[0];
        assert!((0.8..1.2).contains(&factor) && factor != 1.0);
        assert!(after.iter().zip(&before).all(|(a, b)| (a - b * factor).abs() < 1e-6));

        let mean = |x: &[f32]| (grey(x, 2, 0) + grey(x, 2, 1)) / 2.0;
        let after = jittered(&ColorJitter::new().contrast(0.2), &image);
        assert!((mean(&after) - mean(&before)).abs() < 1e-6 && after != before);

        let after = jittered(&ColorJitter::new().saturation(0.2), &image);
        assert!(after != before);
        for at in 0..2 {
            assert!((grey(&after, 2, at) - grey(&before, 2, at)).abs() < 1e-6);
        }
    }

    #[test]
    fn green_looks_brightest() {
        let pure = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert_eq!(pure.map(|colour| grey(&colour, 1, 0)), [0.299, 0.587, 0.114]);
        assert_eq!(grey(&[0.5, 1.0], 1, 0), 0.75);
    }

    #[test]
    fn values_stay_in_range_and_evaluation_is_left_alone() {
        let image = Tensor::linspace(0.0, 1.0, 48).reshape([3, 4, 4]).unwrap();
        let wild = ColorJitter::new().brightness(5.0).contrast(5.0).saturation(5.0);
        assert!(jittered(&wild, &image).iter().all(|x| (0.0..=1.0).contains(x)));
        assert_eq!(wild.apply(image.clone(), &mut Context::evaluation()).unwrap(), image);
    }

    #[test]
    fn senseless_settings_are_refused() {
        let jitter = ColorJitter::new().contrast(-0.1);
        assert_eq!(
            jitter.shape([3, 8, 8]).unwrap_err().to_string(),
            "color_jitter: the contrast is -0.1; it should be 0 or more",
        );
    }
}

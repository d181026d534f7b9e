//! Images of another size.

use plywood_tensor::{Error, Result, Tensor, memory};

use super::{Size, Transform, image_shape};
use crate::draw::Context;

/// Makes images larger or smaller: bilinear, and with a wider filter when they become smaller, so
/// that fine patterns are averaged and not sampled (as torchvision does with `antialias=True`).
///
/// ```
/// use plywood_datasets::Context;
/// use plywood_datasets::transforms::{CenterCrop, Resize, Transform};
/// use plywood_tensor::Tensor;
///
/// // The usual way to a square without distortion.
/// let mut context = Context::evaluation();
/// let image = Resize::shorter_side(256).apply(Tensor::zeros([3, 600, 800]), &mut context)?;
/// assert_eq!(image.shape(), [3, 256, 341].into());
/// let image = CenterCrop::new(224).apply(image, &mut context)?;
/// assert_eq!(image.shape(), [3, 224, 224].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Resize(To);

#[derive(Clone, Debug)]
enum To {
    Size(Size),
    ShorterSide(usize),
    AtMost(usize),
}

impl Resize {
    /// To this size, whatever the image's proportions.
    pub fn new(size: impl Into<Size>) -> Self {
        Self(To::Size(size.into()))
    }

    /// Such that the shorter side has so many pixels, in the image's proportions.
    pub fn shorter_side(pixels: usize) -> Self {
        Self(To::ShorterSide(pixels))
    }

    /// Such that no side has more than so many pixels, in the image's proportions; what is smaller stays as
    /// it is.
    pub fn at_most(pixels: usize) -> Self {
        Self(To::AtMost(pixels))
    }
}

impl Transform for Resize {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let [channels, height, width] = input;
        let [rows, columns] = match self.0 {
            To::Size(size) => [size.height, size.width],
            To::ShorterSide(side) => [height, width].map(|pixels| {
                let shorter = height.min(width).max(1);
                (side as u128 * pixels as u128 / shorter as u128) as usize
            }),
            To::AtMost(most) => match height.max(width) {
                longer if longer <= most => [height, width],
                longer => [height, width].map(|pixels| {
                    ((pixels as u128 * most as u128 / longer as u128) as usize).max(1)
                }),
            },
        };
        // No image is larger than this; a mistake may be.
        const MOST: usize = 1 << 16;
        if input.contains(&0) || !(1..=MOST).contains(&rows) || !(1..=MOST).contains(&columns) {
            return Err(Error::shape(format!(
                "an image {input:?} (C, H, W) can't become {rows}×{columns}"
            ))
            .operation("resize")
            .hint(format!("sides must be from 1 to {MOST}")));
        }
        Ok([channels, rows, columns])
    }

    fn apply(&self, image: Tensor, _: &mut Context) -> Result<Tensor> {
        let [_, height, width] = image_shape(&image)?;
        let output @ [_, rows, columns] = self.shape(image_shape(&image)?)?;
        if [rows, columns] == [height, width] {
            return Ok(image);
        }
        // First along rows: [C, H, W] to [C, H, columns].
        let filter = Filter::new(width, columns);
        let named = |error: Error| error.operation("resize");
        let lines = image.numel() / width;
        let mut wide = memory::vec_with_capacity(lines.saturating_mul(columns)).map_err(named)?;
        for row in image.as_slice().chunks(width) {
            wide.extend((0..columns).map(|column| filter.at(column, |x| row[x])));
        }
        // Then along columns: [C, H, columns] to [C, rows, columns].
        let filter = Filter::new(height, rows);
        let len = output.iter().fold(1, |len: usize, &size| len.saturating_mul(size));
        let mut out = memory::vec_with_capacity(len).map_err(named)?;
        for plane in wide.chunks(height * columns) {
            for row in 0..rows {
                let pixels = (0..columns).map(|x| filter.at(row, |y| plane[y * columns + x]));
                out.extend(pixels);
            }
        }
        Tensor::from_vec(out, output)
    }
}

/// For each pixel of the result along one axis: where its sources start, and their weights.
struct Filter(Vec<(usize, Vec<f32>)>);

impl Filter {
    /// A triangle around the place in the source, as wide as a pixel of the source or of the
    /// result, whichever is larger.
    fn new(from: usize, to: usize) -> Self {
        let scale = from as f64 / to as f64;
        let reach = scale.max(1.0);
        let pixel = |index: usize| {
            let centre = (index as f64 + 0.5) * scale;
            let first = (centre - reach + 0.5).max(0.0) as usize;
            let last = ((centre + reach + 0.5) as usize).min(from);
            let weight = |x: usize| 1.0 - ((x as f64 + 0.5 - centre) / reach).abs().min(1.0);
            let sum: f64 = (first..last).map(weight).sum();
            let weights = (first..last).map(|x| (weight(x) / sum) as f32);
            (first, weights.collect())
        };
        Self((0..to).map(pixel).collect())
    }

    fn at(&self, index: usize, source: impl Fn(usize) -> f32) -> f32 {
        let (first, weights) = &self.0[index];
        let terms = weights.iter().enumerate();
        terms.map(|(place, weight)| weight * source(first + place)).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One pixel of the result straight from the definition: the mean of all pixels, weighted by a
    /// triangle in each direction.
    fn naive(image: &Tensor, output: [usize; 3]) -> Tensor {
        let shape = image.shape();
        Tensor::from_fn(output, |at| {
            let triangle = |axis: usize, index: usize| {
                let scale = shape[axis] as f64 / output[axis] as f64;
                let distance = (at[axis] as f64 + 0.5) * scale - (index as f64 + 0.5);
                (1.0 - (distance / scale.max(1.0)).abs()).max(0.0)
            };
            let (mut sum, mut weights) = (0.0, 0.0);
            for y in 0..shape[1] {
                for x in 0..shape[2] {
                    let weight = triangle(1, y) * triangle(2, x);
                    sum += weight * f64::from(image.get(&[at[0], y, x]).unwrap());
                    weights += weight;
                }
            }
            (sum / weights) as f32
        })
    }

    proptest! {
        #[test]
        fn prop_resizing_is_what_the_reference_says(
            shape in [1_usize..3, 1_usize..9, 1_usize..9],
            size in [1_usize..14, 1_usize..14],
        ) {
            let image = Tensor::from_fn(shape, |at| ((at[0] + 3 * at[1] + 7 * at[2]) % 5) as f32);
            let resize = Resize::new(size);
            let expected = naive(&image, resize.shape(shape).unwrap());
            let resized = resize.apply(image, &mut Context::evaluation()).unwrap();
            prop_assert_eq!(resized.shape(), expected.shape());
            for (a, b) in resized.as_slice().iter().zip(expected.as_slice()) {
                prop_assert!((a - b).abs() < 1e-5, "{resized} {expected}");
            }
        }
    }

    #[test]
    fn doubling_and_halving() {
        let resize = |image: Tensor, size: [usize; 2]| {
            Resize::new(size).apply(image, &mut Context::evaluation())
        };
        let doubled = resize(Tensor::from([[[0.0, 1.0]]]), [1, 4]).unwrap();
        assert_eq!(doubled, Tensor::from([[[0.0, 0.25, 0.75, 1.0]]]));
        let flat = resize(Tensor::full([3, 7, 5], 0.5), [3, 2]).unwrap();
        assert!(flat.as_slice().iter().all(|x| (x - 0.5).abs() < 1e-6));
    }

    #[test]
    fn the_shorter_side_decides() {
        let resize = Resize::shorter_side(4);
        assert_eq!(resize.shape([3, 8, 20]).unwrap(), [3, 4, 10]);
        assert_eq!(resize.shape([3, 20, 8]).unwrap(), [3, 10, 4]);
        assert_eq!(
            Resize::new(0).shape([3, 20, 8]).unwrap_err().to_string(),
            "resize: an image [3, 20, 8] (C, H, W) can't become 0×0; sides must be from 1 to 65536",
        );
        assert!(Resize::shorter_side(usize::MAX).shape([1, 1, 9]).is_err());
    }

    #[test]
    fn at_most_so_many_pixels() {
        let shape = |most, input| Resize::at_most(most).shape(input).unwrap();
        assert_eq!(shape(160, [3, 600, 800]), [3, 120, 160]);
        assert_eq!(shape(160, [1, 160, 2]), [1, 160, 2]);
        assert_eq!(shape(10, [1, 1000, 1]), [1, 10, 1]);
    }
}

//! Blurring an image a little, as a camera that is out of focus does.

use plywood_datasets::{Context, Transform};
use plywood_tensor::{Result, Tensor};

/// The largest weight of a neighbour: then a pixel is the mean of itself and both of its neighbours.
const MOST: f64 = 1.0 / 3.0;

/// Half of the images are blurred: along rows and columns each pixel becomes a mean of itself and its neighbours,
/// by a random weight. In evaluation nothing changes.
#[derive(Debug)]
pub(super) struct RandomBlur;

impl Transform for RandomBlur {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        Ok(input)
    }

    fn apply(&self, mut image: Tensor, context: &mut Context) -> Result<Tensor> {
        let Some(rng) = context.rng() else { return Ok(image) };
        let (is_blurred, side) = (rng.unit() < 0.5, (rng.unit() * MOST) as f32);
        if !is_blurred {
            return Ok(image);
        }
        let (height, width) = (image.shape()[1], image.shape()[2]);
        let mut line = vec![0.0; height.max(width)];
        for plane in image.as_mut_slice().chunks_mut(height * width) {
            for row in 0..height {
                blur(plane, row * width, 1, width, side, &mut line);
            }
            for column in 0..width {
                blur(plane, column, width, height, side, &mut line);
            }
        }
        Ok(image)
    }
}

/// Blurs the `count` pixels from `first` in steps of `step`; beyond the ends are the pixels of the ends.
fn blur(plane: &mut [f32], first: usize, step: usize, count: usize, side: f32, line: &mut [f32]) {
    for (place, pixel) in line.iter_mut().take(count).enumerate() {
        *pixel = plane[first + place * step];
    }
    for place in 0..count {
        let neighbours = line[place.saturating_sub(1)] + line[(place + 1).min(count - 1)];
        plane[first + place * step] = side * neighbours + (1.0 - 2.0 * side) * line[place];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_is_spread_over_its_neighbours() {
        let mut plane = [0.0, 0.0, 1.0, 3.0];
        blur(&mut plane, 0, 1, 4, 0.25, &mut [0.0; 4]);
        assert_eq!(plane, [0.0, 0.25, 1.25, 2.5]);
        let mut columns = [1.0, 9.0, 0.0, 9.0];
        blur(&mut columns, 0, 2, 2, 0.25, &mut [0.0; 4]);
        assert_eq!(columns, [0.75, 9.0, 0.25, 9.0]);
    }
}

//! Contrast that doesn't depend on the light, as channels of an image.

use plywood_datasets::{Context, Transform};
use plywood_tensor::{Error, Result, Tensor};

/// The channels that come out.
pub(super) const CHANNELS: usize = 4;

/// How far the surroundings of a pixel go, in each direction.
const REACH: usize = 5;

/// Added to deviations, so that noise in nearly black places isn't made large.
const LEAST_DEVIATION: f32 = 0.01;

/// Of an image in red, green and blue four channels: its colours, less the mean grey and divided by the greys'
/// deviation, both weighted to the middle, where the sign is; and the greys, less their mean in the surroundings of
/// 11×11 pixels and divided by the deviation there.
#[derive(Debug)]
pub(super) struct Contrast;

impl Transform for Contrast {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        match input {
            [3, height, width] => Ok([CHANNELS, height, width]),
            _ => Err(Error::shape(format!("an image {input:?} (C, H, W) isn't in 3 colours"))
                .operation("contrast")),
        }
    }

    fn apply(&self, image: Tensor, _: &mut Context) -> Result<Tensor> {
        let (height, width) = (image.shape()[1], image.shape()[2]);
        let plane = height * width;
        let colors = image.as_slice();
        let grey = |at: usize| {
            0.299 * colors[at] + 0.587 * colors[plane + at] + 0.114 * colors[2 * plane + at]
        };
        let greys: Vec<f32> = (0..plane).map(grey).collect();
        let (mean, deviation) = middle_moments(&greys, [height, width]);
        let mut channels: Vec<f32> =
            colors.iter().map(|x| ((x - mean) / deviation).clamp(-4.0, 4.0)).collect();
        channels.extend(local(&greys, [height, width]));
        Tensor::from_vec(channels, [CHANNELS, height, width])
    }
}

/// The mean and the deviation of all greys, where those at the edge count next to nothing.
fn middle_moments(greys: &[f32], [height, width]: [usize; 2]) -> (f32, f32) {
    // 1 − t², with t from −1 to 1 across the image.
    let weight = |place: usize, size: usize| {
        let t = (2 * place + 1) as f32 / size as f32 - 1.0;
        1.0 - t * t
    };
    let columns: Vec<f32> = (0..width).map(|column| weight(column, width)).collect();
    let [mut weights, mut sum, mut squares] = [0.0; 3];
    for (row, greys) in greys.chunks(width).enumerate() {
        let of_row = weight(row, height);
        for (grey, column) in greys.iter().zip(&columns) {
            let weight = of_row * column;
            weights += weight;
            sum += weight * grey;
            squares += weight * grey * grey;
        }
    }
    // An image of a single row or column has some weight in any case: t is 0 there.
    let mean = sum / weights;
    (mean, (squares / weights - mean * mean).max(0.0).sqrt() + LEAST_DEVIATION)
}

/// Each grey, less the mean of its surroundings and divided by their deviation.
fn local<'g>(greys: &'g [f32], [height, width]: [usize; 2]) -> impl Iterator<Item = f32> + 'g {
    // Of all pixels above and left of a place: their sum, and that of their squares.
    let stride = width + 1;
    let mut sums = vec![[0.0_f64; 2]; stride * (height + 1)];
    for row in 0..height {
        let mut of_row = [0.0; 2];
        for column in 0..width {
            let grey = f64::from(greys[row * width + column]);
            of_row = [of_row[0] + grey, of_row[1] + grey * grey];
            let above = sums[row * stride + column + 1];
            sums[(row + 1) * stride + column + 1] = [above[0] + of_row[0], above[1] + of_row[1]];
        }
    }
    greys.iter().enumerate().map(move |(place, grey)| {
        let (row, column) = (place / width, place % width);
        let [top, left] = [row, column].map(|at| at.saturating_sub(REACH));
        let (bottom, right) = ((row + REACH + 1).min(height), (column + REACH + 1).min(width));
        let count = ((bottom - top) * (right - left)) as f64;
        let [mean, square] = [0, 1].map(|which| {
            let sum = |row: usize, column: usize| sums[row * stride + column][which];
            (sum(bottom, right) - sum(top, right) - sum(bottom, left) + sum(top, left)) / count
        });
        let deviation = (square - mean * mean).max(0.0).sqrt() as f32 + LEAST_DEVIATION;
        (grey - mean as f32) / deviation
    })
}

#[cfg(test)]
mod tests {
    use plywood_tensor::{Rng, Seed};

    use super::*;

    fn contrast(image: &Tensor) -> Vec<f32> {
        Contrast.apply(image.clone(), &mut Context::evaluation()).unwrap().to_vec()
    }

    #[test]
    fn light_hardly_matters() {
        let image: Tensor = Rng::new(Seed(5)).uniform([3, 9, 14], 0.0, 1.0);
        let darker = image.map(|x| 0.5 * x + 0.1);
        let difference = contrast(&image).into_iter().zip(contrast(&darker));
        assert!(difference.map(|(a, b)| (a - b).abs()).all(|difference| difference < 0.2));
        // Nothing to see is nothing, not noise.
        assert!(contrast(&Tensor::full([3, 4, 4], 0.3)).iter().all(|x| x.abs() < 1e-3));
    }

    #[test]
    fn surroundings_are_those_of_the_naive_way() {
        let (height, width) = (9, 14);
        let greys: Tensor = Rng::new(Seed(6)).uniform([height, width], 0.0, 1.0);
        let greys = greys.as_slice();
        for (place, fast) in local(greys, [height, width]).enumerate() {
            let near = |a: usize, b: usize| a.abs_diff(b) <= REACH;
            let own: Vec<f32> = (0..greys.len())
                .filter(|at| near(at / width, place / width) && near(at % width, place % width))
                .map(|at| greys[at])
                .collect();
            let mean = own.iter().sum::<f32>() / own.len() as f32;
            let variance = own.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / own.len() as f32;
            let slow = (greys[place] - mean) / (variance.sqrt() + LEAST_DEVIATION);
            assert!((fast - slow).abs() < 1e-4, "{place}: {fast} {slow}");
        }
    }
}

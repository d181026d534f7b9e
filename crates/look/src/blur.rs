//! Gaussian blur of the planes of images.

use plywood_tensor::{Result, Tensor};

/// Blurs each plane of `[…, H, W]` with a Gaussian of this standard deviation in pixels. Beyond the
/// border the image goes on with its last pixel.
pub(crate) fn blur(images: &Tensor, sigma: f32) -> Result<Tensor> {
    let shape = images.shape();
    let &[.., height, width] = &shape[..] else { return Ok(images.clone()) };
    let radius = (2.5 * sigma).ceil() as usize;
    let weights: Vec<f32> =
        (0..=radius).map(|at| (-0.5 * (at as f32 / sigma).powi(2)).exp()).collect();
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f32>();
    let weights: Vec<f32> = weights.iter().map(|weight| weight / sum).collect();
    let mut blurred = images.clone();
    let mut line = vec![0.0; height.max(width)];
    for plane in blurred.as_mut_slice().chunks_mut((height * width).max(1)) {
        for row in plane.chunks_mut(width) {
            line[..width].copy_from_slice(row);
            for (at, out) in row.iter_mut().enumerate() {
                *out = weighted(&line[..width], at, &weights);
            }
        }
        for column in 0..width {
            for (y, place) in line[..height].iter_mut().enumerate() {
                *place = plane[y * width + column];
            }
            for y in 0..height {
                plane[y * width + column] = weighted(&line[..height], y, &weights);
            }
        }
    }
    Ok(blurred)
}

fn weighted(line: &[f32], at: usize, weights: &[f32]) -> f32 {
    let last = line.len() - 1;
    let pair = |(distance, weight): (usize, &f32)| {
        let low = line[at.saturating_sub(distance)];
        weight * (low + line[(at + distance).min(last)])
    };
    weights[0] * line[at] + weights.iter().enumerate().skip(1).map(pair).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_spreads_evenly_and_loses_nothing() {
        let mut point = Tensor::zeros([1, 21, 21]);
        point.as_mut_slice()[10 * 21 + 10] = 1.0;
        let spread = blur(&point, 2.0).unwrap();
        assert!((spread.sum() - 1.0).abs() < 1e-5);
        let at = |y: usize, x: usize| spread.get(&[0, y, x]).unwrap();
        assert_eq!(at(10, 12), at(10, 8));
        assert!((at(10, 12) - at(12, 10)).abs() < 1e-9);
        // e^(−2² / (2 · 2²)) of the middle.
        assert!((at(10, 12) / at(10, 10) - (-0.5_f32).exp()).abs() < 1e-5);
        let flat = blur(&Tensor::full([2, 3, 4], 0.25), 3.0).unwrap();
        assert!(flat.as_slice().iter().all(|x| (x - 0.25).abs() < 1e-6));
    }
}

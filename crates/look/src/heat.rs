//! Maps over an image as colours.

use plywood_datasets::Image;
use plywood_tensor::{Error, Result, Tensor};

use crate::lens::image_shape;

/// Colours from nothing to much: dark blue over purple and orange to light yellow. Each is lighter
/// than the one before, so that they read in grey too.
const RAMP: [[f32; 3]; 6] = [
    [0.01, 0.01, 0.10],
    [0.24, 0.05, 0.42],
    [0.57, 0.15, 0.40],
    [0.87, 0.32, 0.23],
    [0.98, 0.62, 0.10],
    [0.98, 0.98, 0.64],
];

/// A map `[H, W]` as an image: nothing and less dark, its largest value bright.
///
/// # Errors
/// When the map has not two axes, or is empty.
pub fn heat(map: &Tensor) -> Result<Image> {
    let &[height, width] = &map.shape()[..] else { return Err(no_map(map)) };
    let shares = shares(map);
    Image::from_unit(&Tensor::try_from_fn([3, height, width], |at| {
        ramp(shares.as_slice()[at[1] * width + at[2]])[at[0]]
    })?)
}

/// A map `[H, W]` over an image `[C, H, W]` in greys: where there is much, the image takes on its
/// colour.
///
/// # Errors
/// When the sizes differ, or there is nothing to draw.
pub fn overlay(image: &Tensor, map: &Tensor) -> Result<Image> {
    let [channels, height, width] = image_shape(image)?;
    if map.shape()[..] != [height, width] {
        return Err(Error::shape(format!(
            "a map {} (H, W) can't lie over an image {} (C, H, W)",
            map.shape(),
            image.shape()
        ))
        .operation("overlay"));
    }
    let shares = shares(map);
    let (pixels, plane) = (image.as_slice(), height * width);
    Image::from_unit(&Tensor::try_from_fn([3, height, width], |at| {
        let pixel = at[1] * width + at[2];
        let grey = (0..channels).map(|channel| pixels[channel * plane + pixel]).sum::<f32>()
            / channels as f32;
        let share = shares.as_slice()[pixel];
        let strength = 0.15 + 0.6 * share;
        (1.0 - strength) * grey + strength * ramp(share)[at[0]]
    })?)
}

/// Each value as a share of the largest; nothing where there is less than nothing.
fn shares(map: &Tensor) -> Tensor {
    let largest = map.max().unwrap_or(0.0).max(f32::MIN_POSITIVE);
    map.map(|x| (x / largest).clamp(0.0, 1.0))
}

fn ramp(share: f32) -> [f32; 3] {
    let place = share * (RAMP.len() - 1) as f32;
    let low = (place as usize).min(RAMP.len() - 2);
    let part = place - low as f32;
    std::array::from_fn(|colour| RAMP[low][colour] * (1.0 - part) + RAMP[low + 1][colour] * part)
}

fn no_map(map: &Tensor) -> Error {
    Error::shape(format!("{} should be a map (H, W)", map.shape())).operation("heat")
}

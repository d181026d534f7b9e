//! The filters of a convolution, side by side.

use plywood_datasets::Image;
use plywood_tensor::{Error, Result, Tensor};

/// Pixels between two filters.
const GAP: usize = 2;

/// Draws the filters of a convolution's weight `[O, C, H, W]`, each pixel `scale` wide: in colour
/// if they look at three channels, else one grey image for each channel (the first few). Each
/// filter is stretched to its own range, 0 being middle grey.
///
/// # Errors
/// When the weight has not four axes, or is empty, or the image is more than memory holds.
pub fn filters(weight: &Tensor, scale: usize) -> Result<Image> {
    let &[count, channels, height, width] = &weight.shape()[..] else {
        return Err(Error::shape(format!("the weight {} should be (O, C, H, W)", weight.shape()))
            .operation("filters"));
    };
    if weight.numel() == 0 || scale == 0 {
        return Err(Error::shape(format!("there is nothing to draw of {}", weight.shape()))
            .operation("filters"));
    }
    let colours = if channels == 3 { 3 } else { 1 };
    let tiles = count * if colours == 3 { 1 } else { channels.min(16) };
    let too_large = || {
        Error::value(format!("a scale of {scale} makes the image larger than memory can address"))
            .operation("filters")
    };
    let across = (1..=tiles).find(|side| side * side >= tiles).unwrap_or(1);
    let down = tiles.div_ceil(across);
    let along = |tiles: usize, side: usize| {
        let tile = side.checked_mul(scale)?.checked_add(GAP)?;
        Some([tile, tile.checked_mul(tiles)?.checked_add(GAP)?])
    };
    let [tile_h, image_h] = along(down, height).ok_or_else(too_large)?;
    let [tile_w, image_w] = along(across, width).ok_or_else(too_large)?;
    let largest: Vec<f32> = weight
        .as_slice()
        .chunks(channels * height * width)
        .map(|filter| filter.iter().fold(f32::MIN_POSITIVE, |largest, x| largest.max(x.abs())))
        .collect();
    let shown = if colours == 3 { 1 } else { channels.min(16) };
    let image = Tensor::try_from_fn([colours, image_h, image_w], |index| {
        let &[colour, y, x] = index else { unreachable!("three axes") };
        let place = |at: usize, tile: usize| {
            let at = at.checked_sub(GAP)?;
            (at % tile < tile - GAP).then_some((at / tile, at % tile / scale))
        };
        let (Some((row, y)), Some((column, x))) = (place(y, tile_h), place(x, tile_w)) else {
            return 1.0;
        };
        let tile = row * across + column;
        if tile >= tiles {
            return 1.0;
        }
        let (filter, channel) = (tile / shown, if colours == 3 { colour } else { tile % shown });
        let value = weight.as_slice()[((filter * channels + channel) * height + y) * width + x];
        0.5 + 0.5 * value / largest[filter]
    })
    .map_err(|error| error.operation("filters"))?;
    Image::from_unit(&image)
}

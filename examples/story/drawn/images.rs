//! Pictures of pixels, side by side.

use std::path::Path;

use plywood::datasets::Image;
use plywood::layers::replace_file;
use plywood::prelude::*;

/// White pixels between two pictures.
const GAP: usize = 8;

/// Writes rows of pictures `[C, H, W]`, of numbers from 0 to 1, as PNG. Each is as wide and high as `side` says, its
/// pixels enlarged.
pub(crate) fn write_rows(path: &Path, rows: &[Vec<Tensor>], side: usize) -> Result<()> {
    let across = rows.iter().map(Vec::len).max().unwrap_or(0);
    let depth = rows.iter().flatten().map(|picture| picture.shape()[0]).max().unwrap_or(1);
    let along = |count: usize| count * side + count.saturating_sub(1) * GAP;
    let page = Tensor::from_fn([depth, along(rows.len()), along(across)], |at| {
        let place = |at: usize| {
            let (tile, within) = (at / (side + GAP), at % (side + GAP));
            (within < side).then_some((tile, within))
        };
        let (Some((row, y)), Some((column, x))) = (place(at[1]), place(at[2])) else { return 1.0 };
        let Some(picture) = rows.get(row).and_then(|row| row.get(column)) else { return 1.0 };
        let &[channels, height, width] = &picture.shape()[..] else { return 1.0 };
        let (y, x) = (y * height / side, x * width / side);
        picture.as_slice()[(at[0].min(channels - 1) * height + y) * width + x]
    });
    replace_file(path, &Image::from_unit(&page)?.encode_png()?)
}

/// The numbers of a picture brought to 0 to 1, from its least to its largest.
pub(crate) fn stretched(picture: &Tensor) -> Tensor {
    let numbers = picture.as_slice();
    let low = numbers.iter().copied().fold(f32::INFINITY, f32::min);
    let high = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    picture.map(|x| (x - low) / (high - low).max(1e-6))
}

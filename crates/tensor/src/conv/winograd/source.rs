//! Images, read tile by tile and transformed.

use super::points::{AtPoints, Data, OutputsGrad};
use super::{Layout, Tiles};
use crate::simd::{F32x8, Vector, each};
use crate::threads::Shared;

/// Images `[N, C, H, W]` with a border of zeros.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) pixels: &'a [f32],
    pub(super) channels: usize,
    pub(super) size: [usize; 2],
    pub(super) padding: [usize; 2],
}

/// Space for one row of tiles of eight channels.
#[derive(Default)]
pub(super) struct Strip {
    /// The pixels, row by row.
    pixels: Vec<F32x8>,
    /// Each column at six points.
    columns: Vec<[F32x8; 6]>,
}

impl Source<'_> {
    /// Writes the tiles of one row of tiles, as inputs of a convolution: 6 × 6 pixels at 36 points.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn data(
        &self,
        tiles: &Tiles,
        row: usize,
        strip: &mut Strip,
        (out, layout, first): (Shared<f32>, Layout, usize),
    ) {
        self.transform::<6, Data>(tiles, row, strip, (out, layout, first));
    }

    /// As [`data`](Self::data), for the gradient of a convolution's result: `Y` × `Y` pixels.
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn outputs_grad<const Y: usize>(
        &self,
        tiles: &Tiles,
        row: usize,
        strip: &mut Strip,
        (out, layout, first): (Shared<f32>, Layout, usize),
    ) {
        self.transform::<Y, OutputsGrad>(tiles, row, strip, (out, layout, first));
    }

    #[inline(always)]
    fn transform<const N: usize, P: AtPoints<N>>(
        &self,
        tiles: &Tiles,
        row: usize,
        strip: &mut Strip,
        (out, layout, first): (Shared<f32>, Layout, usize),
    ) {
        let width = tiles.across * tiles.side + N - tiles.side;
        for channel in (0..self.channels).step_by(F32x8::LANES) {
            let stride = self.read::<N>(tiles, row, channel, width, &mut strip.pixels);
            let pixels = &strip.pixels;
            strip.columns.resize(width, [F32x8::splat(0.0); 6]);
            for (x, column) in strip.columns.iter_mut().enumerate() {
                *column = P::at_points(each(|line| pixels[line * stride + x]));
            }
            for (tile, columns) in strip.columns.windows(N).step_by(tiles.side).enumerate() {
                let place = (first + tile) * layout.line + channel;
                let start = out.at(place, 35 * layout.plane + F32x8::LANES - 1);
                for line in 0..6 {
                    let points = P::at_points(each(|column| columns[column][line]));
                    for (column, point) in points.into_iter().enumerate() {
                        // SAFETY: checked for the last of the 36 above; each task has its own
                        // rows of tiles.
                        unsafe { point.store_at(start.add((line * 6 + column) * layout.plane)) };
                    }
                }
            }
        }
    }

    /// Reads `N` rows of eight channels, a vector for each pixel, and gives the vectors of a row.
    #[inline(always)]
    fn read<const N: usize>(
        &self,
        tiles: &Tiles,
        row: usize,
        channel: usize,
        width: usize,
        out: &mut Vec<F32x8>,
    ) -> usize {
        let (image, down) = (row / tiles.down, row % tiles.down);
        let [height, columns] = self.size;
        let [above, left] = self.padding;
        // Rows are read by eights, beyond their end.
        let stride = (left + columns).max(width) + F32x8::LANES;
        out.clear();
        out.resize(N * stride, F32x8::splat(0.0));
        let plane = height * columns;
        for (line, out) in out.chunks_exact_mut(stride).enumerate() {
            let Some(y) = (down * tiles.side + line).checked_sub(above).filter(|&y| y < height)
            else {
                continue;
            };
            let start = (image * self.channels + channel) * plane + y * columns;
            for x in (0..columns).step_by(F32x8::LANES) {
                let channels = each(|lane| {
                    let from = &self.pixels[start + lane * plane + x..];
                    if from.len() >= F32x8::LANES {
                        F32x8::load(from)
                    } else {
                        F32x8::new(each(|i| from.get(i).copied().unwrap_or(0.0)))
                    }
                });
                let pixels = F32x8::transpose(channels);
                out[left + x..][..F32x8::LANES].copy_from_slice(&pixels);
            }
            out[left + columns..].fill(F32x8::splat(0.0));
        }
        stride
    }
}

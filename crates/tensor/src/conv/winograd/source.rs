//! Images, read tile by tile and transformed; with a stride of 2, each of their phases by itself.

use std::marker::PhantomData;
use std::ops::Range;

use super::points::AtPoints;
use super::{LINE, Layout, Tiles, phases};
use crate::memory;
use crate::simd::{Job, Wide, each, with_vectors};
use crate::threads::Shared;

/// Images `[N, C, H, W]` with a border of zeros.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) pixels: &'a [f32],
    pub(super) channels: usize,
    pub(super) size: [usize; 2],
    pub(super) padding: [usize; 2],
}

/// Where some rows of tiles are written: from this tile on.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) out: Shared<'a, f32>,
    pub(super) layout: Layout,
    pub(super) tile: usize,
}

impl Source<'_> {
    /// Writes some channels of some rows of tiles, of `N` × `N` pixels of each of `S` · `S` phases, at 36
    /// points.
    pub(super) fn transform<const N: usize, const S: usize, P: AtPoints<N>>(
        &self,
        tiles: &Tiles,
        rows: Range<usize>,
        channels: Range<usize>,
        place: Place,
    ) {
        let read = PhantomData::<P>;
        with_vectors(Transform::<N, S, P> { source: self, tiles, rows, channels, place, read });
    }
}

/// Tiles of `N` × `N` pixels of each phase, which lie `S` apart, that `P` brings to the points.
struct Transform<'a, const N: usize, const S: usize, P> {
    source: &'a Source<'a>,
    tiles: &'a Tiles,
    rows: Range<usize>,
    channels: Range<usize>,
    place: Place<'a>,
    read: PhantomData<P>,
}

impl<const N: usize, const S: usize, P: AtPoints<N>> Job for Transform<'_, N, S, P> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Place { out, layout, tile } = self.place;
        let tiles = self.tiles;
        let width = (tiles.across * tiles.side + N - tiles.side) * S;
        let [left, columns] = [self.source.padding[1], self.source.size[1]];
        let lines = N * S;
        // Lines of pixels, each a vector of channels, and room for what is read beyond the last.
        let mut pixels = memory::filled(V::splat(0.0), lines * columns + V::LANES);
        // Each column at six points.
        let mut strip = memory::filled([V::splat(0.0); LINE], width);
        for channel in self.channels.clone().step_by(V::LANES) {
            for row in self.rows.clone() {
                // Tiles overlap: the lines that the row above has read are moved up.
                let known = if row == self.rows.start || row.is_multiple_of(tiles.down) {
                    0
                } else {
                    (N - tiles.side) * S
                };
                pixels.copy_within((lines - known) * columns..lines * columns, 0);
                self.read(row, channel, known, &mut pixels[known * columns..]);
                let first = tile + (row - self.rows.start) * tiles.across;
                for down in 0..S {
                    // What lies beside the image stays zeros.
                    for (x, column) in strip.iter_mut().skip(left).take(columns).enumerate() {
                        *column =
                            P::at_points(each(|line| pixels[(line * S + down) * columns + x]));
                    }
                    for (phase, &both) in phases::of_stride::<S>().iter().enumerate() {
                        let [vertical, across] = both.map(|both| usize::from(!both));
                        if vertical != down {
                            continue;
                        }
                        let channel = phase * self.source.channels + channel;
                        let windows = strip.windows(lines).step_by(tiles.side * S);
                        for (tile, columns) in windows.enumerate() {
                            let place = (first + tile) * layout.line + channel;
                            let start = out.at(place, 35 * layout.plane + V::LANES - 1);
                            for line in 0..LINE {
                                let points =
                                    P::at_points(each(|column| columns[column * S + across][line]));
                                for (column, point) in points.into_iter().enumerate() {
                                    let place = (line * LINE + column) * layout.plane;
                                    // SAFETY: checked for the last of the 36 above; each task has
                                    // its own rows of tiles.
                                    unsafe { point.store_at(start.add(place)) };
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl<const N: usize, const S: usize, P> Transform<'_, N, S, P> {
    /// Reads the lines of a row of tiles from number `first` on, of some channels, a vector for each
    /// pixel, and as much behind them as a square has.
    #[inline(always)]
    fn read<V: Wide>(&self, row: usize, channel: usize, first: usize, out: &mut [V]) {
        let Source { pixels, channels, size: [height, columns], padding: [above, _] } =
            *self.source;
        let (image, down) = (row / self.tiles.down, row % self.tiles.down);
        let (plane, lines) = (height * columns, N * S - first);
        // The lines inside the image.
        let top = down * self.tiles.side * S + first;
        let begin = above.saturating_sub(top).min(lines);
        let end = (height + above).saturating_sub(top).clamp(begin, lines);
        let count = (end - begin) * columns;
        out[..begin * columns].fill(V::splat(0.0));
        out[end * columns..lines * columns].fill(V::splat(0.0));
        if count == 0 {
            return;
        }
        let start = (image * channels + channel) * plane + (top + begin - above) * columns;
        assert!(start + (V::LANES - 1) * plane + count <= pixels.len());
        let start = pixels.as_ptr().wrapping_add(start);
        let out = &mut out[begin * columns..][..count + V::LANES];
        for at in (0..count).step_by(V::LANES) {
            let out = &mut out[at..][..V::LANES];
            V::transpose(
                |lane| {
                    let from = start.wrapping_add(lane * plane + at);
                    // SAFETY: `count` pixels of each channel, as was checked.
                    unsafe {
                        if count - at >= V::LANES {
                            V::load_at(from)
                        } else {
                            V::load_first(from, count - at)
                        }
                    }
                },
                |pixel, x| out[pixel] = x,
            );
        }
    }
}

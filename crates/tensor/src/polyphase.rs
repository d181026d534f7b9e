//! Planes split by the strides of a window, so that each tap of all windows is one shift.
//!
//! With a stride of 2 a plane, with its padding, becomes four parts:
//!
//! ```text
//! a b a b a b
//! c d c d c d  →  a a a   b b b   c c c   d d d
//! a b a b a b     a a a   b b b   c c c   d d d
//! c d c d c d
//! ```
//!
//! Window (i, j) begins at (i, j) of the first part. The pixels under one tap of all windows are
//! neighbours in one part: at (i + shift, j + shift) with `shift = tap · dilation / stride`, in the
//! part `tap · dilation mod stride`. So a pooling is a loop over taps and over long rows of
//! vectors, whatever the window. Parts have a few more rows and columns than the result; what is
//! computed there, and from one plane into the next, nobody looks at. Parts that no tap reads, as
//! where a stride is longer than the window, are left out.

use std::ops::Range;

use crate::element::Float;
use crate::error::Error;
use crate::memory;
use crate::simd::vectorized;
use crate::threads::CHUNK;
use crate::window::Window;

/// How many places are computed at once.
pub(crate) const LANES: usize = 16;

/// The sizes of some planes that are split together.
pub(crate) struct Split {
    stride: [usize; 2],
    image: [usize; 2],
    /// Rows and columns of a part.
    part: [usize; 2],
    planes: usize,
    /// How many parts there are.
    parts: usize,
    /// Where each row of a plane begins in the parts, if windows reach it.
    rows: Vec<Option<usize>>,
    /// The pixels 0, stride, 2 · stride, … of a row, then those from 1 on, and so on: those that are
    /// read.
    stretches: Vec<Stretch>,
    /// Where the pixels under each tap begin, the taps in row-major order.
    pub(crate) taps: Vec<usize>,
}

/// Where some pixels of a row lie, from the row's beginning in the parts.
struct Stretch {
    first: usize,
    at: usize,
    /// How many of them windows reach.
    count: usize,
}

/// Planes enough for a task that is worth its cost and stays in the cache.
pub(crate) fn planes_of_a_task(image: [usize; 2]) -> usize {
    (CHUNK / 2 / (image[0] * image[1]).max(1)).max(1)
}

impl Split {
    /// For `planes` planes of `[height, width]` and `out` windows of each, within a
    /// [guard](memory::guard), which gives an error if the parts are larger than memory.
    pub(crate) fn new(window: &Window, image: [usize; 2], out: [usize; 2], planes: usize) -> Self {
        let Window { kernel, padding, dilation, .. } = *window;
        // A window that stands alone has no step.
        let stride = [0, 1].map(|axis| if out[axis] == 1 { 1 } else { window.stride[axis] });
        let shift = |axis: usize, tap: usize| tap * dilation[axis] / stride[axis];
        let part = [0, 1].map(|axis| out[axis] + shift(axis, kernel[axis] - 1));
        // The parts there are: the remainders of rows, and of columns, that some tap reads.
        let read = [0, 1].map(|axis| {
            let remainder = |tap| tap * dilation[axis] % stride[axis];
            let mut read: Vec<usize> = (0..kernel[axis].min(stride[axis])).map(remainder).collect();
            read.sort_unstable();
            read.dedup();
            read
        });
        let parts = read[0].len() * read[1].len();
        let product = |product: usize, &size: &usize| product.checked_mul(size);
        // Half of what memory can address, so that what loops reach beyond the end is included.
        [planes, part[0], part[1], size_of::<u64>()]
            .iter()
            .try_fold(parts, product)
            .filter(|&bytes| bytes <= isize::MAX as usize / 2)
            .unwrap_or_else(|| {
                let message = "the padded images are larger than memory can address";
                memory::raise(Error::value(message))
            });
        let size = planes * part[0] * part[1];
        let number =
            |axis: usize, place: usize| read[axis].binary_search(&(place % stride[axis])).ok();
        let taps = (0..kernel[0] * kernel[1]).map(|tap| {
            let tap = [tap / kernel[1], tap % kernel[1]];
            let [row, column] = [0, 1]
                .map(|axis| number(axis, tap[axis] * dilation[axis]).expect("this tap reads it"));
            (row * read[1].len() + column) * size + shift(0, tap[0]) * part[1] + shift(1, tap[1])
        });
        let stretches = (0..stride[1].min(image[1])).filter_map(|first| {
            let padded = first + padding[1];
            let column = padded / stride[1];
            let pixels = (image[1] - first).div_ceil(stride[1]);
            Some(Stretch {
                first,
                // Where padding is wider than what windows reach, none of the pixels are.
                at: number(1, padded)? * size + column.min(part[1]),
                count: pixels.min(part[1].saturating_sub(column)),
            })
        });
        let rows = (0..image[0]).map(|row| {
            let row = row + padding[0];
            let start = number(0, row)? * read[1].len() * size;
            let row = row / stride[0];
            (row < part[0]).then(|| start + row * part[1])
        });
        let (stretches, rows) = (stretches.collect(), rows.collect());
        let taps = taps.collect();
        Self { stride, image, part, planes, parts, rows, stretches, taps }
    }

    fn part_size(&self) -> usize {
        self.planes * self.part[0] * self.part[1]
    }

    /// How many places are computed: one for each window, and what lies between.
    pub(crate) fn places(&self) -> usize {
        self.part_size().next_multiple_of(LANES)
    }

    /// The places of the windows of one row of the result.
    pub(crate) fn row(&self, plane: usize, row: usize, columns: usize) -> Range<usize> {
        let start = (plane * self.part[0] + row) * self.part[1];
        start..start + columns
    }

    /// From one row of a part to the next.
    pub(crate) fn line(&self) -> usize {
        self.part[1]
    }

    /// The elements of all parts.
    pub(crate) fn all_parts(&self) -> usize {
        self.parts * self.part_size()
    }

    /// For each part, the taps that read it and their shifts.
    pub(crate) fn taps_of_parts(&self) -> Vec<Vec<(usize, usize)>> {
        let mut parts = vec![Vec::new(); self.parts];
        for (tap, place) in self.taps.iter().enumerate() {
            parts[place / self.part_size()].push((tap, place % self.part_size()));
        }
        parts
    }

    /// Parts full of one value, and as much behind them as loops over all places reach.
    pub(crate) fn parts<T: Float>(&self, value: T) -> Vec<T> {
        let reach = self.taps.iter().max().map_or(0, |last| last + self.places());
        memory::filled(value, reach.max(self.all_parts()))
    }

    /// Copies the pixels of the planes into the parts.
    pub(crate) fn split<T: Float>(&self, planes: &[T], parts: &mut [T]) {
        for (start, pixels) in self.rows().zip(planes.chunks_exact(self.image[1].max(1))) {
            let Some(start) = start else { continue };
            let to = |stretch: &Stretch| start + stretch.at..start + stretch.at + stretch.count;
            match &self.stretches[..] {
                [all] if self.stride[1] == 1 => {
                    parts[to(all)].copy_from_slice(&pixels[..all.count]);
                }
                [even, odd] if self.stride[1] == 2 => {
                    let both = parts.get_disjoint_mut([to(even), to(odd)]);
                    let [even, odd] = both.expect("parts don't overlap");
                    split_pairs(pixels, even, odd);
                }
                [one] if self.stride[1] == 2 => {
                    every_second(&pixels[one.first..], &mut parts[to(one)]);
                }
                some => {
                    for stretch in some {
                        let pixels = pixels[stretch.first..].iter().step_by(self.stride[1]);
                        parts[to(stretch)].iter_mut().zip(pixels).for_each(|(to, &x)| *to = x);
                    }
                }
            }
        }
    }

    /// Copies the pixels of the planes back from the parts; 0 where no window has been.
    pub(crate) fn join<T: Float>(&self, parts: &[T], planes: &mut [T]) {
        let reached = match &self.stretches[..] {
            all if all.len() == self.stride[1].min(self.image[1]) => {
                all.iter().map(|stretch| stretch.count).sum()
            }
            _ => 0,
        };
        for (start, pixels) in self.rows().zip(planes.chunks_exact_mut(self.image[1].max(1))) {
            let Some(start) = start else {
                pixels.fill(T::ZERO);
                continue;
            };
            pixels[reached..].fill(T::ZERO);
            let from = |stretch: &Stretch| &parts[start + stretch.at..][..stretch.count];
            match &self.stretches[..] {
                [all] if self.stride[1] == 1 => pixels[..all.count].copy_from_slice(from(all)),
                [even, odd] if self.stride[1] == 2 => join_pairs(pixels, from(even), from(odd)),
                some => {
                    for stretch in some {
                        let pixels = pixels[stretch.first..].iter_mut().step_by(self.stride[1]);
                        pixels.zip(from(stretch)).for_each(|(pixel, &x)| *pixel = x);
                    }
                }
            }
        }
    }

    /// Where the rows of all planes begin in the parts.
    fn rows(&self) -> impl Iterator<Item = Option<usize>> {
        let plane = self.part[0] * self.part[1];
        (0..self.planes).flat_map(move |index| {
            self.rows.iter().map(move |start| start.map(|start| start + index * plane))
        })
    }
}

vectorized! {
    /// Deals out the elements of a row in turn, as many as there is room for.
    fn split_pairs<T: Float>(row: &[T], even: &mut [T], odd: &mut [T]) {
        let pairs = odd.len().min(even.len());
        if let Some(last) = even.get_mut(pairs) {
            *last = row[2 * pairs];
        }
        for ((even, odd), pair) in even.iter_mut().zip(odd).zip(row.chunks_exact(2)) {
            (*even, *odd) = (pair[0], pair[1]);
        }
    }
}

vectorized! {
    /// Takes the first element of each pair, of the last one if it is alone.
    fn every_second<T: Float>(row: &[T], out: &mut [T]) {
        let (pairs, rest) = row.as_chunks::<2>();
        let whole = pairs.len().min(out.len());
        for (out, pair) in out.iter_mut().zip(pairs) {
            *out = pair[0];
        }
        if let (Some(out), Some(&last)) = (out.get_mut(whole), rest.first()) {
            *out = last;
        }
    }
}

vectorized! {
    /// The opposite of [`split_pairs`].
    fn join_pairs<T: Float>(row: &mut [T], even: &[T], odd: &[T]) {
        let pairs = odd.len().min(even.len());
        if let Some(&last) = even.get(pairs) {
            row[2 * pairs] = last;
        }
        for ((&even, &odd), pair) in even.iter().zip(odd).zip(row.chunks_exact_mut(2)) {
            (pair[0], pair[1]) = (even, odd);
        }
    }
}

//! Max pooling of windows that are two columns apart, in `f32`: straight from the picture's rows.
//!
//! A vector holds one tap of neighbouring windows: every second pixel of a stretch of a row. The largest
//! so far and the tap that it was under stay in registers. For the gradient a vector holds neighbouring
//! windows too; what taps of one parity add goes to the even columns, the others' to the odd ones.
//! Columns whose windows reach over the border are computed one by one.
#![allow(unsafe_code, reason = "vectors are loaded and stored by address")]

mod lanes;

use std::ops::Range;

use self::lanes::{Eight, Lanes, Sixteen};
use crate::simd::Instructions;
use crate::window::Window;

/// Windows of this many taps at most: they are counted in a byte.
const MOST_TAPS: usize = 127;

/// A pooling of planes of one size.
pub(super) struct TwoApart {
    window: Window,
    image: [usize; 2],
    out: [usize; 2],
    /// The columns of the result whose windows lie inside.
    inside: Range<usize>,
    /// The other columns of the result, each with its taps and the columns under them.
    edges: Vec<(usize, Vec<(usize, usize)>)>,
    /// The pairs of columns of the picture all of whose taps have windows.
    pairs: Range<usize>,
    /// The other columns of the picture, each with the taps that it is under and their windows.
    edge_pixels: Vec<(usize, Vec<(usize, usize)>)>,
}

/// What is done with a plane of a picture and of the result.
pub(super) type Forward = unsafe fn(&TwoApart, &[f32], &mut [f32], &mut [u8]);
/// As [`Forward`], for the gradient: from gradients and winning taps to the picture.
pub(super) type Backward = unsafe fn(&TwoApart, &[f32], &[u8], &mut [f32]);

impl TwoApart {
    /// The kernels, if the sizes and the machine are such.
    pub(super) fn new(
        window: &Window,
        image: [usize; 2],
        out: [usize; 2],
    ) -> Option<(Self, Forward, Backward)> {
        let Window { kernel: [height, width], stride, padding, dilation } = *window;
        if stride[1] != 2 || dilation[1] != 1 || height * width > MOST_TAPS || width < 2 {
            return None;
        }
        let padding = padding[1];
        let inside =
            padding.div_ceil(2)..out[1].min((image[1] + padding).checked_sub(width)? / 2 + 1);
        let (least, most) = (ahead(0, padding), ahead(width - 1, padding));
        let pairs = most.max(0)..(image[1] as isize / 2).min(out[1] as isize + least);
        let pairs = pairs.start as usize..pairs.end.max(pairs.start) as usize;
        let shortest = inside.len().min(pairs.len());
        let edges = (0..inside.start).chain(inside.end..out[1]).map(|column| {
            let taps = (0..width).filter_map(|tap| {
                let pixel = (2 * column + tap).checked_sub(padding)?;
                (pixel < image[1]).then_some((tap, pixel))
            });
            (column, taps.collect())
        });
        let edge_pixels = (0..2 * pairs.start).chain(2 * pairs.end..image[1]).map(|column| {
            let windows = (0..width).filter_map(|tap| {
                let start = (column + padding).checked_sub(tap)?;
                (start % 2 == 0 && start / 2 < out[1]).then_some((tap, start / 2))
            });
            (column, windows.collect())
        });
        let (edges, edge_pixels) = (edges.collect(), edge_pixels.collect());
        let this = Self { window: *window, image, out, inside, edges, pairs, edge_pixels };
        match crate::simd::instructions() {
            Instructions::Avx512 if shortest >= Sixteen::COUNT => {
                Some((this, sixteen_forward, sixteen_backward))
            }
            Instructions::Avx2 | Instructions::Avx512 if shortest >= Eight::COUNT => {
                Some((this, eight_forward, eight_backward))
            }
            _ => None,
        }
    }

    /// The row of the picture under a row of taps.
    fn pixel_row(&self, row: usize, tap: usize) -> Option<usize> {
        let padded = row * self.window.stride[0] + tap * self.window.dilation[0];
        padded.checked_sub(self.window.padding[0]).filter(|&row| row < self.image[0])
    }

    /// The row of windows of whose taps this row lies under this row of the picture.
    fn window_row(&self, row: usize, tap: usize) -> Option<usize> {
        let padded = row + self.window.padding[0];
        let start = padded.checked_sub(tap * self.window.dilation[0])?;
        let whole = start.is_multiple_of(self.window.stride[0]);
        Some(start / self.window.stride[0]).filter(|&row| whole && row < self.out[0])
    }

    #[inline(always)]
    fn forward<L: Lanes>(&self, x: &[f32], values: &mut [f32], taps: &mut [u8]) {
        // The usual widths are known when this is compiled, so that there is no loop over them.
        match self.window.kernel[1] {
            2 => self.forward_with::<L>(2, x, values, taps),
            3 => self.forward_with::<L>(3, x, values, taps),
            kernel => self.forward_with::<L>(kernel, x, values, taps),
        }
    }

    #[inline(always)]
    fn forward_with<L: Lanes>(
        &self,
        kernel: usize,
        x: &[f32],
        values: &mut [f32],
        taps: &mut [u8],
    ) {
        let ([_, width], [out_h, out_w]) = (self.image, self.out);
        let height = self.window.kernel[0];
        assert!(x.len() == self.image[0] * width && values.len() == out_h * out_w);
        assert!(taps.len() == values.len());
        let mut rows = Vec::with_capacity(height);
        for row in 0..out_h {
            rows.clear();
            rows.extend(
                (0..height)
                    .filter_map(|tap| Some((tap * kernel, self.pixel_row(row, tap)? * width))),
            );
            let (first, first_row) = rows[0];
            for start in groups(&self.inside, L::COUNT) {
                let column = 2 * start - self.window.padding[1];
                // SAFETY: windows from `start` on, as many as a vector has, lie inside of the picture's
                // rows, and are windows of the result.
                unsafe {
                    let at = |place: usize| L::every_second(x.as_ptr().add(place + column));
                    let mut best = (at(first_row), L::tap(first));
                    for &(taps, row) in &rows {
                        for tap in 0..kernel {
                            best = L::larger(best, (at(row + tap), L::tap(taps + tap)));
                        }
                    }
                    let place = row * out_w + start;
                    L::store(best.0, values.as_mut_ptr().add(place));
                    L::store_taps(best.1, taps.as_mut_ptr().add(place));
                }
            }
            for (column, window_taps) in &self.edges {
                let mut best = (f32::NEG_INFINITY, usize::MAX);
                for &(first, row) in &rows {
                    for &(tap, pixel) in window_taps {
                        let x = x[row + pixel];
                        if x > best.0 || x.is_nan() || best.1 == usize::MAX {
                            best = (x, first + tap);
                        }
                    }
                }
                values[row * out_w + column] = best.0;
                taps[row * out_w + column] = best.1 as u8;
            }
        }
    }

    #[inline(always)]
    fn backward<L: Lanes>(&self, dy: &[f32], taps: &[u8], dx: &mut [f32]) {
        match self.window.kernel[1] {
            2 => self.backward_with::<L>(2, dy, taps, dx),
            3 => self.backward_with::<L>(3, dy, taps, dx),
            kernel => self.backward_with::<L>(kernel, dy, taps, dx),
        }
    }

    #[inline(always)]
    fn backward_with<L: Lanes>(&self, kernel: usize, dy: &[f32], taps: &[u8], dx: &mut [f32]) {
        let ([height, width], [out_h, out_w]) = (self.image, self.out);
        let tap_rows = self.window.kernel[0];
        assert!(dx.len() == height * width && dy.len() == out_h * out_w);
        assert!(taps.len() == dy.len());
        let padding = self.window.padding[1];
        let mut rows = Vec::with_capacity(tap_rows);
        for (row, dx) in dx.chunks_mut(width).enumerate() {
            rows.clear();
            rows.extend(
                (0..tap_rows)
                    .filter_map(|tap| Some((tap * kernel, self.window_row(row, tap)? * out_w))),
            );
            for start in groups(&self.pairs, L::COUNT) {
                let sum = |parity: usize| {
                    let mut sum = L::zero();
                    for &(first, row) in &rows {
                        // Those under which the columns of this parity lie.
                        for tap in ((parity + padding) % 2..kernel).step_by(2) {
                            let window = start.wrapping_add_signed(-ahead(tap, padding));
                            // SAFETY: all taps of these pairs have windows in the row, as `pairs` says.
                            let (dy, won) = unsafe {
                                let place = row + window;
                                let (dy, taps) = (dy.as_ptr().add(place), taps.as_ptr().add(place));
                                (L::load(dy), L::load_taps(taps))
                            };
                            sum = L::add_where(sum, dy, won, L::tap(first + tap));
                        }
                    }
                    sum
                };
                // SAFETY: so many pairs lie in the row.
                unsafe { L::store_pairs([sum(0), sum(1)], dx.as_mut_ptr().add(2 * start)) };
            }
            for (column, windows) in &self.edge_pixels {
                let mut sum = 0.0;
                for &(first, row) in &rows {
                    for &(tap, window) in windows {
                        let won = usize::from(taps[row + window]) == first + tap;
                        sum += if won { dy[row + window] } else { 0.0 };
                    }
                }
                dx[*column] = sum;
            }
        }
    }
}

/// Tap t of window j is at column 2 · j + t − padding, which is in the pair of columns number
/// `j + ahead(t)`.
fn ahead(tap: usize, padding: usize) -> isize {
    (tap as isize - padding as isize).div_euclid(2)
}

/// Where vectors begin so that they cover a range that is at least as long as one: the last may overlap
/// the one before.
fn groups(range: &Range<usize>, count: usize) -> impl Iterator<Item = usize> + use<> {
    let last = range.end - count;
    range.clone().step_by(count).map(move |start| start.min(last))
}

macro_rules! kernels {
    ($($forward:ident $backward:ident: $features:literal $lanes:ident;)*) => { $(
        /// # Safety
        /// The machine has the instructions.
        #[target_feature(enable = $features)]
        unsafe fn $forward(of: &TwoApart, x: &[f32], values: &mut [f32], taps: &mut [u8]) {
            of.forward::<$lanes>(x, values, taps);
        }

        /// # Safety
        /// The machine has the instructions.
        #[target_feature(enable = $features)]
        unsafe fn $backward(of: &TwoApart, dy: &[f32], taps: &[u8], dx: &mut [f32]) {
            of.backward::<$lanes>(dy, taps, dx);
        }
    )* };
}

kernels! {
    eight_forward eight_backward: "avx2" Eight;
    sixteen_forward sixteen_backward: "avx512f" Sixteen;
}

//! Max pooling of windows that are two columns apart, in `f32`: straight from the image's rows.
//!
//! A vector holds one tap of neighbouring windows: every second pixel of a stretch of a row. The largest
//! so far and the tap that it was under stay in registers. For the gradient a vector holds neighbouring
//! windows too; what taps of one parity add goes to the even columns, the others' to the odd ones.
//! Rows that are shorter than a vector fill the first part of one. Columns whose windows reach over the
//! border are computed one by one.
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
    /// For each row of the result, the taps of its windows that lie in rows of the image, and where
    /// they begin there.
    taps: Vec<Vec<(usize, usize)>>,
    /// For each row of the image, the first taps of the windows' rows that it lies under, and where
    /// these windows begin in the result.
    window_rows: Vec<Vec<(usize, usize)>>,
    /// The same for each tap, apart for the even and the odd columns of the image, and counted from a
    /// pair of columns on.
    windows: Vec<[Vec<(usize, isize)>; 2]>,
    /// The columns of the result whose windows lie inside.
    inside: Range<usize>,
    /// The other columns of the result, each with its taps and the columns under them.
    edges: Vec<(usize, Vec<(usize, usize)>)>,
    /// The pairs of columns of the image all of whose taps have windows.
    pairs: Range<usize>,
    /// The other columns of the image, each with the taps that it is under and their windows.
    edge_pixels: Vec<(usize, Vec<(usize, usize)>)>,
}

/// What is done with a plane of an image and of the result.
pub(super) type Forward = unsafe fn(&TwoApart, &[f32], &mut [f32], &mut [u8]);
/// As [`Forward`], for the gradient: from gradients and winning taps to the image.
pub(super) type Backward = unsafe fn(&TwoApart, &[f32], &[u8], &mut [f32]);

impl TwoApart {
    /// The kernels, if the sizes and the machine are such.
    pub(super) fn new(
        window: &Window,
        image: [usize; 2],
        out: [usize; 2],
    ) -> Option<(Self, Forward, Backward)> {
        let (forward, backward): (Forward, Backward) = match crate::simd::instructions() {
            Instructions::Avx512 => (sixteen_forward, sixteen_backward),
            Instructions::Avx2 => (eight_forward, eight_backward),
            Instructions::Portable => return None,
        };
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
        let taps = (0..out[0]).map(|row| {
            let row = |tap| {
                let start = pixel_row(window, image[0], row, tap)? * image[1];
                Some((0..width).map(move |column| (tap * width + column, start + column)))
            };
            (0..height).filter_map(row).flatten().collect()
        });
        let window_rows = (0..image[0]).map(|row| {
            let row = |tap| Some((tap * width, window_row(window, out[0], row, tap)? * out[1]));
            (0..height).filter_map(row).collect()
        });
        let (taps, window_rows): (_, Vec<Vec<_>>) = (taps.collect(), window_rows.collect());
        let of_parity = |rows: &[(usize, usize)], parity: usize| {
            let columns = ((parity + padding) % 2..width).step_by(2);
            rows.iter()
                .flat_map(|&(first, start)| {
                    let place = move |tap| start as isize - ahead(tap, padding);
                    columns.clone().map(move |tap| (first + tap, place(tap)))
                })
                .collect()
        };
        let windows = window_rows.iter().map(|rows| [0, 1].map(|parity| of_parity(rows, parity)));
        let windows = windows.collect();
        let window = *window;
        let this = Self {
            window,
            image,
            out,
            taps,
            window_rows,
            windows,
            inside,
            edges,
            pairs,
            edge_pixels,
        };
        Some((this, forward, backward))
    }

    #[inline(always)]
    fn forward<L: Lanes>(&self, x: &[f32], values: &mut [f32], taps: &mut [u8]) {
        let ([height, width], [out_h, out_w]) = (self.image, self.out);
        assert!(x.len() == height * width && values.len() == out_h * out_w);
        assert!(taps.len() == values.len());
        for (row, pixels) in self.taps.iter().enumerate() {
            // Of windows of nothing but −∞ the first pixel wins.
            let (first, _) = pixels[0];
            for (start, count) in groups(&self.inside, L::COUNT) {
                let column = 2 * start - self.window.padding[1];
                // SAFETY: `count` windows from `start` on lie inside of the image's rows, and are
                // windows of the result.
                unsafe {
                    let mut best = (L::all(f32::NEG_INFINITY), L::tap(first));
                    for &(tap, pixel) in pixels {
                        let x = L::every_second(x.as_ptr().add(pixel + column), count);
                        best = L::larger(best, (x, L::tap(tap)));
                    }
                    let place = row * out_w + start;
                    L::store(best.0, values.as_mut_ptr().add(place), count);
                    L::store_taps(best.1, taps.as_mut_ptr().add(place), count);
                }
            }
            for (column, window_taps) in &self.edges {
                let mut best = (f32::NEG_INFINITY, usize::MAX);
                for &(first, row) in pixels.iter().step_by(self.window.kernel[1]) {
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
        let ([height, width], [out_h, out_w]) = (self.image, self.out);
        assert!(dx.len() == height * width && dy.len() == out_h * out_w);
        assert!(taps.len() == dy.len());
        let all = self.windows.iter().zip(&self.window_rows);
        for ((windows, rows), dx) in all.zip(dx.chunks_mut(width)) {
            for (start, count) in groups(&self.pairs, L::COUNT) {
                // A loop and no closure: one that isn't inlined has no vector instructions.
                let mut sums = [L::all(0.0); 2];
                for (sum, windows) in sums.iter_mut().zip(windows) {
                    for &(tap, window) in windows {
                        // SAFETY: all taps of these pairs have windows in the row, as `pairs` says.
                        let (dy, won) = unsafe {
                            let place = start.wrapping_add_signed(window);
                            let (dy, taps) = (dy.as_ptr().add(place), taps.as_ptr().add(place));
                            (L::load(dy, count), L::load_taps(taps, count))
                        };
                        *sum = L::add_where(*sum, dy, won, L::tap(tap));
                    }
                }
                // SAFETY: so many pairs lie in the row.
                unsafe { L::store_pairs(sums, dx.as_mut_ptr().add(2 * start), count) };
            }
            for (column, windows) in &self.edge_pixels {
                let mut sum = 0.0;
                for &(first, row) in rows {
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

/// The row of the image under a row of taps of a row of windows.
fn pixel_row(window: &Window, height: usize, row: usize, tap: usize) -> Option<usize> {
    let padded = row * window.stride[0] + tap * window.dilation[0];
    padded.checked_sub(window.padding[0]).filter(|&row| row < height)
}

/// The row of windows of whose taps this row lies under this row of the image.
fn window_row(window: &Window, rows: usize, row: usize, tap: usize) -> Option<usize> {
    let padded = row + window.padding[0];
    let start = padded.checked_sub(tap * window.dilation[0])?;
    let whole = start.is_multiple_of(window.stride[0]);
    Some(start / window.stride[0]).filter(|&row| whole && row < rows)
}

/// Tap t of window j is at column 2 · j + t − padding, which is in the pair of columns number
/// `j + ahead(t)`.
fn ahead(tap: usize, padding: usize) -> isize {
    (tap as isize - padding as isize).div_euclid(2)
}

/// Where vectors begin and how many of their lanes are used, so that they cover a range. If that is at
/// least as long as a vector, all are, and the last may overlap the one before.
fn groups(range: &Range<usize>, lanes: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
    let count = range.len().min(lanes);
    let last = range.end - count;
    range.clone().step_by(lanes).map(move |start| (start.min(last), count))
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
    sixteen_forward sixteen_backward: "avx512f,avx512bw,avx512vl" Sixteen;
}

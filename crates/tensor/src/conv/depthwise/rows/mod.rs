//! Square windows of 3, 5 or 7 with a stride of 1 or 2, in `f32`: straight from the planes' rows.
//!
//! A plane is done in strips, as wide as a vector has lanes, from top to bottom. Rows and columns are
//! counted with the border, and a tap by what it is of the stride: tap `phase + S · back` of the
//! window `number` lies on row (or column) `S · (number + back) + phase`. So one step down a strip
//! comes to `S` rows, on which the `B = ⌈K / S⌉` last windows lie, whose sums are in registers:
//!
//! ```text
//! K = 3, S = 1                      K = 3, S = 2
//! row     windows 0  1  2  3        row     windows 0  1
//! 0               0                 0, 1          0, 1
//! 1               1  0              2, 3             2  0, 1
//! 2               2  1  0           4                   2
//! 3                  2  1  0
//! ```
//!
//! Each row is loaded once, at every shift, and each sum is written once. A strip at the left or right
//! border masks what isn't there; rows that aren't there are left out.
#![allow(unsafe_code, reason = "vectors are loaded and stored by address")]

mod forward;
mod input_grad;
mod weight_grad;

pub(super) use self::forward::conv2d;
pub(super) use self::input_grad::conv2d_input_grad;
pub(super) use self::weight_grad::conv2d_weight_grad;

use std::arch::x86_64::_mm_prefetch;
use std::ops::Range;

use crate::conv::Sizes;
use crate::simd::{Wide, each};

/// Calls a function with the window's size and stride as constants, if there are kernels for them.
macro_rules! with_window {
    ($sizes:expr, $function:ident $arguments:tt) => {
        match ($sizes.window.kernel, $sizes.window.stride, $sizes.window.dilation) {
            _ if !$crate::simd::avx2() => None,
            ([3, 3], [1, 1], [1, 1]) => Some($function::<3, 1> $arguments),
            ([3, 3], [2, 2], [1, 1]) => Some($function::<3, 2> $arguments),
            ([5, 5], [1, 1], [1, 1]) => Some($function::<5, 1> $arguments),
            ([5, 5], [2, 2], [1, 1]) => Some($function::<5, 2> $arguments),
            ([7, 7], [1, 1], [1, 1]) => Some($function::<7, 1> $arguments),
            ([7, 7], [2, 2], [1, 1]) => Some($function::<7, 2> $arguments),
            _ => None,
        }
    };
}
use with_window;

/// The largest `K + 1`: the vectors that are loaded for a row of taps.
const MOST_LOADS: usize = 8;

/// Which lanes of vectors lie on a row, for those that begin at several columns.
struct Strip<V: Wide, const LOADS: usize> {
    /// The column at which the first begins, counted without the border: before the row's beginning
    /// there.
    column: isize,
    /// For each vector, which of its lanes lie on the row.
    masks: [V::Mask; LOADS],
    /// Whether all do.
    inside: bool,
}

impl<V: Wide, const LOADS: usize> Strip<V, LOADS> {
    /// On rows of `width`, `count` vectors that begin at `column + shift(number)`.
    #[inline(always)]
    fn new(column: isize, width: usize, count: usize, shift: impl Fn(usize) -> isize) -> Self {
        let lanes = V::LANES as isize;
        let ends = |number: usize| {
            let start = column + shift(number.min(count - 1));
            -start..width as isize - start
        };
        let inside = (0..count).all(|number| ends(number).start <= 0 && ends(number).end >= lanes);
        Self { column, masks: each(|number| V::mask(ends(number))), inside }
    }

    /// # Safety
    /// `row` begins a row of the width; `INSIDE` is said only of strips that are.
    #[inline(always)]
    unsafe fn load<const INSIDE: bool>(&self, row: *const f32, number: usize, shift: isize) -> V {
        let from = row.wrapping_offset(self.column + shift);
        // SAFETY: the lanes that lie on the row.
        unsafe { if INSIDE { V::load_at(from) } else { V::load_masked(from, self.masks[number]) } }
    }

    /// # Safety
    /// As for [`load`](Self::load).
    #[inline(always)]
    unsafe fn store<const INSIDE: bool>(
        &self,
        vector: V,
        row: *mut f32,
        number: usize,
        shift: isize,
    ) {
        let to = row.wrapping_offset(self.column + shift);
        // SAFETY: the lanes that lie on the row.
        unsafe {
            if INSIDE { vector.store_at(to) } else { vector.store_masked(to, self.masks[number]) }
        }
    }
}

/// Strips that cover some columns, each with its first. An iterator that collected them would have
/// loops that aren't compiled for the vectors.
#[inline(always)]
fn strips<V: Wide, T>(columns: Range<usize>, strip: impl Fn(usize) -> T) -> Vec<(usize, T)> {
    let mut strips = Vec::with_capacity(columns.len().div_ceil(V::LANES));
    for first in columns.step_by(V::LANES) {
        strips.push((first, strip(first)));
    }
    strips
}

/// The strip of the input under windows from `window` on.
#[inline(always)]
fn under_windows<V: Wide, const K: usize, const S: usize>(
    sizes: &Sizes,
    window: usize,
) -> Strip<V, MOST_LOADS> {
    let column = (S * window) as isize - sizes.window.padding[1] as isize;
    Strip::new(column, sizes.input[1], K.next_multiple_of(S), shift_of_load::<V, S>)
}

/// With a stride of 2, two vectors that follow each other are loaded for two taps.
#[inline(always)]
fn shift_of_load<V: Wide, const S: usize>(number: usize) -> isize {
    if S == 1 { number as isize } else { (number / 2 * 2 + number % 2 * V::LANES) as isize }
}

/// What lies on a row under each tap of the strip's windows.
///
/// # Safety
/// As for [`Strip::load`].
#[inline(always)]
unsafe fn under_taps<V: Wide, const K: usize, const S: usize, const INSIDE: bool>(
    strip: &Strip<V, MOST_LOADS>,
    row: *const f32,
) -> [V; K] {
    // SAFETY: the caller's promise.
    let load = |number| unsafe { strip.load::<INSIDE>(row, number, shift_of_load::<V, S>(number)) };
    if S == 1 {
        return each(load);
    }
    let mut taps = [V::splat(0.0); K];
    let mut tap = 0;
    while tap < K {
        let [even, odd] = V::split_pairs(load(tap), load(tap + 1));
        taps[tap] = even;
        if tap + 1 < K {
            taps[tap + 1] = odd;
        }
        tap += 2;
    }
    taps
}

/// Asks for what some vectors will be loaded from (`_MM_HINT_T0`) or stored to (`_MM_HINT_ET0`). The
/// processor doesn't guess that a strip goes on in the next plane: without this, large planes take two or
/// three times as long.
#[inline(always)]
fn ask<V: Wide, const HINT: i32>(at: *const f32, vectors: usize) {
    for vector in 0..vectors {
        let at = at.wrapping_add(vector * V::LANES);
        // SAFETY: every address may be asked for, and nothing is read or written.
        unsafe { _mm_prefetch::<HINT>(at.cast()) };
    }
}

/// A channel's filter, each weight in all lanes.
#[inline(always)]
fn broadcast<V: Wide, const K: usize>(weight: &[f32], channel: usize) -> [[V; K]; K] {
    let filter = &weight[channel * K * K..][..K * K];
    each(|row| each(|column| V::splat(filter[row * K + column])))
}

/// The row that is `row` when the border is counted.
#[inline(always)]
fn without_border(row: usize, border: usize, rows: usize) -> Option<usize> {
    row.checked_sub(border).filter(|&row| row < rows)
}

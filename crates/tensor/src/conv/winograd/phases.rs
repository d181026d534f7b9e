//! A filter of 3 taps with a stride of 2 as filters of at most 2 taps with a stride of 1: even and odd
//! pixels, the phases, meet different taps.
//!
//! ```text
//! y[i] = w₀ · x[2i] + w₁ · x[2i + 1] + w₂ · x[2i + 2]
//!      = (w₀, w₂) over the even pixels + (w₁, 0) over the odd ones
//! ```
//!
//! What has a single tap is 0 at the point ∞, so a 6 × 6 tile of the four phases needs 36 + 30 + 30 + 25
//! products, for 5 × 5 results of 9 taps. The phases stand in an order in which those that a
//! point needs are neighbours.

use std::ops::Range;

use super::LINE;

/// Whether filters have both taps in a phase, `[vertical, horizontal]`, for each of `S` · `S` phases.
pub(super) const fn of_stride<const S: usize>() -> &'static [[bool; 2]] {
    if S == 1 {
        &[[true, true]]
    } else {
        &[[true, false], [true, true], [false, true], [false, false]]
    }
}

/// The phases that are not 0 at a point.
pub(super) fn at_point<const S: usize>(point: usize) -> Range<usize> {
    match [point / LINE, point % LINE].map(|at| at == LINE - 1) {
        _ if S == 1 => 0..1,
        [false, false] => 0..4,
        [true, false] => 0..2,
        [false, true] => 1..3,
        [true, true] => 1..2,
    }
}

/// Which of `F` taps is number `k` of the `K` taps that a filter has in a phase.
#[inline(always)]
pub(super) fn tap<const F: usize, const K: usize>(both: bool, k: usize) -> Option<usize> {
    match both {
        _ if F == K => Some(k),
        true => Some(2 * k),
        false => (k == 0).then_some(1),
    }
}

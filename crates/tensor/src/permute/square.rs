//! Squares of 16 × 16 elements of four bytes, transposed in registers. Each line of both sides is touched
//! once, so it doesn't matter that rows which are a power of two apart share their places in a cache.
#![allow(unsafe_code, reason = "vectors are loaded and stored by address")]

use super::SQUARE;
use crate::element::Element;
use crate::past_caches::Writer;
use crate::simd::{Job, Wide, with_vectors};

/// Writes the rows of a square as columns; rows of `from` are `pitch` apart, those of `out`
/// `out_pitch`. Gives `false`, and does nothing, for elements or machines that it isn't made for.
pub(super) fn transpose<T: Element>(
    from: &[T],
    pitch: usize,
    out: &mut [T],
    out_pitch: usize,
    writer: &Writer,
) -> bool {
    assert!(from.len() >= (SQUARE - 1) * pitch + SQUARE);
    assert!(out.len() >= (SQUARE - 1) * out_pitch + SQUARE);
    if size_of::<T>() != size_of::<f32>() || !crate::simd::avx2() {
        return false;
    }
    // Elements of four bytes may be moved as any type of that size.
    let (from, out) = (from.as_ptr().cast::<f32>(), out.as_mut_ptr().cast::<f32>());
    let lines = out.addr().is_multiple_of(64) && out_pitch.is_multiple_of(SQUARE);
    let past_caches = writer.past_caches() && lines;
    with_vectors(Square { from, pitch, out, out_pitch, past_caches });
    true
}

/// A square that is within both sides, as was checked.
struct Square {
    from: *const f32,
    pitch: usize,
    out: *mut f32,
    out_pitch: usize,
    /// Whether rows of `out` are lines, and go past the caches.
    past_caches: bool,
}

impl Job for Square {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Self { from, pitch, out, out_pitch, past_caches } = self;
        for row in (0..SQUARE).step_by(V::LANES) {
            for column in (0..SQUARE).step_by(V::LANES) {
                // SAFETY: inside the square.
                let line = |i: usize| unsafe { V::load_at(from.add((column + i) * pitch + row)) };
                V::transpose(line, |i, x| {
                    // SAFETY: as above; a vector of 16 is a whole line.
                    unsafe {
                        let to = out.add((row + i) * out_pitch + column);
                        if past_caches && V::LANES == SQUARE {
                            x.store_past_caches_at(to);
                        } else {
                            x.store_at(to);
                        }
                    }
                });
            }
        }
    }
}

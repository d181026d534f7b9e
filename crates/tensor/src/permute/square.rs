//! Squares of 16 × 16 elements of four bytes, transposed in registers.
#![allow(
    unsafe_code,
    reason = "the instruction set is looked for before it is used, and vectors are loaded by address"
)]

use super::SQUARE;
use crate::element::Element;

/// Writes the rows of a square as columns; rows of `from` are `pitch` apart, those of `out`
/// `out_pitch`. Gives `false`, and does nothing, for elements or machines that it isn't made for.
pub(super) fn transpose<T: Element>(
    from: &[T],
    pitch: usize,
    out: &mut [T],
    out_pitch: usize,
) -> bool {
    assert!(from.len() >= (SQUARE - 1) * pitch + SQUARE);
    assert!(out.len() >= (SQUARE - 1) * out_pitch + SQUARE);
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == size_of::<f32>() && crate::simd::avx2() {
        let (from, out) = (from.as_ptr().cast::<f32>(), out.as_mut_ptr().cast::<f32>());
        for corner in [[0, 0], [8, 0], [0, 8], [8, 8]] {
            let [row, column] = corner;
            // SAFETY: the square is within both slices, as was just checked; elements of four
            // bytes may be moved as any type of that size; the machine has the instructions.
            unsafe {
                let from = from.add(column * pitch + row);
                eight(from, pitch, out.add(row * out_pitch + column), out_pitch);
            }
        }
        return true;
    }
    false
}

/// Eight rows of eight: pairs of rows are interleaved, then pairs of pairs, then halves change
/// places.
///
/// # Safety
/// Eight rows of eight elements can be read from `from` and written to `out`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn eight(from: *const f32, pitch: usize, out: *mut f32, out_pitch: usize) {
    use std::arch::x86_64::*;

    // SAFETY: the caller's promise.
    let row = |index: usize| unsafe { _mm256_loadu_ps(from.add(index * pitch)) };
    let pairs = |index: usize| {
        let (a, b) = (row(index), row(index + 1));
        [_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b)]
    };
    let fours = |index: usize| {
        let ([a, b], [c, d]) = (pairs(index), pairs(index + 2));
        [
            _mm256_shuffle_ps::<0x44>(a, c),
            _mm256_shuffle_ps::<0xEE>(a, c),
            _mm256_shuffle_ps::<0x44>(b, d),
            _mm256_shuffle_ps::<0xEE>(b, d),
        ]
    };
    let (upper, lower) = (fours(0), fours(4));
    for (index, (upper, lower)) in upper.into_iter().zip(lower).enumerate() {
        // SAFETY: the caller's promise.
        unsafe {
            let first = _mm256_permute2f128_ps::<0x20>(upper, lower);
            _mm256_storeu_ps(out.add(index * out_pitch), first);
            let second = _mm256_permute2f128_ps::<0x31>(upper, lower);
            _mm256_storeu_ps(out.add((index + 4) * out_pitch), second);
        }
    }
}

//! Squares of 16 × 16 elements of four bytes, transposed in registers.
#![allow(
    unsafe_code,
    reason = "the instruction set is looked for before it is used, and vectors are loaded by address"
)]

use super::SQUARE;
use crate::element::Element;

/// Writes the rows of a square as columns; rows of `from` are `pitch` apart, those of `out`
/// `out_pitch`. With `past_caches` the caches are passed by where whole lines are written; then
/// [`finish`] is to be called. Gives `false`, and does nothing, for elements or machines that it isn't made for.
pub(super) fn transpose<T: Element>(
    from: &[T],
    pitch: usize,
    out: &mut [T],
    out_pitch: usize,
    past_caches: bool,
) -> bool {
    assert!(from.len() >= (SQUARE - 1) * pitch + SQUARE);
    assert!(out.len() >= (SQUARE - 1) * out_pitch + SQUARE);
    #[cfg(target_arch = "x86_64")]
    if size_of::<T>() == size_of::<f32>() && crate::simd::avx2() {
        let (from, out) = (from.as_ptr().cast::<f32>(), out.as_mut_ptr().cast::<f32>());
        if crate::simd::avx512() {
            let lines = out.addr().is_multiple_of(64) && out_pitch.is_multiple_of(SQUARE);
            // SAFETY: as below.
            unsafe {
                if past_caches && lines {
                    sixteen::<true>(from, pitch, out, out_pitch);
                } else {
                    sixteen::<false>(from, pitch, out, out_pitch);
                }
            }
            return true;
        }
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

/// Makes what was written past the caches seen by other threads: to be called before a task ends.
pub(super) fn finish() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every machine of this architecture has the instruction.
    unsafe {
        std::arch::x86_64::_mm_sfence();
    }
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

/// Sixteen rows of sixteen: pairs of rows are interleaved, then pairs of pairs, then quarters change
/// places twice. Each line of both sides is touched once, so it doesn't matter that rows which are a
/// power of two apart share their places in a cache.
///
/// # Safety
/// Sixteen rows of sixteen elements can be read from `from` and written to `out`; if they are to go
/// `PAST` the caches, rows of `out` are lines.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn sixteen<const PAST: bool>(
    from: *const f32,
    pitch: usize,
    out: *mut f32,
    out_pitch: usize,
) {
    use std::arch::x86_64::*;

    // SAFETY: the caller's promise.
    let row = |index: usize| unsafe { _mm512_loadu_ps(from.add(index * pitch)) };
    let pairs = |index: usize| {
        let (a, b) = (row(index), row(index + 1));
        [_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b)]
    };
    let fours = |index: usize| {
        let ([a, b], [c, d]) = (pairs(index), pairs(index + 2));
        [
            _mm512_shuffle_ps::<0x44>(a, c),
            _mm512_shuffle_ps::<0xEE>(a, c),
            _mm512_shuffle_ps::<0x44>(b, d),
            _mm512_shuffle_ps::<0xEE>(b, d),
        ]
    };
    let store = |index: usize, row: __m512| {
        // SAFETY: the caller's promise.
        unsafe {
            let out = out.add(index * out_pitch);
            if PAST { _mm512_stream_ps(out, row) } else { _mm512_storeu_ps(out, row) }
        }
    };
    let [first, second, third, fourth] = [fours(0), fours(4), fours(8), fours(12)];
    for column in 0..4 {
        let (a, b) = (first[column], second[column]);
        let (c, d) = (third[column], fourth[column]);
        let even = [_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0x88>(c, d)];
        let odd = [_mm512_shuffle_f32x4::<0xDD>(a, b), _mm512_shuffle_f32x4::<0xDD>(c, d)];
        store(column, _mm512_shuffle_f32x4::<0x88>(even[0], even[1]));
        store(column + 4, _mm512_shuffle_f32x4::<0x88>(odd[0], odd[1]));
        store(column + 8, _mm512_shuffle_f32x4::<0xDD>(even[0], even[1]));
        store(column + 12, _mm512_shuffle_f32x4::<0xDD>(odd[0], odd[1]));
    }
}

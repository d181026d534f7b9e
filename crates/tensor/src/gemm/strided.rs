//! Products of `f32` matrices that lie in memory as the kernel wants them: nothing is packed.
#![allow(unsafe_code, reason = "vectors are loaded by address")]

use std::arch::x86_64::*;

/// The columns of a panel of the right operand and of a tile of the result.
pub(crate) const COLUMNS: usize = 16;
/// The rows of a tile: twelve registers of sums, two of `B`, one of `A`, of the sixteen there are.
const ROWS: usize = 6;
/// The cache lines of both operands that a block of the depth may touch: most of a first-level
/// cache of 32 KiB, whose lines have 16 numbers.
const LINES: usize = 256 + ROWS * 256 / 16;

/// A left operand: element `(i, k)` lies at `i · row + k · depth`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) elements: &'a [f32],
    pub(crate) row: usize,
    pub(crate) depth: usize,
}

/// A right operand of 16 columns: row `k` lies at `k · depth`.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    pub(crate) elements: &'a [f32],
    pub(crate) depth: usize,
}

/// `c = a · b`, or `c += a · b` if `add`, for `rows` rows of 16 columns, `stride` apart.
pub(crate) fn multiply(
    [rows, depth]: [usize; 2],
    a: Left,
    b: Right,
    c: &mut [f32],
    stride: usize,
    add: bool,
) {
    if rows == 0 || depth == 0 {
        if !add {
            (0..rows).for_each(|row| c[row * stride..][..COLUMNS].fill(0.0));
        }
        return;
    }
    assert!((rows - 1) * a.row + (depth - 1) * a.depth < a.elements.len());
    assert!((depth - 1) * b.depth + COLUMNS <= b.elements.len());
    assert!((rows - 1) * stride + COLUMNS <= c.len());
    assert!(crate::simd::avx2());
    // Six elements of `A` lie along six lines, or each six in a line of their own.
    let lines_for_16 = 16 + if a.depth == 1 { ROWS } else { 16 };
    let deepest = LINES / lines_for_16 * 16;
    for start in (0..depth).step_by(deepest) {
        let deep = deepest.min(depth - start);
        let add = add || start > 0;
        for first in (0..rows).step_by(ROWS) {
            let tile = match rows - first {
                1 => tile::<1>,
                2 => tile::<2>,
                3 => tile::<3>,
                4 => tile::<4>,
                5 => tile::<5>,
                _ => tile::<ROWS>,
            };
            // SAFETY: the lengths and the instruction set were just checked.
            unsafe {
                tile(
                    deep,
                    a.elements.as_ptr().add(first * a.row + start * a.depth),
                    [a.row, a.depth],
                    b.elements.as_ptr().add(start * b.depth),
                    b.depth,
                    c.as_mut_ptr().add(first * stride),
                    stride,
                    add,
                );
            }
        }
    }
}

/// # Safety
/// AVX2 and FMA are there, and the pointers reach `R` rows and `depth` far.
#[target_feature(enable = "avx2,fma")]
#[expect(clippy::too_many_arguments, reason = "three operands and how they lie")]
unsafe fn tile<const R: usize>(
    depth: usize,
    a: *const f32,
    [a_row, a_depth]: [usize; 2],
    b: *const f32,
    b_depth: usize,
    c: *mut f32,
    stride: usize,
    add: bool,
) {
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    for k in 0..depth {
        if a_depth == 1 && k % 16 == 0 {
            // The next tile's rows: each is too short for the processor to see where it leads.
            for row in 0..R {
                let next = a.wrapping_add((R + row) * a_row + k);
                _mm_prefetch::<_MM_HINT_T0>(next.cast());
            }
        }
        // SAFETY: the caller promises `depth` rows of two vectors.
        let right = unsafe {
            let b = b.add(k * b_depth);
            [_mm256_loadu_ps(b), _mm256_loadu_ps(b.add(8))]
        };
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the caller promises `R` rows of `depth` elements.
            let left = _mm256_set1_ps(unsafe { *a.add(row * a_row + k * a_depth) });
            sums[0] = _mm256_fmadd_ps(left, right[0], sums[0]);
            sums[1] = _mm256_fmadd_ps(left, right[1], sums[1]);
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (half, &sum) in sums.iter().enumerate() {
            // SAFETY: the caller promises `R` rows of two vectors.
            unsafe {
                let c = c.add(row * stride + half * 8);
                let before = if add { _mm256_loadu_ps(c) } else { _mm256_setzero_ps() };
                _mm256_storeu_ps(c, _mm256_add_ps(before, sum));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::naive;

    /// Small whole numbers, so that every order of additions gives the same result.
    fn numbers(len: usize, seed: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7 + seed) % 11) as f32 - 5.0).collect()
    }

    #[test]
    fn every_height_and_depth_multiplies() {
        if !crate::simd::avx2() {
            return;
        }
        for rows in [1, 2, 3, 4, 5, 6, 7, 13] {
            for depth in [0, 1, 37, 300] {
                let (a, b) = (numbers(rows * depth, 1), numbers(depth * COLUMNS, 2));
                let product = naive::product([rows, depth, COLUMNS], &a, &b);
                let mut c = numbers(rows * 20, 3);
                let before = c.clone();
                let left = Left { elements: &a, row: depth, depth: 1 };
                let right = Right { elements: &b, depth: COLUMNS };
                multiply([rows, depth], left, right, &mut c, 20, true);
                multiply([rows, depth], left, right, &mut c, 20, false);
                multiply([rows, depth], left, right, &mut c, 20, true);
                for (place, (&c, &before)) in c.iter().zip(&before).enumerate() {
                    let expected = match place % 20 {
                        column if column < COLUMNS => 2.0 * product[place / 20 * COLUMNS + column],
                        _ => before,
                    };
                    assert_eq!(c, expected, "{rows} × {depth} at {place}");
                }
            }
        }
    }
}

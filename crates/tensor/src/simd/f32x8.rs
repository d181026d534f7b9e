//! Vectors of eight `f32`, with all that transforms need.
#![allow(unsafe_code, reason = "vector instructions are called by name")]

use std::arch::x86_64::*;

use super::Vector;

/// Eight `f32`.
///
/// Used only in functions that are compiled for AVX2 and FMA, as [`Vector`] says.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F32x8(pub(crate) __m256);

// SAFETY of all blocks below: the type's promise that AVX2 and FMA are there.

impl F32x8 {
    #[inline(always)]
    pub(crate) fn lanes(self) -> [f32; 8] {
        let mut lanes = [0.0; 8];
        // SAFETY: see above; eight numbers.
        unsafe { self.store_at(lanes.as_mut_ptr()) };
        lanes
    }

    /// Four vectors of eight as, for `i` in 0..4, the four elements number `i` in the low half
    /// and the four elements number `i + 4` in the high half.
    #[inline(always)]
    fn transpose_halves([a, b, c, d]: [Self; 4]) -> [Self; 4] {
        // SAFETY: see above.
        unsafe {
            let (ab_low, ab_high) = (_mm256_unpacklo_ps(a.0, b.0), _mm256_unpackhi_ps(a.0, b.0));
            let (cd_low, cd_high) = (_mm256_unpacklo_ps(c.0, d.0), _mm256_unpackhi_ps(c.0, d.0));
            [
                Self(_mm256_shuffle_ps::<0b01_00_01_00>(ab_low, cd_low)),
                Self(_mm256_shuffle_ps::<0b11_10_11_10>(ab_low, cd_low)),
                Self(_mm256_shuffle_ps::<0b01_00_01_00>(ab_high, cd_high)),
                Self(_mm256_shuffle_ps::<0b11_10_11_10>(ab_high, cd_high)),
            ]
        }
    }

    /// Rows of a matrix of 8 × 8 as its columns.
    #[inline(always)]
    pub(crate) fn transpose(rows: [Self; 8]) -> [Self; 8] {
        let [a, b, c, d, e, f, g, h] = rows;
        let upper = Self::transpose_halves([a, b, c, d]);
        let lower = Self::transpose_halves([e, f, g, h]);
        let join_low = |i: usize| {
            // SAFETY: see above.
            Self(unsafe { _mm256_permute2f128_ps::<0x20>(upper[i].0, lower[i].0) })
        };
        let join_high = |i: usize| {
            // SAFETY: see above.
            Self(unsafe { _mm256_permute2f128_ps::<0x31>(upper[i].0, lower[i].0) })
        };
        [
            join_low(0),
            join_low(1),
            join_low(2),
            join_low(3),
            join_high(0),
            join_high(1),
            join_high(2),
            join_high(3),
        ]
    }
}

//! What a pooling does with vectors.

use std::arch::x86_64::*;

use crate::simd::{F32x8, F32x16, Wide, mask_8, mask_16};

/// Vectors of `f32`, and as many numbers of taps.
///
/// What is loaded and stored is the first `count` of them, at most [`COUNT`](Self::COUNT).
///
/// Used only in functions that are compiled for its instruction set, into which all of this is inlined.
pub(super) trait Lanes {
    const COUNT: usize;
    type Numbers: Copy;
    type Taps: Copy;

    /// All of one tap.
    fn tap(tap: usize) -> Self::Taps;

    /// All the same.
    fn all(x: f32) -> Self::Numbers;

    /// # Safety
    /// So many numbers can be read there.
    unsafe fn load(from: *const f32, count: usize) -> Self::Numbers;

    /// The first, the third, and so on.
    ///
    /// # Safety
    /// One less than twice so many numbers can be read there.
    unsafe fn every_second(from: *const f32, count: usize) -> Self::Numbers;

    /// # Safety
    /// So many numbers can be read there.
    unsafe fn load_taps(from: *const u8, count: usize) -> Self::Taps;

    /// Where the second is larger or NaN, that one and its tap.
    fn larger(
        first: (Self::Numbers, Self::Taps),
        second: (Self::Numbers, Self::Taps),
    ) -> (Self::Numbers, Self::Taps);

    /// Adds where taps are equal.
    fn add_where(
        sum: Self::Numbers,
        x: Self::Numbers,
        taps: Self::Taps,
        tap: Self::Taps,
    ) -> Self::Numbers;

    /// # Safety
    /// So many numbers can be written there.
    unsafe fn store(from: Self::Numbers, to: *mut f32, count: usize);

    /// Writes one of the first and one of the second in turn.
    ///
    /// # Safety
    /// Twice so many numbers can be written there.
    unsafe fn store_pairs(from: [Self::Numbers; 2], to: *mut f32, count: usize);

    /// # Safety
    /// So many numbers can be written there.
    unsafe fn store_taps(from: Self::Taps, to: *mut u8, count: usize);
}

/// AVX2
pub(super) struct Eight;

/// AVX-512
pub(super) struct Sixteen;

// SAFETY of all blocks below: the trait's promise that the instructions are there, and the callers' that
// the memory is.

impl Lanes for Eight {
    const COUNT: usize = 8;
    type Numbers = __m256;
    type Taps = __m256i;

    #[inline(always)]
    fn tap(tap: usize) -> __m256i {
        // SAFETY: see above.
        unsafe { _mm256_set1_epi32(tap as i32) }
    }

    #[inline(always)]
    fn all(x: f32) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32, count: usize) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_maskload_ps(from, mask_8(count)) }
    }

    #[inline(always)]
    unsafe fn every_second(from: *const f32, count: usize) -> __m256 {
        // SAFETY: see above.
        unsafe {
            // Numbers 0 to 7, and 7 to 14.
            let (low, high) = if count == Self::COUNT {
                (_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(7)))
            } else {
                let (low, high) = (mask_8(2 * count - 1), mask_8((2 * count).saturating_sub(8)));
                (_mm256_maskload_ps(from, low), _mm256_maskload_ps(from.wrapping_add(7), high))
            };
            let mixed = _mm256_castps_pd(_mm256_shuffle_ps::<0b11_01_10_00>(low, high));
            _mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(mixed))
        }
    }

    #[inline(always)]
    unsafe fn load_taps(from: *const u8, count: usize) -> __m256i {
        // SAFETY: see above.
        unsafe {
            let taps = if count == Self::COUNT {
                _mm_loadl_epi64(from.cast())
            } else {
                let mut taps = [0; 8];
                (0..count).for_each(|lane| taps[lane] = *from.add(lane));
                _mm_cvtsi64_si128(i64::from_le_bytes(taps))
            };
            _mm256_cvtepu8_epi32(taps)
        }
    }

    #[inline(always)]
    fn larger((best, taps): (__m256, __m256i), (x, tap): (__m256, __m256i)) -> (__m256, __m256i) {
        // SAFETY: see above.
        unsafe {
            let larger = _mm256_cmp_ps::<_CMP_GT_OQ>(x, best);
            let wins = _mm256_or_ps(larger, _mm256_cmp_ps::<_CMP_UNORD_Q>(x, x));
            let taps = _mm256_blendv_epi8(taps, tap, _mm256_castps_si256(wins));
            (_mm256_blendv_ps(best, x, wins), taps)
        }
    }

    #[inline(always)]
    fn add_where(sum: __m256, x: __m256, taps: __m256i, tap: __m256i) -> __m256 {
        // SAFETY: see above.
        unsafe {
            let equal = _mm256_castsi256_ps(_mm256_cmpeq_epi32(taps, tap));
            _mm256_add_ps(sum, _mm256_and_ps(x, equal))
        }
    }

    #[inline(always)]
    unsafe fn store(from: __m256, to: *mut f32, count: usize) {
        // SAFETY: see above.
        unsafe { store_8(from, to, count) }
    }

    #[inline(always)]
    unsafe fn store_pairs([even, odd]: [__m256; 2], to: *mut f32, count: usize) {
        // SAFETY: see above.
        unsafe {
            let [low, high] = F32x8::join_pairs(F32x8(even), F32x8(odd));
            let numbers = 2 * count;
            store_8(low.0, to, numbers.min(8));
            if numbers > 8 {
                store_8(high.0, to.add(8), numbers - 8);
            }
        }
    }

    #[inline(always)]
    unsafe fn store_taps(from: __m256i, to: *mut u8, count: usize) {
        // SAFETY: see above.
        unsafe {
            let halves = (_mm256_castsi256_si128(from), _mm256_extracti128_si256::<1>(from));
            let words = _mm_packs_epi32(halves.0, halves.1);
            let bytes = _mm_packus_epi16(words, words);
            if count == Self::COUNT {
                _mm_storel_epi64(to.cast(), bytes);
            } else {
                let bytes = _mm_cvtsi128_si64(bytes).to_le_bytes();
                (0..count).for_each(|lane| *to.add(lane) = bytes[lane]);
            }
        }
    }
}

/// Writes the first `count` of eight numbers, one by one where a masked store would take a processor far
/// longer.
///
/// # Safety
/// So many numbers can be written there.
#[inline(always)]
unsafe fn store_8(from: __m256, to: *mut f32, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if count == 8 {
            _mm256_storeu_ps(to, from);
        } else {
            let mut numbers = [0.0; 8];
            _mm256_storeu_ps(numbers.as_mut_ptr(), from);
            (0..count).for_each(|lane| *to.add(lane) = numbers[lane]);
        }
    }
}

impl Lanes for Sixteen {
    const COUNT: usize = 16;
    type Numbers = __m512;
    type Taps = __m512i;

    #[inline(always)]
    fn tap(tap: usize) -> __m512i {
        // SAFETY: see above.
        unsafe { _mm512_set1_epi32(tap as i32) }
    }

    #[inline(always)]
    fn all(x: f32) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_set1_ps(x) }
    }

    #[inline(always)]
    unsafe fn load(from: *const f32, count: usize) -> __m512 {
        // SAFETY: see above.
        unsafe {
            if count == Self::COUNT {
                _mm512_loadu_ps(from)
            } else {
                _mm512_maskz_loadu_ps(mask_16(count), from)
            }
        }
    }

    #[inline(always)]
    unsafe fn every_second(from: *const f32, count: usize) -> __m512 {
        // SAFETY: see above.
        unsafe {
            // Numbers 0 to 15, and 15 to 30.
            let (low, high) = if count == Self::COUNT {
                (_mm512_loadu_ps(from), _mm512_loadu_ps(from.add(15)))
            } else {
                let (low, high) = (mask_16(2 * count - 1), mask_16((2 * count).saturating_sub(16)));
                let high = _mm512_maskz_loadu_ps(high, from.wrapping_add(15));
                (_mm512_maskz_loadu_ps(low, from), high)
            };
            let places =
                _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
            _mm512_permutex2var_ps(low, places, high)
        }
    }

    #[inline(always)]
    unsafe fn load_taps(from: *const u8, count: usize) -> __m512i {
        // SAFETY: see above.
        unsafe {
            let taps = if count == Self::COUNT {
                _mm_loadu_si128(from.cast())
            } else {
                _mm_maskz_loadu_epi8(mask_16(count), from.cast())
            };
            _mm512_cvtepu8_epi32(taps)
        }
    }

    #[inline(always)]
    fn larger((best, taps): (__m512, __m512i), (x, tap): (__m512, __m512i)) -> (__m512, __m512i) {
        // SAFETY: see above.
        unsafe {
            let larger = _mm512_cmp_ps_mask::<_CMP_GT_OQ>(x, best);
            let wins = larger | _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(x, x);
            (_mm512_mask_mov_ps(best, wins, x), _mm512_mask_mov_epi32(taps, wins, tap))
        }
    }

    #[inline(always)]
    fn add_where(sum: __m512, x: __m512, taps: __m512i, tap: __m512i) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_mask_add_ps(sum, _mm512_cmpeq_epi32_mask(taps, tap), sum, x) }
    }

    #[inline(always)]
    unsafe fn store(from: __m512, to: *mut f32, count: usize) {
        // SAFETY: see above.
        unsafe { store_16(from, to, count) }
    }

    #[inline(always)]
    unsafe fn store_pairs([even, odd]: [__m512; 2], to: *mut f32, count: usize) {
        // SAFETY: see above.
        unsafe {
            let [low, high] = F32x16::join_pairs(F32x16(even), F32x16(odd));
            let numbers = 2 * count;
            store_16(low.0, to, numbers.min(16));
            if numbers > 16 {
                store_16(high.0, to.add(16), numbers - 16);
            }
        }
    }

    #[inline(always)]
    unsafe fn store_taps(from: __m512i, to: *mut u8, count: usize) {
        // SAFETY: see above.
        unsafe {
            let bytes = _mm512_cvtepi32_epi8(from);
            if count == Self::COUNT {
                _mm_storeu_si128(to.cast(), bytes);
            } else {
                _mm_mask_storeu_epi8(to.cast(), mask_16(count), bytes);
            }
        }
    }
}

/// Writes the first `count` of sixteen numbers.
///
/// # Safety
/// So many numbers can be written there.
#[inline(always)]
unsafe fn store_16(from: __m512, to: *mut f32, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if count == 16 {
            _mm512_storeu_ps(to, from);
        } else {
            _mm512_mask_storeu_ps(to, mask_16(count), from);
        }
    }
}

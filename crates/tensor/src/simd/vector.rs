//! What products need of a vector: they are written once, and compiled for each width.
#![allow(unsafe_code, reason = "vector instructions are called by name")]

use std::arch::x86_64::*;
use std::mem::MaybeUninit;
use std::ops::{Add, Mul, Range, Sub};

use super::F32x8;
use crate::element::Float;

/// A register.
///
/// Used only in functions that are compiled for its instruction set, into which all of this is
/// inlined: they are `unsafe` to call on a machine that lacks it, these are not.
pub(crate) trait Vector: Copy + Add<Output = Self> {
    type Element: Float;
    const LANES: usize;

    fn splat(x: Self::Element) -> Self;

    /// # Safety
    /// So many numbers can be read there.
    unsafe fn load_at(from: *const Self::Element) -> Self;

    /// The first `count` numbers, and zeros.
    ///
    /// # Safety
    /// `count` numbers can be read there.
    unsafe fn load_first(from: *const Self::Element, count: usize) -> Self;

    /// # Safety
    /// So many numbers can be written there.
    unsafe fn store_at(self, to: *mut Self::Element);

    /// As [`store_at`](Self::store_at), past the caches (`past_caches.rs`).
    ///
    /// # Safety
    /// As for `store_at`, and the place is a multiple of the vector's bytes.
    unsafe fn store_past_caches_at(self, to: *mut Self::Element);

    /// Writes the first `count` numbers.
    ///
    /// # Safety
    /// `count` numbers can be written there.
    unsafe fn store_first(self, to: *mut Self::Element, count: usize);

    /// `self · factor + sum`, rounded once.
    fn mul_add(self, factor: Self, sum: Self) -> Self;
}

/// Vectors of `f32` with all that transforms need.
pub(crate) trait Wide:
    Vector<Element = f32> + Sub<Output = Self> + Mul<Output = Self>
{
    /// Eight of the lanes.
    fn part(self, index: usize) -> F32x8;

    /// A square: takes as many rows as there are lanes, and gives its columns, each with its number.
    fn transpose(row: impl FnMut(usize) -> Self, column: impl FnMut(usize, Self));

    /// Some of the lanes.
    type Mask: Copy;

    /// Those with these numbers, of which some may be beyond the lanes there are.
    fn mask(lanes: Range<isize>) -> Self::Mask;

    /// Zeros in the other lanes.
    ///
    /// # Safety
    /// The numbers of these lanes can be read there.
    unsafe fn load_masked(from: *const f32, mask: Self::Mask) -> Self;

    /// # Safety
    /// The numbers of these lanes can be written there.
    unsafe fn store_masked(self, to: *mut f32, mask: Self::Mask);

    /// Deals out two vectors that follow each other: the first, third, … number, and the others.
    fn split_pairs(low: Self, high: Self) -> [Self; 2];

    /// The opposite of [`split_pairs`](Self::split_pairs).
    fn join_pairs(even: Self, odd: Self) -> [Self; 2];

    /// The sum of the lanes, by halves.
    #[inline(always)]
    fn sum(self) -> f32 {
        let halves = self.part(0);
        let eight = if Self::LANES == 8 { halves } else { halves + self.part(1) };
        add_lanes(eight.lanes())
    }
}

/// The sum of the lanes, whose number is a power of 2, by halves.
#[inline(always)]
pub(crate) fn add_lanes<T: Float, const N: usize>(mut lanes: [T; N]) -> T {
    let mut count = N / 2;
    while count > 0 {
        for lane in 0..count {
            lanes[lane] += lanes[lane + count];
        }
        count /= 2;
    }
    lanes[0]
}

/// Work that is written once for vectors of any width.
pub(crate) trait Job {
    /// The work; to be marked `#[inline(always)]`, as all that it calls in its loops.
    fn run<V: Wide>(self);
}

/// Does the work with the widest vectors that are used here.
///
/// # Panics
/// When there is no AVX2.
pub(crate) fn with_vectors(job: impl Job) {
    #[target_feature(enable = "avx512f,avx2,fma")]
    fn sixteen(job: impl Job) {
        job.run::<F32x16>();
    }

    #[target_feature(enable = "avx2,fma")]
    fn eight(job: impl Job) {
        job.run::<F32x8>();
    }

    assert!(super::avx2(), "kernels that need AVX2 were called without it");
    // SAFETY: the instructions are there.
    unsafe { if super::avx512() { sixteen(job) } else { eight(job) } }
}

/// Sixteen `f32`: AVX-512.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F32x16(pub(crate) __m512);

/// Four `f64`: AVX2.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F64x4(__m256d);

macro_rules! vectors {
    ($($vector:ident, $element:ident, $lanes:literal:
      $splat:ident $load:ident $some:ident $store:ident $store_some:ident $stream:ident $fma:ident;)*) => { $(
        // SAFETY of all blocks: the trait's promise that the instructions are there, and the caller's
        // that the memory is.
        impl Vector for $vector {
            type Element = $element;
            const LANES: usize = $lanes;

            #[inline(always)]
            fn splat(x: $element) -> Self {
                // SAFETY: see above.
                Self(unsafe { $splat(x) })
            }

            #[inline(always)]
            unsafe fn load_at(from: *const $element) -> Self {
                // SAFETY: see above.
                Self(unsafe { $load(from) })
            }

            #[inline(always)]
            unsafe fn load_first(from: *const $element, count: usize) -> Self {
                // SAFETY: see above.
                Self(unsafe { $some(from, count) })
            }

            #[inline(always)]
            unsafe fn store_at(self, to: *mut $element) {
                // SAFETY: see above.
                unsafe { $store(to, self.0) }
            }

            #[inline(always)]
            unsafe fn store_past_caches_at(self, to: *mut $element) {
                // SAFETY: see above.
                unsafe { $stream(to, self.0) }
            }

            #[inline(always)]
            unsafe fn store_first(self, to: *mut $element, count: usize) {
                // SAFETY: see above.
                unsafe { $store_some(to, self.0, count) }
            }

            #[inline(always)]
            fn mul_add(self, factor: Self, sum: Self) -> Self {
                // SAFETY: see above.
                Self(unsafe { $fma(self.0, factor.0, sum.0) })
            }
        }
    )* };
}

vectors! {
    F32x8, f32, 8:
        _mm256_set1_ps _mm256_loadu_ps first_8 _mm256_storeu_ps store_8 _mm256_stream_ps _mm256_fmadd_ps;
    F32x16, f32, 16:
        _mm512_set1_ps _mm512_loadu_ps first_16 _mm512_storeu_ps store_16 _mm512_stream_ps _mm512_fmadd_ps;
    F64x4, f64, 4:
        _mm256_set1_pd _mm256_loadu_pd first_4 _mm256_storeu_pd store_4 _mm256_stream_pd _mm256_fmadd_pd;
}

impl Wide for F32x8 {
    #[inline(always)]
    fn part(self, _: usize) -> F32x8 {
        self
    }

    #[inline(always)]
    fn transpose(row: impl FnMut(usize) -> Self, mut column: impl FnMut(usize, Self)) {
        let columns = F32x8::transpose(each(row));
        columns.into_iter().enumerate().for_each(|(number, x)| column(number, x));
    }

    type Mask = __m256i;

    #[inline(always)]
    fn mask(lanes: Range<isize>) -> __m256i {
        let end = |count: isize| mask_8(count.clamp(0, 8) as usize);
        // SAFETY: see `Vector`.
        unsafe { _mm256_andnot_si256(end(lanes.start), end(lanes.end)) }
    }

    #[inline(always)]
    unsafe fn load_masked(from: *const f32, mask: __m256i) -> Self {
        // SAFETY: the caller's promise; a lane whose mask is off isn't read.
        Self(unsafe { _mm256_maskload_ps(from, mask) })
    }

    #[inline(always)]
    unsafe fn store_masked(self, to: *mut f32, mask: __m256i) {
        // SAFETY: the caller's promise; a lane whose mask is off isn't written.
        unsafe { _mm256_maskstore_ps(to, mask, self.0) }
    }

    #[inline(always)]
    fn split_pairs(low: Self, high: Self) -> [Self; 2] {
        // SAFETY: see `Vector`; pairs of `f32` are moved as `f64`.
        unsafe {
            let even = _mm256_castps_pd(_mm256_shuffle_ps::<0b10_00_10_00>(low.0, high.0));
            let odd = _mm256_castps_pd(_mm256_shuffle_ps::<0b11_01_11_01>(low.0, high.0));
            [
                Self(_mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(even))),
                Self(_mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(odd))),
            ]
        }
    }

    #[inline(always)]
    fn join_pairs(even: Self, odd: Self) -> [Self; 2] {
        // SAFETY: see `Vector`.
        unsafe {
            let low = _mm256_unpacklo_ps(even.0, odd.0);
            let high = _mm256_unpackhi_ps(even.0, odd.0);
            [
                Self(_mm256_permute2f128_ps::<0x20>(low, high)),
                Self(_mm256_permute2f128_ps::<0x31>(low, high)),
            ]
        }
    }
}

impl Wide for F32x16 {
    type Mask = u16;

    #[inline(always)]
    fn mask(lanes: Range<isize>) -> u16 {
        let end = |count: isize| mask_16(count.max(0) as usize);
        end(lanes.end) & !end(lanes.start)
    }

    #[inline(always)]
    unsafe fn load_masked(from: *const f32, mask: u16) -> Self {
        // SAFETY: the caller's promise; a lane whose mask is off isn't read.
        Self(unsafe { _mm512_maskz_loadu_ps(mask, from) })
    }

    #[inline(always)]
    unsafe fn store_masked(self, to: *mut f32, mask: u16) {
        // SAFETY: the caller's promise; a lane whose mask is off isn't written.
        unsafe { _mm512_mask_storeu_ps(to, mask, self.0) }
    }

    #[inline(always)]
    fn split_pairs(low: Self, high: Self) -> [Self; 2] {
        // SAFETY: see `Vector`.
        unsafe {
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
            [
                Self(_mm512_permutex2var_ps(low.0, even, high.0)),
                Self(_mm512_permutex2var_ps(low.0, odd, high.0)),
            ]
        }
    }

    #[inline(always)]
    fn join_pairs(even: Self, odd: Self) -> [Self; 2] {
        // SAFETY: see `Vector`.
        unsafe {
            let low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            let high =
                _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
            [
                Self(_mm512_permutex2var_ps(even.0, low, odd.0)),
                Self(_mm512_permutex2var_ps(even.0, high, odd.0)),
            ]
        }
    }

    #[inline(always)]
    fn part(self, index: usize) -> F32x8 {
        // SAFETY: see `Vector`; halves are moved as four `f64`.
        unsafe {
            let all = _mm512_castps_pd(self.0);
            let half = if index == 0 {
                _mm512_castpd512_pd256(all)
            } else {
                _mm512_extractf64x4_pd::<1>(all)
            };
            F32x8(_mm256_castpd_ps(half))
        }
    }

    #[inline(always)]
    fn transpose(mut row: impl FnMut(usize) -> Self, mut column: impl FnMut(usize, Self)) {
        // Squares of 4 × 4 inside four rows: number `i` has the columns `i`, `4 + i`, `8 + i`, `12 + i`.
        let fours: [[__m512; 4]; 4] = each(|four| {
            let [a, b, c, d] = each(|i| row(4 * four + i).0);
            // SAFETY: see `Vector`; pairs of `f32` are moved as `f64`.
            unsafe {
                let pair = |x, y| (_mm512_castps_pd(x), _mm512_castps_pd(y));
                let low = pair(_mm512_unpacklo_ps(a, b), _mm512_unpacklo_ps(c, d));
                let high = pair(_mm512_unpackhi_ps(a, b), _mm512_unpackhi_ps(c, d));
                [
                    _mm512_castpd_ps(_mm512_unpacklo_pd(low.0, low.1)),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(low.0, low.1)),
                    _mm512_castpd_ps(_mm512_unpacklo_pd(high.0, high.1)),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(high.0, high.1)),
                ]
            }
        });
        // The same again, with quarters for elements.
        let mut i = 0;
        while i < 4 {
            let [a, b, c, d] = each(|four| fours[four][i]);
            // SAFETY: see `Vector`.
            unsafe {
                let (ab_even, cd_even) =
                    (_mm512_shuffle_f32x4::<0x88>(a, b), _mm512_shuffle_f32x4::<0x88>(c, d));
                let (ab_odd, cd_odd) =
                    (_mm512_shuffle_f32x4::<0xdd>(a, b), _mm512_shuffle_f32x4::<0xdd>(c, d));
                column(i, Self(_mm512_shuffle_f32x4::<0x88>(ab_even, cd_even)));
                column(4 + i, Self(_mm512_shuffle_f32x4::<0x88>(ab_odd, cd_odd)));
                column(8 + i, Self(_mm512_shuffle_f32x4::<0xdd>(ab_even, cd_even)));
                column(12 + i, Self(_mm512_shuffle_f32x4::<0xdd>(ab_odd, cd_odd)));
            }
            i += 1;
        }
    }
}

macro_rules! operators {
    ($($vector:ident: $add:ident $sub:ident $mul:ident;)*) => { $(
        operators!(@ $vector Add add $add, Sub sub $sub, Mul mul $mul);
    )* };
    (@ $vector:ident $($trait:ident $method:ident $function:ident),*) => { $(
        impl $trait for $vector {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                // SAFETY: see `Vector`.
                Self(unsafe { $function(self.0, other.0) })
            }
        }
    )* };
}

operators! {
    F32x8: _mm256_add_ps _mm256_sub_ps _mm256_mul_ps;
    F32x16: _mm512_add_ps _mm512_sub_ps _mm512_mul_ps;
    F64x4: _mm256_add_pd _mm256_sub_pd _mm256_mul_pd;
}

/// # Safety
/// As for [`Vector::store_first`].
#[inline(always)]
unsafe fn store_8(to: *mut f32, x: __m256, count: usize) {
    // SAFETY: the caller's promise; a lane whose mask is off isn't written.
    unsafe { _mm256_maskstore_ps(to, mask_8(count), x) }
}

/// # Safety
/// As for [`Vector::store_first`].
#[inline(always)]
unsafe fn store_16(to: *mut f32, x: __m512, count: usize) {
    // SAFETY: as above.
    unsafe { _mm512_mask_storeu_ps(to, mask_16(count), x) }
}

/// # Safety
/// As for [`Vector::store_first`].
#[inline(always)]
unsafe fn store_4(to: *mut f64, x: __m256d, count: usize) {
    // SAFETY: as above.
    unsafe { _mm256_maskstore_pd(to, mask_4(count), x) }
}

/// All bits of the first `count` lanes.
#[inline(always)]
pub(crate) fn mask_8(count: usize) -> __m256i {
    // SAFETY: see `Vector`.
    unsafe {
        let numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), numbers)
    }
}

/// A bit for each of the first `count` lanes.
#[inline(always)]
pub(crate) fn mask_16(count: usize) -> u16 {
    ((1_u32 << count.min(16)) - 1) as u16
}

/// As [`mask_8`].
#[inline(always)]
fn mask_4(count: usize) -> __m256i {
    // SAFETY: see `Vector`.
    unsafe {
        let numbers = _mm256_setr_epi64x(0, 1, 2, 3);
        _mm256_cmpgt_epi64(_mm256_set1_epi64x(count as i64), numbers)
    }
}

/// # Safety
/// As for [`Vector::load_first`].
#[inline(always)]
unsafe fn first_8(from: *const f32, count: usize) -> __m256 {
    // SAFETY: the caller's promise; a lane whose mask is off isn't read.
    unsafe { _mm256_maskload_ps(from, mask_8(count)) }
}

/// # Safety
/// As for [`Vector::load_first`].
#[inline(always)]
unsafe fn first_16(from: *const f32, count: usize) -> __m512 {
    // SAFETY: as above.
    unsafe { _mm512_maskz_loadu_ps(mask_16(count), from) }
}

/// # Safety
/// As for [`Vector::load_first`].
#[inline(always)]
unsafe fn first_4(from: *const f64, count: usize) -> __m256d {
    // SAFETY: as above.
    unsafe { _mm256_maskload_pd(from, mask_4(count)) }
}

/// As `std::array::from_fn`, but certain to be inlined: vectors passed to a function that isn't
/// compiled for them go through memory.
#[inline(always)]
pub(crate) fn each<T, const N: usize>(mut element: impl FnMut(usize) -> T) -> [T; N] {
    let mut array = MaybeUninit::<[T; N]>::uninit();
    let mut index = 0;
    while index < N {
        // SAFETY: inside the array.
        unsafe { array.as_mut_ptr().cast::<T>().add(index).write(element(index)) };
        index += 1;
    }
    // SAFETY: every element was just written.
    unsafe { array.assume_init() }
}

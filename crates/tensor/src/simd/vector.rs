//! What products need of a vector: they are written once, and compiled for each width.
#![allow(unsafe_code, reason = "vector instructions are called by name")]

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use super::F32x8;
use crate::element::Float;

/// A register.
///
/// Used only in functions that are compiled for its instruction set, into which all of this is
/// inlined: they are `unsafe` to call on a machine that lacks it, these are not.
pub(crate) trait Vector: Copy {
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

    fn add(self, other: Self) -> Self;

    /// `self · factor + sum`, rounded once.
    fn mul_add(self, factor: Self, sum: Self) -> Self;
}

/// Sixteen `f32`: AVX-512.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F32x16(__m512);

/// Four `f64`: AVX2.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F64x4(__m256d);

macro_rules! vectors {
    ($($vector:ident, $element:ident, $lanes:literal: $splat:ident $load:ident $some:ident $store:ident $add:ident $fma:ident;)*) => { $(
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
            fn add(self, other: Self) -> Self {
                // SAFETY: see above.
                Self(unsafe { $add(self.0, other.0) })
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
    F32x8, f32, 8: _mm256_set1_ps _mm256_loadu_ps first_8 _mm256_storeu_ps _mm256_add_ps _mm256_fmadd_ps;
    F32x16, f32, 16: _mm512_set1_ps _mm512_loadu_ps first_16 _mm512_storeu_ps _mm512_add_ps _mm512_fmadd_ps;
    F64x4, f64, 4: _mm256_set1_pd _mm256_loadu_pd first_4 _mm256_storeu_pd _mm256_add_pd _mm256_fmadd_pd;
}

/// # Safety
/// As for [`Vector::load_first`].
#[inline(always)]
unsafe fn first_8(from: *const f32, count: usize) -> __m256 {
    // SAFETY: the caller's promise; a lane whose mask is off isn't read.
    unsafe {
        let numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        _mm256_maskload_ps(from, _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), numbers))
    }
}

/// # Safety
/// As for [`Vector::load_first`].
#[inline(always)]
unsafe fn first_16(from: *const f32, count: usize) -> __m512 {
    // SAFETY: as above.
    unsafe { _mm512_maskz_loadu_ps(((1_u32 << count.min(16)) - 1) as u16, from) }
}

/// # Safety
/// As for [`Vector::load_first`].
#[inline(always)]
unsafe fn first_4(from: *const f64, count: usize) -> __m256d {
    // SAFETY: as above.
    unsafe {
        let numbers = _mm256_setr_epi64x(0, 1, 2, 3);
        _mm256_maskload_pd(from, _mm256_cmpgt_epi64(_mm256_set1_epi64x(count as i64), numbers))
    }
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

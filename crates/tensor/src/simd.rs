//! Vector instructions, chosen at run time: no compiler flag is needed, and a build runs anywhere.

/// Compiles a function twice, for any machine and for one with AVX2 and FMA, and calls the one
/// that fits: the compiler's own vectorisation then uses vectors of eight `f32` instead of four.
/// The functions that it calls in its loops should be `#[inline(always)]`, or they keep to the
/// narrow vectors. A constant of the function's stands last among the generic parameters, after a
/// semicolon: `<T: Float; const N>`.
///
/// Both versions give the same bits: the compiler never fuses a product and a sum by itself.
macro_rules! vectorized {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident $(<$($generic:ident: $bound:path),+ $(; const $size:ident)?>)? (
            $($arg:ident: $type:ty),* $(,)?
        ) $(-> $result:ty)? $body:block
    ) => {
        $(#[$meta])*
        #[allow(unsafe_code, reason = "the instruction set is looked for before it is used")]
        $vis fn $name $(<$($generic: $bound,)+ $(const $size: usize)?>)? ($($arg: $type),*) $(-> $result)? {
            #[inline(always)]
            fn body $(<$($generic: $bound,)+ $(const $size: usize)?>)? ($($arg: $type),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn wide $(<$($generic: $bound,)+ $(const $size: usize)?>)? ($($arg: $type),*) $(-> $result)? {
                body($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            if $crate::simd::avx2() {
                // SAFETY: the machine has these instructions.
                return unsafe { wide($($arg),*) };
            }
            body($($arg),*)
        }
    };
}

pub(crate) use vectorized;

/// Whether this machine has AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
pub(crate) fn avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::{F32x8, each};

/// Vectors for kernels that say themselves what is in a register.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code, reason = "vector instructions are called by name")]
mod avx2 {
    use std::arch::x86_64::*;
    use std::mem::MaybeUninit;
    use std::ops::{Add, Mul, Sub};

    /// Eight `f32`.
    ///
    /// Used only in functions that are compiled for AVX2 and FMA, into which all of this is
    /// inlined: they are `unsafe` to call on a machine that lacks them, these are not.
    #[derive(Clone, Copy)]
    #[repr(transparent)]
    pub(crate) struct F32x8(__m256);

    // SAFETY of all blocks below: the type's promise that AVX2 and FMA are there.

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

    impl F32x8 {
        pub(crate) const LANES: usize = 8;

        #[inline(always)]
        pub(crate) fn splat(x: f32) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm256_set1_ps(x) })
        }

        #[inline(always)]
        pub(crate) fn new(lanes: [f32; 8]) -> Self {
            // SAFETY: see above; eight numbers.
            Self(unsafe { _mm256_loadu_ps(lanes.as_ptr()) })
        }

        /// The first eight elements.
        #[inline(always)]
        pub(crate) fn load(from: &[f32]) -> Self {
            let from: &[f32; 8] = from[..8].try_into().expect("eight");
            // SAFETY: see above; eight numbers.
            Self(unsafe { _mm256_loadu_ps(from.as_ptr()) })
        }

        /// Writes the first eight elements.
        #[inline(always)]
        pub(crate) fn store(self, to: &mut [f32]) {
            // SAFETY: eight numbers.
            unsafe { self.store_at(to[..8].as_mut_ptr()) };
        }

        /// # Safety
        /// Eight numbers can be read there.
        #[inline(always)]
        pub(crate) unsafe fn load_at(from: *const f32) -> Self {
            // SAFETY: see above, and the caller's promise.
            Self(unsafe { _mm256_loadu_ps(from) })
        }

        /// # Safety
        /// Eight numbers can be written there.
        #[inline(always)]
        pub(crate) unsafe fn store_at(self, to: *mut f32) {
            // SAFETY: see above, and the caller's promise.
            unsafe { _mm256_storeu_ps(to, self.0) };
        }

        /// Writes the first four lanes to one place and the last four to another.
        ///
        /// # Safety
        /// Four numbers can be written at each.
        #[inline(always)]
        pub(crate) unsafe fn store_halves_at(self, low: *mut f32, high: *mut f32) {
            // SAFETY: see above, and the caller's promise.
            unsafe {
                _mm_storeu_ps(low, _mm256_castps256_ps128(self.0));
                _mm_storeu_ps(high, _mm256_extractf128_ps::<1>(self.0));
            }
        }

        #[inline(always)]
        pub(crate) fn lanes(self) -> [f32; 8] {
            let mut lanes = [0.0; 8];
            self.store(&mut lanes);
            lanes
        }

        /// `self · factor + sum`, rounded once.
        #[inline(always)]
        pub(crate) fn mul_add(self, factor: Self, sum: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm256_fmadd_ps(self.0, factor.0, sum.0) })
        }

        /// Four vectors of eight as, for `i` in 0..4, the four elements number `i` in the low half
        /// and the four elements number `i + 4` in the high half.
        #[inline(always)]
        pub(crate) fn transpose_halves([a, b, c, d]: [Self; 4]) -> [Self; 4] {
            // SAFETY: see above.
            unsafe {
                let (ab_low, ab_high) =
                    (_mm256_unpacklo_ps(a.0, b.0), _mm256_unpackhi_ps(a.0, b.0));
                let (cd_low, cd_high) =
                    (_mm256_unpacklo_ps(c.0, d.0), _mm256_unpackhi_ps(c.0, d.0));
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

    impl Add for F32x8 {
        type Output = Self;

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm256_add_ps(self.0, other.0) })
        }
    }

    impl Sub for F32x8 {
        type Output = Self;

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm256_sub_ps(self.0, other.0) })
        }
    }

    impl Mul for F32x8 {
        type Output = Self;

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            // SAFETY: see above.
            Self(unsafe { _mm256_mul_ps(self.0, other.0) })
        }
    }
}

#[cfg(test)]
mod tests {
    vectorized! {
        /// The sum of the products.
        fn dot(a: &[f32], b: &[f32]) -> f32 {
            a.iter().zip(b).map(|(a, b)| a * b).sum()
        }
    }

    #[test]
    fn both_versions_are_one_function() {
        assert_eq!(dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
    }
}

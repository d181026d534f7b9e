//! Vector instructions, chosen at run time: no compiler flag is needed, and a build runs anywhere.

#[cfg(target_arch = "x86_64")]
mod f32x8;
mod instructions;
#[cfg(target_arch = "x86_64")]
mod single;
#[cfg(target_arch = "x86_64")]
mod vector;

pub use instructions::{Instructions, check_instructions, instructions};

#[cfg(target_arch = "x86_64")]
pub(crate) use f32x8::F32x8;
#[cfg(target_arch = "x86_64")]
pub(crate) use single::{as_f32, as_f32_mut};
#[cfg(target_arch = "x86_64")]
pub(crate) use vector::{
    F32x16, F64x4, Job, Vector, Wide, add_lanes, each, mask_8, mask_16, with_vectors,
};

/// Compiles a function three times, for any machine, for one with AVX2 and for one with AVX-512, and
/// calls the one that fits: the compiler's own vectorisation then uses vectors of eight or sixteen
/// `f32` instead of four.
/// The functions that it calls in its loops should be `#[inline(always)]`, or they keep to the
/// narrow vectors. A constant of the function's stands last among the generic parameters, after a
/// semicolon: `<T: Float; const N>`.
///
/// All versions give the same bits: the compiler never fuses a product and a sum by itself.
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
            #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
            fn widest $(<$($generic: $bound,)+ $(const $size: usize)?>)? ($($arg: $type),*) $(-> $result)? {
                body($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            match $crate::simd::instructions() {
                // SAFETY: the machine has these instructions.
                $crate::simd::Instructions::Avx512 => return unsafe { widest($($arg),*) },
                // SAFETY: as above.
                $crate::simd::Instructions::Avx2 => return unsafe { wide($($arg),*) },
                $crate::simd::Instructions::Portable => {}
            }
            body($($arg),*)
        }
    };
}

pub(crate) use vectorized;

/// Whether kernels for AVX2 and FMA are used.
#[cfg(target_arch = "x86_64")]
pub(crate) fn avx2() -> bool {
    instructions() >= Instructions::Avx2
}

/// Asks for the cache line of an element that will be needed soon: for places that the processor can't
/// guess, because they are far apart.
#[inline(always)]
#[allow(unsafe_code, reason = "asking for memory reads nothing")]
pub(crate) fn prefetch<T>(elements: &[T], index: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        // SAFETY: every address may be asked for, and nothing is read.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(elements.as_ptr().wrapping_add(index).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (elements, index);
}

/// Whether kernels for AVX-512, with vectors of sixteen `f32`, are used.
#[cfg(target_arch = "x86_64")]
pub(crate) fn avx512() -> bool {
    instructions() == Instructions::Avx512
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
    fn all_versions_are_one_function() {
        assert_eq!(dot(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]), 32.0);
    }
}

//! From slices of any type to those of `f32`, for which there are vectors.
#![allow(unsafe_code, reason = "a type is known by its number")]

use std::any::TypeId;

fn suits<T: 'static>() -> bool {
    TypeId::of::<T>() == TypeId::of::<f32>() && super::avx2()
}

/// The elements, if they are `f32` and the machine has the instructions for such vectors.
pub(crate) fn as_f32<T: 'static>(elements: &[T]) -> Option<&[f32]> {
    // SAFETY: this is the type.
    suits::<T>()
        .then(|| unsafe { std::slice::from_raw_parts(elements.as_ptr().cast(), elements.len()) })
}

/// As [`as_f32`].
pub(crate) fn as_f32_mut<T: 'static>(elements: &mut [T]) -> Option<&mut [f32]> {
    // SAFETY: this is the type.
    suits::<T>().then(|| unsafe {
        std::slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), elements.len())
    })
}

//! The elements of a tensor in memory: a block of the pool, or a vector that was handed over.
#![allow(unsafe_code, reason = "storage owns raw memory and gives it out as slices")]

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use crate::element::Element;
use crate::error::Result;
use crate::memory;
use crate::pool::Block;

/// A fixed number of initialised elements.
pub(crate) struct Storage<T: Element> {
    pointer: NonNull<T>,
    len: usize,
    origin: Origin,
}

/// Who takes the memory back.
enum Origin {
    Pool(ManuallyDrop<Block>),
    Vec { capacity: usize },
}

// SAFETY: storage owns its elements, which are Send and Sync, as a Vec does.
unsafe impl<T: Element> Send for Storage<T> {}
// SAFETY: as above; a shared storage gives out shared slices only.
unsafe impl<T: Element> Sync for Storage<T> {}

impl<T: Element> Storage<T> {
    /// Storage whose contents are unspecified (what an earlier tensor left there): for kernels
    /// that write every element.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub(crate) fn try_stale(len: usize) -> Result<Self> {
        let block = Block::take(len.saturating_mul(size_of::<T>()))?;
        let pointer = block.pointer().cast();
        let mut storage = Self { pointer, len, origin: Origin::Pool(ManuallyDrop::new(block)) };
        if !T::ANY_BYTES {
            // SAFETY: the block has room for `len` elements; all-zero bytes are valid for every
            // element type.
            unsafe { storage.pointer.as_ptr().write_bytes(0, len) };
        }
        debug_assert!(storage.as_mut_ptr().is_aligned());
        Ok(storage)
    }

    /// As [`try_stale`](Self::try_stale), for scratch memory within a [guard](memory::guard), which
    /// gives the error: tasks have no way of their own to return one.
    pub(crate) fn stale(len: usize) -> Self {
        Self::try_stale(len).unwrap_or_else(|error| memory::raise(error))
    }

    /// Takes a vector over, without a copy.
    pub(crate) fn from_vec(vec: Vec<T>) -> Self {
        let mut vec = ManuallyDrop::new(vec);
        let pointer = NonNull::new(vec.as_mut_ptr()).expect("a vector's pointer is never null");
        Self { pointer, len: vec.len(), origin: Origin::Vec { capacity: vec.capacity() } }
    }

    /// The elements as a vector, without a copy when they came from one.
    pub(crate) fn into_vec(self) -> Vec<T> {
        match self.origin {
            Origin::Pool(_) => self.to_vec(),
            Origin::Vec { capacity } => {
                let storage = ManuallyDrop::new(self);
                // SAFETY: these are the parts of the vector that `from_vec` took apart.
                unsafe { Vec::from_raw_parts(storage.pointer.as_ptr(), storage.len, capacity) }
            }
        }
    }
}

impl<T: Element> Drop for Storage<T> {
    fn drop(&mut self) {
        match &mut self.origin {
            // SAFETY: dropped once, and not used after.
            Origin::Pool(block) => unsafe { ManuallyDrop::take(block) }.give_back(),
            Origin::Vec { capacity } => {
                // SAFETY: these are the parts of the vector that `from_vec` took apart.
                drop(unsafe { Vec::from_raw_parts(self.pointer.as_ptr(), self.len, *capacity) });
            }
        }
    }
}

impl<T: Element> Deref for Storage<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: `len` initialised elements, and recycled memory is only handed out as types for
        // which every pattern of bytes is valid, or cleared first.
        unsafe { std::slice::from_raw_parts(self.pointer.as_ptr(), self.len) }
    }
}

impl<T: Element> DerefMut for Storage<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as for `deref`, and `self` is borrowed exclusively.
        unsafe { std::slice::from_raw_parts_mut(self.pointer.as_ptr(), self.len) }
    }
}

impl<T: Element> Clone for Storage<T> {
    fn clone(&self) -> Self {
        let copy = Self::try_stale(self.len);
        let mut copy = copy.unwrap_or_else(|error| panic!("{error}"));
        copy.copy_from_slice(self);
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_goes_in_and_out_without_a_copy() {
        let vec = vec![1.0_f32, 2.0, 3.0];
        let address = vec.as_ptr();
        let storage = Storage::from_vec(vec);
        assert_eq!(storage[..], [1.0, 2.0, 3.0]);
        let vec = storage.into_vec();
        assert_eq!(vec.as_ptr(), address);
    }

    #[test]
    fn recycled_memory_never_shows_through_as_an_invalid_bool() {
        for _ in 0..4 {
            Storage::stale(10_000).fill(0xAA_u8);
            assert!(Storage::<bool>::stale(10_000).iter().all(|&bit| !bit));
        }
    }

    #[test]
    fn empty_storage_works() {
        assert_eq!(Storage::<f64>::stale(0).len(), 0);
        assert_eq!(Storage::from_vec(Vec::<f64>::new()).clone().into_vec(), Vec::<f64>::new());
    }
}

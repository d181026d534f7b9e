//! The pool of memory blocks that tensors are stored in.
//!
//! A training step asks for the same sizes again and again. A block that the system hands out
//! fresh costs a page fault for every 4 KiB touched, which can be several times the work done on
//! it, so blocks that are freed, by whichever thread, are kept for the next tensor of about that
//! size.
#![allow(unsafe_code, reason = "blocks are allocated by hand to be aligned and recycled")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Cache lines and the widest vectors.
const ALIGNMENT: usize = 64;
/// Below this the system's allocator is quick and reuses its memory itself.
const SMALLEST_KEPT: usize = 4096;

static POOL: Mutex<Pool> =
    Mutex::new(Pool { idle: BTreeMap::new(), idle_bytes: 0, used_bytes: 0, peak: 0 });

struct Pool {
    /// Idle blocks by their size in bytes.
    idle: BTreeMap<usize, Vec<Block>>,
    idle_bytes: usize,
    used_bytes: usize,
    peak: usize,
}

/// A block of initialised bytes, aligned to [`ALIGNMENT`]. What they hold is unspecified.
pub(crate) struct Block {
    pointer: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a block is plain memory with one owner.
unsafe impl Send for Block {}

fn pool() -> MutexGuard<'static, Pool> {
    // Every update leaves the pool consistent, so a panic elsewhere doesn't spoil it.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Rounds up to one of four sizes for each power of two, so that blocks fit again although sizes
/// differ a little, and at most a quarter is wasted.
fn size_class(bytes: usize) -> usize {
    if bytes <= SMALLEST_KEPT {
        return bytes.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
    }
    let step = bytes.next_power_of_two() / 8;
    bytes.next_multiple_of(step)
}

impl Block {
    /// A block of at least `bytes` bytes.
    pub(crate) fn take(bytes: usize) -> Self {
        let bytes = size_class(bytes);
        if bytes >= SMALLEST_KEPT {
            let mut pool = pool();
            pool.used_bytes += bytes;
            pool.peak = pool.peak.max(pool.used_bytes);
            let reused = pool.idle.get_mut(&bytes).and_then(Vec::pop);
            if let Some(block) = reused {
                pool.idle_bytes -= bytes;
                return block;
            }
        }
        Self::fresh(bytes)
    }

    fn layout(bytes: usize) -> Layout {
        Layout::from_size_align(bytes, ALIGNMENT).expect("shapes are limited to isize::MAX bytes")
    }

    fn fresh(bytes: usize) -> Self {
        let layout = Self::layout(bytes);
        // SAFETY: `size_class` never gives 0 bytes. Zeroed, so that all bytes are initialised;
        // the system's fresh pages are zero already, so that this costs nothing for large blocks.
        let pointer = unsafe { alloc_zeroed(layout) };
        let pointer = NonNull::new(pointer).unwrap_or_else(|| handle_alloc_error(layout));
        Self { pointer, bytes }
    }

    /// Gives the block back for reuse.
    pub(crate) fn give_back(self) {
        if self.bytes < SMALLEST_KEPT {
            self.release();
            return;
        }
        let mut pool = pool();
        pool.used_bytes -= self.bytes;
        // As much may lie idle as was ever in use at once: more can't be asked for by repeating
        // what has been done so far.
        if pool.idle_bytes + pool.used_bytes + self.bytes <= pool.peak {
            pool.idle_bytes += self.bytes;
            pool.idle.entry(self.bytes).or_default().push(self);
            return;
        }
        drop(pool);
        self.release();
    }

    fn release(self) {
        // SAFETY: allocated by `fresh` with this layout, and owned.
        unsafe { dealloc(self.pointer.as_ptr(), Self::layout(self.bytes)) };
    }

    pub(crate) fn pointer(&self) -> NonNull<u8> {
        self.pointer
    }
}

/// Gives all idle memory of the pool back to the system, for a program that has finished training
/// and goes on with other work.
pub fn release_idle_memory() {
    let idle = {
        let mut pool = pool();
        pool.idle_bytes = 0;
        pool.peak = pool.used_bytes;
        std::mem::take(&mut pool.idle)
    };
    idle.into_values().flatten().for_each(Block::release);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes_waste_at_most_a_quarter() {
        for bytes in (1..200_000).step_by(7) {
            let class = size_class(bytes);
            assert!(class >= bytes && class.is_multiple_of(ALIGNMENT), "{bytes} {class}");
            assert!(bytes < SMALLEST_KEPT || class * 4 <= bytes * 5, "{bytes} {class}");
        }
    }
}

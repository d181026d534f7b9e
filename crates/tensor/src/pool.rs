//! The pool of memory that tensors are stored in.
//!
//! A training step asks for the same sizes again and again. Memory that the system hands out fresh
//! costs a page fault for every 4 KiB touched, which can be several times the work done on it, so
//! memory that is freed, by whichever thread, is kept: free ranges are cut for the next tensor and
//! joined again with their neighbours, and only what no range can hold is asked of the system.
#![allow(unsafe_code, reason = "memory is allocated by hand to be aligned and recycled")]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::collections::{BTreeMap, BTreeSet};
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::budget;
use crate::error::Result;

/// Cache lines and the widest vectors.
const ALIGNMENT: usize = 64;
/// Below this the system's allocator is quick and reuses its memory itself. For `cargo xtask sanitize`
/// everything comes from the system: neither AddressSanitizer nor Miri sees the borders inside a
/// segment.
const SMALLEST_KEPT: usize = if cfg!(any(plywood_sanitize, miri)) { usize::MAX } else { 4096 };
/// Blocks of the pool are multiples of this: a smaller rest would be of no use.
const UNIT: usize = 1024;
/// A page of the larger size that the processor knows: segments begin at one, so that the system
/// can map them by such pages.
const HUGE_PAGE: usize = 2 << 20;

static POOL: Mutex<Pool> = Mutex::new(Pool::new());

type Start = NonNull<u8>;

/// Comes before every range of the same size.
const LOWEST: Start = Start::dangling();

/// Memory from the system, and which ranges of it are free.
struct Pool {
    /// Free ranges and their sizes: no two of a segment touch.
    by_start: BTreeMap<Start, usize>,
    /// The same, smallest first.
    by_size: BTreeSet<(usize, Start)>,
    /// What was asked of the system: where it can be used and how far, and what to give back.
    segments: BTreeMap<Start, (usize, Start, Layout)>,
    reserved: usize,
}

// SAFETY: the pointers are to plain memory that the pool owns.
unsafe impl Send for Pool {}

/// Initialised bytes, aligned to [`ALIGNMENT`]. What they hold is unspecified.
pub(crate) struct Block {
    start: Start,
    bytes: usize,
}

// SAFETY: a block is plain memory with one owner.
unsafe impl Send for Block {}

fn pool() -> MutexGuard<'static, Pool> {
    // Every update leaves the pool consistent, so a panic elsewhere doesn't spoil it.
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    const fn new() -> Self {
        Self {
            by_start: BTreeMap::new(),
            by_size: BTreeSet::new(),
            segments: BTreeMap::new(),
            reserved: 0,
        }
    }

    /// The smallest free range that is large enough; its rest stays free.
    fn take(&mut self, bytes: usize) -> Result<Start> {
        let found = self.by_size.range((bytes, LOWEST)..).next();
        let (size, start) = match found {
            Some(&range) => range,
            None => self.grow(bytes)?,
        };
        self.by_size.remove(&(size, start));
        self.by_start.remove(&start);
        if size > bytes {
            // SAFETY: inside the range.
            self.insert(unsafe { start.add(bytes) }, size - bytes);
        }
        Ok(start)
    }

    /// Makes a range free, and one with the free ranges that it touches.
    fn give(&mut self, mut start: Start, mut bytes: usize) {
        if let Some((&before, &size)) = self.by_start.range(..start).next_back()
            // SAFETY: one past the end of a range at most.
            && unsafe { before.add(size) } == start
            && !self.segments.contains_key(&start)
        {
            self.by_start.remove(&before);
            self.by_size.remove(&(size, before));
            (start, bytes) = (before, size + bytes);
        }
        // SAFETY: one past the end of a range at most.
        let end = unsafe { start.add(bytes) };
        if let Some(&size) = self.by_start.get(&end)
            && !self.segments.contains_key(&end)
        {
            self.by_start.remove(&end);
            self.by_size.remove(&(size, end));
            bytes += size;
        }
        self.insert(start, bytes);
    }

    fn insert(&mut self, start: Start, bytes: usize) {
        self.by_start.insert(start, bytes);
        self.by_size.insert((bytes, start));
    }

    /// A new segment of at least `bytes`, all free: an eighth of what there is already, so that
    /// there are few. Pages that are never touched take no memory. Where that is too much for the
    /// budget or the system, idle segments go back first, and the new one is no larger than it
    /// must be.
    fn grow(&mut self, bytes: usize) -> Result<(usize, Start)> {
        let size = bytes.max((self.reserved / 8).clamp(HUGE_PAGE, 32 * HUGE_PAGE));
        let size = size.checked_next_multiple_of(UNIT).unwrap_or(bytes);
        if budget::fits(size, self.reserved)
            && let Some(range) = self.reserve(size)
        {
            return Ok(range);
        }
        self.release_idle();
        if !budget::fits(bytes, self.reserved) {
            return Err(budget::refused(bytes, self.reserved));
        }
        self.reserve(bytes).ok_or_else(|| budget::system_refused(bytes, self.reserved))
    }

    /// A new segment of `size` bytes, a multiple of [`UNIT`], if the system has that much.
    fn reserve(&mut self, size: usize) -> Option<(usize, Start)> {
        // An alignment of 1, or the allocator would clear by hand what the system hands out clear.
        let layout = Layout::from_size_align(size.checked_add(HUGE_PAGE)?, 1).ok()?;
        // SAFETY: the size is not 0. Zeroed, so that all bytes are initialised.
        let origin = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        // SAFETY: less than a huge page further.
        let start = unsafe { origin.add(origin.align_offset(HUGE_PAGE)) };
        crate::huge_pages::advise(start, size);
        self.segments.insert(start, (size, origin, layout));
        self.reserved += size;
        self.insert(start, size);
        Some((size, start))
    }

    /// Gives the segments back to the system of which no part is in use.
    fn release_idle(&mut self) {
        let idle: Vec<_> = (self.segments.iter())
            .filter(|&(start, (size, ..))| self.by_start.get(start) == Some(size))
            .map(|(&start, &segment)| (start, segment))
            .collect();
        for (start, (size, origin, layout)) in idle {
            self.segments.remove(&start);
            self.by_start.remove(&start);
            self.by_size.remove(&(size, start));
            self.reserved -= size;
            // SAFETY: allocated by `reserve` with this layout, and nobody holds a part of it.
            unsafe { dealloc(origin.as_ptr(), layout) };
        }
    }
}

impl Block {
    /// A block of at least `bytes` bytes.
    ///
    /// # Errors
    /// When the pool has none, and can't have that much more.
    pub(crate) fn take(bytes: usize) -> Result<Self> {
        if bytes < SMALLEST_KEPT {
            let size = bytes.next_multiple_of(ALIGNMENT).max(ALIGNMENT);
            if !budget::fits(size, 0) {
                return Err(budget::refused(size, held()));
            }
            // SAFETY: the size is not 0.
            let start = NonNull::new(unsafe { alloc_zeroed(Self::layout(size)) });
            let start = start.ok_or_else(|| budget::system_refused(size, held()))?;
            return Ok(Self { start, bytes: size });
        }
        let Some(size) = bytes.checked_next_multiple_of(UNIT) else {
            return Err(budget::refused(bytes, held()));
        };
        Ok(Self { start: pool().take(size)?, bytes: size })
    }

    fn layout(bytes: usize) -> Layout {
        Layout::from_size_align(bytes, ALIGNMENT)
            .expect("less than isize::MAX bytes, as all budgets are")
    }

    /// Gives the block back for reuse.
    pub(crate) fn give_back(self) {
        if self.bytes < SMALLEST_KEPT {
            // SAFETY: allocated by `take` with this layout, and owned.
            unsafe { dealloc(self.start.as_ptr(), Self::layout(self.bytes)) };
        } else {
            pool().give(self.start, self.bytes);
        }
    }

    pub(crate) fn pointer(&self) -> NonNull<u8> {
        self.start
    }
}

/// Gives idle memory of the pool back to the system, for a program that has finished training and
/// goes on with other work.
pub fn release_idle_memory() {
    pool().release_idle();
}

/// The number of bytes that the pool, which tensors come from, has from the system: those of tensors, and idle ones.
/// It keeps what it once needed until [`release_idle_memory`], so after a step of training this is the most that the
/// step has needed at once.
pub fn held() -> usize {
    pool().reserved
}

/// Sees to it that the budget allows for `bytes` beside what the pool has, which gives back its idle
/// segments for it.
pub(crate) fn make_room(bytes: usize) -> Result<()> {
    let mut pool = pool();
    if !budget::fits(bytes, pool.reserved) {
        pool.release_idle();
        if !budget::fits(bytes, pool.reserved) {
            return Err(budget::refused(bytes, pool.reserved));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(pool: &Pool) -> usize {
        assert_eq!(pool.by_start.len(), pool.by_size.len());
        pool.by_start.values().sum()
    }

    #[test]
    fn ranges_are_cut_and_joined() {
        let mut pool = Pool::new();
        let blocks: Vec<_> = (1..20).map(|i| (pool.take(i * UNIT).unwrap(), i * UNIT)).collect();
        let used: usize = blocks.iter().map(|block| block.1).sum();
        assert_eq!(free(&pool), pool.reserved - used);
        for (place, &(start, bytes)) in blocks.iter().enumerate() {
            assert!((start.as_ptr() as usize).is_multiple_of(ALIGNMENT));
            for &(other, size) in &blocks[..place] {
                // SAFETY: one past the end at most.
                unsafe { assert!(other.add(size) <= start || start.add(bytes) <= other) };
            }
        }
        let (odd, even): (Vec<_>, Vec<_>) =
            blocks.into_iter().enumerate().partition(|(place, _)| place % 2 == 1);
        for (_, (start, bytes)) in odd.into_iter().chain(even) {
            pool.give(start, bytes);
        }
        assert_eq!(pool.by_start.len(), pool.segments.len());
        assert_eq!(free(&pool), pool.reserved);
        for (_, (_, origin, layout)) in pool.segments {
            // SAFETY: allocated by `reserve`.
            unsafe { dealloc(origin.as_ptr(), layout) };
        }
    }

    #[test]
    fn what_is_asked_for_again_is_there() {
        let mut pool = Pool::new();
        let sizes = [5 << 20, 3 << 20, 100 * UNIT, 9 << 20];
        let step = |pool: &mut Pool| {
            let blocks = sizes.map(|bytes| pool.take(bytes).unwrap());
            blocks.into_iter().zip(sizes).for_each(|(start, bytes)| pool.give(start, bytes));
            pool.reserved
        };
        let reserved = step(&mut pool);
        assert!((0..5).all(|_| step(&mut pool) == reserved));
        for (_, (_, origin, layout)) in pool.segments {
            // SAFETY: allocated by `reserve`.
            unsafe { dealloc(origin.as_ptr(), layout) };
        }
    }
}

//! What runs in parallel: the one place that decides it.
//!
//! Every kernel cuts its work into tasks by the problem's shape, never by the number of threads,
//! and writes each part of its result in exactly one task. Which thread takes which task then
//! changes nothing in the result: the bits are the same on any number of threads.
#![allow(unsafe_code, reason = "tasks write disjoint parts of one slice")]

mod awake;
mod isolated;
mod split;
mod task;

use std::marker::PhantomData;
use std::ops::Range;

pub use isolated::{Isolated, receive};

use crate::error::{Error, Result};
use task::{ChunkTask, Task};

/// The elementary operations (an addition, a comparison) below which splitting work costs more
/// than it gives: waking a sleeping thread takes some 10 µs.
const WORTH_SPLITTING: usize = 100_000;

/// Elements of one task of an elementwise operation: large enough to hide the cost of a task,
/// small enough that two threads stay busy to the end.
pub(crate) const CHUNK: usize = 16 * 1024;

/// Makes the calling thread one of the pool's threads, so that kernels called from it start at
/// once instead of handing their work to another thread. Call it first in `main`; later calls, or
/// calls after the pool has started, change nothing.
///
/// The pool's other threads then stay awake for up to a millisecond after an operation, polling for
/// the next one, so that it doesn't wait until they wake. [`with`] and [`inside`] have it so, too.
///
/// The pool has one thread for each core; the environment variable `RAYON_NUM_THREADS` sets
/// another number.
pub fn init() {
    // An error means that the pool is running already, which is as good.
    if rayon::ThreadPoolBuilder::new().use_current_thread().build_global().is_ok() {
        awake::calls_from_now_on();
    }
}

/// The number of threads that kernels called from here use.
pub fn count() -> usize {
    rayon::current_num_threads()
}

/// Runs `work` inside the thread pool, so that the kernels it calls need not enter it one by one.
///
/// It holds one of the pool's threads as long as it takes, and should wait for nothing but the pool:
/// what it waited for might be waiting for that thread. [`receive`] waits without that danger.
pub fn inside<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if is_outside_of_one_thread() {
        return work();
    }
    rayon::join(|| awake::calling(work), || ()).0
}

/// Whether this thread is in no pool, and the pool that it would enter has a single thread. Work is
/// then done here: that thread is no faster, and may be waiting for something that isn't in the pool
/// (after [`init`], it is the program's main thread).
fn is_outside_of_one_thread() -> bool {
    rayon::current_thread_index().is_none() && rayon::current_num_threads() == 1
}

/// Runs `work` on a pool of `threads` threads of its own.
///
/// ```
/// use plywood_tensor::{Tensor, threads};
///
/// let tensor = Tensor::linspace(0.0, 1.0, 100_000);
/// let one = threads::with(1, || tensor.sum())?;
/// let three = threads::with(3, || tensor.sum())?;
/// assert_eq!(one.to_bits(), three.to_bits());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When `threads` is 0, or the system refuses to start them.
pub fn with<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> Result<R> {
    if threads == 0 {
        return Err(Error::value("0 threads can't do any work").operation("threads"));
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
        Error::value(format!("can't start {threads} threads: {error}")).operation("threads")
    })?;
    Ok(pool.install(|| awake::calling(work)))
}

/// What a task gives for each of `0..tasks`, in that order, computed by all threads: for tasks that take
/// milliseconds, such as decoding an image.
///
/// ```
/// use plywood_tensor::threads;
///
/// assert_eq!(threads::map_tasks(4, |task| task * task), [0, 1, 4, 9]);
/// ```
pub fn map_tasks<R: Send>(tasks: usize, task: impl Fn(usize) -> R + Sync) -> Vec<R> {
    map(tasks, WORTH_SPLITTING, task)
}

/// Whether so many tasks, which together cost so many elementary operations, should run in
/// parallel.
pub(crate) fn worth_splitting(tasks: usize, cost: usize) -> bool {
    tasks > 1 && cost >= WORTH_SPLITTING
}

/// Runs tasks `0..tasks`, in parallel when their whole `cost` (in elementary operations) is worth
/// it.
pub(crate) fn for_each(tasks: usize, cost: usize, task: impl Fn(usize) + Sync) {
    run(tasks, cost, &task);
}

/// All work goes through here: with a `dyn` task, so that this is compiled once, and a kernel once instead of once
/// for each way it may run.
fn run(tasks: usize, cost: usize, task: &dyn Task) {
    if !worth_splitting(tasks, cost) || is_outside_of_one_thread() {
        return (0..tasks).for_each(|index| task.run(index));
    }
    if rayon::current_thread_index().is_none() {
        rayon::join(|| split::run(0..tasks, task), || ());
        return;
    }
    let part_of_another = split::is_open();
    split::run(0..tasks, task);
    if !part_of_another {
        awake::operation_ended();
    }
}

/// Runs tasks `0..tasks` as [`for_each`] does, and gives their results in order.
pub(crate) fn map<R: Send>(tasks: usize, cost: usize, task: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let mut results: Vec<Option<R>> = (0..tasks).map(|_| None).collect();
    chunks_mut(&mut results, 1, cost, |index, result| result[0] = Some(task(index)));
    results.into_iter().map(|result| result.expect("every task has run")).collect()
}

/// A slice of which each task takes parts of its own.
#[derive(Clone, Copy)]
pub(crate) struct Shared<'a, T> {
    start: *mut T,
    len: usize,
    borrow: PhantomData<&'a mut [T]>,
}

// SAFETY: the elements may be sent to other threads, and whoever takes a part promises that no other
// task has it.
unsafe impl<T: Send> Send for Shared<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub(crate) fn new(elements: &'a mut [T]) -> Self {
        Self { start: elements.as_mut_ptr(), len: elements.len(), borrow: PhantomData }
    }

    /// # Safety
    /// Nobody else uses these elements as long as the part lives.
    pub(crate) unsafe fn part(&self, range: Range<usize>) -> &'a mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: inside the slice, and the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }

    /// The place of an element that is followed by at least `after` others: for kernels that write
    /// by address.
    pub(crate) fn at(&self, index: usize, after: usize) -> *mut T {
        assert!(index + after < self.len);
        self.start.wrapping_add(index)
    }
}

/// Gives each chunk of `chunk` elements of `out` (the last may be shorter), with its index, to a
/// task of its own. `cost` counts the elementary operations of all.
pub(crate) fn chunks_mut<T: Send>(
    out: &mut [T],
    chunk: usize,
    cost: usize,
    task: impl Fn(usize, &mut [T]) + Sync,
) {
    hand_out(out, chunk, cost, &task);
}

/// What [`chunks_mut`] does around a task, compiled once for a type of elements.
fn hand_out<T: Send>(out: &mut [T], chunk: usize, cost: usize, task: &dyn ChunkTask<T>) {
    if chunk == 0 || out.is_empty() {
        return;
    }
    let len = out.len();
    let out = Shared::new(out);
    for_each(len.div_ceil(chunk), cost, |index| {
        let first = index * chunk;
        // SAFETY: chunks of different indices don't overlap, and each index is run once.
        task.run(index, unsafe { out.part(first..len.min(first + chunk)) });
    });
}

/// As [`chunks_mut`], for two slices that are cut into equally many chunks.
pub(crate) fn chunks_of_two_mut<T: Send, U: Send>(
    first: &mut [T],
    second: &mut [U],
    [chunk, second_chunk]: [usize; 2],
    cost: usize,
    task: impl Fn(usize, &mut [T], &mut [U]) + Sync,
) {
    let len = second.len();
    if chunk > 0 {
        assert_eq!(first.len().div_ceil(chunk), len.div_ceil(second_chunk));
    }
    let second = Shared::new(second);
    chunks_mut(first, chunk, cost, |index, first| {
        let begin = index * second_chunk;
        // SAFETY: as for `first`: there are as many chunks, each of which is given out once.
        let second = unsafe { second.part(begin..len.min(begin + second_chunk)) };
        task(index, first, second);
    });
}

/// Cuts each stretch of `whole` elements of `out` into chunks (the last of each may be shorter),
/// and gives them, with the indices of stretch and chunk, to tasks of their own.
pub(crate) fn chunks_of_each_mut<T: Send>(
    out: &mut [T],
    whole: usize,
    chunk: usize,
    cost: usize,
    task: impl Fn(usize, usize, &mut [T]) + Sync,
) {
    if chunk == 0 || out.is_empty() {
        return;
    }
    assert!(out.len().is_multiple_of(whole));
    let chunks = whole.div_ceil(chunk);
    let tasks = out.len() / whole * chunks;
    let out = Shared::new(out);
    for_each(tasks, cost, |index| {
        let (stretch, index) = (index / chunks, index % chunks);
        let first = stretch * whole + index * chunk;
        // SAFETY: chunks of different indices don't overlap, and each index is run once.
        let part = unsafe { out.part(first..(first + chunk).min((stretch + 1) * whole)) };
        task(stretch, index, part);
    });
}

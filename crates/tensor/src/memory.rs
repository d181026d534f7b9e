//! The memory budget: what goes beyond it is an error that says so, before the system is asked.
//!
//! A size that comes from a caller or a file may be senseless. The system would end the process
//! when it can't give that much, or later, when the memory that it has promised is touched. So
//! whatever takes memory by such a size asks here first: tensors do by themselves, other code calls
//! [`check`] or [`vec_with_capacity`].
//!
//! ```
//! use plywood_tensor::{ErrorKind, Rng, Seed, Tensor, memory};
//!
//! let mut labels = memory::vec_with_capacity(1000)?;
//! labels.extend(0..1000_u32);
//! let refused = memory::vec_with_capacity::<u32>(1 << 60).unwrap_err();
//! assert_eq!(refused.kind(), ErrorKind::Memory);
//! # Ok::<(), plywood_tensor::Error>(())
//! ```

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub use crate::budget::{budget, set_budget};
use crate::budget::{fits, refused, system_refused};
use crate::error::{Error, Result};
use crate::pool;
pub use crate::pool::held;

/// Refuses to take `bytes` more if they and what is in use now are beyond the [`budget`]. In use are
/// the segments of the pool that tensors lie in, as whole ones. Where its idle segments are too much,
/// they are given back to the system first.
///
/// # Errors
/// When there is not enough left. The error is of the kind [`ErrorKind::Memory`](crate::ErrorKind::Memory), and names the
/// amount asked for, the amount in use and the budget.
pub fn check(bytes: usize) -> Result<()> {
    pool::make_room(bytes)
}

/// An empty vector with room for `len` elements.
///
/// # Errors
/// When [`check`] refuses that much, or the system does.
pub fn vec_with_capacity<T>(len: usize) -> Result<Vec<T>> {
    // What can't even be counted is refused as the most that can.
    let bytes = len.saturating_mul(size_of::<T>());
    check(bytes)?;
    let mut vec = Vec::new();
    vec.try_reserve_exact(len).map_err(|_| system_refused(bytes, pool::held()))?;
    Ok(vec)
}

/// `len` times `value`, for scratch memory. It is compared with the budget alone, so that tasks need
/// not wait for the pool.
///
/// # Errors
/// When that is too much, or the system refuses.
pub(crate) fn try_filled<T: Copy>(value: T, len: usize) -> Result<Vec<T>> {
    possible(len, size_of::<T>())?;
    let mut vec = Vec::new();
    vec.try_reserve_exact(len).map_err(|_| system_refused(len * size_of::<T>(), pool::held()))?;
    vec.resize(len, value);
    Ok(vec)
}

/// As [`try_filled`], within a [guard].
pub(crate) fn filled<T: Copy>(value: T, len: usize) -> Vec<T> {
    try_filled(value, len).unwrap_or_else(|error| raise(error))
}

/// Ends the work of the innermost [`guard`], which returns the error.
pub(crate) fn raise(error: Error) -> ! {
    // Not `panic_any`, which would print a message: the error is on its way to the caller.
    resume_unwind(Box::new(error))
}

/// Does some work that may [`raise`] an error, in tasks on other threads too: these are closures of
/// many kernels, whose results are written to where they belong, so an error goes past them by
/// unwinding. Whatever panics otherwise goes on to the caller.
pub(crate) fn guard<R>(work: impl FnOnce() -> Result<R>) -> Result<R> {
    // What the work has been writing to is dropped by the caller.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        match payload.downcast::<Error>() {
            Ok(error) => Err(*error),
            Err(panic) => resume_unwind(panic),
        }
    })
}

/// Refuses a result of `len` elements of `size` bytes that is larger than the whole budget, before
/// anything is computed from its sizes: costs and offsets of what can be had don't overflow.
pub(crate) fn possible(len: usize, size: usize) -> Result<()> {
    let bytes = len.saturating_mul(size);
    if fits(bytes, 0) { Ok(()) } else { Err(refused(bytes, pool::held())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn vectors_are_checked_before_they_are_made() {
        let room: Vec<u16> = vec_with_capacity(100).unwrap();
        assert!(room.is_empty() && room.capacity() >= 100);
        assert!(vec_with_capacity::<()>(usize::MAX).is_ok());
        for len in [1 << 60, usize::MAX] {
            assert_eq!(vec_with_capacity::<u64>(len).unwrap_err().kind(), ErrorKind::Memory);
        }
    }
}

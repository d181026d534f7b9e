//! Pages of 2 MiB instead of 4 KiB: 512 times fewer page faults when memory is first touched, and
//! fewer misses of the cache of page addresses ever after.
#![allow(unsafe_code, reason = "the system is asked through its C interface")]

use std::ptr::NonNull;

/// Asks the system to map this range by huge pages. It may refuse; nothing depends on it.
pub(crate) fn advise(start: NonNull<u8>, bytes: usize) {
    // Not under Miri, which has no such call.
    #[cfg(all(target_os = "linux", not(miri)))]
    // SAFETY: the range is allocated; the advice changes no content.
    unsafe {
        libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE);
    }
    #[cfg(not(all(target_os = "linux", not(miri))))]
    let _ = (start, bytes);
}

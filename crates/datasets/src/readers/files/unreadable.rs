//! Reading all files by all threads, and an error that names those that can't be read.

use plywood_tensor::{Error, Result, threads};

use super::Kind;

/// Samples that are held besides those that are kept.
const READ_AT_ONCE: usize = 64;

/// The most files that an error names.
const BROKEN_NAMED: usize = 20;

/// Reads the samples `0..count` by all threads, and hands them over in their order.
pub(crate) fn read_in_parallel<T: Send>(
    count: usize,
    read: impl Fn(usize) -> Result<T> + Sync,
    mut take: impl FnMut(usize, Result<T>),
) {
    for first in (0..count).step_by(READ_AT_ONCE) {
        let samples = threads::map_tasks(READ_AT_ONCE.min(count - first), |i| read(first + i));
        for (place, sample) in samples.into_iter().enumerate() {
            take(first + place, sample);
        }
    }
}

/// An error that names all samples of `of` that can't be read.
pub(crate) fn all_broken(broken: Vec<(usize, Error)>, of: usize, kind: Kind) -> Error {
    let count = broken.len();
    let mut errors = broken.into_iter().map(|(_, error)| error);
    match (errors.next(), count) {
        (Some(only), 1) => only,
        (first, _) => {
            let all = first.into_iter().chain(errors);
            let mut text = format!("{count} of {of} {} can't be read:", kind.many);
            for error in all.take(BROKEN_NAMED) {
                text += &format!("\n  {error}");
            }
            if let Some(more @ 1..) = count.checked_sub(BROKEN_NAMED) {
                text += &format!("\n  and {more} more");
            }
            Error::data(text)
        }
    }
}

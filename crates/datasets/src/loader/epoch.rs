//! The iterator over the batches of an epoch.

use std::sync::Arc;

use plywood_tensor::{Error, Result};

use super::plan::Plan;
use super::workers::Workers;
use crate::dataset::Dataset;

/// The batches of an epoch, in order: see [`DataLoader::epoch`](super::DataLoader::epoch).
///
/// An error in one batch comes in its place; the batches after it are still to be had. Dropping it
/// early stops its threads.
///
/// ```
/// use plywood_datasets::{DataLoader, Rows};
/// use plywood_tensor::Tensor;
///
/// let rows = Rows::new(Tensor::from([[1.0], [2.0], [3.0]]), Tensor::from([0_u32, 1, 0]))?;
/// let mut epoch = DataLoader::new(&rows).batch_size(2).epoch(0);
/// assert_eq!(epoch.len(), 2); // batches that are still to come
/// assert_eq!(epoch.next().unwrap()?.input, Tensor::from([[1.0], [2.0]]));
/// assert_eq!(epoch.next().unwrap()?.input, Tensor::from([[3.0]]));
/// assert!(epoch.next().is_none());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Epoch<D: Dataset>(State<D>);

enum State<D: Dataset> {
    Refused(Option<Error>),
    Ready { plan: Arc<Plan<D>>, next: usize, workers: Option<Workers<D>> },
}

impl<D: Dataset> Epoch<D> {
    /// An epoch that yields one error and ends.
    pub(super) fn refused(error: Error) -> Self {
        Self(State::Refused(Some(error)))
    }

    pub(super) fn new(plan: Plan<D>, first: usize, threads: usize) -> Self {
        let plan = Arc::new(plan);
        let workers = match threads.min(plan.batches - first) {
            0 => None,
            threads => match Workers::start(&plan, first, threads) {
                Ok(workers) => Some(workers),
                Err(error) => return Self::refused(error),
            },
        };
        Self(State::Ready { plan, next: first, workers })
    }

    /// The next batch, if a thread of the loader has made it already. Never waits, and makes none.
    pub fn next_if_ready(&mut self) -> Option<Result<D::Batch>> {
        let State::Ready { plan, next, workers: Some(workers) } = &mut self.0 else { return None };
        if *next == plan.batches {
            return None;
        }
        let batch = workers.batch_if_ready(*next)?;
        *next += 1;
        Some(batch)
    }

    fn remaining(&self) -> usize {
        match &self.0 {
            State::Refused(error) => usize::from(error.is_some()),
            State::Ready { plan, next, .. } => plan.batches - next,
        }
    }
}

impl<D: Dataset> Iterator for Epoch<D> {
    type Item = Result<D::Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            State::Refused(error) => error.take().map(Err),
            State::Ready { plan, next, workers } => {
                if *next == plan.batches {
                    return None;
                }
                let index = *next;
                *next += 1;
                Some(match workers {
                    Some(workers) => workers.batch(index),
                    None => plan.batch(index),
                })
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining(), Some(self.remaining()))
    }
}

impl<D: Dataset> ExactSizeIterator for Epoch<D> {}
impl<D: Dataset> std::iter::FusedIterator for Epoch<D> {}

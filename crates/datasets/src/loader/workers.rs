//! Threads that make batches ahead of time.
//!
//! They never wait for the pool of those who wait for a batch: everything that making one calls, a
//! user's data set included, runs on the loader's own thread ([`threads::Isolated`]).

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use plywood_tensor::threads::{self, Isolated};
use plywood_tensor::{Error, Result};

use super::plan::Plan;
use crate::dataset::Dataset;

/// A few threads that take turns: of three, the first makes batches 0, 3, 6, …, the second 1, 4, 7,
/// …. So the order of delivery is the order of asking, with nothing to sort or to wait for.
pub(super) struct Workers<D: Dataset> {
    first: usize,
    workers: Vec<Worker<D>>,
}

struct Worker<D: Dataset> {
    /// Holds one finished batch, while the thread makes the next: what is read ahead is bounded.
    batches: Option<Receiver<Result<D::Batch>>>,
    thread: Option<Isolated<()>>,
}

impl<D: Dataset> Workers<D> {
    /// Starts threads that make the batches from `first` on.
    pub(super) fn start(plan: &Arc<Plan<D>>, first: usize, threads: usize) -> Result<Self> {
        let threads = threads.min(plan.batches - first);
        let workers = (0..threads).map(|turn| {
            let (sender, batches) = sync_channel(1);
            let plan = Arc::clone(plan);
            let work = move || {
                for index in (first + turn..plan.batches).step_by(threads) {
                    // Nobody receives any more: the epoch was dropped.
                    if sender.send(plan.batch(index)).is_err() {
                        break;
                    }
                }
            };
            let thread = Isolated::spawn(&format!("data loader {turn}"), work)
                .map_err(|error| error.at("data loader"))?;
            Ok(Worker { batches: Some(batches), thread: Some(thread) })
        });
        Ok(Self { first, workers: workers.collect::<Result<_>>()? })
    }

    /// The batch at `index`, if it is there. To be asked for in order.
    pub(super) fn batch_if_ready(&mut self, index: usize) -> Option<Result<D::Batch>> {
        let turn = (index - self.first) % self.workers.len();
        self.workers[turn].batches.as_ref().and_then(|batches| batches.try_recv().ok())
    }

    /// The batch at `index`, waiting for it if need be. To be asked for in order.
    ///
    /// # Panics
    /// When making the batch panicked, with the same message, as it would on the caller's thread.
    pub(super) fn batch(&mut self, index: usize) -> Result<D::Batch> {
        let turn = (index - self.first) % self.workers.len();
        let worker = &mut self.workers[turn];
        let received = worker.batches.as_ref().map(threads::receive);
        if let Some(Ok(batch)) = received {
            return batch;
        }
        // A thread only hangs up before its last batch when it panics.
        match worker.thread.take().map(Isolated::join) {
            Some(Err(panic)) => resume_unwind(panic),
            _ => Err(Error::value(format!("batch {index}: its thread has stopped"))
                .operation("data loader")),
        }
    }
}

/// Stops the threads and waits for them: none outlives its epoch.
impl<D: Dataset> Drop for Workers<D> {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            worker.batches = None;
        }
        for worker in &mut self.workers {
            if let Some(thread) = worker.thread.take() {
                // A panic in a batch that nobody asked for is nobody's concern.
                let _ = thread.join();
            }
        }
    }
}

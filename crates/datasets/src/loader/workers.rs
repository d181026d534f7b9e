//! Threads that make batches ahead of time.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

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
    thread: Option<JoinHandle<()>>,
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
            let thread = Builder::new().name(format!("data loader {turn}")).spawn(work).map_err(
                |error| {
                    Error::value(format!("can't start {threads} threads: {error}"))
                        .operation("data loader")
                },
            )?;
            Ok(Worker { batches: Some(batches), thread: Some(thread) })
        });
        Ok(Self { first, workers: workers.collect::<Result<_>>()? })
    }

    /// The batch at `index`, waiting for it if need be. To be asked for in order.
    ///
    /// # Panics
    /// When making the batch panicked, with the same message, as it would on the caller's thread.
    pub(super) fn batch(&mut self, index: usize) -> Result<D::Batch> {
        let turn = (index - self.first) % self.workers.len();
        let worker = &mut self.workers[turn];
        let received = worker.batches.as_ref().map(Receiver::recv);
        if let Some(Ok(batch)) = received {
            return batch;
        }
        // A thread only hangs up before its last batch when it panics.
        match worker.thread.take().map(JoinHandle::join) {
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

//! Going through the batches of an epoch.

use plywood_datasets::{Dataset, Epoch};
use plywood_tensor::{Result, threads};

/// Calls `step` for each batch until it says that this is enough, and tells whether it went through to
/// the end.
///
/// Steps run inside the thread pool, so that no kernel has to enter it: entering wakes a thread, which
/// costs a step of LeNet a third of its time. Waiting for a batch leaves the pool, whose threads may
/// wait for nothing but its own work.
pub(crate) fn for_each<D: Dataset>(
    mut batches: Epoch<D>,
    mut step: impl FnMut(Result<D::Batch>) -> Result<bool> + Send,
) -> Result<bool> {
    while let Some(batch) = batches.next() {
        let go_on = threads::inside(|| -> Result<bool> {
            let mut go_on = step(batch)?;
            while go_on && let Some(batch) = batches.next_if_ready() {
                go_on = step(batch)?;
            }
            Ok(go_on)
        })?;
        if !go_on {
            return Ok(false);
        }
    }
    Ok(true)
}

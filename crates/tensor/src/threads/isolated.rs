//! Threads of their own that need no pool, and waiting for them without keeping a pool from its work.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvError, RecvTimeoutError, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use super::awake;
use crate::error::{Error, Result};

/// How long a pool's thread that waits for a message sleeps before it looks whether the pool has work
/// for it. A message wakes it at once.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// The most waits of one thread that lend it to the pool, each within work that the wait before it took
/// on. A rayon thread has 2 MiB of stack by default, of which a training loop and what it calls may take
/// some 100 KiB.
const DEEPEST_LOAN: usize = 8;

thread_local! {
    /// The waits on this thread's stack that are running work of its pool.
    static LOANS: Cell<usize> = const { Cell::new(0) };
}

/// A thread that belongs to no pool but one of its own, with itself as the only member: every kernel
/// that it calls, and everything of rayon's, runs on it alone. It can therefore never wait for the pool
/// of those who wait for it. The bits of the results are the same as anywhere.
///
/// ```
/// use plywood_tensor::{Tensor, threads};
///
/// let thread = threads::Isolated::spawn("sum", || {
///     assert_eq!(threads::count(), 1);
///     Tensor::ones([1000, 1000]).sum()
/// })?;
/// assert_eq!(thread.join().ok(), Some(1e6));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug)]
pub struct Isolated<R> {
    result: Receiver<thread::Result<R>>,
    /// Dropping it ends the thread once its work is done.
    _pool: rayon::ThreadPool,
}

impl<R: Send + 'static> Isolated<R> {
    /// Starts a thread of this name that does `work`.
    ///
    /// # Errors
    /// When the system refuses to start a thread.
    pub fn spawn(name: &str, work: impl FnOnce() -> R + Send + 'static) -> Result<Self> {
        let name = name.to_owned();
        let builder = rayon::ThreadPoolBuilder::new().num_threads(1);
        let pool = builder.thread_name(move |_| name.clone()).build().map_err(|error| {
            Error::value(format!("can't start a thread: {error}")).operation("threads")
        })?;
        let (sender, result) = sync_channel(1);
        pool.spawn(move || {
            // Whoever gave up waiting needs no result.
            let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
        });
        Ok(Self { result, _pool: pool })
    }

    /// Waits until the work is done, as [`receive`] does.
    ///
    /// # Errors
    /// With what the work panicked with, if it did.
    pub fn join(self) -> thread::Result<R> {
        receive(&self.result).unwrap_or_else(|error| Err(Box::new(error)))
    }
}

/// Waits for a message. A thread of a pool that waits runs other work of the pool meanwhile, as long as
/// its stack has room for it: what is to come may depend on work that waits for this thread.
///
/// # Errors
/// When there are no more messages, and nobody is left to send one.
pub fn receive<T>(receiver: &Receiver<T>) -> std::result::Result<T, RecvError> {
    if rayon::current_thread_index().is_none() {
        return receiver.recv();
    }
    loop {
        match receiver.try_recv() {
            Ok(message) => return Ok(message),
            Err(TryRecvError::Disconnected) => return Err(RecvError),
            Err(TryRecvError::Empty) => {}
        }
        if run_other_work() {
            continue;
        }
        match receiver.recv_timeout(LOOK_EVERY) {
            Ok(message) => return Ok(message),
            Err(RecvTimeoutError::Disconnected) => return Err(RecvError),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Runs one job of this thread's pool, and says whether there was one.
fn run_other_work() -> bool {
    struct Loan;
    impl Drop for Loan {
        fn drop(&mut self) {
            LOANS.set(LOANS.get() - 1);
        }
    }
    if LOANS.get() == DEEPEST_LOAN {
        return false;
    }
    LOANS.set(LOANS.get() + 1);
    let _loan = Loan;
    awake::run_a_job()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::{Tensor, threads};

    #[test]
    fn a_panic_comes_with_its_message() {
        let thread = Isolated::spawn("panics", || panic!("no more")).unwrap();
        let panic = thread.join().unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"no more"));
    }

    #[test]
    fn an_isolated_thread_needs_no_pool() {
        // The only thread of this pool waits, and doesn't run what others hand to it.
        threads::with(1, || {
            let sum = || Tensor::ones([1000, 1000]).sum();
            let thread = Isolated::spawn("sum", move || {
                let (left, right) = rayon::join(sum, sum);
                (left, right, std::thread::current().name().map(str::to_owned))
            });
            let result = thread.unwrap().result.recv().unwrap().unwrap();
            assert_eq!(result, (1e6, 1e6, Some("sum".to_owned())));
        })
        .unwrap();
    }

    #[test]
    fn who_waits_runs_what_the_message_depends_on() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let received = pool.install(|| {
            let (sender, receiver) = channel();
            rayon::spawn(move || sender.send(7).unwrap());
            [receive(&receiver), receive(&receiver)]
        });
        assert_eq!(received, [Ok(7), Err(RecvError)]);
    }

    #[test]
    fn waits_within_waits_end_before_the_stack_does() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let deepest = std::sync::atomic::AtomicUsize::new(0);
        pool.scope(|scope| {
            for _ in 0..100 {
                let deepest = &deepest;
                scope.spawn(move |_| {
                    deepest.fetch_max(LOANS.get(), std::sync::atomic::Ordering::Relaxed);
                    let (sender, receiver) = channel();
                    let later = Isolated::spawn("later", move || {
                        std::thread::sleep(Duration::from_millis(2));
                        sender.send(()).unwrap();
                    });
                    assert_eq!(receive(&receiver), Ok(()));
                    later.unwrap().join().unwrap();
                });
            }
        });
        assert_eq!(deepest.into_inner(), DEEPEST_LOAN);
        assert_eq!(pool.install(|| LOANS.get()), 0);
    }
}

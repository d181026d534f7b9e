//! Keeps the pool's other threads awake for a moment after an operation.
//!
//! The next operation is likely to follow at once, and a short one may be over before a thread that
//! sleeps is awake, which takes some 25 µs. rayon's threads fall asleep some 10 µs after their last job,
//! and there is no setting for that. So jobs are spawned that do nothing but look for other jobs.
//!
//! Only threads that are known to call one operation after the other, from within the pool, do this.
//! One outside sleeps during each operation in any case.

use std::cell::{Cell, RefCell};
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rayon::Yield;

use super::split;

/// How long a thread stays awake before it looks whether an operation has ended since. If not, it may
/// sleep, which is between one and two turns after the last.
///
/// Longer than what a step computes between two operations; turns of 0.3 and of 3 ms made steps as
/// fast. Short, because each turn ends its job, so that whatever waits below it on the stack of its
/// thread (a user's `rayon::join`) can go on.
const TURN: Duration = Duration::from_micros(500);

thread_local! {
    /// The threads that this one keeps awake, if it calls operations.
    static OTHERS: RefCell<Option<Arc<Others>>> = const { RefCell::new(None) };
    /// Whether this thread is being kept awake.
    static STAYS: Cell<bool> = const { Cell::new(false) };
}

/// The other threads of a pool.
struct Others {
    /// How many of them are to be kept awake.
    wanted: usize,
    /// How many jobs there are that keep one awake.
    awake: AtomicUsize,
    /// How many operations have ended.
    operations: AtomicUsize,
}

/// Counts as one that is awake.
struct Place(Arc<Others>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.awake.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Does work that calls operations. Those keep the pool's other threads awake if this is one of its
/// threads.
pub(super) fn calling<R>(work: impl FnOnce() -> R) -> R {
    /// Also when the work panics.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            OTHERS.set(None);
        }
    }
    if OTHERS.with_borrow(Option::is_some) {
        return work();
    }
    calls_from_now_on();
    let _end = End;
    work()
}

/// As [`calling`], as long as the thread lives.
pub(super) fn calls_from_now_on() {
    if rayon::current_thread_index().is_none() {
        return;
    }
    // More threads than cores would take them from each other by staying awake.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let wanted = rayon::current_num_threads().min(cores) - 1;
    if wanted > 0 {
        let [awake, operations] = [0, 0].map(AtomicUsize::new);
        OTHERS.set(Some(Arc::new(Others { wanted, awake, operations })));
    }
}

/// To be called when an operation has ended that was not part of another.
pub(super) fn operation_ended() {
    OTHERS.with_borrow(|others| {
        let Some(others) = others else { return };
        others.operations.fetch_add(1, Ordering::Relaxed);
        for _ in others.awake.load(Ordering::Relaxed)..others.wanted {
            others.awake.fetch_add(1, Ordering::Relaxed);
            let place = Place(Arc::clone(others));
            rayon::spawn(|| stay(place));
        }
    });
}

/// Runs one job of the pool on this thread, and says whether there was one. A job that only keeps a
/// thread awake ends at once: this one waits for something else.
pub(super) fn run_a_job() -> bool {
    let stays = STAYS.replace(true);
    let ran = rayon::yield_now() == Some(Yield::Executed);
    STAYS.set(stays);
    ran
}

/// The job that keeps a thread awake, for one turn after the other.
fn stay(place: Place) {
    if !may_stay() {
        return;
    }
    STAYS.set(true);
    let operations = place.0.operations.load(Ordering::Relaxed);
    let start = Instant::now();
    while start.elapsed() < TURN {
        if rayon::yield_now() != Some(Yield::Executed) {
            // Another program that waits for this core gets it.
            (0..16).for_each(|_| spin_loop());
            thread::yield_now();
        }
    }
    STAYS.set(false);
    if place.0.operations.load(Ordering::Relaxed) != operations {
        rayon::spawn(|| stay(place));
    }
}

/// Not where it would hold up an operation, nor the one who calls them; nor twice.
fn may_stay() -> bool {
    !split::is_open() && OTHERS.with_borrow(Option::is_none) && !STAYS.get()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::threads;

    fn others() -> Option<Arc<Others>> {
        OTHERS.with_borrow(Option::clone)
    }

    /// Waits until something is so; a test that waits too long fails.
    #[track_caller]
    fn eventually(what: impl Fn() -> bool) {
        let start = Instant::now();
        while !what() {
            assert!(start.elapsed() < Duration::from_secs(20), "waited too long");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// As `calling` with others to keep awake, also on a machine with one core.
    fn calling_with<R>(wanted: usize, work: impl FnOnce(&Arc<Others>) -> R) -> R {
        calling(|| {
            let [awake, operations] = [0, 0].map(AtomicUsize::new);
            let others = Arc::new(Others { wanted, awake, operations });
            OTHERS.set(Some(Arc::clone(&others)));
            work(&others)
        })
    }

    fn pool(threads: usize) -> rayon::ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    fn operation() {
        threads::for_each(10, usize::MAX, |_| {});
    }

    #[test]
    fn others_stay_awake_and_then_sleep() {
        pool(3).install(|| {
            calling_with(2, |others| {
                assert_eq!(others.awake.load(Ordering::Relaxed), 0);
                for _ in 0..100 {
                    operation();
                    assert!(others.awake.load(Ordering::Relaxed) <= 2);
                }
                assert_eq!(others.operations.load(Ordering::Relaxed), 100);
                // Not at once, where another program keeps this thread waiting for longer than that.
                eventually(|| {
                    operation();
                    others.awake.load(Ordering::Relaxed) > 0
                });
                eventually(|| others.awake.load(Ordering::Relaxed) == 0);
            });
        });
    }

    #[test]
    fn nobody_stays_within_an_operation_or_on_the_thread_that_calls() {
        pool(2).install(|| {
            assert!(may_stay());
            split::run(0..8, &|_| assert!(!may_stay()));
            assert!(may_stay());
            calling_with(1, |_| assert!(!may_stay()));
            assert!(may_stay());
        });
    }

    #[test]
    fn operations_within_operations_keep_nobody_awake() {
        pool(2).install(|| {
            calling_with(1, |others| {
                threads::for_each(10, usize::MAX, |_| operation());
                assert_eq!(others.operations.load(Ordering::Relaxed), 1);
            });
        });
    }

    #[test]
    fn one_thread_keeps_nobody_awake() {
        threads::with(1, || assert!(others().is_none())).unwrap();
        calling(|| assert!(others().is_none()));
    }

    #[test]
    fn the_threads_of_a_pool_end() {
        let (ends, ended) = mpsc::channel();
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(3)
            .exit_handler(move |_| ends.send(()).unwrap())
            .build()
            .unwrap();
        let others = pool.install(|| {
            calling_with(2, |others| {
                operation();
                Arc::downgrade(others)
            })
        });
        drop(pool);
        for _ in 0..3 {
            ended.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        assert_eq!(others.strong_count(), 0);
    }

    #[test]
    fn a_panic_ends_the_call() {
        pool(2).install(|| {
            let panic = std::panic::catch_unwind(|| {
                calling_with(1, |_| threads::for_each(10, usize::MAX, |task| assert_ne!(task, 7)));
            });
            assert!(panic.is_err() && others().is_none());
        });
    }
}

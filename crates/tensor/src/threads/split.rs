//! Hands the tasks of an operation out to the pool's threads.

use std::cell::Cell;
use std::ops::Range;

use super::task::Task;

thread_local! {
    /// How many calls of [`run`] on this thread's stack have not ended yet.
    static OPEN: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread is in the middle of an operation, which others may wait for.
pub(super) fn is_open() -> bool {
    OPEN.get() > 0
}

/// Runs the tasks, on as many threads of the pool as are free. Each task can be stolen by itself:
/// rayon's iterators would hand out runs of tasks, and a thread that is through with its own would
/// wait for the end of another's.
///
/// A task that panics doesn't keep others from running; the panic goes on to the caller.
pub(super) fn run(tasks: Range<usize>, task: &dyn Task) {
    // Also of a single task, which this thread may have stolen.
    let _open = Open::new();
    if tasks.len() < 2 {
        return tasks.for_each(|index| task.run(index));
    }
    let middle = tasks.start + tasks.len() / 2;
    rayon::join(|| run(tasks.start..middle, task), || run(middle..tasks.end, task));
}

/// A call on this thread's stack: it ends with its scope, also when a task panics.
struct Open;

impl Open {
    fn new() -> Self {
        OPEN.set(OPEN.get() + 1);
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.set(OPEN.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::threads;

    /// How often each task ran, of as many, of which each splits anew.
    fn counts(tasks: usize, inner: usize) -> Vec<usize> {
        let counts: Vec<AtomicUsize> = (0..tasks * inner).map(|_| AtomicUsize::new(0)).collect();
        run(0..tasks, &|outer: usize| {
            run(0..inner, &|index: usize| {
                assert!(is_open());
                counts[outer * inner + index].fetch_add(1, Ordering::Relaxed);
            });
        });
        counts.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn each_task_runs_once_also_within_another() {
        for count in [1, 2, 3, 8] {
            threads::with(count, || {
                for (tasks, inner) in [(0, 1), (1, 1), (2, 1), (7, 1), (1000, 1), (1, 9), (13, 21)]
                {
                    assert_eq!(counts(tasks, inner), vec![1; tasks * inner]);
                    assert!(!is_open());
                }
            })
            .unwrap();
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_leaves_nothing_open() {
        threads::with(2, || {
            for bad in 0..20 {
                let ran = AtomicUsize::new(0);
                let panic = catch_unwind(AssertUnwindSafe(|| {
                    run(0..20, &|task: usize| {
                        ran.fetch_add(1, Ordering::Relaxed);
                        assert!(task != bad, "task {task} is bad");
                    });
                }));
                let text = *panic.unwrap_err().downcast::<String>().unwrap();
                assert_eq!(text, format!("task {bad} is bad"));
                assert!(!is_open());
                assert_eq!(counts(50, 1), [1; 50]);
                assert!(rayon::broadcast(|_| !is_open()).into_iter().all(|closed| closed));
            }
        })
        .unwrap();
    }
}

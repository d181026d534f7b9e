//! Tasks as trait objects. The table of a closure's `dyn Fn` also holds `call_mut` and `call_once`, which would be
//! compiled for each closure of each kernel and never called.

/// What is run for each index.
pub(super) trait Task: Sync {
    fn run(&self, index: usize);
}

impl<F: Fn(usize) + Sync> Task for F {
    fn run(&self, index: usize) {
        self(index);
    }
}

/// What is run for each chunk of a slice, with its index.
pub(super) trait ChunkTask<T>: Sync {
    fn run(&self, index: usize, chunk: &mut [T]);
}

impl<T, F: Fn(usize, &mut [T]) + Sync> ChunkTask<T> for F {
    fn run(&self, index: usize, chunk: &mut [T]) {
        self(index, chunk);
    }
}

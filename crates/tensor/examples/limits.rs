//! What this machine can do at most: multiply-adds with 32-bit numbers, and memory traffic.
//!
//! `cargo run --release -p plywood-tensor --example limits [THREADS]` prints 10⁹ operations and 10⁹
//! bytes a second as JSON. `cargo xtask bench --peers` sets its figures against them. It stands
//! here because vector instructions by hand are `unsafe`.
#![allow(unsafe_code, reason = "the peak is that of vector instructions, written by hand")]

use std::hint::black_box;
use std::io::Write;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use plywood_tensor::{Instructions, instructions};

/// Measured so often; the best counts, since other programs only ever slow it down.
const ATTEMPTS: usize = 15;
/// Of each of two arrays that all threads together copy between: 256 MiB, beyond any cache.
const COPIED: usize = 1 << 28;

fn main() -> std::io::Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(cores);
    let (peak, bandwidth) = (peak_gflops(threads), bandwidth(threads));
    let mut out = std::io::stdout();
    writeln!(out, r#"{{"peak_gflops": {peak:.1}, "bandwidth_gb_s": {bandwidth:.1}}}"#)
}

/// The shortest time that `threads` threads took to run `work` side by side; it gets the thread's
/// number.
fn shortest(threads: usize, work: impl Fn(usize) + Sync) -> Duration {
    let barrier = Barrier::new(threads);
    let timed = |thread| {
        let mut best = Duration::MAX;
        for _ in 0..ATTEMPTS {
            barrier.wait();
            let start = Instant::now();
            work(thread);
            barrier.wait();
            best = best.min(start.elapsed());
        }
        best
    };
    std::thread::scope(|scope| {
        let timed = &timed;
        let all: Vec<_> = (1..threads).map(|thread| scope.spawn(move || timed(thread))).collect();
        let own = timed(0);
        all.into_iter().filter_map(|thread| thread.join().ok()).fold(own, Duration::max)
    })
}

/// Multiply-adds in registers alone, two operations each: the sum of what each thread does at best
/// beside the others. A stretch is so short that some are not interrupted, whatever else runs.
fn peak_gflops(threads: usize) -> f64 {
    const ROUNDS: usize = 1_000_000;
    const STRETCHES: usize = 150;
    let (lanes, work) = multiply_adds();
    let best = || {
        let stretch = || {
            let start = Instant::now();
            black_box(work(black_box(ROUNDS)));
            start.elapsed().as_secs_f64()
        };
        let shortest = (0..STRETCHES).map(|_| stretch()).fold(f64::INFINITY, f64::min);
        (2 * ROUNDS * CHAINS * lanes) as f64 / shortest / 1e9
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(best)).collect();
        all.into_iter().filter_map(|thread| thread.join().ok()).sum()
    })
}

/// Chains of multiply-adds that don't wait for each other: two units with a latency of four or five
/// cycles need ten.
const CHAINS: usize = 12;

/// The lanes of the widest vectors that kernels use here, and a loop over [`CHAINS`] multiply-adds of
/// them.
fn multiply_adds() -> (usize, fn(usize) -> f32) {
    match instructions() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the machine has these instructions.
        Instructions::Avx512 => (16, |rounds| unsafe { x86::sixteen(rounds) }),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Instructions::Avx2 => (8, |rounds| unsafe { x86::eight(rounds) }),
        _ => (4, four),
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::hint::black_box;

    use super::CHAINS;

    #[target_feature(enable = "avx512f")]
    pub(super) fn sixteen(rounds: usize) -> f32 {
        let (factor, term) = (_mm512_set1_ps(black_box(0.999)), _mm512_set1_ps(black_box(0.001)));
        let mut chains = [_mm512_set1_ps(1.0); CHAINS];
        for _ in 0..rounds {
            for chain in &mut chains {
                *chain = _mm512_fmadd_ps(*chain, factor, term);
            }
        }
        chains.into_iter().map(|chain| _mm512_reduce_add_ps(chain)).sum()
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn eight(rounds: usize) -> f32 {
        let (factor, term) = (_mm256_set1_ps(black_box(0.999)), _mm256_set1_ps(black_box(0.001)));
        let mut chains = [_mm256_set1_ps(1.0); CHAINS];
        for _ in 0..rounds {
            for chain in &mut chains {
                *chain = _mm256_fmadd_ps(*chain, factor, term);
            }
        }
        let mut out = [0.0; 8];
        let mut sum = 0.0;
        for chain in chains {
            // SAFETY: `out` has room for one vector.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr(), chain) };
            sum += out.iter().sum::<f32>();
        }
        sum
    }
}

/// The compiler makes vectors of four of these: every 64-bit processor has them.
fn four(rounds: usize) -> f32 {
    let (factor, term) = (black_box(0.999_f32), black_box(0.001_f32));
    let mut chains = [[1.0_f32; 4]; CHAINS];
    for _ in 0..rounds {
        for x in chains.as_flattened_mut() {
            *x = *x * factor + term;
        }
    }
    chains.as_flattened().iter().sum()
}

/// A copy of large arrays: what is read and what is written counts.
fn bandwidth(threads: usize) -> f64 {
    let share = COPIED / threads;
    let arrays: Vec<_> = (0..threads)
        .map(|_| std::sync::Mutex::new((vec![1_u8; share], vec![2_u8; share])))
        .collect();
    let time = shortest(threads, |thread| {
        if let Ok(mut pair) = arrays[thread].lock() {
            let (from, to) = &mut *pair;
            to.copy_from_slice(from);
            black_box(to);
        }
    });
    (2 * threads * share) as f64 / time.as_secs_f64() / 1e9
}

//! The innermost loop: a tile of `C` in registers, to which the outer products of a column of `A`
//! and a row of `B` are added.
#![allow(
    unsafe_code,
    reason = "instruction sets are chosen at run time, and vectors are loaded by address"
)]

use crate::element::Float;

/// A kernel and the tile it computes.
pub struct Kernel<T> {
    /// Rows of the tile: the width of a packed panel of `A`.
    pub(crate) rows: usize,
    /// Columns of the tile: the width of a packed panel of `B`.
    pub(crate) columns: usize,
    /// `c += a · b` with `a` `[depth, rows]`, `b` `[depth, columns]`, and rows of `c` `stride` apart.
    ///
    /// # Safety
    /// The machine has the kernel's instruction set, and the pointers reach that far.
    run: unsafe fn(depth: usize, a: *const T, b: *const T, c: *mut T, stride: usize),
}

impl<T: Float> Kernel<T> {
    /// For any machine.
    pub(crate) fn portable() -> Self {
        Self { rows: portable::ROWS, columns: portable::COLUMNS, run: portable::run }
    }

    /// Adds the product of two packed panels to a tile whose first element is `c[0]`.
    pub(crate) fn run(&self, depth: usize, a: &[T], b: &[T], c: &mut [T], stride: usize) {
        assert!(a.len() >= depth * self.rows && b.len() >= depth * self.columns);
        assert!(c.len() >= (self.rows - 1) * stride + self.columns);
        // SAFETY: the lengths were just checked; a kernel is only made where its instruction set
        // was found.
        unsafe { (self.run)(depth, a.as_ptr(), b.as_ptr(), c.as_mut_ptr(), stride) }
    }
}

/// The best kernels of this machine.
pub(crate) mod best {
    use super::Kernel;

    pub(crate) fn f32() -> Kernel<f32> {
        #[cfg(target_arch = "x86_64")]
        if crate::simd::avx2() {
            return super::avx2::f32();
        }
        Kernel::portable()
    }

    pub(crate) fn f64() -> Kernel<f64> {
        #[cfg(target_arch = "x86_64")]
        if crate::simd::avx2() {
            return super::avx2::f64();
        }
        Kernel::portable()
    }
}

mod portable {
    use super::Float;

    pub(super) const ROWS: usize = 4;
    pub(super) const COLUMNS: usize = 8;

    /// # Safety
    /// As for [`Kernel::run`](super::Kernel).
    pub(super) unsafe fn run<T: Float>(
        depth: usize,
        a: *const T,
        b: *const T,
        c: *mut T,
        stride: usize,
    ) {
        // SAFETY: the caller's promise.
        let (a, b) = unsafe {
            (
                std::slice::from_raw_parts(a, depth * ROWS),
                std::slice::from_raw_parts(b, depth * COLUMNS),
            )
        };
        let mut tile = [[T::ZERO; COLUMNS]; ROWS];
        for (a, b) in a.chunks_exact(ROWS).zip(b.chunks_exact(COLUMNS)) {
            for (row, &a) in tile.iter_mut().zip(a) {
                for (sum, &b) in row.iter_mut().zip(b) {
                    *sum += a * b;
                }
            }
        }
        for (row, sums) in tile.iter().enumerate() {
            // SAFETY: the caller's promise.
            let c = unsafe { std::slice::from_raw_parts_mut(c.add(row * stride), COLUMNS) };
            c.iter_mut().zip(sums).for_each(|(c, &sum)| *c += sum);
        }
    }
}

/// 6 × 2 vectors: twelve registers of sums, two of `B`, one of `A`, of the sixteen there are.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::Kernel;

    const ROWS: usize = 6;

    macro_rules! kernel {
        ($name:ident, $type:ty, $lanes:literal, $zero:ident, $load:ident, $store:ident, $splat:ident,
         $add:ident, $fma:ident) => {
            pub(super) fn $name() -> Kernel<$type> {
                /// # Safety
                /// As for [`Kernel::run`](super::Kernel).
                #[target_feature(enable = "avx2,fma")]
                unsafe fn run(
                    depth: usize,
                    a: *const $type,
                    b: *const $type,
                    c: *mut $type,
                    stride: usize,
                ) {
                    let mut sums = [[$zero(); 2]; ROWS];
                    for at in 0..depth {
                        // SAFETY: the caller promises `depth` rows of both panels.
                        let right = unsafe {
                            let b = b.add(at * 2 * $lanes);
                            [$load(b), $load(b.add($lanes))]
                        };
                        for (row, sums) in sums.iter_mut().enumerate() {
                            // SAFETY: as above.
                            let left = $splat(unsafe { *a.add(at * ROWS + row) });
                            sums[0] = $fma(left, right[0], sums[0]);
                            sums[1] = $fma(left, right[1], sums[1]);
                        }
                    }
                    for (row, sums) in sums.iter().enumerate() {
                        for (half, &sum) in sums.iter().enumerate() {
                            // SAFETY: the caller promises ROWS rows of two vectors.
                            unsafe {
                                let c = c.add(row * stride + half * $lanes);
                                $store(c, $add($load(c), sum));
                            }
                        }
                    }
                }
                Kernel { rows: ROWS, columns: 2 * $lanes, run }
            }
        };
    }

    kernel!(
        f32,
        f32,
        8,
        _mm256_setzero_ps,
        _mm256_loadu_ps,
        _mm256_storeu_ps,
        _mm256_set1_ps,
        _mm256_add_ps,
        _mm256_fmadd_ps
    );
    kernel!(
        f64,
        f64,
        4,
        _mm256_setzero_pd,
        _mm256_loadu_pd,
        _mm256_storeu_pd,
        _mm256_set1_pd,
        _mm256_add_pd,
        _mm256_fmadd_pd
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Small whole numbers, so that every order of additions gives the same result.
    fn check<T: Float>(kernel: Kernel<T>) {
        let (depth, stride) = (37, kernel.columns + 3);
        let number = |i: usize| T::of((i * 7 % 11) as f64 - 5.0);
        let a: Vec<T> = (0..depth * kernel.rows).map(number).collect();
        let b: Vec<T> = (0..depth * kernel.columns).map(|i| number(i + 3)).collect();
        let mut c: Vec<T> = (0..kernel.rows * stride).map(number).collect();
        let before = c.clone();
        kernel.run(depth, &a, &b, &mut c, stride);
        for (place, (&c, &before)) in c.iter().zip(&before).enumerate() {
            let (row, column) = (place / stride, place % stride);
            let product: T = (0..depth)
                .filter(|_| column < kernel.columns)
                .map(|at| a[at * kernel.rows + row] * b[at * kernel.columns + column])
                .sum();
            assert_eq!(c, before + product, "row {row}, column {column}");
        }
    }

    #[test]
    fn every_kernel_of_this_machine_multiplies() {
        check::<f32>(Kernel::portable());
        check::<f64>(Kernel::portable());
        check(best::f32());
        check(best::f64());
    }
}

//! The innermost loop: a tile of `C` in registers, to which the outer products of a column of `A`
//! and a row of `B` are added.
#![allow(
    unsafe_code,
    reason = "instruction sets are chosen at run time, and vectors are loaded by address"
)]

use std::any::Any;

use crate::element::Float;

/// A kernel and the tile it computes.
#[derive(Clone, Copy)]
pub(crate) struct Kernel<T> {
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

/// The best kernel of this machine for a type.
pub(crate) fn best<T: Float>() -> Kernel<T> {
    let of = |kernel: &dyn Any| kernel.downcast_ref::<Kernel<T>>().copied();
    of(&best_of_f32()).or_else(|| of(&best_of_f64())).unwrap_or_else(Kernel::portable)
}

fn best_of_f32() -> Kernel<f32> {
    #[cfg(target_arch = "x86_64")]
    {
        if crate::simd::avx512() {
            return vectors::f32_avx512();
        }
        if crate::simd::avx2() {
            return vectors::f32_avx2();
        }
    }
    Kernel::portable()
}

fn best_of_f64() -> Kernel<f64> {
    #[cfg(target_arch = "x86_64")]
    if crate::simd::avx2() {
        return vectors::f64_avx2();
    }
    Kernel::portable()
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

#[cfg(target_arch = "x86_64")]
mod vectors {
    use super::Kernel;
    use crate::element::Float;
    use crate::simd::{F32x8, F32x16, F64x4, Vector};

    /// Tiles of `R` rows and two vectors.
    ///
    /// # Safety
    /// As for [`Kernel::run`](super::Kernel).
    #[inline(always)]
    unsafe fn multiply<V: Vector, const R: usize>(
        depth: usize,
        a: *const V::Element,
        b: *const V::Element,
        c: *mut V::Element,
        stride: usize,
    ) {
        let mut sums = [[V::splat(V::Element::ZERO); 2]; R];
        for at in 0..depth {
            // SAFETY: the caller promises `depth` rows of both panels.
            let right = unsafe {
                let b = b.add(at * 2 * V::LANES);
                [V::load_at(b), V::load_at(b.add(V::LANES))]
            };
            for (row, sums) in sums.iter_mut().enumerate() {
                // SAFETY: as above.
                let left = V::splat(unsafe { *a.add(at * R + row) });
                sums[0] = left.mul_add(right[0], sums[0]);
                sums[1] = left.mul_add(right[1], sums[1]);
            }
        }
        for (row, sums) in sums.iter().enumerate() {
            for (half, &sum) in sums.iter().enumerate() {
                // SAFETY: the caller promises `R` rows of two vectors.
                unsafe {
                    let c = c.add(row * stride + half * V::LANES);
                    (V::load_at(c) + sum).store_at(c);
                }
            }
        }
    }

    macro_rules! kernels {
        ($($name:ident: $features:literal, $vector:ident, $rows:literal;)*) => { $(
            pub(super) fn $name() -> Kernel<<$vector as Vector>::Element> {
                type Element = <$vector as Vector>::Element;

                /// # Safety
                /// As for [`Kernel::run`](super::Kernel).
                #[target_feature(enable = $features)]
                unsafe fn run(
                    depth: usize,
                    a: *const Element,
                    b: *const Element,
                    c: *mut Element,
                    stride: usize,
                ) {
                    // SAFETY: the caller's promise.
                    unsafe { multiply::<$vector, $rows>(depth, a, b, c, stride) }
                }
                Kernel { rows: $rows, columns: 2 * $vector::LANES, run }
            }
        )* };
    }

    // Of 16 registers twelve have sums, two `B`, one `A`; of 32, sixteen have sums, so that sizes
    // that are multiples of eight, as most are, leave nothing over.
    kernels! {
        f32_avx2: "avx2,fma", F32x8, 6;
        f64_avx2: "avx2,fma", F64x4, 6;
        f32_avx512: "avx512f,avx2,fma", F32x16, 8;
    }
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
        #[cfg(target_arch = "x86_64")]
        {
            if crate::simd::avx2() {
                check(vectors::f32_avx2());
                check(vectors::f64_avx2());
            }
            if crate::simd::avx512() {
                check(vectors::f32_avx512());
            }
        }
    }
}

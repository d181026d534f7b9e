//! Sums, means, variances and extrema, over all elements or along axes.
//!
//! Sums have a fixed shape: lanes within a block, blocks within a chunk, then the chunks in a
//! binary tree. It depends on the number of elements alone, so the bits don't depend on the number
//! of threads, and the rounding error grows with the logarithm of the length instead of the length.

use crate::element::{Element, Float, is_nan};
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::threads::{self, CHUNK};

/// Inner sizes from here on are split among tasks; below, the reduced axis is.
const WIDE: usize = 512;
/// Rows that are added up before their sum is added to the rest.
const BLOCK: usize = 128;

/// The sum of a slice, by halves down to blocks that are added in eight lanes.
pub(crate) fn sum_slice<T: Float>(elements: &[T]) -> T {
    if elements.len() > BLOCK {
        let middle = (elements.len() / 2).next_multiple_of(BLOCK);
        return sum_slice(&elements[..middle]) + sum_slice(&elements[middle..]);
    }
    let mut lanes = [T::ZERO; 8];
    let blocks = elements.chunks_exact(8);
    let rest = blocks.remainder();
    for block in blocks {
        for (lane, &x) in lanes.iter_mut().zip(block) {
            *lane += x;
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += x;
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + b) + (c + d)) + ((e + f) + (g + h))
}

/// Sums `[outer, n, inner]` over the middle axis into `[outer, inner]`.
fn sum_middle<T: Float>(elements: &[T], [outer, n, inner]: [usize; 3], shape: Shape) -> Tensor<T> {
    Tensor::build(shape, |out| {
        if elements.is_empty() {
            out.fill(T::ZERO);
        } else if inner >= WIDE {
            let parts = inner.div_ceil(WIDE);
            let columns = inner.div_ceil(parts);
            // The output is cut at rows of `inner`, then at columns.
            for (index, out) in out.chunks_mut(inner).enumerate() {
                let rows = &elements[index * n * inner..][..n * inner];
                threads::chunks_mut(out, columns, n * inner, |part, out| {
                    sum_rows(rows, inner, part * columns, out);
                });
            }
        } else {
            let rows = (CHUNK / inner).max(1);
            let chunks = n.div_ceil(rows);
            let partial = threads::map(outer * chunks, elements.len(), |task| {
                let first = task % chunks * rows;
                let rows = rows.min(n - first);
                let start = (task / chunks * n + first) * inner;
                let elements = &elements[start..start + rows * inner];
                if inner == 1 {
                    return vec![sum_slice(elements)];
                }
                let mut sum = vec![T::ZERO; inner];
                sum_rows(elements, inner, 0, &mut sum);
                sum
            });
            for (out, partial) in out.chunks_mut(inner).zip(partial.chunks(chunks)) {
                for (column, out) in out.iter_mut().enumerate() {
                    *out = tree(partial, column);
                }
            }
        }
    })
}

/// The sum of one column of partial sums, by halves.
fn tree<T: Float>(partial: &[Vec<T>], column: usize) -> T {
    match partial {
        [] => T::ZERO,
        [one] => one[column],
        _ => {
            let (left, right) = partial.split_at(partial.len() / 2);
            tree(left, column) + tree(right, column)
        }
    }
}

/// Sums rows of `inner` elements, the columns from `first` on, into `out`.
fn sum_rows<T: Float>(elements: &[T], inner: usize, first: usize, out: &mut [T]) {
    out.fill(T::ZERO);
    let mut block_sum = vec![T::ZERO; out.len()];
    for block in elements.chunks(BLOCK * inner) {
        block_sum.fill(T::ZERO);
        for row in block.chunks(inner) {
            for (sum, &x) in block_sum.iter_mut().zip(&row[first..]) {
                *sum += x;
            }
        }
        for (out, &sum) in out.iter_mut().zip(&block_sum) {
            *out += sum;
        }
    }
}

/// Which axes are reduced.
fn marked(shape: Shape, axes: &[isize]) -> Result<Vec<bool>> {
    let mut marked = vec![false; shape.rank()];
    for &axis in axes {
        if std::mem::replace(&mut marked[shape.axis(axis)?], true) {
            return Err(Error::shape(format!("axis {axis} of {shape} is named twice")));
        }
    }
    Ok(marked)
}

impl<T: Float> Tensor<T> {
    /// The sum of all elements.
    pub fn sum(&self) -> T {
        sum_middle(self.as_slice(), [1, self.numel(), 1], Shape::SCALAR).as_slice()[0]
    }

    /// The mean of all elements; NaN when there are none.
    pub fn mean(&self) -> T {
        self.sum() / T::of(self.numel() as f64)
    }

    /// Sums along some axes, which disappear.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn sum_axes(&self, axes: &[isize]) -> Result<Self> {
        let marked = marked(self.shape(), axes).map_err(|e| e.operation("sum_axes"))?;
        let mut sum = self.clone();
        // From the back, so that the axes in front keep their places; neighbours go together.
        let mut end = marked.len();
        while end > 0 {
            let start =
                marked[..end].iter().rposition(|&m| m != marked[end - 1]).map_or(0, |i| i + 1);
            if marked[end - 1] {
                let shape = sum.shape();
                let sizes = [&shape[..start], &shape[start..end], &shape[end..]]
                    .map(|part| part.iter().product());
                let kept = Shape::new(&[&shape[..start], &shape[end..]].concat())?;
                sum = sum_middle(sum.as_slice(), sizes, kept);
            }
            end = start;
        }
        Ok(sum)
    }

    /// Means along some axes, which disappear.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn mean_axes(&self, axes: &[isize]) -> Result<Self> {
        marked(self.shape(), axes).map_err(|e| e.operation("mean_axes"))?;
        let sum = self.sum_axes(axes)?;
        let count: usize = axes
            .iter()
            .map(|&axis| self.shape().axis(axis).map_or(1, |a| self.shape()[a]))
            .product();
        Ok(sum / T::of(count as f64))
    }

    /// Variances along some axes, which disappear: mean squared distance from the mean, computed
    /// in two passes. The `correction` is subtracted from the number of elements: 1 for the
    /// unbiased estimate from a sample (PyTorch's default), 0 for the whole population. Without
    /// more elements than that, the variance is NaN or infinite.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    pub fn var_axes(&self, axes: &[isize], correction: usize) -> Result<Self> {
        marked(self.shape(), axes).map_err(|e| e.operation("var_axes"))?;
        let mean = self.mean_axes(axes)?;
        let mut kept = self.shape();
        let mut count = 1;
        for &axis in axes {
            let axis = kept.axis(axis)?;
            count *= kept[axis];
            kept = kept.with(axis, 1);
        }
        let square = self.sub(&mean.with_shape(kept))?.into_map(|x| x * x);
        Ok(square.sum_axes(axes)? / T::of(count.saturating_sub(correction) as f64))
    }

    /// Sums whatever broadcasting to this tensor's shape has repeated: the gradient of
    /// broadcasting.
    ///
    /// # Errors
    /// When `shape` doesn't broadcast to this tensor's.
    pub fn sum_to(&self, shape: impl Into<Shape>) -> Result<Self> {
        let shape = shape.into();
        if shape == self.shape() {
            return Ok(self.clone());
        }
        if shape.broadcast(&self.shape()).ok() != Some(self.shape()) {
            return Err(Error::shape(format!("{shape} doesn't broadcast to {}", self.shape()))
                .operation("sum_to"));
        }
        let rank = self.rank();
        let repeated: Vec<isize> = (0..rank)
            .filter(|&axis| shape.aligned(axis, rank) != self.shape()[axis])
            .map(|axis| axis as isize)
            .collect();
        Ok(self.sum_axes(&repeated)?.with_shape(shape))
    }
}

impl<T: Element> Tensor<T> {
    /// Folds one axis: `keep(best, next)` says whether the next element replaces the best so far.
    /// Gives the place of the winner along the axis, the first where several are equal.
    fn winner(&self, axis: isize, keep: impl Fn(T, T) -> bool + Sync) -> Result<Tensor<u32>> {
        let axis = self.shape().axis(axis)?;
        let [_, n, inner] = self.shape().around(axis);
        if n == 0 {
            return Err(Error::shape(format!("axis {axis} of {} is empty", self.shape())));
        }
        let elements = self.as_slice();
        Ok(Tensor::build(self.shape().without(axis), |out| {
            threads::chunks_mut(out, inner.max(1), elements.len(), |outer, out| {
                let rows = &elements[outer * n * inner..][..n * inner];
                for (column, out) in out.iter_mut().enumerate() {
                    let mut best = 0;
                    for row in 1..n {
                        if keep(rows[best * inner + column], rows[row * inner + column]) {
                            best = row;
                        }
                    }
                    *out = best as u32;
                }
            });
        }))
    }

    /// The index of the largest element along an axis, which disappears; the first of several
    /// equal ones. NaN counts as largest, as in PyTorch.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    pub fn argmax(&self, axis: isize) -> Result<Tensor<u32>> {
        self.winner(axis, exceeds).map_err(|e| e.operation("argmax"))
    }

    /// The index of the smallest element along an axis, which disappears; the first of several
    /// equal ones. NaN counts as smallest, as in PyTorch.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    pub fn argmin(&self, axis: isize) -> Result<Tensor<u32>> {
        self.winner(axis, undercuts).map_err(|e| e.operation("argmin"))
    }

    /// The largest element along an axis, which disappears; NaN if there is one.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    pub fn max_axis(&self, axis: isize) -> Result<Self> {
        let places = self.winner(axis, exceeds).map_err(|e| e.operation("max_axis"))?;
        self.pick(axis, &places)
    }

    /// The smallest element along an axis, which disappears; NaN if there is one.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    pub fn min_axis(&self, axis: isize) -> Result<Self> {
        let places = self.winner(axis, undercuts).map_err(|e| e.operation("min_axis"))?;
        self.pick(axis, &places)
    }

    /// The largest element; NaN if there is one; `None` when there are no elements.
    pub fn max(&self) -> Option<T> {
        self.as_slice().iter().copied().reduce(|best, x| if exceeds(best, x) { x } else { best })
    }

    /// The smallest element; NaN if there is one; `None` when there are no elements.
    pub fn min(&self) -> Option<T> {
        self.as_slice().iter().copied().reduce(|best, x| if undercuts(best, x) { x } else { best })
    }
}

fn exceeds<T: Element>(best: T, next: T) -> bool {
    is_nan(next) && !is_nan(best) || next > best
}

fn undercuts<T: Element>(best: T, next: T) -> bool {
    is_nan(next) && !is_nan(best) || next < best
}

//! Sums, means, variances and extrema, over all elements or along axes.
//!
//! Sums have a fixed shape: lanes within a block, blocks within a part in a binary tree, then the
//! parts in the same way. It depends on the sizes alone, so the bits don't depend on the number of
//! threads, and the rounding error grows with the logarithm of the length instead of the length.

use crate::element::{Element, Float, is_nan};
use crate::error::{Error, Result};
use crate::or_panic::or_panic;
use crate::shape::{IntoShape, Shape};
use crate::simd::{add_lanes, vectorized};
use crate::tensor::Tensor;
use crate::threads::{self, CHUNK};

/// Elements that are added up in lanes.
const BLOCK: usize = 512;
/// Sums that a block has at once: four vectors of eight, so that additions need not wait for each
/// other.
const LANES: usize = 32;
/// Columns that a task adds up at once: their sums stay in the first cache.
const COLUMNS: usize = 4096;
/// Fewer columns than this don't fill the vectors, and are added up several rows at a time.
const NARROW: usize = 32;

/// The sum of a slice, by halves down to blocks that are added in lanes.
pub(crate) fn sum_slice<T: Float>(elements: &[T]) -> T {
    by_halves(elements, sum_block)
}

/// The sum of the squared distances from `center`, added as [`sum_slice`] does.
pub(crate) fn sum_squares<T: Float>(elements: &[T], center: T) -> T {
    by_halves(elements, |block| sum_squares_block(block, center))
}

fn by_halves<T: Float>(elements: &[T], block: impl Fn(&[T]) -> T + Copy) -> T {
    if elements.len() <= BLOCK {
        return block(elements);
    }
    let middle = (elements.len() / 2).next_multiple_of(BLOCK);
    by_halves(&elements[..middle], block) + by_halves(&elements[middle..], block)
}

vectorized! {
    fn sum_block<T: Float>(elements: &[T]) -> T {
        in_lanes(elements, |x| x)
    }
}

vectorized! {
    fn sum_squares_block<T: Float>(elements: &[T], center: T) -> T {
        in_lanes(elements, |x| (x - center) * (x - center))
    }
}

/// Adds each element to the lane that its index falls to, then the lanes in halves.
#[inline(always)]
fn in_lanes<T: Float>(elements: &[T], f: impl Fn(T) -> T) -> T {
    let mut lanes = [T::ZERO; LANES];
    let groups = elements.chunks_exact(LANES);
    let rest = groups.remainder();
    for group in groups {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane += f(x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane += f(x);
    }
    add_lanes(lanes)
}

/// Sums `[outer, n, inner]` over the middle axis into `[outer, inner]`: parts of `n` first, each
/// by one task, then these sums in the same way.
fn sum_middle<T: Float>(
    elements: &[T],
    [outer, n, inner]: [usize; 3],
    shape: Shape,
) -> Result<Tensor<T>> {
    if elements.is_empty() {
        return Tensor::try_full(shape, T::ZERO);
    }
    let rows = match inner {
        ..NARROW => CHUNK / inner,
        _ => (4 * CHUNK / inner.min(COLUMNS)).min(BLOCK),
    };
    let parts = n.div_ceil(rows);
    let rows = rows.min(n);
    let partial = match parts {
        1 => shape,
        _ => Shape::new(&[outer, parts, inner]).expect("smaller than what is summed"),
    };
    let cost = elements.len();
    let sums = Tensor::build(partial, |out| {
        let rows_of = |index: usize| {
            let first = index % parts * rows;
            let start = (index / parts * n + first) * inner;
            &elements[start..start + rows.min(n - first) * inner]
        };
        if inner > COLUMNS {
            for (index, out) in out.chunks_mut(inner).enumerate() {
                let rows = rows_of(index);
                threads::chunks_mut(out, COLUMNS, rows.len(), |part, out| {
                    sum_columns(rows, inner, part * COLUMNS, out);
                });
            }
            return;
        }
        let sums = (CHUNK / (rows * inner)).max(1);
        threads::chunks_mut(out, sums * inner, cost, |task, out| {
            for (index, out) in out.chunks_mut(inner).enumerate() {
                let rows = rows_of(task * sums + index);
                match inner {
                    1 => out[0] = sum_slice(rows),
                    ..NARROW => sum_narrow(rows, out),
                    _ => sum_columns(rows, inner, 0, out),
                }
            }
        });
    })?;
    match parts {
        1 => Ok(sums),
        _ => sum_middle(sums.as_slice(), [outer, parts, inner], shape),
    }
}

vectorized! {
    /// Sums rows of `inner` elements, the columns from `first` on, into `out`: four rows at a
    /// time, so that the sums are read and written less often.
    fn sum_columns<T: Float>(rows: &[T], inner: usize, first: usize, out: &mut [T]) {
        out.fill(T::ZERO);
        let groups = rows.chunks_exact(4 * inner);
        for row in groups.remainder().chunks_exact(inner) {
            out.iter_mut().zip(&row[first..]).for_each(|(out, &x)| *out += x);
        }
        for rows in groups {
            let [a, b, c, d] = [0, 1, 2, 3].map(|row| &rows[row * inner + first..][..out.len()]);
            for (column, out) in out.iter_mut().enumerate() {
                *out += (a[column] + b[column]) + (c[column] + d[column]);
            }
        }
    }
}

vectorized! {
    /// As [`sum_columns`] of all columns, for few: as many rows at a time as there are lanes for.
    fn sum_narrow<T: Float>(rows: &[T], out: &mut [T]) {
        let inner = out.len();
        let mut lanes = [T::ZERO; 2 * NARROW];
        let width = lanes.len() / inner * inner;
        for group in rows.chunks(width) {
            lanes.iter_mut().zip(group).for_each(|(lane, &x)| *lane += x);
        }
        out.fill(T::ZERO);
        for row in lanes[..width].chunks_exact(inner) {
            out.iter_mut().zip(row).for_each(|(out, &x)| *out += x);
        }
    }
}

/// Which axes are reduced.
pub(crate) fn marked(shape: Shape, axes: &[isize]) -> Result<Vec<bool>> {
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
        let sum = sum_middle(self.as_slice(), [1, self.numel(), 1], Shape::SCALAR);
        or_panic(sum).as_slice()[0]
    }

    /// The sum of the squares of all elements.
    pub fn sum_of_squares(&self) -> T {
        let elements = self.as_slice();
        let parts = threads::map(elements.len().div_ceil(CHUNK), elements.len(), |part| {
            let part = &elements[part * CHUNK..];
            sum_squares(&part[..part.len().min(CHUNK)], T::ZERO)
        });
        sum_slice(&parts)
    }

    /// The mean of all elements; NaN when there are none.
    pub fn mean(&self) -> T {
        self.sum() / T::of(self.numel() as f64)
    }

    /// Sums along some axes, which disappear.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    #[doc(alias = "sum")]
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
                sum = sum_middle(sum.as_slice(), sizes, kept)?;
            }
            end = start;
        }
        Ok(sum)
    }

    /// Means along some axes, which disappear.
    ///
    /// # Errors
    /// When there is no such axis, or one is named twice.
    #[doc(alias = "mean")]
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
    #[doc(alias = "var")]
    pub fn var_axes(&self, axes: &[isize], correction: usize) -> Result<Self> {
        let marked = marked(self.shape(), axes).map_err(|e| e.operation("var_axes"))?;
        let mean = self.mean_axes(axes)?;
        let mut kept = self.shape();
        let mut count = 1;
        for &axis in axes {
            let axis = kept.axis(axis)?;
            count *= kept[axis];
            kept = kept.with(axis, 1);
        }
        let divisor = T::of(count.saturating_sub(correction) as f64);
        // The last axes alone: each sum is of neighbours.
        if marked.is_sorted() && (1..=CHUNK).contains(&count) {
            let (elements, centers) = (self.as_slice(), mean.as_slice());
            return Self::build(mean.shape(), |out| {
                let rows = CHUNK / count;
                threads::chunks_mut(out, rows, elements.len(), |task, out| {
                    for (row, out) in (task * rows..).zip(out) {
                        let elements = &elements[row * count..][..count];
                        *out = sum_squares(elements, centers[row]) / divisor;
                    }
                });
            });
        }
        let square = self.sub(&mean.with_shape(kept))?.into_map(|x| x * x);
        Ok(square.sum_axes(axes)? / divisor)
    }

    /// Sums whatever broadcasting to this tensor's shape has repeated: the gradient of
    /// broadcasting.
    ///
    /// # Errors
    /// When `shape` doesn't broadcast to this tensor's.
    #[doc(alias = "sum_to_size")]
    pub fn sum_to(&self, shape: impl IntoShape) -> Result<Self> {
        let shape = shape.into_shape().map_err(|error| error.operation("sum_to"))?;
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
        Tensor::build(self.shape().without(axis), |out| {
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
        })
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
    #[doc(alias = "amax")]
    pub fn max_axis(&self, axis: isize) -> Result<Self> {
        let places = self.winner(axis, exceeds).map_err(|e| e.operation("max_axis"))?;
        self.pick(axis, &places)
    }

    /// The smallest element along an axis, which disappears; NaN if there is one.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    #[doc(alias = "amin")]
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

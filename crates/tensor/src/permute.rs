//! Reordering axes.

use crate::element::Element;
use crate::error::{Error, Result};
use crate::shape::{MAX_RANK, Shape};
use crate::tensor::Tensor;
use crate::threads;

/// The side of the squares that a transposed copy goes by: both sides of it stay in the cache.
const TILE: usize = 16;

impl<T: Element> Tensor<T> {
    /// Reorders the axes: axis `i` of the result is axis `order[i]` of this tensor. Copies.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let pixels = Tensor::zeros([32, 48, 3]); // H, W, C
    /// assert_eq!(pixels.permute(&[2, 0, 1])?.shape(), [3, 32, 48].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When `order` doesn't name each axis once.
    pub fn permute(&self, order: &[isize]) -> Result<Self> {
        let shape = self.shape();
        let axes = permutation(shape, order).map_err(|e| e.operation("permute"))?;
        let own = shape.strides();
        let mut out_shape = shape;
        let mut strides = [0; MAX_RANK];
        for (to, &from) in axes.iter().enumerate() {
            out_shape[to] = shape[from];
            strides[to] = own[from];
        }
        if axes.is_sorted() || self.numel() == 0 {
            return Ok(self.clone().with_shape(out_shape));
        }
        Ok(Self::build(out_shape, |out| gather(self.as_slice(), out_shape, strides, out)))
    }

    /// Swaps two axes. Copies; [`t`](Self::t) gives the matrix product a transposed operand
    /// without a copy.
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn transpose(&self, a: isize, b: isize) -> Result<Self> {
        let both = |a, b| Ok((self.shape().axis(a)?, self.shape().axis(b)?));
        let (a, b) = both(a, b).map_err(|e: Error| e.operation("transpose"))?;
        let mut order: Vec<isize> = (0..self.rank() as isize).collect();
        order.swap(a, b);
        self.permute(&order)
    }
}

/// Checks an order of axes.
pub(crate) fn permutation(shape: Shape, order: &[isize]) -> Result<Vec<usize>> {
    let axes: Result<Vec<usize>> = order.iter().map(|&axis| shape.axis(axis)).collect();
    let axes = axes?;
    let mut sorted = axes.clone();
    sorted.sort_unstable();
    if sorted.into_iter().eq(0..shape.rank()) {
        Ok(axes)
    } else {
        Err(Error::shape(format!("{order:?} doesn't name each axis of {shape} once")))
    }
}

/// Writes `out` in order, its axes having the given strides in `elements`.
fn gather<T: Element>(elements: &[T], shape: Shape, strides: [usize; MAX_RANK], out: &mut [T]) {
    let rank = shape.rank();
    let (columns, step) = (shape[rank - 1], strides[rank - 1]);
    // Rows of the last axis go in groups of the axis before it, so that a transposition is done
    // by tiles.
    let (rows, row_step) = if rank > 1 { (shape[rank - 2], strides[rank - 2]) } else { (1, 0) };
    let cost = out.len();
    threads::chunks_mut(out, rows * columns, cost, |mut plane, out| {
        let mut base = 0;
        for axis in (0..rank.saturating_sub(2)).rev() {
            base += plane % shape[axis] * strides[axis];
            plane /= shape[axis];
        }
        if step == 1 {
            for (row, out) in out.chunks_mut(columns).enumerate() {
                out.copy_from_slice(&elements[base + row * row_step..][..columns]);
            }
            return;
        }
        for top in (0..rows).step_by(TILE) {
            for left in (0..columns).step_by(TILE) {
                for row in top..rows.min(top + TILE) {
                    let out = &mut out[row * columns..][..columns];
                    for column in left..columns.min(left + TILE) {
                        out[column] = elements[base + row * row_step + column * step];
                    }
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_checked() {
        let x = Tensor::zeros([2, 3, 4]);
        assert_eq!(
            x.permute(&[0, 1, 1]).unwrap_err().to_string(),
            "permute: [0, 1, 1] doesn't name each axis of [2, 3, 4] once",
        );
        assert_eq!(x.permute(&[-1, 0, 1]).unwrap().shape(), [4, 2, 3].into());
    }

    #[test]
    fn every_element_moves_to_its_place() {
        let x = Tensor::from_fn([3, 20, 33], |i| (i[0] * 10_000 + i[1] * 100 + i[2]) as u32);
        for order in [[0, 2, 1], [1, 0, 2], [2, 1, 0], [1, 2, 0]] {
            let y = x.permute(&order).unwrap();
            let expected = Tensor::from_fn(y.shape(), |i| {
                let mut index = [0; 3];
                for (&place, &from) in i.iter().zip(&order) {
                    index[from as usize] = place;
                }
                x.get(&index).unwrap()
            });
            assert_eq!(y, expected);
        }
    }
}

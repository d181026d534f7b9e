//! Reordering axes.

use crate::element::Element;
use crate::error::{Error, Result};
use crate::past_caches::Writer;
use crate::shape::{MAX_RANK, Shape};
use crate::tensor::Tensor;
use crate::threads::{self, CHUNK};

#[cfg(target_arch = "x86_64")]
mod square;

/// The side of the squares that a transposed copy goes by: a cache line of `f32`.
const SQUARE: usize = 16;

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
            out_shape = out_shape.with(to, shape[from]);
            strides[to] = own[from];
        }
        if axes.is_sorted() || self.numel() <= 1 {
            return Ok(self.clone().with_shape(out_shape));
        }
        Self::build(out_shape, |out| gather(self.as_slice(), out_shape, strides, out))
    }

    /// Swaps two axes. Copies; [`t`](Self::t) gives the matrix product a transposed operand
    /// without a copy.
    ///
    /// # Errors
    /// When there is no such axis.
    #[doc(alias("swapaxes", "swapdims"))]
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
    let axes = Axis::merged(shape, strides);
    let cost = out.len();
    let (columns, outer) = axes.split_last().expect("what has elements in another order");
    if columns.stride == 1 {
        // Whole rows are copied.
        let rows = (CHUNK / columns.size).max(1);
        threads::chunks_mut(out, rows * columns.size, cost, |task, out| {
            for (row, out) in out.chunks_mut(columns.size).enumerate() {
                let from = offset(outer, task * rows + row);
                out.copy_from_slice(&elements[from..][..columns.size]);
            }
        });
        return;
    }
    // The axis whose elements are neighbours in the input: with the last axis of the output, it
    // spans squares that are read by one and written by the other.
    let place = outer.iter().position(|axis| axis.stride == 1).expect("the input's last axis");
    let (rows, between) = (outer[place], &outer[place + 1..]);
    let inner: usize = between.iter().map(|axis| axis.size).product();
    let pitch = inner * columns.size;
    let chunk = (CHUNK / pitch).next_multiple_of(SQUARE).max(SQUARE);
    let numel = out.len();
    threads::chunks_of_each_mut(out, rows.size * pitch, chunk * pitch, cost, |whole, part, out| {
        let start = offset(&outer[..place], whole) + part * chunk;
        let writer = Writer::of::<T>(numel);
        for index in 0..inner {
            let from = &elements[start + offset(between, index)..];
            let out = &mut out[index * columns.size..];
            let rows = chunk.min(rows.size - part * chunk);
            by_squares(from, columns.stride, out, pitch, [rows, columns.size], &writer);
        }
    });
}

/// An axis of the output.
#[derive(Clone, Copy)]
struct Axis {
    size: usize,
    /// From one element to the next in the input.
    stride: usize,
}

impl Axis {
    /// The axes of which both sides see one long one go together; those of size 1 are nothing.
    fn merged(shape: Shape, strides: [usize; MAX_RANK]) -> Vec<Self> {
        let mut axes: Vec<Self> = Vec::with_capacity(shape.rank());
        for (&size, stride) in shape.iter().zip(strides).filter(|(size, _)| **size != 1) {
            match axes.last_mut() {
                Some(last) if last.stride == stride * size => {
                    *last = Self { size: last.size * size, stride };
                }
                _ => axes.push(Self { size, stride }),
            }
        }
        axes
    }
}

/// Where the element with this flat index over some axes lies in the input.
fn offset(axes: &[Axis], mut index: usize) -> usize {
    let mut offset = 0;
    for axis in axes.iter().rev() {
        offset += index % axis.size * axis.stride;
        index /= axis.size;
    }
    offset
}

/// `out[row · out_pitch + column] = from[column · pitch + row]`, by squares that are as long as a
/// cache line on both sides.
pub(crate) fn transpose<T: Element>(
    from: &[T],
    pitch: usize,
    out: &mut [T],
    out_pitch: usize,
    sizes: [usize; 2],
) {
    by_squares(from, pitch, out, out_pitch, sizes, &Writer::of::<T>(0));
}

/// As [`transpose`], of a part of what the writer is for.
fn by_squares<T: Element>(
    from: &[T],
    pitch: usize,
    out: &mut [T],
    out_pitch: usize,
    [rows, columns]: [usize; 2],
    writer: &Writer,
) {
    for top in (0..rows).step_by(SQUARE) {
        let height = SQUARE.min(rows - top);
        for left in (0..columns).step_by(SQUARE) {
            let width = SQUARE.min(columns - left);
            let from = &from[left * pitch + top..];
            let out = &mut out[top * out_pitch + left..];
            #[cfg(target_arch = "x86_64")]
            if [height, width] == [SQUARE; 2]
                && square::transpose(from, pitch, out, out_pitch, writer)
            {
                continue;
            }
            #[cfg(not(target_arch = "x86_64"))]
            let _ = writer;
            for row in 0..height {
                for column in 0..width {
                    out[row * out_pitch + column] = from[column * pitch + row];
                }
            }
        }
    }
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

//! Elementwise operations on two tensors, with NumPy's broadcasting.

use crate::element::Element;
use crate::error::Result;
use crate::loops::{Zip, ZipInPlace};
use crate::shape::{IntoShape, MAX_RANK, Shape};
use crate::tensor::Tensor;
use crate::threads::{self, CHUNK};

impl<T: Element> Tensor<T> {
    /// Applies a function to each pair of elements; shapes broadcast.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let column = Tensor::from([[1.0], [2.0]]);
    /// let row = Tensor::from([10.0, 20.0]);
    /// let powers = column.zip(&row, |a: f32, b: f32| a + b)?;
    /// assert_eq!(powers, Tensor::from([[11.0, 21.0], [12.0, 22.0]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn zip<U: Element, V: Element>(
        &self,
        other: &Tensor<U>,
        f: impl Fn(T, U) -> V + Sync,
    ) -> Result<Tensor<V>> {
        self.zip_by(other, &f)
    }

    fn zip_by<U: Element, V: Element>(
        &self,
        other: &Tensor<U>,
        f: &dyn Zip<T, U, V>,
    ) -> Result<Tensor<V>> {
        let shape = self.shape().broadcast(&other.shape())?;
        let walk = Walk::new(shape, self.shape(), other.shape());
        let (a, b) = (self.as_slice(), other.as_slice());
        walk.fill(shape, |run, out| match run.steps {
            [1, 1] => f.zip(&a[run.a..], &b[run.b..], out),
            [1, 0] => f.zip_with_second(&a[run.a..], b[run.b], out),
            [0, 1] => f.zip_with_first(a[run.a], &b[run.b..], out),
            _ => out.fill(f.of(a[run.a], b[run.b])),
        })
    }

    /// Applies a function to each pair of elements of two tensors of the same shape, in place if
    /// nobody shares this one.
    ///
    /// # Errors
    /// When the shapes differ.
    pub fn zip_into<U: Element>(
        self,
        other: &Tensor<U>,
        f: impl Fn(T, U) -> T + Sync,
    ) -> Result<Self> {
        self.zip_into_by(other, &f)
    }

    fn zip_into_by<U: Element>(
        mut self,
        other: &Tensor<U>,
        f: &dyn ZipInPlace<T, U>,
    ) -> Result<Self> {
        if self.shape() != other.shape() {
            return Err(crate::Error::shape(format!(
                "{} and {} should be equal to work in place",
                self.shape(),
                other.shape()
            )));
        }
        let (elements, others) = (self.as_mut_slice(), other.as_slice());
        threads::chunks_mut(elements, CHUNK, others.len(), |index, chunk| {
            f.zip_in_place(chunk, &others[index * CHUNK..]);
        });
        Ok(self)
    }

    /// The elements repeated along axes of size 1, and new axes in front, as a whole tensor.
    ///
    /// # Errors
    /// When this shape doesn't broadcast to `shape`.
    #[doc(alias = "expand")]
    pub fn broadcast_to(&self, shape: impl IntoShape) -> Result<Self> {
        let shape = shape.into_shape().map_err(|error| error.operation("broadcast_to"))?;
        if self.shape().broadcast(&shape).ok() != Some(shape) {
            return Err(crate::Error::shape(format!(
                "{} doesn't broadcast to {shape}",
                self.shape()
            ))
            .operation("broadcast_to"));
        }
        let walk = Walk::new(shape, self.shape(), self.shape());
        let a = self.as_slice();
        walk.fill(shape, |run, out| match run.steps[0] {
            1 => out.copy_from_slice(&a[run.a..][..out.len()]),
            _ => out.fill(a[run.a]),
        })
        .map_err(|error| error.operation("broadcast_to"))
    }
}

/// How two operands are walked to fill a result in row-major order: the result's axes, merged
/// wherever both operands are contiguous across them, with each operand's step along them.
struct Walk {
    axes: [Axis; MAX_RANK],
    count: usize,
}

#[derive(Clone, Copy, Default)]
struct Axis {
    size: usize,
    strides: [usize; 2],
}

/// A stretch of the result along which each operand moves by 1 or stays.
struct Run {
    len: usize,
    a: usize,
    b: usize,
    steps: [usize; 2],
}

impl Walk {
    fn new(shape: Shape, a: Shape, b: Shape) -> Self {
        let rank = shape.rank();
        let strides = [a, b].map(|operand| {
            let own = operand.strides();
            let mut strides = [0; MAX_RANK];
            for (axis, stride) in strides.iter_mut().enumerate().take(rank) {
                if let Some(index) = (axis + operand.rank()).checked_sub(rank)
                    && operand[index] != 1
                {
                    *stride = own[index];
                }
            }
            strides
        });
        let mut walk = Self { axes: [Axis { size: 1, strides: [0, 0] }; MAX_RANK], count: 1 };
        for axis in (0..rank).rev().filter(|&axis| shape[axis] != 1) {
            let next = Axis { size: shape[axis], strides: strides.map(|strides| strides[axis]) };
            let last = &mut walk.axes[walk.count - 1];
            let first_axis = last.size == 1;
            if first_axis {
                *last = next;
            } else if (0..2).all(|i| next.strides[i] == last.strides[i] * last.size) {
                last.size *= next.size;
            } else {
                walk.axes[walk.count] = next;
                walk.count += 1;
            }
        }
        walk
    }

    /// Makes the result, run by run.
    fn fill<V: Element>(
        &self,
        shape: Shape,
        fill: impl Fn(Run, &mut [V]) + Sync,
    ) -> Result<Tensor<V>> {
        Tensor::build(shape, |out| {
            let cost = out.len();
            threads::chunks_mut(out, CHUNK, cost, |index, mut rest| {
                let mut start = index * CHUNK;
                while !rest.is_empty() {
                    let run = self.run_at(start, rest.len());
                    let (out, tail) = rest.split_at_mut(run.len);
                    start += run.len;
                    rest = tail;
                    fill(run, out);
                }
            });
        })
    }

    /// The run that begins at the result's flat index `start`, at most `limit` long.
    fn run_at(&self, start: usize, limit: usize) -> Run {
        let inner = self.axes[0];
        let column = start % inner.size;
        let mut row = start / inner.size;
        let mut offsets = inner.strides.map(|stride| column * stride);
        for axis in &self.axes[1..self.count] {
            let index = row % axis.size;
            row /= axis.size;
            offsets[0] += index * axis.strides[0];
            offsets[1] += index * axis.strides[1];
        }
        Run {
            len: (inner.size - column).min(limit),
            a: offsets[0],
            b: offsets[1],
            steps: inner.strides,
        }
    }
}

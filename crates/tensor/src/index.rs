//! Choosing elements by index, and its gradient: adding at an index.

use crate::element::{Element, Float};
use crate::error::{Error, Result};
use crate::shape::{IntoShape, Shape};
use crate::tensor::Tensor;
use crate::threads;

/// The first index outside `0..size`, as an error.
fn check(indices: &Tensor<u32>, axis: usize, shape: Shape) -> Result<()> {
    let size = shape[axis];
    match indices.as_slice().iter().position(|&index| index as usize >= size) {
        None => Ok(()),
        Some(place) => Err(Error::index(format!(
            "index {} at place {place} is outside axis {axis} of {shape}",
            indices.as_slice()[place],
        ))
        .hint(match size {
            0 => "the axis is empty".to_owned(),
            _ => format!("indices go from 0 to {}", size - 1),
        })),
    }
}

impl<T: Element> Tensor<T> {
    /// The slices of `axis` that `indices` (of one axis) name, in that order: rows of a table,
    /// samples of a data set, words of an embedding.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let table = Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    /// let rows = table.index_select(0, &Tensor::from([2, 0]))?;
    /// assert_eq!(rows, Tensor::from([[5.0, 6.0], [1.0, 2.0]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such axis, `indices` has more axes than one, or an index is out of range.
    #[doc(alias("take", "embedding"))]
    pub fn index_select(&self, axis: isize, indices: &Tensor<u32>) -> Result<Self> {
        let shape = index_select_shape(self.shape(), axis, indices)?;
        let [outer, size, inner] = self.shape().around(self.shape().axis(axis)?);
        let elements = self.as_slice();
        Self::build(shape, |out| {
            let cost = out.len();
            threads::chunks_mut(out, inner.max(1), cost, |row, out| {
                let index = indices.as_slice()[row % indices.numel()] as usize;
                let row = row / indices.numel() * size + index;
                out.copy_from_slice(&elements[row * inner..][..inner]);
            });
            debug_assert!(outer * indices.numel() * inner == cost);
        })
        .map_err(|error| error.operation("index_select"))
    }

    /// One element along an axis for each place in the others: `[N, C]` and `[N]` labels give the
    /// `[N]` scores of those labels.
    ///
    /// # Errors
    /// When there is no such axis, `indices` hasn't this tensor's shape without it, or an index is
    /// out of range.
    #[doc(alias = "gather")]
    pub fn pick(&self, axis: isize, indices: &Tensor<u32>) -> Result<Self> {
        let shape = pick_shape(self.shape(), axis, indices)?;
        let [_, size, inner] = self.shape().around(self.shape().axis(axis)?);
        let elements = self.as_slice();
        Self::build(shape, |out| {
            for (place, (out, &index)) in out.iter_mut().zip(indices.as_slice()).enumerate() {
                let (outer, column) = (place / inner, place % inner);
                *out = elements[(outer * size + index as usize) * inner + column];
            }
        })
    }

    /// The part of `axis` from `start` on, `len` long.
    ///
    /// # Errors
    /// When there is no such axis, or it ends before `start + len`.
    #[doc(alias = "slice")]
    pub fn narrow(&self, axis: isize, start: usize, len: usize) -> Result<Self> {
        let narrow = || {
            let axis = self.shape().axis(axis)?;
            let [_, size, inner] = self.shape().around(axis);
            if start.checked_add(len).is_none_or(|end| end > size) {
                return Err(Error::index(format!(
                    "{len} from {start} on end outside axis {axis} of {}",
                    self.shape()
                )));
            }
            let elements = self.as_slice();
            Self::build(self.shape().with(axis, len), |out| {
                let cost = out.len();
                threads::chunks_mut(out, len * inner, cost, |outer, out| {
                    out.copy_from_slice(&elements[(outer * size + start) * inner..][..len * inner]);
                });
            })
        };
        narrow().map_err(|error: Error| error.operation("narrow"))
    }

    /// Places one after another along an existing axis.
    ///
    /// # Errors
    /// When there are none, there is no such axis, or the other sizes differ.
    #[doc(alias = "cat")]
    pub fn concat(tensors: &[&Self], axis: isize) -> Result<Self> {
        let concat = || {
            let first = tensors.first().ok_or_else(|| Error::shape("there are no tensors"))?;
            let axis = first.shape().axis(axis)?;
            let mut size = 0_usize;
            for (place, tensor) in tensors.iter().enumerate() {
                let matches = tensor.rank() == first.rank()
                    && tensor.shape().with(axis, 1) == first.shape().with(axis, 1);
                if !matches {
                    return Err(Error::shape(format!(
                        "tensor {place} is {}, the first is {}: they may differ at axis {axis} only",
                        tensor.shape(),
                        first.shape()
                    )));
                }
                size = size.saturating_add(tensor.shape()[axis]);
            }
            let shape = Shape::new(&first.shape().with(axis, size))?;
            let [_, _, inner] = shape.around(axis);
            Self::build(shape, |out| {
                let cost = out.len();
                threads::chunks_mut(out, size * inner, cost, |outer, mut out| {
                    for tensor in tensors {
                        let len = tensor.shape()[axis] * inner;
                        let (part, rest) = out.split_at_mut(len);
                        part.copy_from_slice(&tensor.as_slice()[outer * len..][..len]);
                        out = rest;
                    }
                });
            })
        };
        concat().map_err(|error: Error| error.operation("concat"))
    }

    /// Places one after another along a new axis; 0 makes a batch of samples, −1 puts it last.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let (a, b) = (Tensor::from([1.0, 2.0]), Tensor::from([3.0, 4.0]));
    /// assert_eq!(Tensor::stack(&[&a, &b], 0)?, Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(Tensor::stack(&[&a, &b], -1)?, Tensor::from([[1.0, 3.0], [2.0, 4.0]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are none, their shapes differ, or there is no such place.
    pub fn stack(tensors: &[&Self], axis: isize) -> Result<Self> {
        let stack = || {
            let first = tensors.first().ok_or_else(|| Error::shape("there are no tensors"))?;
            if let Some(place) = tensors.iter().position(|t| t.shape() != first.shape()) {
                return Err(Error::shape(format!(
                    "tensor {place} is {}, the first is {}: they should be of one shape",
                    tensors[place].shape(),
                    first.shape()
                )));
            }
            let parts: Result<Vec<Self>> = tensors.iter().map(|t| t.unsqueeze(axis)).collect();
            Self::concat(&parts?.iter().collect::<Vec<_>>(), axis)
        };
        stack().map_err(|error: Error| error.operation("stack"))
    }
}

/// The shape of [`Tensor::index_select`]'s result.
///
/// # Errors
/// When there is no such axis, `indices` has more axes than one, or an index is out of range.
pub fn index_select_shape(x: Shape, axis: isize, indices: &Tensor<u32>) -> Result<Shape> {
    let shape = || {
        let axis = x.axis(axis)?;
        if indices.rank() != 1 {
            return Err(Error::shape(format!("indices {} should have one axis", indices.shape()))
                .hint("flatten them, and reshape the result"));
        }
        check(indices, axis, x)?;
        Shape::new(&x.with(axis, indices.numel()))
    };
    shape().map_err(|error: Error| error.operation("index_select"))
}

/// The shape of [`Tensor::pick`]'s result.
///
/// # Errors
/// When there is no such axis, `indices` hasn't this shape without it, or an index is out of range.
pub fn pick_shape(x: Shape, axis: isize, indices: &Tensor<u32>) -> Result<Shape> {
    let shape = || {
        let axis = x.axis(axis)?;
        check_pick(indices, axis, x)?;
        Ok(indices.shape())
    };
    shape().map_err(|error: Error| error.operation("pick"))
}

fn check_pick(indices: &Tensor<u32>, axis: usize, shape: Shape) -> Result<()> {
    if indices.shape() != shape.without(axis) {
        return Err(Error::shape(format!(
            "indices {} should be {}: {shape} without axis {axis}",
            indices.shape(),
            shape.without(axis),
        )));
    }
    check(indices, axis, shape)
}

impl<T: Float> Tensor<T> {
    /// Adds the slices of `source` to the slices of `axis` that `indices` name: the gradient of
    /// [`index_select`](Self::index_select). Slices that are named twice are added to twice, in
    /// order.
    ///
    /// # Errors
    /// When the shapes don't fit, or an index is out of range.
    pub fn index_add(&mut self, axis: isize, indices: &Tensor<u32>, source: &Self) -> Result<()> {
        let shape = self.shape();
        let axis = shape.axis(axis).map_err(|e| e.operation("index_add"))?;
        let expected = shape.with(axis, indices.numel());
        if indices.rank() != 1 || source.shape() != expected {
            return Err(Error::shape(format!(
                "source {} and indices {} don't fit {shape} at axis {axis}",
                source.shape(),
                indices.shape()
            ))
            .operation("index_add"));
        }
        check(indices, axis, shape).map_err(|e| e.operation("index_add"))?;
        let [_, size, inner] = shape.around(axis);
        let (out, source) = (self.as_mut_slice(), source.as_slice());
        let cost = source.len();
        // Each task has some slices of the result, and looks for them among all indices: worth it
        // where a slice is much longer than an index.
        let tasks = (inner / 16).clamp(1, 8);
        let slices = size.div_ceil(tasks);
        let indices = indices.as_slice();
        let chunk = slices * inner;
        threads::chunks_of_each_mut(out, size * inner, chunk, cost, |outer, task, out| {
            let first = task * slices;
            let own = first..first + out.len() / inner;
            for (place, &index) in indices.iter().enumerate() {
                if !own.contains(&(index as usize)) {
                    continue;
                }
                let out = &mut out[(index as usize - first) * inner..][..inner];
                let source = &source[(outer * indices.len() + place) * inner..][..inner];
                out.iter_mut().zip(source).for_each(|(out, &x)| *out += x);
            }
        });
        Ok(())
    }

    /// A tensor of this shape that is 0 but for the picked elements, which are `values`: the
    /// gradient of [`pick`](Self::pick).
    ///
    /// # Errors
    /// When the shapes don't fit, or an index is out of range.
    #[doc(alias = "scatter")]
    pub fn unpick(
        shape: impl IntoShape,
        axis: isize,
        indices: &Tensor<u32>,
        values: &Self,
    ) -> Result<Self> {
        let shape = shape.into_shape().map_err(|error| error.operation("unpick"))?;
        let axis = shape.axis(axis).map_err(|e| e.operation("unpick"))?;
        check_pick(indices, axis, shape).map_err(|e| e.operation("unpick"))?;
        if values.shape() != indices.shape() {
            return Err(Error::shape(format!(
                "values {} and indices {} differ",
                values.shape(),
                indices.shape()
            ))
            .operation("unpick"));
        }
        let [_, size, inner] = shape.around(axis);
        let mut out = Self::try_full(shape, T::ZERO).map_err(|e| e.operation("unpick"))?;
        let elements = out.as_mut_slice();
        let pairs = indices.as_slice().iter().zip(values.as_slice());
        for (place, (&index, &value)) in pairs.enumerate() {
            let (outer, column) = (place / inner, place % inner);
            elements[(outer * size + index as usize) * inner + column] = value;
        }
        Ok(out)
    }

    /// A tensor of `size` along `axis` that is 0 but for this one at `start`: the gradient of
    /// [`narrow`](Self::narrow).
    ///
    /// # Errors
    /// When there is no such axis, or it would end outside.
    pub fn widen(&self, axis: isize, start: usize, size: usize) -> Result<Self> {
        let axis = self.shape().axis(axis).map_err(|e| e.operation("widen"))?;
        let [_, len, inner] = self.shape().around(axis);
        if start.checked_add(len).is_none_or(|end| end > size) {
            return Err(Error::index(format!(
                "axis {axis} of {} from {start} on ends outside {size}",
                self.shape()
            ))
            .operation("widen"));
        }
        let out = Shape::new(&self.shape().with(axis, size))
            .and_then(|shape| Self::try_full(shape, T::ZERO));
        let mut out = out.map_err(|e| e.operation("widen"))?;
        if self.numel() > 0 {
            let rows = out.as_mut_slice().chunks_mut(size * inner);
            for (out, part) in rows.zip(self.as_slice().chunks(len * inner)) {
                out[start * inner..][..part.len()].copy_from_slice(part);
            }
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selecting_and_adding() {
        let table = Tensor::from([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
        let places = Tensor::from([1_u32, 1, 0]);
        let columns = table.index_select(1, &places).unwrap();
        assert_eq!(columns, Tensor::from([[2.0, 2.0, 1.0], [4.0, 4.0, 3.0], [6.0, 6.0, 5.0]]));
        let mut sums = Tensor::zeros([3, 2]);
        sums.index_add(1, &places, &columns).unwrap();
        assert_eq!(sums, Tensor::from([[1.0, 4.0], [3.0, 8.0], [5.0, 12.0]]));
        assert_eq!(
            table.index_select(0, &Tensor::from([0_u32, 3])).unwrap_err().to_string(),
            "index_select: index 3 at place 1 is outside axis 0 of [3, 2]; indices go from 0 to 2",
        );
    }

    #[test]
    fn picking_and_its_gradient() {
        let scores = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let labels = Tensor::from([2_u32, 0]);
        let picked = scores.pick(1, &labels).unwrap();
        assert_eq!(picked, Tensor::from([3.0, 4.0]));
        assert_eq!(
            Tensor::unpick([2, 3], 1, &labels, &picked).unwrap(),
            Tensor::from([[0.0, 0.0, 3.0], [4.0, 0.0, 0.0]]),
        );
        assert_eq!(
            scores.pick(1, &Tensor::from([0_u32])).unwrap_err().to_string(),
            "pick: indices [1] should be [2]: [2, 3] without axis 1",
        );
    }

    #[test]
    fn narrowing_widening_and_joining() {
        let x = Tensor::from_fn([2, 4, 3], |i| (i[0] * 12 + i[1] * 3 + i[2]) as f32);
        let parts = [x.narrow(1, 0, 1).unwrap(), x.narrow(-2, 1, 3).unwrap()];
        assert_eq!(Tensor::concat(&parts.each_ref(), 1).unwrap(), x);
        let wide = parts[1].widen(1, 1, 4).unwrap() + &parts[0].widen(1, 0, 4).unwrap();
        assert_eq!(wide, x);
        assert_eq!(
            x.narrow(1, 3, 2).unwrap_err().to_string(),
            "narrow: 2 from 3 on end outside axis 1 of [2, 4, 3]",
        );
        assert_eq!(
            Tensor::concat(&[&x, &wide.narrow(0, 0, 1).unwrap()], 1).unwrap_err().to_string(),
            "concat: tensor 1 is [1, 4, 3], the first is [2, 4, 3]: they may differ at axis 1 only",
        );
    }
}

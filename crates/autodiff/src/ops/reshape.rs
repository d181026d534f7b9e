//! The same elements in another shape.

use plywood_tensor::{Float, IntoShape, Result, Shape};

use crate::declaration::{Declaration, Sample, normal, shape};
use crate::var::{Var, record};

pub(crate) const RESHAPE: Declaration = Declaration {
    name: "reshape",
    equation: "y = x, in another shape",
    gradient: "dx = dy, in the shape of x",
    sample: |rng| {
        let dims = shape(rng, 4);
        let turned: Vec<usize> = dims.iter().rev().copied().collect();
        let to = Shape::new(&turned).expect("small");
        Sample::new(
            vec![normal(rng, &dims)],
            move |inputs, _| inputs[0].reshape(to),
            move |inputs| {
                plywood_tensor::Tensor::from_vec(inputs[0].to_vec(), to).expect("as many")
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// The same elements in another shape.
    ///
    /// # Errors
    /// When the shapes have different numbers of elements.
    pub fn reshape(&self, shape: impl IntoShape) -> Result<Self> {
        let shape = shape.into_shape().map_err(|error| error.operation("reshape"))?;
        let x_shape = self.shape();
        if x_shape.numel() != shape.numel() {
            return Err(plywood_tensor::Error::shape(format!(
                "{x_shape} has {} elements, {shape} has {}",
                x_shape.numel(),
                shape.numel()
            ))
            .operation("reshape"));
        }
        let kernel = || Ok((self.known().reshape(shape)?, ()));
        record("reshape", &[self], shape, 0, kernel, move |(), dy, grads| {
            grads.accumulate(0, || dy.reshape(x_shape))
        })
    }

    /// All axes after the batch as one: `[N, C, H, W]` becomes `[N, C · H · W]`.
    ///
    /// # Errors
    /// When there is no batch axis.
    pub fn flatten(&self) -> Result<Self> {
        let shape = self.shape();
        let Some((&batch, rest)) = shape.split_first() else {
            return Err(plywood_tensor::Error::shape("a single number has no batch axis")
                .operation("flatten"));
        };
        self.reshape([batch, rest.iter().product()])
    }

    /// A new axis of size 1 before `axis` (−1 puts it last).
    ///
    /// # Errors
    /// When there is no such place.
    pub fn unsqueeze(&self, axis: isize) -> Result<Self> {
        let rank = self.shape().rank() as isize;
        let place = if axis < 0 { axis + rank + 1 } else { axis };
        if !(0..=rank).contains(&place) {
            return Err(plywood_tensor::Error::shape(format!(
                "{} has no place {axis} for a new axis",
                self.shape()
            ))
            .operation("unsqueeze"));
        }
        let mut dims = self.shape().to_vec();
        dims.insert(place as usize, 1);
        self.reshape(Shape::new(&dims).map_err(|error| error.operation("unsqueeze"))?)
    }

    /// Without an axis of size 1.
    ///
    /// # Errors
    /// When there is no such axis, or its size is not 1.
    pub fn squeeze(&self, axis: isize) -> Result<Self> {
        let place = self.shape().axis(axis).map_err(|error| error.operation("squeeze"))?;
        let mut dims = self.shape().to_vec();
        if dims.remove(place) != 1 {
            return Err(plywood_tensor::Error::shape(format!(
                "axis {axis} of {} is not of size 1",
                self.shape()
            ))
            .operation("squeeze"));
        }
        self.reshape(Shape::new(&dims)?)
    }
}

//! The largest element along an axis.

use plywood_tensor::{Error, Float, Result, Shape};

use crate::declaration::{Declaration, Sample, distinct, shape, whole};
use crate::var::{Var, record};

pub(crate) const MAX_AXIS: Declaration = Declaration {
    name: "max_axis",
    equation: "y = max x along an axis",
    gradient: "dx = dy at the place of the maximum (the first of several), else 0",
    sample: |rng| {
        let dims = shape(rng, 3);
        let axis = whole(rng, 0, dims.len() - 1);
        Sample::new(
            vec![distinct(rng, &dims)],
            move |inputs, _| inputs[0].max_axis(axis as isize),
            move |inputs| {
                let mut lines = inputs[0].transpose(axis as isize, -1).expect("its axes");
                let last = lines.shape()[lines.rank() - 1];
                let values = lines.as_mut_slice().chunks(last);
                let largest: Vec<f64> =
                    values.map(|line| line.iter().copied().fold(f64::MIN, f64::max)).collect();
                let swapped = Shape::new(&[&lines.shape()[..lines.rank() - 1], &[1]].concat());
                let kept = plywood_tensor::Tensor::from_vec(largest, swapped.expect("small"))
                    .expect("counted");
                kept.transpose(axis as isize, -1)
                    .and_then(|y| y.squeeze(axis as isize))
                    .expect("its axes")
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// The largest element along an axis, which disappears; NaN if there is one.
    ///
    /// # Errors
    /// When there is no such axis, or it is empty.
    pub fn max_axis(&self, axis: isize) -> Result<Self> {
        let x_shape = self.shape();
        let refuse = |error: Error| error.operation("max_axis");
        let place = x_shape.axis(axis).map_err(refuse)?;
        if x_shape[place] == 0 {
            return Err(refuse(Error::shape(format!("axis {place} of {x_shape} is empty"))));
        }
        let mut dims = x_shape.to_vec();
        dims.remove(place);
        let kernel = || {
            let places = self.known().argmax(axis)?;
            Ok((self.known().pick(axis, &places)?, places))
        };
        record("max_axis", &[self], Shape::new(&dims)?, 0, kernel, move |places, dy, grads| {
            grads.accumulate(0, || plywood_tensor::Tensor::unpick(x_shape, axis, &places, &dy))
        })
    }
}

//! A part of an axis.

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::declaration::{Declaration, Sample, normal, shape, whole};
use crate::var::{Var, record};

pub(crate) const NARROW: Declaration = Declaration {
    name: "narrow",
    equation: "y[…, i, …] = x[…, start + i, …]",
    gradient: "dx = dy at that part, else 0",
    sample: |rng| {
        let dims = shape(rng, 3);
        let axis = whole(rng, 0, dims.len() - 1);
        let start = whole(rng, 0, dims[axis] - 1);
        let len = whole(rng, 1, dims[axis] - start);
        Sample::new(
            vec![normal(rng, &dims)],
            move |inputs, _| inputs[0].narrow(axis as isize, start, len),
            move |inputs| {
                let mut dims = inputs[0].shape().to_vec();
                dims[axis] = len;
                Tensor::from_fn(Shape::new(&dims).expect("smaller"), |index| {
                    let mut index = index.to_vec();
                    index[axis] += start;
                    inputs[0].get(&index).expect("inside")
                })
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// The part of `axis` from `start` on, `len` long.
    ///
    /// # Errors
    /// When there is no such axis, or it ends before `start + len`.
    pub fn narrow(&self, axis: isize, start: usize, len: usize) -> Result<Self> {
        let shape = self.shape();
        let place = shape.axis(axis).map_err(|error| error.operation("narrow"))?;
        let size = shape[place];
        if start.checked_add(len).is_none_or(|end| end > size) {
            return Err(Error::index(format!(
                "{len} from {start} on end outside axis {axis} of {shape}"
            ))
            .operation("narrow"));
        }
        let mut dims = shape.to_vec();
        dims[place] = len;
        let shape = Shape::new(&dims)?;
        let kernel = || Ok((self.known().narrow(axis, start, len)?, ()));
        record("narrow", &[self], shape, 0, kernel, move |(), dy, grads| {
            grads.accumulate(0, || dy.widen(axis, start, size))
        })
    }
}

//! Repeating a value along axes of size 1.

use plywood_tensor::{Error, Float, IntoShape, Result, Shape};

use crate::declaration::{Declaration, Sample, normal, shape};
use crate::var::{Var, record};

pub(crate) const BROADCAST_TO: Declaration = Declaration {
    name: "broadcast_to",
    equation: "y = x, repeated to a larger shape",
    gradient: "dx = Σ dy over what was repeated",
    sample: |rng| {
        let dims = shape(rng, 3);
        let own: Vec<usize> = dims.iter().map(|&n| if rng.unit() < 0.5 { 1 } else { n }).collect();
        let to = Shape::new(&[&[2], &dims[..]].concat()).expect("small");
        Sample::new(
            vec![normal(rng, &own)],
            move |inputs, _| inputs[0].broadcast_to(to),
            move |inputs| {
                let x = &inputs[0];
                let sizes = x.shape();
                plywood_tensor::Tensor::from_fn(to, |index| {
                    let own = index[1..].iter().zip(sizes.iter());
                    let own: Vec<usize> = own.map(|(&i, &n)| if n == 1 { 0 } else { i }).collect();
                    x.get(&own).expect("inside")
                })
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// The elements repeated along axes of size 1, and new axes in front.
    ///
    /// # Errors
    /// When the shape doesn't broadcast to `shape`.
    pub fn broadcast_to(&self, shape: impl IntoShape) -> Result<Self> {
        let shape = shape.into_shape().map_err(|error| error.operation("broadcast_to"))?;
        let x_shape = self.shape();
        if x_shape.broadcast(&shape).ok() != Some(shape) {
            return Err(Error::shape(format!("{x_shape} doesn't broadcast to {shape}"))
                .operation("broadcast_to"));
        }
        let kernel = || Ok((self.known().broadcast_to(shape)?, ()));
        record("broadcast_to", &[self], shape, 0, kernel, move |(), dy, grads| {
            grads.accumulate(0, || dy.sum_to(x_shape))
        })
    }
}

//! Softmax and its logarithm.

use plywood_tensor::{Float, Result, Rng, Tensor};

use crate::declaration::{Declaration, Sample, normal, shape, whole};
use crate::var::{Var, record};

pub(crate) const SOFTMAX: Declaration = Declaration {
    name: "softmax",
    equation: "yᵢ = exp(xᵢ) / Σ exp(xⱼ)",
    gradient: "dxᵢ = yᵢ · (dyᵢ − Σ dyⱼ · yⱼ)",
    sample: |rng| sample(rng, Var::softmax, |x| x),
};

pub(crate) const LOG_SOFTMAX: Declaration = Declaration {
    name: "log_softmax",
    equation: "yᵢ = xᵢ − ln Σ exp(xⱼ)",
    gradient: "dxᵢ = dyᵢ − exp(yᵢ) · Σ dyⱼ",
    sample: |rng| sample(rng, Var::log_softmax, f64::ln),
};

fn sample(
    rng: &mut Rng,
    apply: fn(&Var<f64>, isize) -> Result<Var<f64>>,
    then: fn(f64) -> f64,
) -> Sample {
    let dims = shape(rng, 3);
    let axis = whole(rng, 0, dims.len() - 1);
    Sample::new(
        vec![normal(rng, &dims)],
        move |inputs, _| apply(&inputs[0], axis as isize),
        move |inputs| {
            let x = &inputs[0];
            Tensor::from_fn(x.shape(), |index| {
                let exp = |place: usize| {
                    let mut index = index.to_vec();
                    index[axis] = place;
                    x.get(&index).expect("inside").exp()
                };
                then(exp(index[axis]) / (0..x.shape()[axis]).map(exp).sum::<f64>())
            })
        },
    )
}

impl<T: Float> Var<T> {
    /// Turns scores into probabilities along an axis.
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn softmax(&self, axis: isize) -> Result<Self> {
        let shape = self.shape();
        shape.axis(axis).map_err(|error| error.operation("softmax"))?;
        let kernel = || {
            let y = self.known().softmax(axis)?;
            Ok((y.clone(), y))
        };
        record("softmax", &[self], shape, 0, kernel, move |y, dy, grads| {
            grads.accumulate(0, || y.softmax_grad(&dy, axis))
        })
    }

    /// The logarithm of [`softmax`](Self::softmax), exact also where that rounds to 0.
    ///
    /// # Errors
    /// When there is no such axis.
    pub fn log_softmax(&self, axis: isize) -> Result<Self> {
        let shape = self.shape();
        shape.axis(axis).map_err(|error| error.operation("log_softmax"))?;
        let kernel = || {
            let y = self.known().log_softmax(axis)?;
            Ok((y.clone(), y))
        };
        record("log_softmax", &[self], shape, 0, kernel, move |y, dy, grads| {
            grads.accumulate(0, || y.log_softmax_grad(&dy, axis))
        })
    }
}

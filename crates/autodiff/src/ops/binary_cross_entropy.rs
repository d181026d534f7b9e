//! Sigmoid and binary cross-entropy in one: the loss of yes-or-no questions, for each element.

use plywood_tensor::{Error, Float, Result, Tensor};

use crate::declaration::{Declaration, Sample, normal, shape};
use crate::var::{Var, record};

pub(crate) const BINARY_CROSS_ENTROPY: Declaration = Declaration {
    name: "binary_cross_entropy_with_logits",
    equation: "y = −t · ln σ(x) − (1 − t) · ln(1 − σ(x)) = max(x, 0) − x · t + ln(1 + exp(−|x|))",
    gradient: "dx = dy · (σ(x) − t)",
    sample: |rng| {
        let dims = shape(rng, 2);
        let x = normal(rng, &dims);
        let target = rng.uniform::<f64>(x.shape(), 0.0, 1.0);
        let for_reference = target.clone();
        Sample::new(
            vec![x],
            move |inputs, _| inputs[0].binary_cross_entropy_with_logits(&target),
            move |inputs| {
                let loss = |x: f64, t: f64| {
                    let p = 1.0 / (1.0 + (-x).exp());
                    -t * p.ln() - (1.0 - t) * (1.0 - p).ln()
                };
                inputs[0].zip(&for_reference, loss).expect("same shape")
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// The binary cross-entropy of scores and targets between 0 and 1, for each element, computed
    /// without overflow.
    ///
    /// # Errors
    /// When the shapes differ.
    pub fn binary_cross_entropy_with_logits(&self, target: &Tensor<T>) -> Result<Self> {
        const NAME: &str = "binary_cross_entropy_with_logits";
        let shape = self.shape();
        if target.shape() != shape {
            return Err(Error::shape(format!(
                "the scores are {shape}, the targets {}",
                target.shape()
            ))
            .operation(NAME)
            .hint("`reshape` one of them"));
        }
        let kernel = || {
            let x = self.known();
            let loss = |x: T, t: T| {
                x.maximum(T::ZERO) - x * t + (-x.abs()).exponential().logarithm_plus_one()
            };
            Ok((x.zip(target, loss)?, (x.clone(), target.clone())))
        };
        record(
            "binary_cross_entropy_with_logits",
            &[self],
            shape,
            0,
            kernel,
            |(x, t), dy, grads| {
                grads.accumulate(0, || dy.mul(&x.zip_into(&t, |x, t| x.logistic() - t)?))
            },
        )
    }
}

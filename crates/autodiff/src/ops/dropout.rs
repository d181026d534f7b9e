//! Dropout.

use plywood_tensor::{Error, Float, Result, Rng, Seed, Tensor};

use crate::declaration::{Declaration, Sample, normal, shape};
use crate::pass::Pass;
use crate::var::{Var, record, take};

pub(crate) const DROPOUT: Declaration = Declaration {
    name: "dropout",
    equation: "y = x · m / (1 − p), m = 0 with probability p, else 1",
    gradient: "dx = dy · m / (1 − p)",
    sample: |rng| {
        let dims = shape(rng, 3);
        Sample::new(
            vec![normal(rng, &dims)],
            |inputs, pass| inputs[0].clone().dropout(0.3, pass),
            // The pass that the checks use, and its first draw.
            |inputs| {
                let mut pass = Pass::<f64>::without_model(&mut Rng::new(Seed(1)));
                let keep = pass.rng().bernoulli::<f64>(inputs[0].shape(), 1.0 - 0.3);
                inputs[0].zip(&keep, |x, keep| x * keep / (1.0 - 0.3)).expect("same shape")
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// In a training pass, sets each element to 0 with probability `p`, and scales the others by
    /// 1 / (1 − p), so that the mean stays. Otherwise changes nothing.
    ///
    /// Source: Srivastava et al., "Dropout" (2014).
    ///
    /// # Errors
    /// When `p` is not between 0 and 1.
    pub fn dropout(self, p: f64, pass: &mut Pass<T>) -> Result<Self> {
        if !(0.0..=1.0).contains(&p) {
            return Err(Error::value(format!("the probability {p} should be between 0 and 1"))
                .operation("dropout"));
        }
        let rng = pass.rng();
        if !pass.is_training() || p == 0.0 {
            return Ok(self);
        }
        let shape = self.shape();
        let scale = if p < 1.0 { T::of(1.0 / (1.0 - p)) } else { T::ZERO };
        // The mask is a key and a position: it is drawn again in the gradient instead of saved.
        let mask = move || -> Tensor<T> { rng.clone().bernoulli(shape, 1.0 - p) };
        let for_gradient = mask.clone();
        let (value, operand) = take(self);
        let kernel = || Ok((value.zip_into(&mask(), |x, keep| x * keep * scale)?, ()));
        record("dropout", &[&operand], shape, 0, kernel, move |(), dy, grads| {
            grads.accumulate(0, || dy.zip_into(&for_gradient(), |dy, keep| dy * keep * scale))
        })
    }
}

//! Normalisation of each row: by its mean and variance, or by its root mean square.

use plywood_tensor::{Float, LayerNorm, Result, Tensor, layer_norm_shape};

use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Var, record};

const EPSILON: f64 = 1e-5;

pub(crate) const LAYER_NORM: Declaration = Declaration {
    name: "layer_norm",
    equation: "y = (x − μ) · r · w + b, r = 1 / √(σ² + ε), μ and σ² of each row",
    gradient: "dx = r · (g − Σ g / n − x̂ · Σ g · x̂ / n), g = dy · w, x̂ = (x − μ) · r, dw = Σ dy · x̂, \
               db = Σ dy",
    sample: |rng| {
        // Enough values that no row's variance is near 0, where the function bends sharply.
        let mut dims = vec![whole(rng, 1, 3), whole(rng, 1, 3), whole(rng, 5, 20)];
        let axes = whole(rng, 1, 2);
        dims.truncate(whole(rng, axes, 3).max(2));
        if dims.len() == 2 {
            dims[1] = whole(rng, 5, 20);
        }
        let row = &dims[dims.len() - axes.min(dims.len() - 1)..];
        let mut inputs = vec![normal(rng, &dims), normal(rng, row)];
        if rng.unit() < 0.7 {
            inputs.push(normal(rng, row));
        }
        Sample::new(
            inputs,
            |inputs, _| inputs[0].layer_norm(&inputs[1], inputs.get(2), EPSILON),
            |inputs| naive(inputs, true),
        )
    },
};

pub(crate) const RMS_NORM: Declaration = Declaration {
    name: "rms_norm",
    equation: "y = x · r · w, r = 1 / √(Σ x² / n + ε) of each row",
    gradient: "dx = r · (g − x̂ · Σ g · x̂ / n), g = dy · w, x̂ = x · r, dw = Σ dy · x̂",
    sample: |rng| {
        let dims = [whole(rng, 1, 3), whole(rng, 3, 20)];
        Sample::new(
            vec![normal(rng, &dims), normal(rng, &dims[1..])],
            |inputs, _| inputs[0].rms_norm(&inputs[1], EPSILON),
            |inputs| naive(inputs, false),
        )
    },
};

fn naive(inputs: &[Tensor<f64>], centered: bool) -> Tensor<f64> {
    let norm = LayerNorm { weight: &inputs[1], bias: inputs.get(2), epsilon: EPSILON, centered };
    plywood_tensor::naive::layer_norm(&inputs[0], &norm).expect("drawn to fit")
}

impl<T: Float> Var<T> {
    /// Normalises each row to mean 0 and variance 1, then scales it by `weight` and shifts it by
    /// `bias`. A row is what lies along the last axes, which are the weight's.
    ///
    /// Source: Ba, Kiros and Hinton, "Layer normalization" (2016).
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::from([[1.0, 3.0], [-5.0, 5.0]]));
    /// let ones = Var::constant(Tensor::ones([2]));
    /// let y = x.layer_norm(&ones, None, 1e-12)?;
    /// assert_eq!(y.value()?, &Tensor::from([[-1.0, 1.0], [-1.0, 1.0]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the last axes are not the weight's, or the bias has another shape.
    pub fn layer_norm(&self, weight: &Self, bias: Option<&Self>, epsilon: f64) -> Result<Self> {
        self.normalise_rows("layer_norm", weight, bias, epsilon, true)
    }

    /// Divides each row by its root mean square, then scales it by `weight`, whose axes are the
    /// last of this value.
    ///
    /// Source: Zhang and Sennrich, "Root mean square layer normalization" (2019).
    ///
    /// # Errors
    /// When the last axes are not the weight's.
    pub fn rms_norm(&self, weight: &Self, epsilon: f64) -> Result<Self> {
        self.normalise_rows("rms_norm", weight, None, epsilon, false)
    }

    fn normalise_rows(
        &self,
        operation: &'static str,
        weight: &Self,
        bias: Option<&Self>,
        epsilon: f64,
        centered: bool,
    ) -> Result<Self> {
        let shape = layer_norm_shape(self.shape(), weight.shape(), bias.map(Self::shape))
            .map_err(|error| error.operation(operation))?;
        let epsilon = T::of(epsilon);
        let kernel = || {
            let (x, weight) = (self.known(), weight.known());
            let norm = LayerNorm { weight, bias: bias.map(Self::known), epsilon, centered };
            let (y, statistics) = norm.forward(x)?;
            Ok((y, (x.clone(), statistics, weight.clone())))
        };
        let has_bias = bias.is_some();
        let operands: Vec<&Self> = [self, weight].into_iter().chain(bias).collect();
        record(operation, &operands, shape, 0, kernel, move |saved, dy, grads| {
            let (x, statistics, weight) = saved;
            let norm = LayerNorm { weight: &weight, bias: None, epsilon, centered };
            let [dx, dw, db] = norm.gradient(&dy, &x, &statistics)?;
            grads.accumulate(0, || Ok(dx))?;
            grads.accumulate(1, || Ok(dw))?;
            if has_bias { grads.accumulate(2, || Ok(db)) } else { Ok(()) }
        })
    }
}

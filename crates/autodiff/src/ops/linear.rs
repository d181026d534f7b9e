//! A fully connected layer's product.

use plywood_tensor::{Float, Result, Shape, Tensor, linear, linear_shape};

use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Var, record};

pub(crate) const LINEAR: Declaration = Declaration {
    name: "linear",
    equation: "Y = X · Wᵀ + b",
    gradient: "dX = dY · W, dW = dYᵀ · X, db = Σ dY over the rows",
    sample: |rng| {
        let [rows, k, n] = [(); 3].map(|()| whole(rng, 1, 5));
        let x = if rng.unit() < 0.5 { vec![rows, k] } else { vec![2, rows, k] };
        let mut inputs = vec![normal(rng, &x), normal(rng, &[n, k])];
        if rng.unit() < 0.7 {
            inputs.push(normal(rng, &[n]));
        }
        Sample::new(
            inputs,
            |inputs, _| inputs[0].linear(&inputs[1], inputs.get(2)),
            move |inputs| {
                let mut dims = inputs[0].shape().to_vec();
                let last = dims.len() - 1;
                dims[last] = n;
                Tensor::from_fn(Shape::new(&dims).expect("small"), |index| {
                    let (row, column) = (&index[..last], index[last]);
                    let bias = inputs.get(2).map_or(0.0, |bias| bias.as_slice()[column]);
                    let product = |p: usize| {
                        let x = inputs[0].get(&[row, &[p]].concat()).expect("inside");
                        x * inputs[1].get(&[column, p]).expect("inside")
                    };
                    (0..k).map(product).sum::<f64>() + bias
                })
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// `x · weightᵀ + bias`, with `x` `[…, K]`, `weight` `[N, K]` and `bias` `[N]`.
    ///
    /// # Errors
    /// When the sizes don't fit.
    pub fn linear(&self, weight: &Self, bias: Option<&Self>) -> Result<Self> {
        let (x_shape, weight_shape) = (self.shape(), weight.shape());
        let shape = linear_shape(x_shape, weight_shape, bias.map(Self::shape))?;
        let [n, k] = [weight_shape[0], weight_shape[1]];
        let multiply_adds = (shape.numel() as u64).saturating_mul(k as u64);
        let kernel = || {
            let y = linear(self.known(), weight.known(), bias.map(Self::known))?;
            let x = weight.needs_gradient().then(|| self.known().clone());
            Ok((y, (x, self.needs_gradient().then(|| weight.known().clone()))))
        };
        let has_bias = bias.is_some();
        let operands: Vec<&Self> = [self, weight].into_iter().chain(bias).collect();
        record("linear", &operands, shape, multiply_adds, kernel, move |(x, weight), dy, grads| {
            let rows = x_shape[..x_shape.rank() - 1].iter().product();
            let dy = dy.reshape([rows, n])?;
            grads.accumulate(0, || {
                let weight = weight.expect("saved because the input needs a gradient");
                dy.matmul(&weight)?.reshape(x_shape)
            })?;
            grads.accumulate(1, || {
                let x = x.expect("saved because the weight needs a gradient");
                dy.t().matmul(&x.reshape([rows, k])?)
            })?;
            if has_bias { grads.accumulate(2, || dy.sum_axes(&[0])) } else { Ok(()) }
        })
    }
}

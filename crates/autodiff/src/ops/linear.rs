//! A fully connected layer's product.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Shape, Tensor, linear, linear_shape};

use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `Y = X · Wᵀ + b`, the bias being optional: see [`Var::linear`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[1.0, 2.0]])); // [N, K]
/// let weight = Var::constant(Tensor::from([[3.0, 4.0], [5.0, 6.0]])); // [outputs, K]
/// let bias = Var::constant(Tensor::from([100.0, 200.0]));
/// let y = Var::apply(ops::Linear, &[&x, &weight, &bias])?;
/// assert_eq!(y.value()?, &Tensor::from([[111.0, 217.0]])); // 1 · 3 + 2 · 4 + 100, 1 · 5 + 2 · 6 + 200
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linear;

impl Declared for Linear {
    const DECLARATION: Declaration = Declaration {
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
}

impl<T: Float> Operation<T> for Linear {
    /// The shapes of the input and the weight, and each of them where the other needs it for its gradient.
    type Saved = ([Shape; 2], Option<Tensor<T>>, Option<Tensor<T>>);

    fn name(&self) -> &'static str {
        "linear"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        2..=3
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        linear_shape(operands[0], operands[1], operands.get(2).copied())
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let (x, weight) = (&operands[0], &operands[1]);
        let y = linear(x, weight, operands.get(2))?;
        let shapes = [x.shape(), weight.shape()];
        Ok((y, (shapes, operands.save_for(1, 0), operands.save_for(0, 1))))
    }

    fn gradient(
        &self,
        saved: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let ([x_shape, weight_shape], x, weight) = saved;
        let ([n, k], rows) = (sides(weight_shape), rows(x_shape));
        let dy = dy.reshape([rows, n])?;
        grads.accumulate(0, || {
            let weight = weight.expect("saved because the input needs a gradient");
            dy.matmul(&weight)?.reshape(x_shape)
        })?;
        grads.accumulate(1, || {
            let x = x.expect("saved because the weight needs a gradient");
            dy.t().matmul(&x.reshape([rows, k])?)
        })?;
        if grads.needs(2) {
            grads.accumulate(2, || dy.sum_axes(&[0]))?;
        }
        Ok(())
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (x, weight) = (&operands[0], &operands[1]);
        let ([n, k], rows) = (sides(weight.shape()), rows(x.shape()));
        let dy = dy.reshape([rows, n])?;
        grads.accumulate(0, || dy.matmul(weight)?.reshape(x.shape()))?;
        grads.accumulate(1, || dy.transpose(0, 1)?.matmul(&x.reshape([rows, k])?))?;
        if grads.needs(2) {
            grads.accumulate(2, || dy.sum_axes(&[0]))?;
        }
        Ok(())
    }

    fn multiply_adds(&self, operands: &[Shape]) -> u64 {
        let [n, k] = sides(operands[1]).map(|side| side as u64);
        (rows(operands[0]) as u64).saturating_mul(n).saturating_mul(k)
    }
}

/// The weight's outputs and inputs.
fn sides(weight: Shape) -> [usize; 2] {
    [weight[0], weight[1]]
}

/// How many vectors of features the input has.
fn rows(x: Shape) -> usize {
    x[..x.rank() - 1].iter().product()
}

impl<T: Float> Var<T> {
    /// `x · weightᵀ + bias`, with `x` `[…, K]`, `weight` `[N, K]` and `bias` `[N]`.
    ///
    /// # Errors
    /// When the sizes don't fit.
    pub fn linear(&self, weight: &Self, bias: Option<&Self>) -> Result<Self> {
        let operands: Vec<&Self> = [self, weight].into_iter().chain(bias).collect();
        record(Linear, &operands)
    }
}

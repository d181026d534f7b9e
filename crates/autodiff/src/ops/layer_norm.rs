//! Normalisation of each row: by its mean and variance, or by its root mean square.

use std::ops::RangeInclusive;

use plywood_tensor::{
    Float, LayerNorm as Kernel, Result, RowStatistics, Shape, Tensor, layer_norm_shape,
};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// Each row at mean 0 and variance 1, scaled and shifted: see [`Var::layer_norm`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[1.0, 3.0]])); // mean 2, variance 1
/// let weight = Var::constant(Tensor::from([1.0, 2.0]));
/// let bias = Var::constant(Tensor::from([0.0, 5.0]));
/// let y = Var::apply(ops::LayerNorm { epsilon: 0.0 }, &[&x, &weight, &bias])?;
/// assert_eq!(y.value()?, &Tensor::from([[-1.0, 7.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNorm {
    /// What is added to the variance, so that it is never 0.
    pub epsilon: f64,
}

/// Each row divided by its root mean square, and scaled: see [`Var::rms_norm`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[-2.0, 2.0]])); // root mean square 2
/// let weight = Var::constant(Tensor::from([1.0, 3.0]));
/// let y = Var::apply(ops::RmsNorm { epsilon: 0.0 }, &[&x, &weight])?;
/// assert_eq!(y.value()?, &Tensor::from([[-1.0, 3.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsNorm {
    /// What is added to the mean square, so that it is never 0.
    pub epsilon: f64,
}

const EPSILON: f64 = 1e-5;

impl Declared for LayerNorm {
    const DECLARATION: Declaration = Declaration {
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
}

impl Declared for RmsNorm {
    const DECLARATION: Declaration = Declaration {
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
}

fn naive(inputs: &[Tensor<f64>], centered: bool) -> Tensor<f64> {
    let norm = Kernel { weight: &inputs[1], bias: inputs.get(2), epsilon: EPSILON, centered };
    plywood_tensor::naive::layer_norm(&inputs[0], &norm).expect("drawn to fit")
}

/// What the gradients need.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Saved<T: Float> {
    x: Tensor<T>,
    statistics: RowStatistics<T>,
    weight: Tensor<T>,
}

fn normalise<T: Float>(
    operands: &Operands<'_, T>,
    epsilon: f64,
    centered: bool,
) -> Result<(Tensor<T>, Saved<T>)> {
    let (x, weight) = (&operands[0], &operands[1]);
    let norm = Kernel { weight, bias: operands.get(2), epsilon: T::of(epsilon), centered };
    let (y, statistics) = norm.forward(x)?;
    Ok((y, Saved { x: x.clone(), statistics, weight: weight.clone() }))
}

fn gradient<T: Float>(
    saved: &Saved<T>,
    dy: &Tensor<T>,
    grads: &mut OperandGrads<'_, T>,
    epsilon: f64,
    centered: bool,
) -> Result<()> {
    let Saved { x, statistics, weight } = saved;
    let norm = Kernel { weight, bias: None, epsilon: T::of(epsilon), centered };
    let [dx, dw, db] = norm.gradient(dy, x, statistics)?;
    grads.accumulate(0, || Ok(dx))?;
    grads.accumulate(1, || Ok(dw))?;
    if grads.needs(2) { grads.accumulate(2, || Ok(db)) } else { Ok(()) }
}

/// The normalisation, made of other operations.
fn composed<T: Float>(operands: &[Var<T>], epsilon: f64, centered: bool) -> Result<Var<T>> {
    let (x, weight) = (&operands[0], &operands[1]);
    let rows: Vec<isize> = (1..=weight.shape().rank() as isize).map(|axis| -axis).collect();
    let x = if centered { x.sub(&x.mean_keepdim(&rows)?)? } else { x.clone() };
    let mean_square = x.clone().square().mean_keepdim(&rows)?.affine(1.0, epsilon);
    let y = x.mul(&mean_square.sqrt().powi(-1))?.mul(weight)?;
    operands.get(2).map_or(Ok(y.clone()), |bias| y.add(bias))
}

/// The two differ in whether the mean is subtracted, and in the bias.
macro_rules! normalisations {
    ($($type:ident, $name:literal, $counts:expr, $centered:literal;)*) => { $(
        impl<T: Float> Operation<T> for $type {
            type Saved = Saved<T>;

            fn name(&self) -> &'static str {
                $name
            }

            fn operand_count(&self) -> RangeInclusive<usize> {
                $counts
            }

            fn shape(&self, operands: &[Shape]) -> Result<Shape> {
                layer_norm_shape(operands[0], operands[1], operands.get(2).copied())
            }

            fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Saved<T>)> {
                normalise(operands, self.epsilon, $centered)
            }

            fn gradient(
                &self,
                saved: Saved<T>,
                dy: Tensor<T>,
                grads: &mut OperandGrads<'_, T>,
            ) -> Result<()> {
                gradient(&saved, &dy, grads, self.epsilon, $centered)
            }

            fn vjp(
                &self,
                operands: &[Var<T>],
                _y: &Var<T>,
                dy: &Var<T>,
                grads: &mut VarGrads<'_, T>,
            ) -> Result<()> {
                grads.through(operands, dy, |operands| composed(operands, self.epsilon, $centered))
            }

            fn attributes(&self) -> Vec<(&'static str, Attribute)> {
                vec![("epsilon", self.epsilon.into())]
            }
        }
    )* };
}

normalisations! {
    LayerNorm, "layer_norm", 2..=3, true;
    RmsNorm, "rms_norm", 2..=2, false;
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
        let operands: Vec<&Self> = [self, weight].into_iter().chain(bias).collect();
        record(LayerNorm { epsilon }, &operands)
    }

    /// Divides each row by its root mean square, then scales it by `weight`, whose axes are the
    /// last of this value.
    ///
    /// Source: Zhang and Sennrich, "Root mean square layer normalization" (2019).
    ///
    /// # Errors
    /// When the last axes are not the weight's.
    pub fn rms_norm(&self, weight: &Self, epsilon: f64) -> Result<Self> {
        record(RmsNorm { epsilon }, &[self, weight])
    }
}

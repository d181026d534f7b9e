//! Sigmoid and binary cross-entropy in one: the loss of yes-or-no questions, for each element.

use std::ops::RangeInclusive;

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, shape};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = −t · ln σ(x) − (1 − t) · ln(1 − σ(x))`: see [`Var::binary_cross_entropy_with_logits`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// // Two scores that say nothing, and one that is right beyond doubt.
/// let x = pass.input(Tensor::from([0.0_f64, 0.0, 1000.0]));
/// let target = Tensor::from([0.0, 1.0, 1.0]);
/// let y = Var::apply(ops::BinaryCrossEntropyWithLogits { target }, &[&x])?;
/// assert!((y.value()?.get(&[0])? - 2.0_f64.ln()).abs() < 1e-12);
/// assert_eq!(y.value()?.get(&[2])?, 0.0);
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([0.5, -0.5, 0.0]))); // σ(x) − t
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BinaryCrossEntropyWithLogits<T: Float = f32> {
    /// The targets, each between 0 and 1.
    pub target: Tensor<T>,
}

impl Declared for BinaryCrossEntropyWithLogits<f64> {
    const DECLARATION: Declaration = Declaration {
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
}

impl<T: Float> Operation<T> for BinaryCrossEntropyWithLogits<T> {
    /// The scores.
    type Saved = Tensor<T>;

    fn name(&self) -> &'static str {
        "binary_cross_entropy_with_logits"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let (x, target) = (operands[0], self.target.shape());
        if target != x {
            return Err(Error::shape(format!("the scores are {x}, the targets {target}"))
                .hint("`reshape` one of them"));
        }
        Ok(x)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Tensor<T>)> {
        let x = &operands[0];
        let loss = |x: T, t: T| x.maximum(T::ZERO) - x * t + (-x.abs()).exp().ln_1p();
        Ok((x.zip(&self.target, loss)?, x.clone()))
    }

    fn gradient(&self, x: Tensor<T>, dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        grads.accumulate(0, || dy.mul(&x.zip_into(&self.target, |x, t| x.logistic() - t)?))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || {
            let target = Var::constant(self.target.clone());
            dy.mul(&operands[0].clone().sigmoid().sub(&target)?)
        })
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Pointwise
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("target", Attribute::tensor(&self.target))]
    }
}

impl<T: Float> Var<T> {
    /// The binary cross-entropy of scores and targets between 0 and 1, for each element, computed
    /// without overflow.
    ///
    /// # Errors
    /// When the shapes differ.
    pub fn binary_cross_entropy_with_logits(&self, target: &Tensor<T>) -> Result<Self> {
        record(BinaryCrossEntropyWithLogits { target: target.clone() }, &[self])
    }
}

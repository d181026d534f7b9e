//! Softmax and cross-entropy in one: the loss of a classifier, for each sample.

use std::ops::RangeInclusive;

use plywood_tensor::{
    Float, Result, Shape, Targets, Tensor, cross_entropy, cross_entropy_grad, cross_entropy_losses,
};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `y = −Σ q · log_softmax(x)`, `q = (1 − ε) · one-hot(label) + ε / classes`: see [`Var::cross_entropy`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let scores = pass.input(Tensor::from([[0.0_f64, 0.0], [0.0, 0.0]])); // two samples, two classes
/// let loss = ops::CrossEntropy { labels: Tensor::from([0, 1]), label_smoothing: 0.0 };
/// let y = Var::apply(loss, &[&scores])?;
/// assert!((y.value()?.get(&[0])? - 2.0_f64.ln()).abs() < 1e-12); // −ln ½
/// let grads = pass.backward(&y.sum())?;
/// // softmax(x) − one-hot(label)
/// assert_eq!(grads.wrt(&scores), Some(&Tensor::from([[-0.5, 0.5], [0.5, -0.5]])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CrossEntropy {
    /// The class of each sample.
    pub labels: Tensor<u32>,
    /// How much of the labels' probabilities is shared by all classes, from 0 to 1.
    pub label_smoothing: f64,
}

impl Declared for CrossEntropy {
    const DECLARATION: Declaration = Declaration {
        name: "cross_entropy",
        equation: "y = −Σ q · log_softmax(x), q = (1 − ε) · one-hot(label) + ε / classes",
        gradient: "dx = dy · (softmax(x) − q)",
        sample: |rng| {
            let [n, c] = [whole(rng, 1, 4), whole(rng, 1, 5)];
            let labels: Vec<u32> = (0..n).map(|_| whole(rng, 0, c - 1) as u32).collect();
            let smoothing = if rng.unit() < 0.5 { 0.0 } else { 0.1 };
            let for_reference = labels.clone();
            Sample::new(
                vec![normal(rng, &[n, c])],
                move |inputs, _| inputs[0].cross_entropy(&labels.clone().into(), smoothing),
                move |inputs| {
                    Tensor::from_fn([n], |index| {
                        let x = &inputs[0].as_slice()[index[0] * c..][..c];
                        let log_sum = x.iter().map(|x| x.exp()).sum::<f64>().ln();
                        let q = |class: usize| {
                            let hit = class == for_reference[index[0]] as usize;
                            smoothing / c as f64 + if hit { 1.0 - smoothing } else { 0.0 }
                        };
                        (0..c).map(|class| q(class) * (log_sum - x[class])).sum()
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for CrossEntropy {
    /// The probabilities, if a gradient is needed.
    type Saved = Option<Tensor<T>>;

    fn name(&self) -> &'static str {
        "cross_entropy"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        self.targets().losses_shape(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let (x, targets) = (&operands[0], self.targets());
        if !operands.needs_gradient(0) {
            return Ok((cross_entropy_losses(x, &targets)?, None));
        }
        let (losses, probabilities) = cross_entropy(x, &targets)?;
        Ok((losses, Some(probabilities)))
    }

    fn gradient(
        &self,
        probabilities: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || {
            let probabilities = probabilities.expect("saved because a gradient is needed");
            cross_entropy_grad(probabilities, &self.targets(), &dy)
        })
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.through(operands, dy, |operands| {
            let log = operands[0].log_softmax(1)?;
            let smoothing = self.label_smoothing;
            let losses = log.pick(1, &self.labels)?.affine(smoothing - 1.0, 0.0);
            if smoothing == 0.0 {
                return Ok(losses);
            }
            losses.add(&log.mean_axes(&[1])?.affine(-smoothing, 0.0))
        })
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("labels", Attribute::Indices(self.labels.clone())),
            ("label_smoothing", self.label_smoothing.into()),
        ]
    }
}

impl CrossEntropy {
    fn targets(&self) -> Targets {
        Targets { labels: self.labels.clone(), smoothing: self.label_smoothing }
    }
}

impl<T: Float> Var<T> {
    /// The cross-entropy of scores `[N, C]` and labels `[N]`, for each sample: `[N]`. The labels'
    /// probabilities are mixed with `label_smoothing` parts of equal ones.
    ///
    /// Source: Szegedy et al., "Rethinking the Inception architecture" (2015), section 7, for label
    /// smoothing.
    ///
    /// # Errors
    /// When the scores have not two axes, the labels don't fit, or a label is no class.
    pub fn cross_entropy(&self, labels: &Tensor<u32>, label_smoothing: f64) -> Result<Self> {
        record(CrossEntropy { labels: labels.clone(), label_smoothing }, &[self])
    }
}

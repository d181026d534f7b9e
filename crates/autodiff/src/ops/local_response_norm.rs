//! Local response normalisation.

use std::ops::RangeInclusive;

use plywood_tensor::{
    Float, LocalResponseOptions, Result, Shape, Tensor, local_response_norm,
    local_response_norm_grad, naive,
};

use super::Pool2d;
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// Each channel divided by a power of the mean square of those around it: see [`Var::local_response_norm`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{LocalResponseOptions, Tensor};
///
/// let options = LocalResponseOptions { size: 3, alpha: 3.0, beta: 0.5, k: 2.0 };
/// let x = Var::constant(Tensor::from([[1.0, 1.0]])); // [N, C]
/// let y = Var::apply(ops::LocalResponseNorm { options }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[0.5, 0.5]])); // 1 / √(2 + 3 · (1 + 1) / 3)
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalResponseNorm {
    /// The settings.
    pub options: LocalResponseOptions,
}

impl Declared for LocalResponseNorm {
    const DECLARATION: Declaration = Declaration {
        name: "local_response_norm",
        equation: "y = x · d^−β, d = k + α / size · Σ x² over the channels around",
        gradient: "dx = dy · d^−β − 2αβ / size · x · Σ dy · x · d^(−β − 1) over those it counts for",
        sample: |rng| {
            let dims = [whole(rng, 1, 2), whole(rng, 1, 6), whole(rng, 1, 3), whole(rng, 1, 3)];
            let options = LocalResponseOptions {
                size: whole(rng, 1, 6),
                alpha: 0.2 + rng.unit(),
                beta: 0.5 + rng.unit(),
                k: 1.0 + rng.unit(),
            };
            Sample::new(
                vec![normal(rng, &dims)],
                move |inputs, _| inputs[0].local_response_norm(&options),
                move |inputs| {
                    naive::local_response_norm(&inputs[0], &options).expect("drawn to fit")
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for LocalResponseNorm {
    type Saved = Option<Tensor<T>>;

    fn name(&self) -> &'static str {
        "local_response_norm"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        self.options.check(operands[0])?;
        Ok(operands[0])
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        Ok((local_response_norm(&operands[0], &self.options)?, operands.save_for(0, 0)))
    }

    fn gradient(
        &self,
        x: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let x = x.expect("saved because a gradient is needed");
        grads.accumulate(0, || local_response_norm_grad(&dy, &x, &self.options))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let LocalResponseOptions { size, alpha, beta, k } = self.options;
        let [channels, pixels] = self.options.check(operands[0].shape())?;
        if channels == 0 {
            return grads.accumulate(0, || Ok(dy.clone()));
        }
        grads.through(operands, dy, |operands| {
            let x = &operands[0];
            // The channels as rows of an image: the mean of those around is a pooling with zeros.
            let squares = x.clone().square().reshape([x.shape()[0], 1, channels, pixels])?;
            // Beyond the last channel there is nothing to count, however large the window is.
            let [before, after] = [size / 2, (size - 1) / 2].map(|rows| rows.min(channels));
            let padded = squares.pad2d([before, 0], [after, 0], 0.0)?;
            let window = before + 1 + after;
            let means = padded.avg_pool2d(Pool2d::new([window, 1]).stride(1))?;
            let share = window as f64 / size as f64;
            let power = means.affine(alpha * share, k).ln().affine(-beta, 0.0).exp();
            x.mul(&power.reshape(x.shape())?)
        })
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Pointwise
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let LocalResponseOptions { size, alpha, beta, k } = self.options;
        vec![("size", size.into()), ("alpha", alpha.into()), ("beta", beta.into()), ("k", k.into())]
    }
}

impl<T: Float> Var<T> {
    /// Divides each channel of `[N, C, …]` by a power of the mean square of the channels around it,
    /// at the same pixel.
    ///
    /// Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
    /// neural networks" (2012).
    ///
    /// # Errors
    /// When there is no channel axis, or a setting makes no sense.
    pub fn local_response_norm(&self, options: &LocalResponseOptions) -> Result<Self> {
        record(LocalResponseNorm { options: *options }, &[self])
    }
}

//! Two-dimensional convolution.

use std::ops::RangeInclusive;

use plywood_tensor::{
    Conv2dOptions, Float, Result, Rng, Shape, Tensor, Window, conv2d, conv2d_input_grad,
    conv2d_shape, conv2d_weight_grad, naive,
};

use super::{Conv2dInputGrad, Conv2dWeightGrad};
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// Convolution of images `[N, C, H, W]` with a weight `[O, C / groups, KH, KW]`, and a bias `[O]`: see
/// [`Var::conv2d`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{Conv2dOptions, Tensor};
///
/// let options = Conv2dOptions::default();
/// let x = Var::constant(Tensor::from([[[[1.0, 2.0, 3.0]]]])); // an image of one row
/// let weight = Var::constant(Tensor::from([[[[1.0, 10.0]]]]));
/// let bias = Var::constant(Tensor::from([100.0]));
/// let y = Var::apply(ops::Conv2d { options }, &[&x, &weight, &bias])?;
/// assert_eq!(y.value()?, &Tensor::from([[[[121.0, 132.0]]]])); // 1 + 2 · 10 + 100, 2 + 3 · 10 + 100
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2d {
    /// How the window moves.
    pub options: Conv2dOptions,
}

impl Declared for Conv2d {
    const DECLARATION: Declaration = Declaration {
        name: "conv2d",
        equation: "y[o, p] = Σ w[o, c, t] · x[c, p · stride − padding + t · dilation] + b[o]",
        gradient: "dx, dw: the same sum, solved for the other two; db = Σ dy over batch and pixels",
        sample: |rng| {
            let options = options(rng);
            let [c, o] = [(); 2].map(|()| whole(rng, 1, 2));
            let kernel = [whole(rng, 1, 3), whole(rng, 1, 3)];
            let fits = |axis: usize| (kernel[axis] - 1) * options.dilation[axis] + 1;
            let size = |rng: &mut Rng, axis| {
                let least = fits(axis).saturating_sub(2 * options.padding[axis]).max(1);
                whole(rng, least, least + 3)
            };
            let [height, width] = [size(rng, 0), size(rng, 1)];
            let mut inputs = vec![
                normal(rng, &[2, c * options.groups, height, width]),
                normal(rng, &[o * options.groups, c, kernel[0], kernel[1]]),
            ];
            if rng.unit() < 0.7 {
                inputs.push(normal(rng, &[o * options.groups]));
            }
            Sample::new(
                inputs,
                move |inputs, _| inputs[0].conv2d(&inputs[1], inputs.get(2), &options),
                move |inputs| {
                    naive::conv2d(&inputs[0], &inputs[1], inputs.get(2), &options)
                        .expect("drawn to fit")
                },
            )
        },
    };
}

pub(super) fn options(rng: &mut Rng) -> Conv2dOptions {
    let mut pair = |low, high| [whole(rng, low, high), whole(rng, low, high)];
    Conv2dOptions {
        stride: pair(1, 3),
        padding: pair(0, 2),
        dilation: pair(1, 2),
        groups: whole(rng, 1, 2),
        direct: false,
    }
}

/// What the gradients of a convolution need.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Saved<T: Float> {
    x_shape: Shape,
    weight_shape: Shape,
    /// The columns of im2col are made anew in the gradient: they would take many times the memory of the
    /// input.
    x: Option<Tensor<T>>,
    weight: Option<Tensor<T>>,
}

impl<T: Float> Operation<T> for Conv2d {
    type Saved = Saved<T>;

    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        2..=3
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let bias = operands.get(2).copied();
        Ok(conv2d_shape(operands[0], operands[1], bias, &self.options)?.0)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Saved<T>)> {
        let (x, weight) = (&operands[0], &operands[1]);
        let y = conv2d(x, weight, operands.get(2), &self.options)?;
        let saved = Saved {
            x_shape: x.shape(),
            weight_shape: weight.shape(),
            x: operands.save_for(1, 0),
            weight: operands.save_for(0, 1),
        };
        Ok((y, saved))
    }

    fn gradient(
        &self,
        saved: Saved<T>,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let Saved { x_shape, weight_shape, x, weight } = saved;
        grads.accumulate(0, || {
            let weight = weight.expect("saved because the input needs a gradient");
            conv2d_input_grad(&dy, &weight, x_shape, &self.options)
        })?;
        grads.accumulate(1, || {
            let x = x.expect("saved because the weight needs a gradient");
            conv2d_weight_grad(&x, &dy, weight_shape, &self.options)
        })?;
        if grads.needs(2) { grads.accumulate(2, || dy.sum_axes(&[0, 2, 3])) } else { Ok(()) }
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (x, weight, options) = (&operands[0], &operands[1], self.options);
        grads.accumulate(0, || {
            let size = [x.shape()[2], x.shape()[3]];
            record(Conv2dInputGrad { options, size }, &[dy, weight])
        })?;
        grads.accumulate(1, || {
            let kernel = [weight.shape()[2], weight.shape()[3]];
            record(Conv2dWeightGrad { options, kernel }, &[x, dy])
        })?;
        if grads.needs(2) { grads.accumulate(2, || dy.sum_axes(&[0, 2, 3])) } else { Ok(()) }
    }

    fn multiply_adds(&self, operands: &[Shape]) -> u64 {
        conv2d_shape(operands[0], operands[1], None, &self.options).map_or(0, |(_, count)| count)
    }

    fn reach(&self, operands: &[Shape]) -> Reach {
        let Conv2dOptions { stride, padding, dilation, .. } = self.options;
        let kernel = [operands[1][2], operands[1][3]];
        Reach::Window(Window { kernel, stride, padding, dilation })
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        attributes(&self.options)
    }
}

/// The settings of a convolution, or of one of its gradients.
pub(super) fn attributes(options: &Conv2dOptions) -> Vec<(&'static str, Attribute)> {
    vec![
        ("stride", Attribute::sizes(&options.stride)),
        ("padding", Attribute::sizes(&options.padding)),
        ("dilation", Attribute::sizes(&options.dilation)),
        ("groups", options.groups.into()),
        ("direct", options.direct.into()),
    ]
}

impl<T: Float> Var<T> {
    /// Convolves images `[N, C, H, W]` with `weight` `[O, C / groups, KH, KW]` and adds `bias`
    /// `[O]`: the result is `[N, O, H', W']`.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn conv2d(
        &self,
        weight: &Self,
        bias: Option<&Self>,
        options: &Conv2dOptions,
    ) -> Result<Self> {
        let operands: Vec<&Self> = [self, weight].into_iter().chain(bias).collect();
        record(Conv2d { options: *options }, &operands)
    }
}

//! Transposed convolution: what a convolution's gradient does to its result.

use std::ops::RangeInclusive;

use plywood_tensor::{
    Conv2dOptions, Error, Float, Result, Shape, Tensor, check_setting, conv2d, conv2d_input_grad,
    conv2d_shape, conv2d_weight_grad, naive, pad2d,
};

use super::conv2d::attributes;
use super::{Conv2dInputGrad, Pair};
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// The transposed convolution of images `[N, C, H, W]` with a weight `[C, O / groups, KH, KW]`, and a bias
/// `[O]`: see [`Var::conv_transpose2d`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{Conv2dOptions, Tensor};
///
/// let options = Conv2dOptions::default();
/// let x = Var::constant(Tensor::from([[[[1.0, 2.0]]]]));
/// let weight = Var::constant(Tensor::from([[[[1.0, 10.0]]]]));
/// let y = Var::apply(ops::ConvTranspose2d { options, output_padding: [0, 0] }, &[&x, &weight])?;
/// assert_eq!(y.value()?, &Tensor::from([[[[1.0, 12.0, 20.0]]]])); // each pixel adds a copy of the weight
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvTranspose2d {
    /// How the window of the convolution moves whose gradient this is.
    pub options: Conv2dOptions,
    /// Rows and columns at the end that make the result larger.
    pub output_padding: [usize; 2],
}

impl Declared for ConvTranspose2d {
    const DECLARATION: Declaration = Declaration {
        name: "conv_transpose2d",
        equation: "y[o, p · stride − padding + t · dilation] += w[c, o, t] · x[c, p], then + b[o]",
        gradient: "dx = the convolution of dy with w, dw = Σ x · dy, db = Σ dy over batch and pixels",
        sample: |rng| {
            let mut pair = |low, high| [whole(rng, low, high), whole(rng, low, high)];
            let options = Conv2dOptions {
                stride: pair(1, 3),
                dilation: pair(1, 2),
                padding: pair(0, 1),
                ..Conv2dOptions::default()
            };
            let options = Conv2dOptions { groups: whole(rng, 1, 2), ..options };
            let mut extra =
                |axis: usize| whole(rng, 0, options.stride[axis].max(options.dilation[axis]) - 1);
            let extra = [extra(0), extra(1)];
            let [c, o] = [(); 2].map(|()| whole(rng, 1, 2));
            let groups = options.groups;
            let size = [whole(rng, 2, 4), whole(rng, 2, 4)];
            let kernel = [whole(rng, 2, 3), whole(rng, 2, 3)];
            let mut inputs = vec![
                normal(rng, &[2, c * groups, size[0], size[1]]),
                normal(rng, &[c * groups, o, kernel[0], kernel[1]]),
            ];
            if rng.unit() < 0.7 {
                inputs.push(normal(rng, &[o * groups]));
            }
            Sample::new(
                inputs,
                move |inputs, _| {
                    inputs[0].conv_transpose2d(&inputs[1], inputs.get(2), &options, extra)
                },
                move |inputs| {
                    let (x, weight) = (&inputs[0], &inputs[1]);
                    let shape = output_shape(x.shape(), weight.shape(), &options, extra);
                    let x = with_idle(x, idle(&options, extra)).expect("drawn to fit");
                    let y = naive::conv2d_input_grad(
                        &x,
                        weight,
                        shape.expect("drawn to fit"),
                        &options,
                    );
                    let y = y.expect("drawn to fit");
                    match inputs.get(2) {
                        Some(bias) => y.add(&column(bias)).expect("drawn to fit"),
                        None => y,
                    }
                },
            )
        },
    };
}

/// `[O]` as `[O, 1, 1]`, which broadcasts over pixels.
fn column<T: Float>(bias: &Tensor<T>) -> Tensor<T> {
    bias.reshape([bias.numel(), 1, 1]).expect("as many elements")
}

/// How many rows and columns of zeros the input has more at its end in the convolution whose gradient
/// this is: output padding that is at least the stride makes its result so much larger.
fn idle(options: &Conv2dOptions, extra: [usize; 2]) -> [usize; 2] {
    [0, 1].map(|axis| extra[axis] / options.stride[axis])
}

/// Images with such rows and columns.
fn with_idle<T: Float>(x: &Tensor<T>, idle: [usize; 2]) -> Result<Tensor<T>> {
    if idle == [0, 0] { Ok(x.clone()) } else { pad2d(x, [0, 0], idle, T::ZERO) }
}

/// `[N, O, H', W']`, the shape of which a convolution makes `x`'s.
fn output_shape(
    x: Shape,
    weight: Shape,
    options: &Conv2dOptions,
    extra: [usize; 2],
) -> Result<Shape> {
    let (&[n, c, height, width], &[inputs, outputs, kernel_h, kernel_w]) = (&x[..], &weight[..])
    else {
        return Err(Error::shape(format!(
            "input {x} and weight {weight} should have four axes: (N, C, H, W) and \
             (C, O / groups, KH, KW)"
        )));
    };
    if c != inputs {
        return Err(Error::shape(format!(
            "input {x} (N, C, H, W) has {c} channels, the weight {weight} expects {inputs}"
        )));
    }
    for (name, sizes) in [("stride", options.stride), ("dilation", options.dilation)] {
        check_setting(name, sizes, 1.0..)?;
    }
    if !c.is_multiple_of(options.groups) || options.groups == 0 {
        return Err(Error::value(format!(
            "{} groups don't divide the {c} channels of the input {x}",
            options.groups
        )));
    }
    let side = |axis: usize, size: usize, kernel: usize| {
        let [stride, padding, dilation] =
            [options.stride[axis], options.padding[axis], options.dilation[axis]];
        if extra[axis] >= stride.max(dilation) {
            return Err(Error::value(format!(
                "the output padding {extra:?} should be less than the stride {:?} or the dilation {:?}",
                options.stride, options.dilation
            )));
        }
        let span = || {
            let windows = size.checked_sub(1)?.checked_mul(stride)?;
            let window =
                kernel.checked_sub(1)?.checked_mul(dilation)?.checked_add(1 + extra[axis])?;
            windows.checked_add(window)?.checked_sub(padding.checked_mul(2)?)
        };
        span().filter(|&span| span > 0).ok_or_else(|| {
            Error::shape(format!(
                "of the input {x} (N, C, H, W) nothing is left: a window of {kernel} with padding \
                 {padding} on {size}"
            ))
        })
    };
    let channels = outputs.saturating_mul(options.groups);
    Shape::new(&[n, channels, side(0, height, kernel_h)?, side(1, width, kernel_w)?])
}

/// What the gradients need.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Saved<T: Float> {
    x_shape: Shape,
    weight_shape: Shape,
    /// With the idle rows and columns.
    x: Option<Tensor<T>>,
    weight: Option<Tensor<T>>,
}

impl<T: Float> Operation<T> for ConvTranspose2d {
    type Saved = Saved<T>;

    fn name(&self) -> &'static str {
        "conv_transpose2d"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        2..=3
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let (x, weight) = (operands[0], operands[1]);
        let shape = output_shape(x, weight, &self.options, self.output_padding)?;
        // The convolution whose gradient this is checks the options.
        let named = |error: Error| error.operation("conv_transpose2d");
        conv2d_shape(shape, weight, None, &self.options).map_err(named)?;
        if let Some(bias) = operands.get(2)
            && bias[..] != shape[1..2]
        {
            return Err(Error::shape(format!(
                "the bias {bias} should be [{}], as the weight {weight}",
                shape[1]
            )));
        }
        Ok(shape)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Saved<T>)> {
        let (x, weight) = (&operands[0], &operands[1]);
        let (x_shape, weight_shape) = (x.shape(), weight.shape());
        let shape = output_shape(x_shape, weight_shape, &self.options, self.output_padding)?;
        let x = with_idle(x, idle(&self.options, self.output_padding))?;
        let mut y = conv2d_input_grad(&x, weight, shape, &self.options)?;
        if let Some(bias) = operands.get(2) {
            y = y.add(&column(bias))?;
        }
        let x = operands.needs_gradient(1).then_some(x);
        Ok((y, Saved { x_shape, weight_shape, x, weight: operands.save_for(0, 1) }))
    }

    fn gradient(
        &self,
        saved: Saved<T>,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let Saved { x_shape, weight_shape, x, weight } = saved;
        grads.accumulate(0, || {
            let weight = weight.expect("saved because x needs a gradient");
            let dx = conv2d(&dy, &weight, None, &self.options)?;
            match idle(&self.options, self.output_padding) {
                [0, 0] => Ok(dx),
                _ => dx.narrow(2, 0, x_shape[2])?.narrow(3, 0, x_shape[3]),
            }
        })?;
        grads.accumulate(1, || {
            let x = x.expect("saved because the weight needs a gradient");
            conv2d_weight_grad(&dy, &x, weight_shape, &self.options)
        })?;
        if grads.needs(2) { grads.accumulate(2, || dy.sum_axes(&[0, 2, 3])) } else { Ok(()) }
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (size, options) = ([y.shape()[2], y.shape()[3]], self.options);
        grads.through(operands, dy, |operands| {
            let x = match idle(&options, self.output_padding) {
                [0, 0] => operands[0].clone(),
                idle => operands[0].pad2d(0, idle, 0.0)?,
            };
            let y = record(Conv2dInputGrad { options, size }, &[&x, &operands[1]])?;
            match operands.get(2) {
                Some(bias) => y.add(&bias.reshape([bias.shape().numel(), 1, 1])?),
                None => Ok(y),
            }
        })
    }

    fn multiply_adds(&self, operands: &[Shape]) -> u64 {
        // Each pixel is multiplied with a window of each output channel of its group.
        operands[1][1..].iter().fold(operands[0].numel() as u64, |products, &size| {
            products.saturating_mul(size as u64)
        })
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut all = attributes(&self.options);
        all.push(("output_padding", Attribute::sizes(&self.output_padding)));
        all
    }
}

impl<T: Float> Var<T> {
    /// The transposed convolution of images `[N, C, H, W]` with `weight` `[C, O / groups, KH, KW]`,
    /// and `bias` `[O]`: the result is `[N, O, H', W']`, with `H' = (H − 1) · stride − 2 · padding +
    /// dilation · (KH − 1) + output_padding + 1`. It has the shape that a convolution of the same
    /// options makes `[N, C, H, W]` of; where several do, `output_padding` chooses. As in PyTorch, it is
    /// less than the stride or less than the dilation; rows from the stride on get the bias alone.
    ///
    /// Source: Zeiler et al., "Deconvolutional networks" (2010).
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn conv_transpose2d(
        &self,
        weight: &Self,
        bias: Option<&Self>,
        options: &Conv2dOptions,
        output_padding: impl Pair,
    ) -> Result<Self> {
        let operands: Vec<&Self> = [self, weight].into_iter().chain(bias).collect();
        let output_padding = output_padding.pair();
        record(ConvTranspose2d { options: *options, output_padding }, &operands)
    }
}

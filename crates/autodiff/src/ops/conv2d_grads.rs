//! The gradients of a convolution as operations, so that they have gradients themselves. A convolution is
//! linear in the images and in the weight: each of the three products is the gradient of the other two.

use std::ops::RangeInclusive;

use plywood_tensor::{
    Conv2dOptions, Error, Float, Result, Shape, Tensor, conv2d, conv2d_input_grad, conv2d_shape,
    conv2d_weight_grad, naive,
};

use super::conv2d::{attributes, options};
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// The gradient of a convolution with respect to its images: of `dy` `[N, O, H', W']` and the weight
/// `[O, C / groups, KH, KW]`, `[N, C, H, W]`.
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{Conv2dOptions, Tensor};
///
/// let options = Conv2dOptions::default();
/// let dy = Var::constant(Tensor::from([[[[1.0, 2.0]]]]));
/// let weight = Var::constant(Tensor::from([[[[1.0, 10.0]]]]));
/// let dx = Var::apply(ops::Conv2dInputGrad { options, size: [1, 3] }, &[&dy, &weight])?;
/// assert_eq!(dx.value()?, &Tensor::from([[[[1.0, 12.0, 20.0]]]])); // the middle: 1 · 10 + 2 · 1
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dInputGrad {
    /// How the window of the convolution moves.
    pub options: Conv2dOptions,
    /// `[H, W]`
    pub size: [usize; 2],
}

impl Declared for Conv2dInputGrad {
    const DECLARATION: Declaration = Declaration {
        name: "conv2d_input_grad",
        equation: "y[c, p · stride − padding + t · dilation] += w[o, c, t] · x[o, p]",
        gradient: "dx = the convolution of dy with w, dw = its weight's gradient",
        sample: |rng| {
            let Drawn { options, x, weight, dy } = draw(rng);
            let size = [x.shape()[2], x.shape()[3]];
            Sample::new(
                vec![dy, weight],
                move |inputs, _| record(Self { options, size }, &[&inputs[0], &inputs[1]]),
                move |inputs| {
                    naive::conv2d_input_grad(&inputs[0], &inputs[1], x.shape(), &options)
                        .expect("drawn to fit")
                },
            )
        },
    };
}

/// The gradient of a convolution with respect to its weight: of the images `[N, C, H, W]` and `dy`
/// `[N, O, H', W']`, `[O, C / groups, KH, KW]`.
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{Conv2dOptions, Tensor};
///
/// let options = Conv2dOptions::default();
/// let x = Var::constant(Tensor::from([[[[1.0, 2.0, 3.0]]]]));
/// let dy = Var::constant(Tensor::from([[[[1.0, 2.0]]]]));
/// let dweight = Var::apply(ops::Conv2dWeightGrad { options, kernel: [1, 2] }, &[&x, &dy])?;
/// assert_eq!(dweight.value()?, &Tensor::from([[[[5.0, 8.0]]]])); // 1 · 1 + 2 · 2, 2 · 1 + 3 · 2
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dWeightGrad {
    /// How the window of the convolution moves.
    pub options: Conv2dOptions,
    /// `[KH, KW]`
    pub kernel: [usize; 2],
}

impl Declared for Conv2dWeightGrad {
    const DECLARATION: Declaration = Declaration {
        name: "conv2d_weight_grad",
        equation: "y[o, c, t] = Σ d[o, p] · x[c, p · stride − padding + t · dilation]",
        gradient: "dd = the convolution of x with dy, dx = its input's gradient",
        sample: |rng| {
            let Drawn { options, x, weight, dy } = draw(rng);
            let kernel = [weight.shape()[2], weight.shape()[3]];
            Sample::new(
                vec![x, dy],
                move |inputs, _| record(Self { options, kernel }, &[&inputs[0], &inputs[1]]),
                move |inputs| {
                    naive::conv2d_weight_grad(&inputs[0], &inputs[1], weight.shape(), &options)
                        .expect("drawn to fit")
                },
            )
        },
    };
}

/// Images, a weight, and the gradient of their convolution.
struct Drawn {
    options: Conv2dOptions,
    x: Tensor<f64>,
    weight: Tensor<f64>,
    dy: Tensor<f64>,
}

fn draw(rng: &mut plywood_tensor::Rng) -> Drawn {
    let options = options(rng);
    let [c, o] = [(); 2].map(|()| whole(rng, 1, 2));
    let kernel = [whole(rng, 1, 3), whole(rng, 1, 3)];
    let size = [0, 1].map(|axis| {
        let window = (kernel[axis] - 1) * options.dilation[axis] + 1;
        window.saturating_sub(2 * options.padding[axis]).max(1) + whole(rng, 0, 3)
    });
    let x = normal(rng, &[2, c * options.groups, size[0], size[1]]);
    let weight = normal(rng, &[o * options.groups, c, kernel[0], kernel[1]]);
    let (y, _) = conv2d_shape(x.shape(), weight.shape(), None, &options).expect("drawn to fit");
    Drawn { options, x, weight, dy: normal(rng, &y) }
}

/// Checks that a convolution of these shapes has the result `dy`.
fn check(x: Shape, weight: Shape, dy: Shape, options: &Conv2dOptions) -> Result<()> {
    let (y, _) = conv2d_shape(x, weight, None, options)?;
    if y == dy {
        return Ok(());
    }
    Err(Error::shape(format!("the convolution of {x} with {weight} is {y}, its gradient {dy}")))
}

impl<T: Float> Operation<T> for Conv2dInputGrad {
    /// The operands.
    type Saved = [Tensor<T>; 2];

    fn name(&self) -> &'static str {
        "conv2d_input_grad"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let (&[n, ..], &[_, channels, ..]) = (&operands[0][..], &operands[1][..]) else {
            return Err(Error::shape(format!(
                "dy {} and the weight {} should have four axes",
                operands[0], operands[1]
            )));
        };
        let channels = channels.saturating_mul(self.options.groups);
        let x = Shape::new(&[n, channels, self.size[0], self.size[1]])?;
        check(x, operands[1], operands[0], &self.options)?;
        Ok(x)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let (dy, weight) = (operands[0].clone(), operands[1].clone());
        let shape = self.shape_of(dy.shape(), weight.shape())?;
        Ok((conv2d_input_grad(&dy, &weight, shape, &self.options)?, [dy, weight]))
    }

    fn gradient(
        &self,
        [dy, weight]: Self::Saved,
        g: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || conv2d(&g, &weight, None, &self.options))?;
        grads.accumulate(1, || conv2d_weight_grad(&g, &dy, weight.shape(), &self.options))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        g: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (dy, weight, options) = (&operands[0], &operands[1], self.options);
        grads.accumulate(0, || g.conv2d(weight, None, &options))?;
        grads.accumulate(1, || {
            let kernel = [weight.shape()[2], weight.shape()[3]];
            record(Conv2dWeightGrad { options, kernel }, &[g, dy])
        })
    }

    fn multiply_adds(&self, operands: &[Shape]) -> u64 {
        let shape = self.shape_of(operands[0], operands[1]);
        let products = |x| conv2d_shape(x, operands[1], None, &self.options);
        shape.and_then(products).map_or(0, |(_, count)| count)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut all = attributes(&self.options);
        all.push(("size", Attribute::sizes(&self.size)));
        all
    }
}

impl Conv2dInputGrad {
    fn shape_of(&self, dy: Shape, weight: Shape) -> Result<Shape> {
        Operation::<f32>::shape(self, &[dy, weight])
    }
}

impl<T: Float> Operation<T> for Conv2dWeightGrad {
    /// The operands.
    type Saved = [Tensor<T>; 2];

    fn name(&self) -> &'static str {
        "conv2d_weight_grad"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let (&[_, inputs, ..], &[_, outputs, ..]) = (&operands[0][..], &operands[1][..]) else {
            return Err(Error::shape(format!(
                "the images {} and dy {} should have four axes",
                operands[0], operands[1]
            )));
        };
        let channels = inputs / self.options.groups.max(1);
        let weight = Shape::new(&[outputs, channels, self.kernel[0], self.kernel[1]])?;
        check(operands[0], weight, operands[1], &self.options)?;
        Ok(weight)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let (x, dy) = (operands[0].clone(), operands[1].clone());
        let weight = self.shape_of(x.shape(), dy.shape())?;
        Ok((conv2d_weight_grad(&x, &dy, weight, &self.options)?, [x, dy]))
    }

    fn gradient(
        &self,
        [x, dy]: Self::Saved,
        g: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || conv2d_input_grad(&dy, &g, x.shape(), &self.options))?;
        grads.accumulate(1, || conv2d(&x, &g, None, &self.options))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        g: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (x, dy, options) = (&operands[0], &operands[1], self.options);
        grads.accumulate(0, || {
            let size = [x.shape()[2], x.shape()[3]];
            record(Conv2dInputGrad { options, size }, &[dy, g])
        })?;
        grads.accumulate(1, || x.conv2d(g, None, &options))
    }

    fn multiply_adds(&self, operands: &[Shape]) -> u64 {
        let weight = self.shape_of(operands[0], operands[1]);
        let products = |weight| conv2d_shape(operands[0], weight, None, &self.options);
        weight.and_then(products).map_or(0, |(_, count)| count)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut all = attributes(&self.options);
        all.push(("kernel", Attribute::sizes(&self.kernel)));
        all
    }
}

impl Conv2dWeightGrad {
    fn shape_of(&self, x: Shape, dy: Shape) -> Result<Shape> {
        Operation::<f32>::shape(self, &[x, dy])
    }
}

//! Average pooling to a given size, and its gradient.

use std::ops::RangeInclusive;

use plywood_tensor::{
    Error, Float, Result, Shape, Tensor, adaptive_avg_pool2d, adaptive_avg_pool2d_grad,
    adaptive_pool2d_shape, naive,
};

use super::Pair;
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// The means of windows that cover images `[N, C, H, W]` evenly: see [`Var::adaptive_avg_pool2d`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]));
/// let y = Var::apply(ops::AdaptiveAvgPool2d { output_size: [1, 2] }, &[&x])?;
/// // The means of the first two columns and of the last two.
/// assert_eq!(y.value()?, &Tensor::from([[[[3.0, 4.0]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdaptiveAvgPool2d {
    /// The result's height and width.
    pub output_size: [usize; 2],
}

/// The gradient of [`AdaptiveAvgPool2d`], which is linear in its operand, as an operation of its own.
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let dy = Var::constant(Tensor::from([[[[4.0, 8.0]]]]));
/// let dx = Var::apply(ops::AdaptiveAvgPool2dGrad { size: [2, 3] }, &[&dy])?;
/// // Four pixels share each; both windows have the middle column.
/// assert_eq!(dx.value()?, &Tensor::from([[[[1.0, 3.0, 2.0], [1.0, 3.0, 2.0]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdaptiveAvgPool2dGrad {
    /// The height and width of the images.
    pub size: [usize; 2],
}

impl Declared for AdaptiveAvgPool2d {
    const DECLARATION: Declaration = Declaration {
        name: "adaptive_avg_pool2d",
        equation: "y[i] = mean x from ⌊i · size / out⌋ to ⌈(i + 1) · size / out⌉, of rows and columns",
        gradient: "dx += dy / size of the window, throughout the window",
        sample: |rng| {
            let size = [whole(rng, 1, 7), whole(rng, 1, 7)];
            let out = [whole(rng, 1, 8), whole(rng, 1, 4)];
            Sample::new(
                vec![normal(rng, &[2, 2, size[0], size[1]])],
                move |inputs, _| inputs[0].adaptive_avg_pool2d(out),
                move |inputs| naive::adaptive_avg_pool2d(&inputs[0], out).expect("drawn to fit"),
            )
        },
    };
}

impl Declared for AdaptiveAvgPool2dGrad {
    const DECLARATION: Declaration = Declaration {
        name: "adaptive_avg_pool2d_grad",
        equation: "y += x / size of the window, throughout the window",
        gradient: "dx = mean dy over each window",
        sample: |rng| {
            let size = [whole(rng, 1, 7), whole(rng, 1, 7)];
            let out = [whole(rng, 1, 8), whole(rng, 1, 4)];
            let shape = Shape::new(&[1, 2, size[0], size[1]]).expect("small");
            Sample::new(
                vec![normal(rng, &[1, 2, out[0], out[1]])],
                move |inputs, _| record(Self { size }, &[&inputs[0]]),
                // Each element of the result is the mean's answer to a single 1.
                move |inputs| {
                    Tensor::from_fn(shape, |at| {
                        let one = Tensor::from_fn(shape, |index| f64::from(index == at));
                        let means = naive::adaptive_avg_pool2d(&one, out).expect("drawn to fit");
                        means.mul(&inputs[0]).expect("one shape").sum()
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for AdaptiveAvgPool2d {
    /// The operand's shape.
    type Saved = Shape;

    fn name(&self) -> &'static str {
        "adaptive_avg_pool2d"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        adaptive_pool2d_shape(operands[0], self.output_size)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Shape)> {
        let x = &operands[0];
        Ok((adaptive_avg_pool2d(x, self.output_size)?, x.shape()))
    }

    fn gradient(
        &self,
        x_shape: Shape,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || adaptive_avg_pool2d_grad(&dy, x_shape))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let size = [operands[0].shape()[2], operands[0].shape()[3]];
        grads.accumulate(0, || record(AdaptiveAvgPool2dGrad { size }, &[dy]))
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("output_size", Attribute::sizes(&self.output_size))]
    }
}

impl<T: Float> Operation<T> for AdaptiveAvgPool2dGrad {
    /// The pooling.
    type Saved = AdaptiveAvgPool2d;

    fn name(&self) -> &'static str {
        "adaptive_avg_pool2d_grad"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let &[n, c, height, width] = &operands[0][..] else {
            return Err(Error::shape(format!("dy {} should have four axes", operands[0])));
        };
        let shape = Shape::new(&[n, c, self.size[0], self.size[1]])?;
        adaptive_pool2d_shape(shape, [height, width])?;
        Ok(shape)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, AdaptiveAvgPool2d)> {
        let dy = &operands[0];
        let shape = Operation::<T>::shape(self, &[dy.shape()])?;
        let output_size = [dy.shape()[2], dy.shape()[3]];
        Ok((adaptive_avg_pool2d_grad(dy, shape)?, AdaptiveAvgPool2d { output_size }))
    }

    fn gradient(
        &self,
        pool: AdaptiveAvgPool2d,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || adaptive_avg_pool2d(&dy, pool.output_size))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let output_size = [operands[0].shape()[2], operands[0].shape()[3]];
        grads.accumulate(0, || record(AdaptiveAvgPool2d { output_size }, &[dy]))
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("size", Attribute::sizes(&self.size))]
    }
}

impl<T: Float> Var<T> {
    /// Images `[N, C, H, W]` of any size as `[N, C, out_h, out_w]`: the mean of each of so many
    /// windows, which cover the image evenly. Neighbours share a row where the sizes don't
    /// divide.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::zeros([1, 256, 13, 13]));
    /// assert_eq!(x.adaptive_avg_pool2d(6)?.shape(), [1, 256, 6, 6].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the value has not four axes, or no pixels.
    pub fn adaptive_avg_pool2d(&self, out: impl Pair) -> Result<Self> {
        record(AdaptiveAvgPool2d { output_size: out.pair() }, &[self])
    }
}

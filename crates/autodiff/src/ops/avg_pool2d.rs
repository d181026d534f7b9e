//! Average pooling, and its gradient.

use std::ops::RangeInclusive;

use plywood_tensor::{
    Float, Result, Shape, Tensor, Window, avg_pool2d, avg_pool2d_grad, naive, pool2d_shape,
};

use super::Pool2d;
use super::pool2d::{attributes, draw};
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// The mean of each window of images `[N, C, H, W]`: see [`Var::avg_pool2d`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor, Window};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let window = Window { stride: [2, 2], ..Window::new([2, 2]) };
/// let x = pass.input(Tensor::from([[[[1.0, 2.0], [3.0, 6.0]]]]));
/// let y = Var::apply(ops::AvgPool2d { window, count_include_pad: true }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[[[3.0]]]]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([[[[0.25, 0.25], [0.25, 0.25]]]])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvgPool2d {
    /// How the window moves.
    pub window: Window,
    /// Whether the padding's zeros count.
    pub count_include_pad: bool,
}

/// The gradient of [`AvgPool2d`], which is linear in its operand, as an operation of its own: `[N, C, H, W]` of
/// `[N, C, H', W']`.
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{Tensor, Window};
///
/// let window = Window { stride: [2, 2], ..Window::new([2, 2]) };
/// let pool = ops::AvgPool2d { window, count_include_pad: true };
/// let dy = Var::constant(Tensor::from([[[[4.0]]]]));
/// let dx = Var::apply(ops::AvgPool2dGrad { pool, size: [2, 2] }, &[&dy])?;
/// assert_eq!(dx.value()?, &Tensor::from([[[[1.0, 1.0], [1.0, 1.0]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AvgPool2dGrad {
    /// The pooling.
    pub pool: AvgPool2d,
    /// `[H, W]`
    pub size: [usize; 2],
}

impl Declared for AvgPool2d {
    const DECLARATION: Declaration = Declaration {
        name: "avg_pool2d",
        equation: "y = mean x over a window",
        gradient: "dx += dy / size of the window, throughout the window",
        sample: |rng| {
            let (pool, size) = draw(rng);
            let pool = if rng.unit() < 0.5 { pool.count_include_pad(false) } else { pool };
            // With dilation a window's last taps may miss the image; average pooling has none.
            let pool = pool.dilation([1, 1]);
            Sample::new(
                vec![normal(rng, &[2, 2, size[0], size[1]])],
                move |inputs, _| inputs[0].avg_pool2d(pool),
                move |inputs| {
                    naive::avg_pool2d(&inputs[0], &pool.window, pool.count_include_pad)
                        .expect("drawn to fit")
                },
            )
        },
    };
}

impl Declared for AvgPool2dGrad {
    const DECLARATION: Declaration = Declaration {
        name: "avg_pool2d_grad",
        equation: "y += x / size of the window, throughout the window",
        gradient: "dx = mean dy over a window",
        sample: |rng| {
            let (Pool2d { window, .. }, size) = draw(rng);
            let window = Window { dilation: [1, 1], ..window };
            let pool = AvgPool2d { window, count_include_pad: rng.unit() < 0.5 };
            let shape = Shape::new(&[1, 2, size[0], size[1]]).expect("small");
            let y = pool2d_shape(shape, &window).expect("drawn to fit");
            Sample::new(
                vec![normal(rng, &y)],
                move |inputs, _| record(Self { pool, size }, &[&inputs[0]]),
                // Each element of the result is the mean's answer to a single 1.
                move |inputs| {
                    Tensor::from_fn(shape, |at| {
                        let one = Tensor::from_fn(shape, |index| f64::from(index == at));
                        let means = naive::avg_pool2d(&one, &window, pool.count_include_pad);
                        means.expect("drawn to fit").mul(&inputs[0]).expect("one shape").sum()
                    })
                },
            )
        },
    };
}

impl<T: Float> Operation<T> for AvgPool2d {
    /// The operand's shape.
    type Saved = Shape;

    fn name(&self) -> &'static str {
        "avg_pool2d"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        pool2d_shape(operands[0], &self.window)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Shape)> {
        let x = &operands[0];
        Ok((avg_pool2d(x, &self.window, self.count_include_pad)?, x.shape()))
    }

    fn gradient(
        &self,
        x_shape: Shape,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let Self { window, count_include_pad } = self;
        grads.accumulate(0, || avg_pool2d_grad(&dy, x_shape, window, *count_include_pad))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let size = [operands[0].shape()[2], operands[0].shape()[3]];
        grads.accumulate(0, || record(AvgPool2dGrad { pool: *self, size }, &[dy]))
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Window(self.window)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut all = attributes(&self.window);
        all.push(("count_include_pad", self.count_include_pad.into()));
        all
    }
}

impl AvgPool2dGrad {
    fn result_shape(&self, dy: Shape) -> Result<Shape> {
        let &[n, c, ..] = &dy[..] else {
            return Err(plywood_tensor::Error::shape(format!("dy {dy} should have four axes")));
        };
        Shape::new(&[n, c, self.size[0], self.size[1]])
    }
}

impl<T: Float> Operation<T> for AvgPool2dGrad {
    type Saved = ();

    fn name(&self) -> &'static str {
        "avg_pool2d_grad"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        let shape = self.result_shape(operands[0])?;
        let pooled = pool2d_shape(shape, &self.pool.window)?;
        if pooled != operands[0] {
            let message = format!("dy {} should be {pooled}", operands[0]);
            return Err(plywood_tensor::Error::shape(message));
        }
        Ok(shape)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, ())> {
        let AvgPool2d { window, count_include_pad } = self.pool;
        let shape = self.result_shape(operands[0].shape())?;
        Ok((avg_pool2d_grad(&operands[0], shape, &window, count_include_pad)?, ()))
    }

    fn gradient(&self, (): (), dy: Tensor<T>, grads: &mut OperandGrads<'_, T>) -> Result<()> {
        let AvgPool2d { window, count_include_pad } = self.pool;
        grads.accumulate(0, || avg_pool2d(&dy, &window, count_include_pad))
    }

    fn vjp(
        &self,
        _operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || record(self.pool, &[dy]))
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut all = Operation::<T>::attributes(&self.pool);
        all.push(("size", Attribute::sizes(&self.size)));
        all
    }
}

impl<T: Float> Var<T> {
    /// The mean of each window of images `[N, C, H, W]`.
    ///
    /// # Errors
    /// When the window doesn't fit.
    pub fn avg_pool2d(&self, pool: impl Into<Pool2d>) -> Result<Self> {
        let Pool2d { window, count_include_pad } = pool.into();
        record(AvgPool2d { window, count_include_pad }, &[self])
    }
}

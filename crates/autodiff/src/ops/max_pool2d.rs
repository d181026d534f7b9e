//! Max pooling.

use std::ops::RangeInclusive;

use plywood_tensor::{
    Float, MaxPlaces, Result, Shape, Tensor, Window, max_pool2d, max_pool2d_grad, naive,
    pool2d_shape,
};

use super::Pool2d;
use super::pool2d::{attributes, draw};
use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, distinct};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::reach::Reach;
use crate::record::record;
use crate::var::Var;

/// The largest element of each window of images `[N, C, H, W]`: see [`Var::max_pool2d`].
///
/// ```
/// use plywood_autodiff::{Pass, Var, ops};
/// use plywood_tensor::{Rng, Seed, Tensor, Window};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let window = Window { stride: [2, 2], ..Window::new([2, 2]) };
/// let x = pass.input(Tensor::from([[[[1.0, 2.0], [3.0, 6.0]]]]));
/// let y = Var::apply(ops::MaxPool2d { window }, &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[[[6.0]]]]));
/// let grads = pass.backward(&y.sum())?;
/// assert_eq!(grads.wrt(&x), Some(&Tensor::from([[[[0.0, 0.0], [0.0, 1.0]]]])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPool2d {
    /// How the window moves.
    pub window: Window,
}

impl Declared for MaxPool2d {
    const DECLARATION: Declaration = Declaration {
        name: "max_pool2d",
        equation: "y = max x over a window",
        gradient: "dx += dy at the place of the maximum (the first of several)",
        sample: |rng| {
            let (pool, size) = draw(rng);
            Sample::new(
                vec![distinct(rng, &[2, 2, size[0], size[1]])],
                move |inputs, _| inputs[0].max_pool2d(pool),
                move |inputs| naive::max_pool2d(&inputs[0], &pool.window).expect("drawn to fit"),
            )
        },
    };
}

impl<T: Float> Operation<T> for MaxPool2d {
    type Saved = MaxPlaces;

    fn name(&self) -> &'static str {
        "max_pool2d"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        1..=1
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        pool2d_shape(operands[0], &self.window)
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, MaxPlaces)> {
        let pooled = max_pool2d(&operands[0], &self.window)?;
        Ok((pooled.values, pooled.places))
    }

    fn gradient(
        &self,
        places: MaxPlaces,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        grads.accumulate(0, || max_pool2d_grad(&dy, &places))
    }

    fn reach(&self, _operands: &[Shape]) -> Reach {
        Reach::Window(self.window)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        attributes(&self.window)
    }
}

impl<T: Float> Var<T> {
    /// The largest element of each window of images `[N, C, H, W]`.
    ///
    /// # Errors
    /// When the window doesn't fit.
    pub fn max_pool2d(&self, pool: impl Into<Pool2d>) -> Result<Self> {
        record(MaxPool2d { window: pool.into().window }, &[self])
    }
}

//! The rule of an optimizer: what one differs in from another.

use std::fmt;

use plywood_tensor::{Error, Float, Result, Tensor};

/// What an optimizer does to one parameter in one step. [`ByRule`](crate::ByRule) makes an optimizer of it: finds the
/// parameters and their gradients, leaves frozen ones alone, refuses what doesn't fit, and keeps the slots
/// by the parameters' names, so that a checkpoint can save them.
///
/// The rule is its settings. Their `Debug` text is the optimizer's
/// [`settings`](crate::Optimizer::settings), so that a checkpoint compares every one, and begins with the
/// name that errors begin with.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{ByRule, Optimizer, Turn, UpdateRule};
/// use plywood_tensor::{Result, Rng, Seed, Tensor};
///
/// /// Steps of the learning rate in the direction of an average: Chen et al., "Symbolic discovery of
/// /// optimization algorithms" (2023).
/// #[derive(Clone, Debug)]
/// struct Lion {
///     betas: (f32, f32),
/// }
///
/// impl UpdateRule for Lion {
///     fn slots(&self) -> &'static [&'static str] {
///         &["mean"]
///     }
///
///     fn update(&self, turn: Turn<'_>) -> Result<()> {
///         let (lr, (b1, b2)) = (turn.learning_rate as f32, self.betas);
///         turn.each(|x, [mean], g| {
///             *x -= lr * (b1 * *mean + (1.0 - b1) * g).signum();
///             *mean = b2 * *mean + (1.0 - b2) * g;
///         })
///     }
/// }
///
/// // The lowest point of (w − 3)².
/// let mut weight = Param::new(Tensor::from([0.0]));
/// let mut optimizer = ByRule::of(Lion { betas: (0.9, 0.99) }, 0.1);
/// for _ in 0..200 {
///     let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
///     let loss = (pass.param(&weight) - 3.0).square().sum();
///     let grads = pass.backward(&loss)?;
///     optimizer.step(&mut weight, &grads)?;
/// }
/// assert!((weight.value().item()? - 3.0).abs() < 0.3);
/// assert_eq!(optimizer.settings(), "Lion { betas: (0.9, 0.99) }");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// `T` is the type of the numbers. A rule for all of them, as those of this crate are, is
/// `impl<T: Float> UpdateRule<T> for MyRule`.
pub trait UpdateRule<T: Float = f32>: Clone + fmt::Debug + Send + 'static {
    /// The names of the tensors that are kept of each parameter, such as its momentum; none by default.
    /// They have the parameter's shape and begin with zeros. What the settings don't need has no slot.
    fn slots(&self) -> &'static [&'static str] {
        &[]
    }

    /// Refuses settings that make no sense: asked before each step. By default nothing is refused. Of a struct
    /// with [`Settings`](crate::Settings) derived it is `Settings::check(self)`.
    ///
    /// # Errors
    /// When a setting makes no sense.
    fn check_settings(&self) -> Result<()> {
        Ok(())
    }

    /// Changes a parameter and its slots by its gradient.
    ///
    /// # Errors
    /// When it can't. The parameters before it in the model have been changed then.
    fn update(&self, turn: Turn<'_, T>) -> Result<()>;
}

/// A parameter at its next step.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{ByRule, Optimizer, Turn, UpdateRule};
/// use plywood_tensor::{Result, Rng, Seed, Tensor};
///
/// /// Each step of a parameter is a fraction of its first.
/// #[derive(Clone, Debug)]
/// struct Shrinking;
///
/// impl UpdateRule for Shrinking {
///     fn update(&self, turn: Turn<'_>) -> Result<()> {
///         let rate = (turn.learning_rate / turn.steps as f64) as f32;
///         turn.each(|x, [], g| *x -= rate * g)
///     }
/// }
///
/// let mut weight = Param::new(Tensor::from([1.0]));
/// let mut optimizer = ByRule::of(Shrinking, 0.5);
/// for expected in [0.5, 0.25] {
///     let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
///     let loss = pass.param(&weight).sum(); // its gradient is 1
///     optimizer.step(&mut weight, &pass.backward(&loss)?)?;
///     assert_eq!(weight.value(), &Tensor::from([expected]));
/// }
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Turn<'a, T: Float = f32> {
    /// The parameter's value.
    pub value: &'a mut Tensor<T>,
    /// What is kept of the parameter, in the order of [`UpdateRule::slots`].
    pub slots: &'a mut Vec<Tensor<T>>,
    /// The gradient of the loss with respect to the parameter.
    pub gradient: &'a Tensor<T>,
    /// The steps of this parameter, with this one: 1 in its first.
    pub steps: u64,
    /// The learning rate of this step, for this parameter.
    pub learning_rate: f64,
}

impl<T: Float> Turn<'_, T> {
    /// Calls `update(x, slots, g)` for each number `x` of the parameter, those of its slots at the same
    /// place, and that of the gradient. Everything is read and written once, by all threads.
    ///
    /// # Errors
    /// When `update` takes another number of slots than the rule names.
    pub fn each<const N: usize>(
        self,
        update: impl Fn(&mut T, [&mut T; N], T) + Sync,
    ) -> Result<()> {
        let Self { value, slots, gradient, .. } = self;
        let count = slots.len();
        let slots: &mut [Tensor<T>; N] = slots.as_mut_slice().try_into().map_err(|_| {
            Error::value(format!("the update takes {N} slots, and the rule names {count}"))
                .hint("`UpdateRule::slots` names what is kept of each parameter")
        })?;
        value.update(slots.each_mut(), gradient, update)
    }
}

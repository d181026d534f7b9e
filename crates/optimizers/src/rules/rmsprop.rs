//! RMSprop.

use plywood_tensor::{Float, Result, compiled_here};

use crate::Settings;
use crate::by_rule::ByRule;
use crate::rule::{Turn, UpdateRule};

/// The settings of [RMSprop](crate::RMSprop), which has their setters; PyTorch's by default.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{Optimizer, RMSprop};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut weight = Param::new(Tensor::from([1.0]));
/// let mut optimizer = RMSprop::new(0.05).alpha(0.75);
/// let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
/// let loss = pass.param(&weight).sum() * 3.0; // its gradient is 3
/// optimizer.step(&mut weight, &pass.backward(&loss)?)?;
/// assert!((weight.value().item()? - 0.9).abs() < 1e-6); // 1 − 0.05 · 3 / √(0.25 · 3²)
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
#[settings(held_by(<T: Float> ByRule<RMSprop, T>, rule))]
#[non_exhaustive]
pub struct RMSprop {
    /// How much of the running mean of squares is kept.
    #[setting(default = 0.99, range = 0.0..=1.0, called = "α")]
    pub alpha: f64,
    /// What is added to the root, so that it is never 0.
    #[setting(default = 1e-8, range = 0.0.., called = "ε", alias = "eps")]
    pub epsilon: f64,
    /// How much of the last step's direction is kept.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    pub momentum: f64,
    /// Whether it divides by the root of the variance instead of the mean square.
    #[setting(default = false)]
    pub centered: bool,
    /// How much of the parameters is added to their gradients.
    #[setting(default = 0.0, range = 0.0..)]
    pub weight_decay: f64,
}

impl<T: Float> UpdateRule<T> for RMSprop {
    fn slots(&self) -> &'static [&'static str] {
        match (self.centered, T::of(self.momentum) > T::ZERO) {
            (false, false) => &["square"],
            (false, true) => &["square", "momentum"],
            (true, false) => &["square", "mean"],
            (true, true) => &["square", "mean", "momentum"],
        }
    }

    fn check_settings(&self) -> Result<()> {
        Settings::check(self)
    }

    fn update(&self, turn: Turn<'_, T>) -> Result<()> {
        step(self, turn)
    }
}

compiled_here! {
    fn step<'r, 't, T>(rule: &'r RMSprop, turn: Turn<'t, T>) -> Result<()> {
        let [lr, alpha, epsilon, momentum, decay] =
            [turn.learning_rate, rule.alpha, rule.epsilon, rule.momentum, rule.weight_decay]
                .map(T::of);
        let rest = T::of(1.0 - rule.alpha);
        let direction = move |x: T, square: &mut T, mean: Option<&mut T>, g: T| {
            let g = g + decay * x;
            *square = alpha * *square + rest * g * g;
            let mut variance = *square;
            if let Some(mean) = mean {
                *mean = alpha * *mean + rest * g;
                // Below this the difference is rounding alone, of either sign.
                variance = (variance - *mean * *mean).maximum(T::EPSILON * variance);
            }
            g / (variance.sqrt() + epsilon)
        };
        let velocity = move |velocity: &mut T, direction: T| {
            *velocity = momentum * *velocity + direction;
            *velocity
        };
        match (rule.centered, momentum > T::ZERO) {
            (false, false) => turn.each(|x, [s], g| *x -= lr * direction(*x, s, None, g)),
            (false, true) => turn.each(|x, [s, v], g| {
                *x -= lr * velocity(v, direction(*x, s, None, g));
            }),
            (true, false) => turn.each(|x, [s, a], g| *x -= lr * direction(*x, s, Some(a), g)),
            (true, true) => turn.each(|x, [s, a, v], g| {
                *x -= lr * velocity(v, direction(*x, s, Some(a), g));
            }),
        }
    }
}

//! Stochastic gradient descent.

use plywood_tensor::{Error, Float, Result, compiled_here};

use crate::Settings;
use crate::by_rule::ByRule;
use crate::rule::{Turn, UpdateRule};

/// The settings of [stochastic gradient descent](crate::SGD), which has their setters: plain descent by default.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{Optimizer, SGD};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut weight = Param::new(Tensor::from([1.0]));
/// let mut optimizer = SGD::new(0.5).momentum(0.5);
/// for expected in [0.5, -0.25] { // less 0.5 · 1, then less 0.5 · (1 + 0.5 · 1)
///     let mut pass = Pass::train(&weight, &mut Rng::new(Seed(7)));
///     let loss = pass.param(&weight).sum(); // its gradient is 1
///     optimizer.step(&mut weight, &pass.backward(&loss)?)?;
///     assert_eq!(weight.value(), &Tensor::from([expected]));
/// }
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
#[settings(held_by(<T: Float> ByRule<SGD, T>, rule))]
#[non_exhaustive]
pub struct SGD {
    /// How much of the last step's direction is kept.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    pub momentum: f64,
    /// How much less the gradient counts against the momentum.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    pub dampening: f64,
    /// Whether it looks one step of the momentum ahead, which needs a momentum and no dampening.
    #[setting(default = false)]
    pub nesterov: bool,
    /// How much of the parameters is added to their gradients, which pulls them towards 0.
    #[setting(default = 0.0, range = 0.0..)]
    pub weight_decay: f64,
}

impl<T: Float> UpdateRule<T> for SGD {
    fn slots(&self) -> &'static [&'static str] {
        match T::of(self.momentum) == T::ZERO {
            true => &[],
            false => &["momentum"],
        }
    }

    fn check_settings(&self) -> Result<()> {
        Settings::check(self)?;
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            return Err(Error::value(format!(
                "Nesterov's momentum with momentum {} and dampening {}",
                self.momentum, self.dampening
            ))
            .hint("it needs a momentum above 0, and no dampening"));
        }
        Ok(())
    }

    fn update(&self, turn: Turn<'_, T>) -> Result<()> {
        step(self, turn)
    }
}

compiled_here! {
    fn step<'r, 't, T>(rule: &'r SGD, turn: Turn<'t, T>) -> Result<()> {
        let [lr, momentum, decay] =
            [turn.learning_rate, rule.momentum, rule.weight_decay].map(T::of);
        if momentum == T::ZERO {
            return turn.each(|x, [], g| *x -= lr * (g + decay * *x));
        }
        // A parameter's first momentum is its gradient, whole.
        let kept = if turn.steps == 1 { T::ONE } else { T::ONE - T::of(rule.dampening) };
        let nesterov = rule.nesterov;
        turn.each(|x, [v], g| {
            let g = g + decay * *x;
            *v = momentum * *v + kept * g;
            *x -= lr * if nesterov { g + momentum * *v } else { *v };
        })
    }
}

//! Stochastic gradient descent.

use plywood_tensor::{Error, Float, Result};

use crate::by_rule::ByRule;
use crate::rule::{Turn, UpdateRule, check_setting, compiled_here};

/// The settings of [stochastic gradient descent](crate::SGD): plain descent by default.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SGD {
    /// How much of the last step's direction is kept.
    pub momentum: f64,
    /// How much less the gradient counts against the momentum.
    pub dampening: f64,
    /// Whether it looks one step of the momentum ahead.
    pub nesterov: bool,
    /// How much of the parameters is added to their gradients.
    pub weight_decay: f64,
}

impl<T: Float> UpdateRule<T> for SGD {
    fn slots(&self) -> &'static [&'static str] {
        match T::of(self.momentum) == T::ZERO {
            true => &[],
            false => &["momentum"],
        }
    }

    fn check(&self) -> Result<()> {
        check_setting("momentum", self.momentum, 0.0, 1.0)?;
        check_setting("dampening", self.dampening, 0.0, 1.0)?;
        check_setting("weight decay", self.weight_decay, 0.0, f64::INFINITY)?;
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
        turn.by_element(self, Self::single, Self::double)
    }
}

compiled_here!(SGD);

impl SGD {
    fn step<T: Float>(&self, turn: Turn<'_, T>) -> Result<()> {
        let [lr, momentum, decay] =
            [turn.learning_rate, self.momentum, self.weight_decay].map(T::of);
        if momentum == T::ZERO {
            return turn.each(|x, [], g| *x -= lr * (g + decay * *x));
        }
        // A parameter's first momentum is its gradient, whole.
        let kept = if turn.steps == 1 { T::ONE } else { T::ONE - T::of(self.dampening) };
        let nesterov = self.nesterov;
        turn.each(|x, [v], g| {
            let g = g + decay * *x;
            *v = momentum * *v + kept * g;
            *x -= lr * if nesterov { g + momentum * *v } else { *v };
        })
    }
}

impl<T: Float> ByRule<SGD, T> {
    /// How much of the last step's direction is kept; 0 by default.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.rule.momentum = momentum;
        self
    }

    /// How much less the gradient counts against the momentum; 0 by default.
    #[must_use]
    pub fn dampening(mut self, dampening: f64) -> Self {
        self.rule.dampening = dampening;
        self
    }

    /// Looks one step of the momentum ahead, which needs a momentum and no dampening.
    #[must_use]
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.rule.nesterov = nesterov;
        self
    }

    /// Pulls the parameters towards 0: adds so much of them to their gradients; 0 by default.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.rule.weight_decay = weight_decay;
        self
    }
}

//! RMSprop.

use plywood_tensor::{Float, Result};

use crate::by_rule::ByRule;
use crate::rule::{Turn, UpdateRule, check_setting, compiled_here};

/// The settings of [RMSprop](crate::RMSprop), PyTorch's by default.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RMSprop {
    /// How much of the running mean of squares is kept.
    pub alpha: f64,
    /// What is added to the root.
    pub epsilon: f64,
    /// How much of the last step's direction is kept.
    pub momentum: f64,
    /// Whether it divides by the root of the variance instead of the mean square.
    pub centered: bool,
    /// How much of the parameters is added to their gradients.
    pub weight_decay: f64,
}

impl Default for RMSprop {
    fn default() -> Self {
        Self { alpha: 0.99, epsilon: 1e-8, momentum: 0.0, centered: false, weight_decay: 0.0 }
    }
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

    fn check(&self) -> Result<()> {
        check_setting("α", self.alpha, 0.0, 1.0)?;
        check_setting("ε", self.epsilon, 0.0, f64::INFINITY)?;
        check_setting("momentum", self.momentum, 0.0, 1.0)?;
        check_setting("weight decay", self.weight_decay, 0.0, f64::INFINITY)
    }

    fn update(&self, turn: Turn<'_, T>) -> Result<()> {
        turn.by_element(self, Self::single, Self::double)
    }
}

compiled_here!(RMSprop);

impl RMSprop {
    fn step<T: Float>(&self, turn: Turn<'_, T>) -> Result<()> {
        let [lr, alpha, epsilon, momentum, decay] =
            [turn.learning_rate, self.alpha, self.epsilon, self.momentum, self.weight_decay]
                .map(T::of);
        let rest = T::of(1.0 - self.alpha);
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
        match (self.centered, momentum > T::ZERO) {
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

impl<T: Float> ByRule<RMSprop, T> {
    /// How much of the running mean of squares is kept; 0.99 by default.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.rule.alpha = alpha;
        self
    }

    /// What is added to the root, so that it is never 0; 1e-8 by default.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.rule.epsilon = epsilon;
        self
    }

    /// How much of the last step's direction is kept; 0 by default.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.rule.momentum = momentum;
        self
    }

    /// Divides by the root of the variance instead of the mean square.
    #[must_use]
    pub fn centered(mut self, centered: bool) -> Self {
        self.rule.centered = centered;
        self
    }

    /// Adds so much of the parameters to their gradients; 0 by default.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.rule.weight_decay = weight_decay;
        self
    }
}

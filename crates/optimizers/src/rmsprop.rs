//! RMSprop.

use plywood_autodiff::{Grads, Params};
use plywood_tensor::Result;

use crate::optimizer::{Optimizer, OptimizerState, check, rate_and_state};

/// RMSprop: gradients divided by the root of the running mean of their squares.
///
/// ```text
/// g ← g + weight_decay · x
/// s ← α · s + (1 − α) · g²
/// r ← g / (√s + ε)                 (centred: √(s − a²), a the running mean of g)
/// v ← momentum · v + r
/// x ← x − lr · v                   (without momentum: x − lr · r)
/// ```
///
/// Source: Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5 (2012), in
/// PyTorch's form.
#[derive(Clone, Debug)]
pub struct RMSprop {
    learning_rate: f64,
    alpha: f64,
    epsilon: f64,
    momentum: f64,
    centered: bool,
    weight_decay: f64,
    state: OptimizerState,
}

impl RMSprop {
    /// With this learning rate, and PyTorch's defaults for the rest.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            alpha: 0.99,
            epsilon: 1e-8,
            momentum: 0.0,
            centered: false,
            weight_decay: 0.0,
            state: OptimizerState::default(),
        }
    }

    /// How much of the running mean of squares is kept; 0.99 by default.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// What is added to the root, so that it is never 0; 1e-8 by default.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    /// How much of the last step's direction is kept; 0 by default.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// Divides by the root of the variance instead of the mean square.
    #[must_use]
    pub fn centered(mut self, centered: bool) -> Self {
        self.centered = centered;
        self
    }

    /// Adds so much of the parameters to their gradients; 0 by default.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    fn check(&self) -> Result<()> {
        check("learning rate", self.learning_rate, 0.0, f64::INFINITY)?;
        check("α", self.alpha, 0.0, 1.0)?;
        check("ε", self.epsilon, 0.0, f64::INFINITY)?;
        check("momentum", self.momentum, 0.0, 1.0)?;
        check("weight decay", self.weight_decay, 0.0, f64::INFINITY)
    }
}

impl Optimizer for RMSprop {
    fn step(&mut self, model: &mut dyn Params, grads: &Grads) -> Result<()> {
        self.check().map_err(|error| error.operation("RMSprop"))?;
        let [lr, alpha, epsilon, momentum, decay] =
            [self.learning_rate, self.alpha, self.epsilon, self.momentum, self.weight_decay]
                .map(|x| x as f32);
        let rest = (1.0 - self.alpha) as f32;
        // What isn't used has no slot: a model's state is as large as the settings need.
        let direction = move |x: f32, square: &mut f32, mean: Option<&mut f32>, g: f32| {
            let g = g + decay * x;
            *square = alpha * *square + rest * g * g;
            let mut variance = *square;
            if let Some(mean) = mean {
                *mean = alpha * *mean + rest * g;
                // Below this the difference is rounding alone, of either sign.
                variance = (variance - *mean * *mean).max(f32::EPSILON * variance);
            }
            g / (variance.sqrt() + epsilon)
        };
        let velocity = move |velocity: &mut f32, direction: f32| {
            *velocity = momentum * *velocity + direction;
            *velocity
        };
        let state = &mut self.state;
        let result = match (self.centered, momentum > 0.0) {
            (false, false) => state.update_each(model, grads, |x, [s], g| {
                *x -= lr * direction(*x, s, None, g);
            }),
            (false, true) => state.update_each(model, grads, |x, [s, v], g| {
                *x -= lr * velocity(v, direction(*x, s, None, g));
            }),
            (true, false) => state.update_each(model, grads, |x, [s, a], g| {
                *x -= lr * direction(*x, s, Some(a), g);
            }),
            (true, true) => state.update_each(model, grads, |x, [s, a, v], g| {
                *x -= lr * velocity(v, direction(*x, s, Some(a), g));
            }),
        };
        result.map_err(|error| error.operation("RMSprop"))
    }

    rate_and_state!();

    fn settings(&self) -> String {
        format!(
            "RMSprop, α {}, ε {}, momentum {}, centred {}, weight decay {}",
            self.alpha, self.epsilon, self.momentum, self.centered, self.weight_decay
        )
    }
}

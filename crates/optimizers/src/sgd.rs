//! Stochastic gradient descent.

use plywood_autodiff::{Grads, Params};
use plywood_tensor::{Error, Result};

use crate::optimizer::{Optimizer, OptimizerState, Turn, check};

/// Stochastic gradient descent, with momentum, Nesterov's momentum, and weight decay.
///
/// ```text
/// g ← g + weight_decay · x
/// v ← momentum · v + (1 − dampening) · g        (g itself in a parameter's first step)
/// x ← x − lr · v                                (Nesterov: x − lr · (g + momentum · v))
/// ```
///
/// Source: Sutskever et al., "On the importance of initialization and momentum in deep learning"
/// (2013), in PyTorch's form.
#[derive(Clone, Debug)]
pub struct SGD {
    learning_rate: f64,
    momentum: f64,
    dampening: f64,
    nesterov: bool,
    weight_decay: f64,
    state: OptimizerState,
}

impl SGD {
    /// Plain descent.
    pub fn new(learning_rate: f64) -> Self {
        Self {
            learning_rate,
            momentum: 0.0,
            dampening: 0.0,
            nesterov: false,
            weight_decay: 0.0,
            state: OptimizerState::default(),
        }
    }

    /// How much of the last step's direction is kept.
    #[must_use]
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// How much less the gradient counts against the momentum.
    #[must_use]
    pub fn dampening(mut self, dampening: f64) -> Self {
        self.dampening = dampening;
        self
    }

    /// Looks one step of the momentum ahead, which needs a momentum and no dampening.
    #[must_use]
    pub fn nesterov(mut self, nesterov: bool) -> Self {
        self.nesterov = nesterov;
        self
    }

    /// Pulls the parameters towards 0: adds so much of them to their gradients.
    #[must_use]
    pub fn weight_decay(mut self, weight_decay: f64) -> Self {
        self.weight_decay = weight_decay;
        self
    }

    fn check(&self) -> Result<()> {
        check("learning rate", self.learning_rate, 0.0, f64::INFINITY)?;
        check("momentum", self.momentum, 0.0, 1.0)?;
        check("dampening", self.dampening, 0.0, 1.0)?;
        check("weight decay", self.weight_decay, 0.0, f64::INFINITY)?;
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            return Err(Error::value(format!(
                "Nesterov's momentum with momentum {} and dampening {}",
                self.momentum, self.dampening
            ))
            .hint("it needs a momentum above 0, and no dampening"));
        }
        Ok(())
    }

    fn update(&mut self, model: &mut dyn Params, grads: &Grads) -> Result<()> {
        self.check()?;
        let [lr, momentum, decay] =
            [self.learning_rate, self.momentum, self.weight_decay].map(|x| x as f32);
        let (nesterov, later) = (self.nesterov, 1.0 - self.dampening as f32);
        if self.momentum == 0.0 {
            return self.state.update(model, grads, |Turn { param, gradient, .. }: Turn<'_, 0>| {
                param.value_mut().update([], gradient, |x, [], g| *x -= lr * (g + decay * *x))
            });
        }
        self.state.update(model, grads, |Turn { param, steps, slots, gradient }: Turn<'_, 1>| {
            // A parameter's first momentum is its gradient, whole.
            let kept = if steps == 1 { 1.0 } else { later };
            param.value_mut().update(slots, gradient, |x, [v], g| {
                let g = g + decay * *x;
                *v = momentum * *v + kept * g;
                *x -= lr * if nesterov { g + momentum * *v } else { *v };
            })
        })
    }
}

impl Optimizer for SGD {
    fn step(&mut self, model: &mut dyn Params, grads: &Grads) -> Result<()> {
        self.update(model, grads).map_err(|error| error.operation("SGD"))
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    fn state(&self) -> &OptimizerState {
        &self.state
    }

    fn load_state(&mut self, state: OptimizerState) {
        self.state = state;
    }

    fn settings(&self) -> String {
        format!(
            "SGD, momentum {}, dampening {}, Nesterov {}, weight decay {}",
            self.momentum, self.dampening, self.nesterov, self.weight_decay
        )
    }
}

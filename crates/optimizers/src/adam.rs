//! Adam and AdamW.

use plywood_autodiff::{Grads, Params};
use plywood_tensor::Result;

use crate::optimizer::{Optimizer, OptimizerState, Turn, check, rate_and_state};

/// What Adam and AdamW share: running means of the gradient and of its square.
///
/// ```text
/// m ← β₁ · m + (1 − β₁) · g
/// v ← β₂ · v + (1 − β₂) · g²
/// x ← x − lr · m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
/// ```
///
/// t counts the steps of each parameter by itself.
#[derive(Clone, Debug)]
struct Moments {
    learning_rate: f64,
    betas: (f64, f64),
    epsilon: f64,
    weight_decay: f64,
    amsgrad: bool,
    /// Whether weight decay acts on the parameter itself instead of on its gradient.
    decoupled: bool,
    state: OptimizerState,
}

impl Moments {
    fn new(weight_decay: f64, decoupled: bool) -> Self {
        Self {
            learning_rate: 1e-3,
            betas: (0.9, 0.999),
            epsilon: 1e-8,
            weight_decay,
            amsgrad: false,
            decoupled,
            state: OptimizerState::default(),
        }
    }

    fn check(&self) -> Result<()> {
        check("learning rate", self.learning_rate, 0.0, f64::INFINITY)?;
        check("first β", self.betas.0, 0.0, 1.0 - f64::EPSILON)?;
        check("second β", self.betas.1, 0.0, 1.0 - f64::EPSILON)?;
        check("ε", self.epsilon, 0.0, f64::INFINITY)?;
        check("weight decay", self.weight_decay, 0.0, f64::INFINITY)
    }

    fn step(&mut self, model: &mut dyn Params, grads: &Grads) -> Result<()> {
        self.check()?;
        let (lr, (beta1, beta2)) = (self.learning_rate, self.betas);
        // lr / (1 − β₁ᵗ) and √(1 − β₂ᵗ): running means that began at 0 are too small at first.
        let corrections = |steps: u64| {
            let t = steps as f64;
            [lr / (1.0 - beta1.powf(t)), (1.0 - beta2.powf(t)).sqrt()].map(|x| x as f32)
        };
        let [b1, b2, epsilon] = [beta1, beta2, self.epsilon].map(|x| x as f32);
        let (rest1, rest2) = ((1.0 - beta1) as f32, (1.0 - beta2) as f32);
        let (shrink, decay) = match self.decoupled {
            true => ((1.0 - lr * self.weight_decay) as f32, 0.0),
            false => (1.0, self.weight_decay as f32),
        };
        let begin = move |x: &mut f32, m: &mut f32, v: &mut f32, g: f32| {
            let g = g + decay * *x;
            *x *= shrink;
            *m = b1 * *m + rest1 * g;
            *v = b2 * *v + rest2 * g * g;
        };
        if self.amsgrad {
            self.state.update(
                model,
                grads,
                |Turn { param, steps, slots, gradient, .. }: Turn<'_, 3>| {
                    let [size, root] = corrections(steps);
                    param.value_mut().update(slots, gradient, |x, [m, v, largest], g| {
                        begin(x, m, v, g);
                        *largest = largest.max(*v);
                        *x -= size * *m / (largest.sqrt() / root + epsilon);
                    })
                },
            )
        } else {
            self.state.update(
                model,
                grads,
                |Turn { param, steps, slots, gradient, .. }: Turn<'_, 2>| {
                    let [size, root] = corrections(steps);
                    param.value_mut().update(slots, gradient, |x, [m, v], g| {
                        begin(x, m, v, g);
                        *x -= size * *m / (v.sqrt() / root + epsilon);
                    })
                },
            )
        }
    }

    fn settings(&self, name: &str) -> String {
        let Self { betas: (beta1, beta2), epsilon, weight_decay, amsgrad, .. } = self;
        format!(
            "{name}, β {beta1} and {beta2}, ε {epsilon}, weight decay {weight_decay}, AMSGrad {amsgrad}"
        )
    }
}

macro_rules! adam {
    ($(#[$doc:meta])* $name:ident, $weight_decay:expr, $decoupled:expr, $decay_doc:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(Moments);

        impl $name {
            /// With this learning rate, and PyTorch's defaults for the rest.
            pub fn new(learning_rate: f64) -> Self {
                Self(Moments { learning_rate, ..Moments::new($weight_decay, $decoupled) })
            }

            /// How much of the running means of the gradient and of its square is kept; 0.9 and
            /// 0.999 by default.
            #[must_use]
            pub fn betas(mut self, first: f64, second: f64) -> Self {
                self.0.betas = (first, second);
                self
            }

            /// What is added to the root, so that it is never 0; 1e-8 by default.
            #[must_use]
            pub fn epsilon(mut self, epsilon: f64) -> Self {
                self.0.epsilon = epsilon;
                self
            }

            #[doc = $decay_doc]
            #[must_use]
            pub fn weight_decay(mut self, weight_decay: f64) -> Self {
                self.0.weight_decay = weight_decay;
                self
            }

            /// Divides by the largest running mean so far instead of the last.
            ///
            /// Source: Reddi, Kale and Kumar, "On the convergence of Adam and beyond" (2018).
            #[must_use]
            pub fn amsgrad(mut self, amsgrad: bool) -> Self {
                self.0.amsgrad = amsgrad;
                self
            }
        }

        /// With learning rate 0.001.
        impl Default for $name {
            fn default() -> Self {
                Self::new(1e-3)
            }
        }

        impl Optimizer for $name {
            fn step(&mut self, model: &mut dyn Params, grads: &Grads) -> Result<()> {
                self.0.step(model, grads).map_err(|error| error.operation(stringify!($name)))
            }

            rate_and_state!(.0);

            fn settings(&self) -> String {
                self.0.settings(stringify!($name))
            }
        }
    };
}

adam!(
    /// Adam: steps of about the learning rate for each parameter, whatever the gradient's size.
    ///
    /// Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2014).
    Adam, 0.0, false,
    "Adds so much of the parameters to their gradients; 0 by default."
);

adam!(
    /// Adam with weight decay that acts on the parameters themselves: `x ← x · (1 − lr · decay)`.
    ///
    /// Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2017).
    AdamW, 1e-2, true,
    "How much the parameters shrink in a step, in units of the learning rate; 0.01 by default."
);

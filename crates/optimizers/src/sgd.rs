//! Stochastic gradient descent.

use plywood_autodiff::{Grads, Params};
use plywood_tensor::{Error, Result};

use crate::optimizer::{Optimizer, OptimizerState, Turn, check, rate_and_state};

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
    /// Endings of names, and what the gradients of such parameters are multiplied by.
    rates: Vec<(String, f64)>,
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
            rates: Vec::new(),
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

    /// Multiplies the learning rate of every parameter whose name ends so, such as `norm1.bias`, and
    /// not its weight decay: the update has `factor · g` in the place of `g`. The first ending that
    /// fits counts; where one fits no parameter, the step fails.
    ///
    /// ```
    /// use plywood_autodiff::{Param, Pass};
    /// use plywood_optimizers::{Optimizer, SGD};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let mut model = vec![Param::new(Tensor::ones([1])), Param::new(Tensor::ones([1]))];
    /// let mut pass = Pass::train(&model, &mut Rng::new(Seed(7)));
    /// let loss = pass.param(&model[0]).add(&pass.param(&model[1]))?.sum(); // both gradients are 1
    /// let grads = pass.backward(&loss)?;
    /// SGD::new(0.25).rate_of("1", 2.0).step(&mut model, &grads)?;
    /// assert_eq!((model[0].value().item()?, model[1].value().item()?), (0.75, 0.5));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn rate_of(mut self, ending: impl Into<String>, factor: f64) -> Self {
        self.rates.push((ending.into(), factor));
        self
    }

    fn check(&self) -> Result<()> {
        for (ending, factor) in &self.rates {
            check(&format!("factor for `{ending}`"), *factor, 0.0, f64::INFINITY)?;
        }
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
        let Self { rates, state, .. } = self;
        if !rates.is_empty() {
            let names = model.named_parameters();
            let fits = |ending: &str| names.iter().any(|(name, _)| name.ends_with(ending));
            if let Some((ending, _)) = rates.iter().find(|(ending, _)| !fits(ending)) {
                return Err(Error::value(format!("no parameter's name ends in `{ending}`"))
                    .hint("`rate_of` names what has another learning rate"));
            }
        }
        if momentum == 0.0 {
            return state.update(
                model,
                grads,
                |Turn { name, param, gradient, .. }: Turn<'_, 0>| {
                    let factor = factor(rates, name);
                    let step =
                        |x: &mut f32, []: [&mut f32; 0], g| *x -= lr * (factor * g + decay * *x);
                    param.value_mut().update([], gradient, step)
                },
            );
        }
        state.update(model, grads, |turn: Turn<'_, 1>| {
            let Turn { name, param, steps, slots, gradient } = turn;
            let factor = factor(rates, name);
            // A parameter's first momentum is its gradient, whole.
            let kept = if steps == 1 { 1.0 } else { later };
            param.value_mut().update(slots, gradient, |x, [v], g| {
                let g = factor * g + decay * *x;
                *v = momentum * *v + kept * g;
                *x -= lr * if nesterov { g + momentum * *v } else { *v };
            })
        })
    }
}

/// What a parameter's gradient is multiplied by.
fn factor(rates: &[(String, f64)], name: &str) -> f32 {
    let found = rates.iter().find(|(ending, _)| name.ends_with(ending.as_str()));
    found.map_or(1.0, |(_, factor)| *factor as f32)
}

impl Optimizer for SGD {
    fn step(&mut self, model: &mut dyn Params, grads: &Grads) -> Result<()> {
        self.update(model, grads).map_err(|error| error.operation("SGD"))
    }

    rate_and_state!();

    fn settings(&self) -> String {
        let rates: String = self
            .rates
            .iter()
            .map(|(ending, factor)| format!(", {factor} times the rate for `{ending}`"))
            .collect();
        format!(
            "SGD, momentum {}, dampening {}, Nesterov {}, weight decay {}{rates}",
            self.momentum, self.dampening, self.nesterov, self.weight_decay
        )
    }
}

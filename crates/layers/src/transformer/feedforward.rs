//! What each element of a sequence goes through by itself, and how a step is added.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Float, Result};

use super::config::Activation;
use crate::layer_norm::LayerNorm;
use crate::linear::Linear;
use crate::module::Module;

/// Two linear layers with a function between: `[B, L, D]` to `[B, L, F]` and back.
pub(super) fn feedforward<T: Float>(
    [linear1, linear2]: [&Linear<T>; 2],
    activation: Activation,
    dropout: f64,
    x: &Var<T>,
    pass: &mut Pass<T>,
) -> Result<Var<T>> {
    let hidden = activation.apply(linear1.forward(x, pass)?).dropout(dropout, pass)?;
    linear2.forward(&hidden, pass)
}

/// How a layer adds its steps to what came before.
#[derive(Clone, Copy)]
pub(super) struct Residual {
    pub(super) norm_first: bool,
    pub(super) dropout: f64,
}

impl Residual {
    /// `norm(x + step(x))`, or `x + step(norm(x))` where the normalisation comes first.
    pub(super) fn add<T: Float>(
        self,
        x: &Var<T>,
        norm: &LayerNorm<T>,
        pass: &mut Pass<T>,
        step: impl FnOnce(&Var<T>, &mut Pass<T>) -> Result<Var<T>>,
    ) -> Result<Var<T>> {
        if self.norm_first {
            let normal = norm.forward(x, pass)?;
            return x.add(&step(&normal, pass)?.dropout(self.dropout, pass)?);
        }
        let sum = x.add(&step(x, pass)?.dropout(self.dropout, pass)?)?;
        norm.forward(&sum, pass)
    }
}

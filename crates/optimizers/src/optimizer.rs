//! What every optimizer does.

use std::collections::BTreeMap;

use plywood_autodiff::{Grads, Param, Params};
use plywood_tensor::{Error, Result, Tensor};

/// Changes the parameters of a model so that its loss falls.
pub trait Optimizer: Send {
    /// Changes each parameter by its gradient. Frozen parameters, and those without a gradient,
    /// stay as they are.
    ///
    /// # Errors
    /// When a setting makes no sense, such as a learning rate that is NaN, or a gradient has
    /// another shape than its parameter. No parameter is changed then.
    fn step(&mut self, model: &mut dyn Params, grads: &Grads) -> Result<()>;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate of the next step, as a schedule does.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// What has to be saved so that training can go on.
    fn state(&self) -> &OptimizerState;

    /// Goes on from a saved state.
    fn load_state(&mut self, state: OptimizerState);

    /// The settings, but for the learning rate, in one line: what a checkpoint compares.
    fn settings(&self) -> String;
}

/// What an optimizer remembers from step to step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptimizerState {
    /// Steps so far.
    pub steps: u64,
    /// The tensors that go with each parameter, by its name.
    pub slots: BTreeMap<String, Vec<Tensor>>,
}

impl OptimizerState {
    /// Goes through the parameters that have a gradient, each with its `N` slots, which begin with
    /// zeros.
    pub(crate) fn update<const N: usize>(
        &mut self,
        model: &mut dyn Params,
        grads: &Grads,
        mut update: impl FnMut(&mut Param, [&mut Tensor; N], &Tensor) -> Result<()>,
    ) -> Result<()> {
        for (name, param) in model.named_parameters() {
            let refuse = |what: &str, tensor: &Tensor| {
                Err(Error::shape(format!(
                    "the {what} is {}, the parameter {}",
                    tensor.shape(),
                    param.shape()
                ))
                .within(&name))
            };
            if let Some(gradient) =
                grads.of(param).filter(|gradient| gradient.shape() != param.shape())
            {
                return refuse("gradient", gradient);
            }
            let slots = self.slots.get(&name);
            if let Some(slot) =
                slots.into_iter().flatten().find(|slot| slot.shape() != param.shape())
            {
                return refuse("optimizer's state", slot);
            }
            if let Some(other) = slots.map(Vec::len).filter(|&count| count != N) {
                return Err(Error::data(format!(
                    "the optimizer's state has {other} tensors for each parameter, it needs {N}"
                ))
                .within(&name)
                .hint("it is the state of another optimizer, or of other settings"));
            }
        }
        self.steps += 1;
        let mut result = Ok(());
        model.update_parameters(&mut |name, param| {
            let Some(gradient) = grads.of(param).filter(|_| !param.is_frozen()) else { return };
            if result.is_err() {
                return;
            }
            if N > 0 && !self.slots.contains_key(name) {
                let zeros = vec![Tensor::zeros(param.shape()); N];
                self.slots.insert(name.to_owned(), zeros);
            }
            let slots = self.slots.get_mut(name).map(Vec::as_mut_slice).unwrap_or_default();
            let slots = slots.get_disjoint_mut(std::array::from_fn(|index| index));
            result = update(param, slots.expect("counted above"), gradient);
        });
        result
    }
}

/// Refuses a setting that is NaN, infinite or outside `low..=high`.
pub(crate) fn check(what: &str, value: f64, low: f64, high: f64) -> Result<()> {
    if (low..=high).contains(&value) && value.is_finite() {
        return Ok(());
    }
    let range = if high.is_finite() {
        format!("between {low} and {high}")
    } else {
        format!("a finite number, {low} or more")
    };
    Err(Error::value(format!("the {what} is {value}; it should be {range}")))
}

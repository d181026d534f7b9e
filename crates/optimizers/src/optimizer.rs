//! What every optimizer does.

use std::collections::BTreeMap;

use plywood_autodiff::{Grads, Param, Params};
use plywood_tensor::{Error, Float, Result, Shape, Tensor};

/// Changes the parameters of a model so that its loss falls. `T` is the type of their numbers.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{Adam, Optimizer, SGD};
/// use plywood_tensor::{Result, Rng, Seed, Tensor};
///
/// /// A step towards the lowest point of w².
/// fn step(optimizer: &mut dyn Optimizer, weight: &mut Param) -> Result<()> {
///     let mut pass = Pass::train(weight, &mut Rng::new(Seed(7)));
///     let loss = pass.param(weight).square().sum();
///     optimizer.step(weight, &pass.backward(&loss)?)
/// }
///
/// let mut weight = Param::new(Tensor::from([4.0]));
/// step(&mut SGD::new(0.25), &mut weight)?;
/// assert_eq!(weight.value(), &Tensor::from([2.0])); // 4 − 0.25 · 8
/// step(&mut Adam::new(0.25), &mut weight)?;
/// assert!((weight.value().item()? - 1.75).abs() < 1e-6); // 2 − 0.25, whatever the gradient is
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Optimizer<T: Float = f32>: Send {
    /// Changes each parameter by its gradient. Frozen parameters, and those without a gradient,
    /// stay as they are.
    ///
    /// # Errors
    /// When a setting makes no sense, such as a learning rate that is NaN, a gradient has another shape
    /// than its parameter, or there are gradients of parameters that aren't the model's
    /// ([`Grads::only`] leaves those out), or none at all. No parameter is changed then.
    fn step(&mut self, model: &mut dyn Params<T>, grads: &Grads<T>) -> Result<()>;

    /// The learning rate of the next step.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate of the next step, as a schedule does.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// What has to be saved so that training can go on. It shares the memory of the optimizer's own:
    /// whoever holds it during the next step makes that step copy.
    fn state(&self) -> OptimizerState<T>;

    /// Goes on from a saved state.
    fn load_state(&mut self, state: OptimizerState<T>);

    /// The settings, but for the learning rate, in one line: what a checkpoint compares.
    fn settings(&self) -> String;
}

/// What an optimizer remembers from step to step, of each parameter by its name.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{Optimizer, SGD};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut model = vec![Param::new(Tensor::from([4.0]))]; // its parameter is called `0`
/// let mut optimizer = SGD::new(0.25).momentum(0.5);
/// let mut pass = Pass::train(&model, &mut Rng::new(Seed(7)));
/// let loss = pass.param(&model[0]).square().sum(); // its gradient is 8
/// optimizer.step(&mut model, &pass.backward(&loss)?)?;
///
/// let saved = optimizer.state();
/// assert_eq!(saved.slots.keys().collect::<Vec<_>>(), ["0"]);
/// let mut resumed = SGD::new(0.25).momentum(0.5);
/// resumed.load_state(saved);
/// assert_eq!(resumed.state(), optimizer.state());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState<T: Float = f32> {
    /// Of the parameters that were changed at least once.
    pub slots: BTreeMap<String, Slots<T>>,
}

/// What an optimizer remembers of one parameter.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{Optimizer, SGD, Slots};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut model = vec![Param::new(Tensor::from([4.0]))]; // its parameter is called `0`
/// let mut optimizer = SGD::new(0.25).momentum(0.5);
/// let mut pass = Pass::train(&model, &mut Rng::new(Seed(7)));
/// let loss = pass.param(&model[0]).square().sum(); // its gradient is 8
/// optimizer.step(&mut model, &pass.backward(&loss)?)?;
///
/// let Slots { steps, tensors } = &optimizer.state().slots["0"];
/// assert_eq!((*steps, &tensors[..]), (1, &[Tensor::from([8.0])][..])); // the momentum
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Slots<T: Float = f32> {
    /// How often the parameter was changed. One that was frozen for a while has fewer steps than
    /// others, and its running means are as young as that.
    pub steps: u64,
    /// Tensors of the parameter's shape, such as its momentum.
    pub tensors: Vec<Tensor<T>>,
}

impl<T: Float> Default for OptimizerState<T> {
    fn default() -> Self {
        Self { slots: BTreeMap::new() }
    }
}

impl<T: Float> Default for Slots<T> {
    fn default() -> Self {
        Self { steps: 0, tensors: Vec::new() }
    }
}

impl<T: Float> OptimizerState<T> {
    /// What is remembered of a parameter, of which another step begins: `count` tensors of zeros before
    /// the first.
    pub(crate) fn next(&mut self, name: &str, shape: Shape, count: usize) -> Result<&mut Slots<T>> {
        if !self.slots.contains_key(name) {
            let zeros: Result<Vec<Tensor<T>>> =
                (0..count).map(|_| Tensor::try_full(shape, T::ZERO)).collect();
            self.slots.insert(name.to_owned(), Slots { steps: 0, tensors: zeros? });
        }
        let own = self.slots.get_mut(name).expect("there, or just made");
        // A state that was loaded may hold any number.
        own.steps = own.steps.saturating_add(1);
        Ok(own)
    }

    /// Refuses a gradient or slots that don't fit a parameter.
    pub(crate) fn check(
        &self,
        name: &str,
        expected: &[&str],
        param: &Param<T>,
        grads: &Grads<T>,
    ) -> Result<()> {
        let slots = self.slots.get(name).map(|slots| &slots.tensors[..]);
        let needed = expected.len();
        if let Some(other) = slots.map(<[Tensor<T>]>::len).filter(|&count| count != needed) {
            let names = match needed {
                0 => String::new(),
                _ => format!(": {}", expected.join(", ")),
            };
            return Err(Error::data(format!(
                "the optimizer's state has {other} tensors for each parameter, it needs {needed}{names}"
            ))
            .hint("it is the state of another optimizer, or of other settings"));
        }
        let gradient = grads.of(param).map(|gradient| ("gradient", gradient));
        let slots = slots.into_iter().flatten().map(|slot| ("optimizer's state", slot));
        match gradient.into_iter().chain(slots).find(|(_, of)| of.shape() != param.shape()) {
            None => Ok(()),
            Some((what, wrong)) => Err(Error::shape(format!(
                "the {what} is {}, the parameter {}",
                wrong.shape(),
                param.shape()
            ))),
        }
    }
}

/// Refuses gradients of parameters that aren't the model's: the step would leave the model, or what was
/// meant instead, as it is.
pub(crate) fn check_owner<T: Float>(
    model: &dyn Params<T>,
    parameters: &[(String, &Param<T>)],
    grads: &Grads<T>,
) -> Result<()> {
    let own = parameters.iter().filter(|(_, param)| grads.of(param).is_some()).count();
    // Names are looked up only where there is something to name.
    let foreign = if own < grads.len() { grads.foreign_to(model) } else { Vec::new() };
    let Some(first) = foreign.first() else {
        return match grads.is_empty() && !parameters.is_empty() {
            true => Err(Error::gradient("there are no gradients, so nothing would be learnt")
                .hint("are all parameters frozen?")),
            false => Ok(()),
        };
    };
    let name =
        if first.is_empty() { "a parameter of no model".to_owned() } else { format!("`{first}`") };
    let others = match foreign.len() - 1 {
        0 => String::new(),
        1 => " and another".to_owned(),
        others => format!(" and {others} others"),
    };
    let problem = format!(
        "{} of the {} gradients belong to no parameter of this model: those of {name}{others}",
        foreign.len(),
        grads.len()
    );
    Err(Error::gradient(problem).hint(match foreign.len() == grads.len() {
        true => "they are another model's; a clone has parameters of its own",
        false => "`grads.only(&model)` leaves out those of other models",
    }))
}

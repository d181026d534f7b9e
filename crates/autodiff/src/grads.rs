//! The gradients of one backward pass.

use std::collections::{HashMap, HashSet};

use plywood_tensor::{Error, Float, Result, Tensor};

use crate::param::{Param, ParamId};
use crate::params::Params;
use crate::value::Node;
use crate::var::Var;

/// The gradient of the loss with respect to each parameter, in the model's order, and with respect
/// to the inputs that asked for theirs.
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let both = vec![Param::new(Tensor::from([2.0])), Param::new(Tensor::from([3.0]))];
/// let mut pass = Pass::train(&both, &mut Rng::new(Seed(7)));
/// let product = pass.param(&both[0]).mul(&pass.param(&both[1]))?;
/// let grads = pass.backward(&product.sum())?;
/// assert_eq!(grads.of(&both[0]), Some(&Tensor::from([3.0])));
/// let names: Vec<_> = grads.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["0", "1"]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug)]
pub struct Grads<T: Float = f32> {
    entries: Vec<(ParamId, String, Tensor<T>)>,
    places: HashMap<ParamId, usize>,
    missing: Vec<(ParamId, String)>,
    /// Gradients of inputs by their place on the tape with this number; tapes count from 1.
    inputs: (u64, HashMap<Node, Tensor<T>>),
}

impl<T: Float> Default for Grads<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            places: HashMap::new(),
            missing: Vec::new(),
            inputs: (0, HashMap::new()),
        }
    }
}

impl<T: Float> Grads<T> {
    /// The gradient with respect to a parameter.
    pub fn of(&self, param: &Param<T>) -> Option<&Tensor<T>> {
        self.get(param.id())
    }

    /// The gradient with respect to the parameter with this id.
    pub fn get(&self, id: ParamId) -> Option<&Tensor<T>> {
        self.places.get(&id).map(|&place| &self.entries[place].2)
    }

    /// The gradient with respect to a value that [`Pass::input`](crate::Pass::input) of the same
    /// pass made, or that [`Var::retain_grad`] asked for; other values have none here.
    pub fn wrt(&self, input: &Var<T>) -> Option<&Tensor<T>> {
        let (tape, gradients) = &self.inputs;
        gradients.get(&input.node()?).filter(|_| input.tape().is_some_and(|t| t.serial() == *tape))
    }

    /// The names and gradients, in the model's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor<T>)> {
        self.entries.iter().map(|(_, name, gradient)| (name.as_str(), gradient))
    }

    /// The gradients in the model's order, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Tensor<T>)> {
        self.entries.iter_mut().map(|(_, name, gradient)| (name.as_str(), gradient))
    }

    /// How many parameters have a gradient.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no parameter has a gradient.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names of the parameters, frozen ones aside, that have none.
    pub fn missing(&self) -> Vec<&str> {
        self.missing.iter().map(|(_, name)| name.as_str()).collect()
    }

    /// Adds the gradients of another pass through the same model, such as over the next part of a batch
    /// that is too large for one. Those of parameters that had none here come last; gradients of
    /// [inputs](Self::wrt) stay those of this pass.
    ///
    /// ```
    /// use plywood_autodiff::{Grads, Param, Pass, Var};
    /// use plywood_tensor::{Result, Rng, Seed, Tensor};
    ///
    /// let weight = Param::new(Tensor::from([1.0]));
    /// let mut rng = Rng::new(Seed(7));
    /// let mut part = |numbers: [f32; 2], parts: f64| -> Result<Grads> {
    ///     let mut pass = Pass::train(&weight, &mut rng);
    ///     let loss = pass.param(&weight).mul(&Var::constant(Tensor::from(numbers)))?.mean();
    ///     pass.backward(&(loss / parts)) // a mean of means
    /// };
    /// let mut grads = part([1.0, 2.0], 2.0)?;
    /// grads.accumulate(part([3.0, 6.0], 2.0)?)?;
    /// assert_eq!(grads.of(&weight), Some(&Tensor::from([3.0])));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When a gradient has another shape than here, as of a parameter that has got another value in
    /// between. Nothing is added then.
    pub fn accumulate(&mut self, other: Self) -> Result<()> {
        for (id, name, gradient) in &other.entries {
            let own = self.get(*id).map(Tensor::shape);
            if let Some(own) = own.filter(|own| *own != gradient.shape()) {
                let problem = format!("the gradient is {}, so far {own}", gradient.shape());
                return Err(Error::shape(problem).operation("accumulate").within(name));
            }
        }
        for (id, name, gradient) in other.entries {
            match self.places.get(&id) {
                Some(&place) => {
                    self.entries[place].2.update([], &gradient, |sum, [], g| *sum += g)?
                }
                None => self.push(id, name, gradient),
            }
        }
        for lost in other.missing {
            if !self.missing.contains(&lost) {
                self.missing.push(lost);
            }
        }
        let places = &self.places;
        self.missing.retain(|(id, _)| !places.contains_key(id));
        Ok(())
    }

    pub(crate) fn missing_with_ids(&self) -> &[(ParamId, String)] {
        &self.missing
    }

    pub(crate) fn push(&mut self, id: ParamId, name: String, gradient: Tensor<T>) {
        self.places.insert(id, self.entries.len());
        self.entries.push((id, name, gradient));
    }

    pub(crate) fn set_inputs(&mut self, tape: u64, gradients: HashMap<Node, Tensor<T>>) {
        self.inputs = (tape, gradients);
    }

    pub(crate) fn push_missing(&mut self, id: ParamId, name: String) {
        self.missing.push((id, name));
    }
}

impl<T: Float> Grads<T> {
    /// Those of the parameters of one model: of a pass through several, each of which has an optimizer
    /// of its own. The tensors are shared, not copied.
    ///
    /// ```
    /// use plywood_autodiff::{Param, Pass};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let both = vec![Param::new(Tensor::from([2.0])), Param::new(Tensor::from([3.0]))];
    /// let mut pass = Pass::train(&both, &mut Rng::new(Seed(7)));
    /// let loss = pass.param(&both[0]).mul(&pass.param(&both[1]))?.sum();
    /// let first = pass.backward(&loss)?.only(&both[0]);
    /// assert_eq!((first.len(), first.of(&both[0])), (1, Some(&Tensor::from([3.0]))));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn only(&self, model: &(impl Params<T> + ?Sized)) -> Self {
        let own = ids(model.named_parameters());
        let mut only = Self::default();
        for (id, name, gradient) in self.entries.iter().filter(|(id, ..)| own.contains(id)) {
            only.push(*id, name.clone(), gradient.clone());
        }
        let missing = self.missing.iter().filter(|(id, _)| own.contains(id));
        only.missing = missing.cloned().collect();
        only
    }

    /// The names of the parameters that have a gradient here and are none of the model's. A parameter
    /// of no model has an empty name.
    pub fn foreign_to(&self, model: &(impl Params<T> + ?Sized)) -> Vec<&str> {
        let own = ids(model.named_parameters());
        let foreign = self.entries.iter().filter(|(id, ..)| !own.contains(id));
        foreign.map(|(_, name, _)| name.as_str()).collect()
    }
}

fn ids<T: Float>(parameters: Vec<(String, &Param<T>)>) -> HashSet<ParamId> {
    parameters.into_iter().map(|(_, param)| param.id()).collect()
}

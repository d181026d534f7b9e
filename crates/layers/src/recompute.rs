//! A layer that keeps no activations.

use plywood_autodiff::{Name, Params, Pass, Slot, SlotMut, Var};
use plywood_tensor::{Float, Result};

use crate::module::Module;

/// A layer of which nothing is kept for the way back but its input: what is inside is computed again then. It
/// takes one more forward computation, and the memory of its activations only while they are needed. Its
/// parameters have the names that they have without it. See [`Pass::recompute`].
///
/// ```
/// use plywood_layers::{Linear, Module, Params, Recompute, Sequential, Tanh};
/// use plywood_tensor::{Rng, Seed};
///
/// let mut rng = Rng::new(Seed(7));
/// let block = Sequential::new().add(Linear::new(64, 64, &mut rng)?).add(Tanh);
/// let model = Sequential::new().add(Recompute::new(block)).add(Linear::new(64, 10, &mut rng)?);
/// let names: Vec<_> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["0.0.weight", "0.0.bias", "1.weight", "1.bias"]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Recompute<M>(M);

impl<M> Recompute<M> {
    /// The layer, with its activations computed again.
    pub fn new(layer: M) -> Self {
        Self(layer)
    }

    /// The layer itself.
    pub fn into_inner(self) -> M {
        self.0
    }
}

impl<T: Float, M: Params<T>> Params<T> for Recompute<M> {
    fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
        self.0.fields()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
        self.0.fields_mut()
    }

    fn visit<'a>(&'a self, name: &mut Name, visit: &mut dyn FnMut(&Name, Slot<'a, T>)) {
        self.0.visit(name, visit);
    }

    fn visit_mut<'a>(&'a mut self, name: &mut Name, visit: &mut dyn FnMut(&Name, SlotMut<'a, T>)) {
        self.0.visit_mut(name, visit);
    }

    fn own_settings(&self) -> Vec<(String, String)> {
        self.0.own_settings()
    }
}

impl<T: Float, M: Module<Var<T>, T>> Module<Var<T>, T> for Recompute<M> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        pass.recompute(|pass| self.0.forward(x, pass))
    }

    fn forward_owned(&self, x: Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        pass.recompute(|pass| self.0.forward_owned(x, pass))
    }
}

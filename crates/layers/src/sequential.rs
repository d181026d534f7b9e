//! Layers one after another.

use std::fmt;

use plywood_autodiff::{Params, Pass, Var};
use plywood_tensor::{Error, Result};

use crate::module::Module;

/// A layer that can be put into a [`Sequential`].
pub trait Layer: Module + Send + Sync {
    /// A copy in a box of its own.
    fn boxed_clone(&self) -> Box<dyn Layer>;
}

impl<M: Module + Clone + Send + Sync + 'static> Layer for M {
    fn boxed_clone(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

/// Layers one after another, named by their index as in PyTorch: `0.weight`, `2.bias`.
///
/// ```
/// use plywood_layers::{Linear, Module, Params, ReLU, Sequential};
/// use plywood_tensor::{Rng, Seed};
///
/// let mut rng = Rng::new(Seed(7));
/// let model = Sequential::new()
///     .add(Linear::config(64, 32).init(&mut rng)?)
///     .add(ReLU)
///     .add(Linear::config(32, 10).init(&mut rng)?);
/// let names: Vec<_> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias"]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<Box<dyn Layer>>,
}

impl Sequential {
    /// No layers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more layer at the end.
    #[expect(clippy::should_implement_trait, reason = "adding a layer is no arithmetic")]
    #[must_use]
    pub fn add(mut self, layer: impl Layer + 'static) -> Self {
        self.push(layer);
        self
    }

    /// One more layer at the end.
    pub fn push(&mut self, layer: impl Layer + 'static) {
        self.layers.push(Box::new(layer));
    }

    /// How many layers there are.
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there are no layers.
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }
}

impl Params for Sequential {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        self.layers.fields()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        self.layers.fields_mut()
    }
}

impl Clone for Sequential {
    fn clone(&self) -> Self {
        let _scope = Self::clone_scope();
        Self { layers: self.layers.iter().map(|layer| layer.boxed_clone()).collect() }
    }
}

impl fmt::Debug for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sequential of {} layers", self.layers.len())
    }
}

impl Module for Sequential {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        self.forward_owned(x.clone(), pass)
    }

    fn forward_owned(&self, mut x: Var, pass: &mut Pass) -> Result<Var> {
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.forward_owned(x, pass).map_err(|error| {
                // A layer with parameters says its whole path itself.
                match error.place().is_empty() || layer.parameter_count() == 0 {
                    true => self.locate(error.within(&index.to_string()), pass),
                    false => error,
                }
            })?;
        }
        Ok(x)
    }
}

impl Sequential {
    /// Puts this container's own path before an error's place. A pass knows the names of
    /// parameters alone: the path is what the model's name of one has before the name in here.
    fn locate(&self, error: Error, pass: &Pass) -> Error {
        let parameters = self.named_parameters();
        let path = parameters.first().and_then(|(own, parameter)| {
            pass.name_of(parameter.id())?.strip_suffix(own.as_str())?.strip_suffix('.')
        });
        match path {
            Some(path) => error.within(path),
            None => error,
        }
    }
}

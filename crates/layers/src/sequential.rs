//! Layers one after another.

use std::fmt;

use plywood_autodiff::{Params, Pass, Var};
use plywood_tensor::{Error, Float, Result};

use crate::module::Module;

/// A layer that can be put into a [`Sequential`]: every [`Module`] from one [`Var`] to another is one, if it can be
/// cloned and sent to another thread.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Layer, Module, Params, ReLU};
/// use plywood_tensor::{Result, Tensor};
///
/// #[derive(Params)]
/// struct Twice;
///
/// impl Module for Twice {
///     fn forward(&self, x: &Var, _: &mut Pass) -> Result<Var> {
///         Ok(x.clone() * 2.0)
///     }
/// }
///
/// let layers: [Box<dyn Layer>; 2] = [Box::new(Twice), Box::new(ReLU)];
/// let mut x = Var::constant(Tensor::from([-1.0, 3.0]));
/// for layer in &layers {
///     x = layer.forward(&x, &mut Pass::eval(layer))?;
/// }
/// assert_eq!(x.value()?, &Tensor::from([0.0, 6.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Layer<T: Float = f32>: Module<Var<T>, T> + Send + Sync {
    /// A copy in a box of its own.
    fn boxed_clone(&self) -> Box<dyn Layer<T>>;
}

impl<T: Float, M: Module<Var<T>, T> + Clone + Send + Sync + 'static> Layer<T> for M {
    fn boxed_clone(&self) -> Box<dyn Layer<T>> {
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
///     .add(Linear::new(64, 32, &mut rng)?)
///     .add(ReLU)
///     .add(Linear::new(32, 10, &mut rng)?);
/// let names: Vec<_> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["0.weight", "0.bias", "2.weight", "2.bias"]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Sequential<T: Float = f32> {
    layers: Vec<Box<dyn Layer<T>>>,
}

impl Sequential {
    /// No layers yet. [`Default`] makes one of numbers of any type.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<T: Float> Default for Sequential<T> {
    fn default() -> Self {
        Self { layers: Vec::new() }
    }
}

impl<T: Float> Sequential<T> {
    /// One more layer at the end.
    #[expect(clippy::should_implement_trait, reason = "adding a layer is no arithmetic")]
    #[must_use]
    pub fn add(mut self, layer: impl Layer<T> + 'static) -> Self {
        self.push(layer);
        self
    }

    /// One more layer at the end.
    pub fn push(&mut self, layer: impl Layer<T> + 'static) {
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

impl<T: Float> Params<T> for Sequential<T> {
    fn fields(&self) -> Vec<(String, &dyn Params<T>)> {
        self.layers.fields()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params<T>)> {
        self.layers.fields_mut()
    }

    fn own_settings(&self) -> Vec<(String, String)> {
        vec![(String::new(), "Sequential".to_owned())]
    }
}

impl<T: Float> Clone for Sequential<T> {
    fn clone(&self) -> Self {
        let _scope = Self::clone_scope();
        Self { layers: self.layers.iter().map(|layer| layer.boxed_clone()).collect() }
    }
}

impl<T: Float> fmt::Debug for Sequential<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sequential of {} layers", self.layers.len())
    }
}

impl<T: Float> Module<Var<T>, T> for Sequential<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.forward_owned(x.clone(), pass)
    }

    fn forward_owned(&self, mut x: Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
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

impl<T: Float> Sequential<T> {
    /// Puts this container's own path before an error's place. A pass knows the names of
    /// parameters alone: the path is what the model's name of one has before the name in here.
    fn locate(&self, error: Error, pass: &Pass<T>) -> Error {
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

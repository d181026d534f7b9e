//! What every layer and model is.

use plywood_autodiff::{Params, Pass, Var};
use plywood_tensor::{Float, Result};

/// Something that turns an input into an output, with parameters that can be learnt.
///
/// Layers and models take a [`Var`]; an embedding takes a `Tensor<u32>`, and a model of a table
/// may take a struct of numbers and categories. `T` is the type of the numbers, `f32` where nothing is said: a layer
/// for all of them, so that its gradient can be checked in `f64`, is
/// `impl<T: Float> Module<Var<T>, T> for MyLayer<T>`.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Linear, Module, Params};
/// use plywood_tensor::{Result, Rng, Seed, Tensor};
///
/// #[derive(Params)]
/// struct Mlp {
///     fc1: Linear,
///     fc2: Linear,
/// }
///
/// impl Module for Mlp {
///     fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
///         let x = self.fc1.forward(x, pass)?.relu(); // [N, 32]
///         self.fc2.forward(&x, pass) // [N, 10]
///     }
/// }
///
/// let mut rng = Rng::new(Seed(7));
/// let model =
///     Mlp { fc1: Linear::new(64, 32, &mut rng)?, fc2: Linear::new(32, 10, &mut rng)? };
/// let images = Var::constant(Tensor::zeros([8, 64]));
/// let logits = model.forward(&images, &mut Pass::eval(&model))?;
/// assert_eq!(logits.shape(), [8, 10].into());
/// assert_eq!(model.parameter_count(), 64 * 32 + 32 + 32 * 10 + 10);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait Module<In: ?Sized = Var, T: Float = f32>: Params<T> {
    /// Computes the output.
    ///
    /// # Errors
    /// When the input's shape doesn't fit; the error names the layer.
    fn forward(&self, x: &In, pass: &mut Pass<T>) -> Result<Var<T>>;

    /// As [`forward`](Self::forward), for an input that the caller needs no longer: a function of
    /// each number works in place if nobody else holds it.
    ///
    /// # Errors
    /// As `forward`.
    fn forward_owned(&self, x: In, pass: &mut Pass<T>) -> Result<Var<T>>
    where
        In: Sized,
    {
        self.forward(&x, pass)
    }
}

impl<In: ?Sized, T: Float, M: Module<In, T> + ?Sized> Module<In, T> for Box<M> {
    fn forward(&self, x: &In, pass: &mut Pass<T>) -> Result<Var<T>> {
        (**self).forward(x, pass)
    }

    fn forward_owned(&self, x: In, pass: &mut Pass<T>) -> Result<Var<T>>
    where
        In: Sized,
    {
        (**self).forward_owned(x, pass)
    }
}

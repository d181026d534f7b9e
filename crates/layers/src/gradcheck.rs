//! Checking the gradients of a layer against differences.

use plywood_autodiff::{Var, gradcheck_model};
use plywood_tensor::{Result, Tensor};

use crate::module::Module;

/// Compares the gradients of a layer or model of `f64` with respect to each of its parameters and to the input with
/// difference quotients. Keep the input away from kinks, such as 0 for ReLU. For what takes something else than one
/// value there is [`gradcheck_model`].
///
/// ```
/// use plywood_autodiff::{Param, Pass, Var};
/// use plywood_layers::{Module, Params, gradcheck_module};
/// use plywood_tensor::{Float, Result, Tensor};
///
/// /// The cube of each element, times a number.
/// #[derive(Params)]
/// struct Cube<T: Float = f32> {
///     scale: Param<T>,
/// }
///
/// impl<T: Float> Module<Var<T>, T> for Cube<T> {
///     fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
///         let slope = |x| T::of(2.0) * x * x; // 3x² is meant
///         let cubes = x.clone().map_with_gradient(|x| x * x * x, slope);
///         cubes.mul(&pass.param(&self.scale))
///     }
/// }
///
/// let cube = Cube { scale: Param::new(Tensor::scalar(1.0_f64)) };
/// let error = gradcheck_module(&cube, &Tensor::from([0.5])).unwrap_err().to_string();
/// assert!(error.starts_with("gradcheck: input 0: element 0 of [1] has gradient "), "{error}");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When a gradient is missing or differs by more than [`TOLERANCE`](plywood_autodiff::TOLERANCE) of itself: the error
/// says of which parameter or input, which element, and both numbers. When the model fails.
pub fn gradcheck_module<M>(model: &M, input: &Tensor<f64>) -> Result<()>
where
    M: Module<Var<f64>, f64> + Clone,
{
    let inputs = std::slice::from_ref(input);
    gradcheck_model(model, inputs, |model, x, pass| model.forward(&x[0], pass))
}

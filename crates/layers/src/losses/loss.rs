//! What a training run makes small: a number from a model's output and the target.

use std::any::type_name;

use plywood_autodiff::Var;
use plywood_tensor::Result;

/// How wrong a model's output is, as one number. `Target` is what the output is compared with: classes
/// (`Tensor<u32>`) or numbers (`Tensor`).
///
/// [`CrossEntropy`](crate::CrossEntropy) is one, and so is every function or closure of an output and a
/// target, such as [`mse_loss`](crate::mse_loss). A struct of your own has settings:
///
/// ```
/// use plywood_autodiff::Var;
/// use plywood_layers::{Loss, cross_entropy};
/// use plywood_tensor::{Result, Tensor};
///
/// /// Cross-entropy that makes scores far from 0 expensive.
/// #[derive(Debug)]
/// struct Tamed {
///     penalty: f64,
/// }
///
/// impl Loss<Tensor<u32>> for Tamed {
///     fn loss(&self, scores: &Var, labels: &Tensor<u32>) -> Result<Var> {
///         cross_entropy(scores, labels)?.add(&(scores.clone().square().mean() * self.penalty))
///     }
///
///     fn settings(&self) -> String {
///         format!("{self:?}")
///     }
/// }
///
/// let (scores, labels) = (Var::constant(Tensor::full([3, 2], 1.0)), Tensor::from([0_u32, 1, 1]));
/// let loss = Tamed { penalty: 0.5 }.loss(&scores, &labels)?;
/// assert!((loss.item()? - (2.0_f32.ln() + 0.5)).abs() < 1e-6);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no loss of targets `{Target}`",
    note = "classes are a `Tensor<u32>`, numbers a `Tensor`: does the loss compare what the data have?",
    note = "a closure needs the types of its arguments: `|output: &Var, target: &Tensor<u32>| …`"
)]
pub trait Loss<Target>: Send + Sync {
    /// The loss of a batch: a single number.
    ///
    /// # Errors
    /// When output and target don't fit.
    fn loss(&self, output: &Var, target: &Target) -> Result<Var>;

    /// The settings in one line, such as the struct's `Debug` text: what a checkpoint compares. Of a
    /// function or a closure it is the type's name, which says where it was written and not what it has
    /// captured.
    fn settings(&self) -> String;
}

impl<Target, F> Loss<Target> for F
where
    F: Fn(&Var, &Target) -> Result<Var> + Send + Sync,
{
    fn loss(&self, output: &Var, target: &Target) -> Result<Var> {
        self(output, target)
    }

    fn settings(&self) -> String {
        type_name::<F>().to_owned()
    }
}

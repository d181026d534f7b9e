//! Layers that learn for some epochs and stay as they are then.

use plywood_autodiff::is_at_or_below;
use plywood_tensor::{Error, Result};

use crate::Settings;
use crate::callback::{Callback, Flow};
use crate::trainer_state::TrainerState;

/// Freezes every parameter at or below a path when some epochs are over:
/// [`Trainer::freeze_after`](crate::Trainer::freeze_after).
///
/// Source: Brock et al., "FreezeOut: accelerate training by progressively freezing layers" (2017).
///
/// ```
/// use plywood_datasets::Rows;
/// use plywood_layers::{Init, Linear, mse_loss};
/// use plywood_optimizers::SGD;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::{FreezeAfter, Trainer};
///
/// let data = Rows::new(Tensor::from([[1.0]]), Tensor::from([[2.0]]))?;
/// let zero = Linear::config(1, 1).weight_init(Init::Zeros).bias_init(Init::Zeros);
/// let mut model = zero.init(&mut Rng::new(Seed(7)))?;
///
/// let trainer = Trainer::new(SGD::new(0.125)).loss(mse_loss).epochs(2);
/// # let trainer = trainer.quiet(true);
/// trainer.callback(FreezeAfter::new(1, "bias")).fit(&mut model, &data, None)?;
/// assert_eq!(model.weight.value(), &Tensor::from([[0.75]])); // 0.5, then 0.25
/// assert_eq!(model.bias.unwrap().value(), &Tensor::from([0.5])); // 0.5, then nothing
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct FreezeAfter {
    /// The epochs that are over then.
    epochs: usize,
    /// The path at or below which everything is frozen, such as `conv1` or `conv1.bias`.
    #[setting(from(impl Into<String>, Into::into))]
    path: String,
}

impl FreezeAfter {
    fn freeze(&self, run: &mut TrainerState<'_>) {
        if run.history().len() >= self.epochs {
            run.model().freeze(&self.path);
        }
    }
}

impl Callback for FreezeAfter {
    /// Refuses a path that isn't there before an epoch is spent, and freezes again in a run that goes on.
    fn on_train_begin(&mut self, run: &mut TrainerState<'_>) -> Result<()> {
        let names = run.model().named_parameters();
        if !names.iter().any(|(name, _)| is_at_or_below(name, &self.path)) && !self.path.is_empty()
        {
            return Err(Error::value(format!(
                "there is no parameter at or below `{}` to freeze",
                self.path
            )));
        }
        self.freeze(run);
        Ok(())
    }

    fn on_epoch_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        self.freeze(run);
        Ok(Flow::Continue)
    }

    fn settings(&self) -> String {
        format!("{self:?}")
    }
}

//! What a run needs to go on to the same bits: one file with everything.

mod decode;
mod envelope;
mod fingerprint;
mod lock;
mod tensors;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plywood_autodiff::Params;
use plywood_layers::{load_state_dict, replace_file};
use plywood_optimizers::{Optimizer, OptimizerState, Slots};
use plywood_tensor::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::history::EpochRecord;
pub(crate) use fingerprint::fingerprint;
pub(crate) use lock::Lock;
use tensors::Stored;

const FILE: &str = "checkpoint.bin";
/// The setting that says what the model was before its first step.
pub(crate) const BEGINNING: &str = "initial weights";
/// What the names of the model's own settings begin with.
pub(crate) const MODEL: &str = "model.";

/// Where a run is, and everything that its future depends on.
///
/// Randomness needs no state of its own: the order of the samples, their augmentation and each
/// step's dropout follow from the seed, the epoch and the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    /// The settings of the run, by name: another run's checkpoint is not taken up.
    pub(crate) settings: BTreeMap<String, String>,
    /// Epochs completed.
    pub(crate) epoch: usize,
    /// Batches of the next epoch that are done.
    pub(crate) batch: usize,
    /// Steps taken in all.
    pub(crate) step: u64,
    /// Whether there is nothing left to do.
    pub(crate) finished: bool,
    pub(crate) train_seconds: f64,
    pub(crate) history: Vec<EpochRecord>,
    /// The meter's sums in the middle of an epoch.
    pub(crate) sums: Vec<Vec<f64>>,
    pub(crate) norms: Norms,
    pub(crate) best: Option<Best>,
    weights: BTreeMap<String, Stored>,
    /// Of each parameter, the optimizer's steps and tensors.
    slots: BTreeMap<String, (u64, Vec<Stored>)>,
}

/// The gradients' norms over an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Norms {
    pub(crate) sum: f64,
    pub(crate) steps: u64,
    pub(crate) clipped: u64,
}

/// The best epoch so far, and its weights if they are wanted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Best {
    pub(crate) epoch: usize,
    pub(crate) value: f64,
    weights: BTreeMap<String, Stored>,
}

impl Best {
    pub(crate) fn new(epoch: usize, value: f64, keep: Option<&dyn Params>) -> Self {
        Self { epoch, value, weights: keep.map_or_else(BTreeMap::new, tensors::store) }
    }

    /// Gives the model the best epoch's weights, if they were kept.
    pub(crate) fn restore(&self, model: &mut dyn Params) -> Result<()> {
        if self.weights.is_empty() {
            return Ok(());
        }
        load_state_dict(model, &tensors::restore(&self.weights))
    }
}

impl Checkpoint {
    /// Where a run begins.
    pub(crate) fn begin(settings: BTreeMap<String, String>) -> Self {
        Self {
            settings,
            epoch: 0,
            batch: 0,
            step: 0,
            finished: false,
            train_seconds: 0.0,
            history: Vec::new(),
            sums: Vec::new(),
            norms: Norms::default(),
            best: None,
            weights: BTreeMap::new(),
            slots: BTreeMap::new(),
        }
    }

    /// Takes in the weights and the optimizer's state as they are now.
    pub(crate) fn capture(&mut self, model: &dyn Params, optimizer: &dyn Optimizer) {
        self.weights = tensors::store(model);
        let slots = optimizer.state().slots.into_iter().map(|(name, Slots { steps, tensors })| {
            (name, (steps, tensors.into_iter().map(Stored).collect()))
        });
        self.slots = slots.collect();
    }

    /// Lets go of what was captured: as long as it is held here, the next step has to copy every
    /// weight instead of changing it in place.
    pub(crate) fn release(&mut self) {
        self.weights.clear();
        self.slots.clear();
    }

    /// Gives the model and the optimizer what was captured.
    pub(crate) fn restore(
        &self,
        model: &mut dyn Params,
        optimizer: &mut dyn Optimizer,
    ) -> Result<()> {
        load_state_dict(model, &tensors::restore(&self.weights))?;
        let slots = self.slots.iter().map(|(name, (steps, tensors))| {
            let tensors = tensors.iter().map(|Stored(tensor)| tensor.clone()).collect();
            (name.clone(), Slots { steps: *steps, tensors })
        });
        optimizer.load_state(OptimizerState { slots: slots.collect() });
        Ok(())
    }

    /// Whether a model has the parameters that were captured.
    fn is_of(&self, model: &dyn Params) -> bool {
        let own = self.weights.iter().map(|(name, Stored(own))| (name.clone(), own.shape()));
        own.eq(tensors::store(model).into_iter().map(|(name, Stored(value))| (name, value.shape())))
    }

    pub(crate) fn path(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// Writes it, whole or not at all.
    pub(crate) fn save(&self, folder: &Path) -> Result<()> {
        let path = Self::path(folder);
        let bytes = envelope::seal(self).map_err(|error| error.at(path.display()))?;
        replace_file(&path, &bytes)
    }

    /// Reads the one in a folder, if there is one.
    pub(crate) fn load(folder: &Path) -> Result<Option<Self>> {
        let path = Self::path(folder);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        envelope::open(&bytes).map(Some).map_err(|error| {
            error.at(path.display()).hint("delete the file to train from the beginning")
        })
    }

    /// Refuses to go on with the checkpoint of a run with other settings, and says which. That
    /// another model began otherwise, or has other layers, says nothing: [`restore`](Self::restore) names its
    /// parameters.
    pub(crate) fn check_settings(
        &self,
        wanted: &BTreeMap<String, String>,
        model: &dyn Params,
        folder: &Path,
    ) -> Result<()> {
        let none = "none".to_owned();
        let names = self
            .settings
            .keys()
            .chain(wanted.keys().filter(|name| !self.settings.contains_key(*name)));
        let same_model = self.is_of(model);
        let differences: Vec<String> = names
            .filter(|name| same_model || *name != BEGINNING && !name.starts_with(MODEL))
            .filter_map(|name| {
                let old = self.settings.get(name).unwrap_or(&none);
                let new = wanted.get(name).unwrap_or(&none);
                (old != new).then(|| format!("{name} was {old}, is {new}"))
            })
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        Err(Error::value(format!("this is the run of other settings: {}", differences.join("; ")))
            .at(Self::path(folder).display())
            .hint(
                "delete the file to train from the beginning, or give the new run another folder",
            ))
    }
}

#[cfg(test)]
mod tests;

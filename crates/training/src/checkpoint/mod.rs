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
use plywood_optimizers::{Average, Optimizer, OptimizerState, Slots};
use plywood_tensor::{Error, Result, instructions};
use serde::{Deserialize, Serialize};

use crate::callback::{Callback, CallbackState};
use crate::history::EpochRecord;
use crate::order::by_name;
use crate::steps::StepLog;
use fingerprint::fingerprint;
pub(crate) use lock::Lock;
use tensors::{Bytes, Stored};

const FILE: &str = "checkpoint.bin";
/// The setting that says what the model was before its first step.
const BEGINNING: &str = "initial weights";
/// What the names of the model's own settings begin with.
const MODEL: &str = "model.";
/// The setting that says how often all samples are gone through.
pub(crate) const EPOCHS: &str = "epochs";

/// What a run depends on of its model, by name.
pub(crate) fn of_model(model: &dyn Params) -> BTreeMap<String, String> {
    let own = model.settings().into_iter().map(|(path, value)| (format!("{MODEL}{path}"), value));
    by_name(own.chain([(BEGINNING.to_owned(), fingerprint(model))]))
}

/// The epochs that a run is to have now.
pub(crate) struct Epochs {
    pub(crate) wanted: usize,
    /// Whether the steps depend on their number.
    pub(crate) matter: bool,
}

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
    /// Why the epoch under way, or the one before, is the last, if it was told to be.
    pub(crate) stopped: Option<String>,
    pub(crate) train_seconds: f64,
    pub(crate) history: Vec<EpochRecord>,
    /// The meter's sums in the middle of an epoch.
    pub(crate) sums: Vec<Vec<f64>>,
    pub(crate) norms: Norms,
    pub(crate) best: Option<Best>,
    weights: BTreeMap<String, Stored>,
    /// Of each parameter, the optimizer's steps and tensors.
    slots: StoredSlots,
    /// As the optimizer has it: a callback may have changed it.
    learning_rate: f64,
    /// The average of the weights, if there is one.
    average: StoredSlots,
    /// What each callback remembers.
    callbacks: Vec<StoredState>,
    /// The vector instructions that the run computes with.
    pub(crate) instructions: String,
    /// What each step came to.
    pub(crate) steps: StepLog,
}

/// Steps and tensors by name, as an optimizer or an average has them.
type StoredSlots = BTreeMap<String, (u64, Vec<Stored>)>;

/// A [`CallbackState`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct StoredState {
    bytes: BTreeMap<String, Bytes>,
    tensors: BTreeMap<String, Stored>,
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
            stopped: None,
            train_seconds: 0.0,
            history: Vec::new(),
            sums: Vec::new(),
            norms: Norms::default(),
            best: None,
            weights: BTreeMap::new(),
            slots: BTreeMap::new(),
            learning_rate: 0.0,
            average: BTreeMap::new(),
            callbacks: Vec::new(),
            instructions: instructions().to_string(),
            steps: StepLog::new(),
        }
    }

    /// Whether there is nothing left to do of so many epochs.
    pub(crate) fn is_over(&self, epochs: usize) -> bool {
        self.epoch >= epochs || (self.stopped.is_some() && self.batch == 0)
    }

    /// The best epoch so far, from 1; 0 before there is one.
    pub(crate) fn best_epoch(&self) -> usize {
        self.best.as_ref().map_or(0, |best| best.epoch)
    }

    /// Takes in everything as it is now.
    pub(crate) fn capture(
        &mut self,
        model: &dyn Params,
        optimizer: &dyn Optimizer,
        average: Option<&Average>,
        callbacks: &[Box<dyn Callback>],
    ) {
        self.weights = tensors::store(model);
        self.slots = store_slots(optimizer.state());
        self.learning_rate = optimizer.learning_rate();
        self.average = average.map_or_else(BTreeMap::new, |average| store_slots(average.state()));
        let states = callbacks.iter().map(|callback| {
            let CallbackState { bytes, tensors } = callback.state();
            let bytes = bytes.into_iter().map(|(name, bytes)| (name, Bytes(bytes)));
            StoredState { bytes: by_name(bytes), tensors: tensors::keep(tensors) }
        });
        self.callbacks = states.collect();
    }

    /// Lets go of what was captured: as long as it is held here, the next step has to copy every
    /// weight instead of changing it in place.
    pub(crate) fn release(&mut self) {
        self.weights.clear();
        self.slots.clear();
        self.average.clear();
        self.callbacks.clear();
    }

    /// Gives the model and the optimizer what was captured.
    pub(crate) fn restore(
        &self,
        model: &mut dyn Params,
        optimizer: &mut dyn Optimizer,
    ) -> Result<()> {
        load_state_dict(model, &tensors::restore(&self.weights))?;
        optimizer.load_state(restore_slots(&self.slots));
        optimizer.set_learning_rate(self.learning_rate);
        Ok(())
    }

    /// Gives the average and the callbacks what was captured.
    pub(crate) fn restore_beside(
        &self,
        average: Option<&mut Average>,
        callbacks: &mut [Box<dyn Callback>],
    ) -> Result<()> {
        if let Some(average) = average {
            average.load_state(restore_slots(&self.average))?;
        }
        if self.callbacks.len() != callbacks.len() {
            let (was, is) = (self.callbacks.len(), callbacks.len());
            return Err(Error::data(format!("the run had {was} callbacks, it has {is}")));
        }
        for (callback, StoredState { bytes, tensors }) in callbacks.iter_mut().zip(&self.callbacks)
        {
            let bytes = bytes.iter().map(|(name, Bytes(bytes))| (name.clone(), bytes.clone()));
            let state = CallbackState { bytes: by_name(bytes), tensors: tensors::restore(tensors) };
            callback
                .load_state(state)
                .map_err(|error| error.at(format!("callback {}", callback.name())))?;
        }
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

    /// Goes on with the settings of the run that is to be, and refuses other settings that lead elsewhere,
    /// naming each. That another model began otherwise, or has other layers, says nothing:
    /// [`restore`](Self::restore) names its parameters.
    pub(crate) fn take_settings(
        &mut self,
        new: &Self,
        model: &dyn Params,
        folder: &Path,
        epochs: &Epochs,
    ) -> Result<()> {
        let none = "none".to_owned();
        let wanted = &new.settings;
        let added = wanted.keys().filter(|name| !self.settings.contains_key(*name));
        let same_model = self.is_of(model);
        let differences: Vec<String> = self
            .settings
            .keys()
            .chain(added)
            .filter(|name| same_model || *name != BEGINNING && !name.starts_with(MODEL))
            .filter_map(|name| {
                let old = self.settings.get(name).unwrap_or(&none);
                let new = wanted.get(name).unwrap_or(&none);
                let why = if name == EPOCHS { self.why_not_other(epochs)? } else { "" };
                (old != new).then(|| format!("{}{why}", difference(name, old, new)))
            })
            .collect();
        if differences.is_empty() {
            self.settings.clone_from(wanted);
            return Ok(());
        }
        Err(Error::value(format!("this is the run of other settings: {}", differences.join("; ")))
            .at(Self::path(folder).display())
            .hint("give the new run another folder, or begin anew in this one: `overwrite(true)`, in the command \
                 `--overwrite`"))
    }

    /// Why the run can't have another number of epochs, if it can't: it would have gone otherwise.
    fn why_not_other(&self, epochs: &Epochs) -> Option<&'static str> {
        if epochs.matter {
            return Some(", and the schedule depends on their number");
        }
        ((self.epoch, self.batch) > (epochs.wanted, 0)).then_some(", and more are done")
    }
}

/// Says how a setting differs. What people can't read of it, a checksum, says that the contents do.
fn difference(name: &str, old: &str, new: &str) -> String {
    let words = |text: &str| text.split(", crc32 ").next().unwrap_or_default().to_owned();
    match (words(old), words(new)) {
        (old, new) if old == new => format!("{name} differ in their contents ({new})"),
        (old, new) => format!("{name} was {old}, is {new}"),
    }
}

fn store_slots(state: OptimizerState) -> StoredSlots {
    let slots = state.slots.into_iter().map(|(name, Slots { steps, tensors })| {
        (name, (steps, tensors.into_iter().map(Stored).collect()))
    });
    by_name(slots)
}

fn restore_slots(stored: &StoredSlots) -> OptimizerState {
    let slots = stored.iter().map(|(name, (steps, tensors))| {
        let tensors = tensors.iter().map(|Stored(tensor)| tensor.clone()).collect();
        (name.clone(), Slots { steps: *steps, tensors })
    });
    OptimizerState { slots: by_name(slots) }
}

#[cfg(test)]
mod tests;

//! Averages of a model's weights over its training.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use plywood_autodiff::{ParamId, Params, Slot, SlotMut};
use plywood_tensor::{Error, Float, Result, Tensor};

use crate::Settings;
use crate::element::move_towards;
use crate::optimizer::{OptimizerState, Slots};

/// The average of a model's parameters over its training, which often does better than the last ones:
/// PyTorch's `AveragedModel`.
///
/// ```text
/// EMA:  average ← average + (1 − decay) · (x − average)     each step; the first average is x
/// SWA:  average ← average + (x − average) / (n + 1)         after n models
/// ```
///
/// Buffers, such as running statistics, are the last model's, unless they are
/// [averaged too](Self::use_buffers).
///
/// ```
/// use plywood_autodiff::Param;
/// use plywood_optimizers::Average;
/// use plywood_tensor::Tensor;
///
/// let mut weight = Param::new(Tensor::from([1.0]));
/// let mut average = Average::ema(0.75);
/// average.update(&weight)?; // after each step of the optimizer
/// *weight.value_mut() = Tensor::from([2.0]);
/// average.update(&weight)?;
///
/// // For an evaluation, after which training goes on.
/// let seen = average.during(&mut weight, |weight| weight.value().clone())?;
/// assert_eq!(seen, Tensor::from([1.25]));
/// assert_eq!(*weight.value(), Tensor::from([2.0]));
///
/// average.apply_to(&mut weight)?; // at the end
/// assert_eq!(*weight.value(), Tensor::from([1.25]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992); Izmailov
/// et al., "Averaging weights leads to wider optima and better generalization" (2018).
#[derive(Clone)]
pub struct Average<T: Float = f32> {
    settings: AverageSettings,
    models: u64,
    /// By the names of the parameters, tied ones under the first, and of the buffers.
    values: BTreeMap<String, Tensor<T>>,
}

#[derive(Clone, Debug, Settings)]
#[settings(held_by(<T: Float> Average<T>, settings))]
struct AverageSettings {
    // How much of the average is kept at each update; none where all models count the same.
    #[setting(skip, range = 0.0..=1.0)]
    decay: Option<f64>,
    /// Whether buffers are averaged as the parameters are.
    #[setting(default = false)]
    use_buffers: bool,
}

/// The settings, which a checkpoint compares: not what was averaged so far.
impl<T: Float> fmt::Debug for Average<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AverageSettings { decay, use_buffers } = &self.settings;
        f.debug_struct("Average").field("decay", decay).field("use_buffers", use_buffers).finish()
    }
}

impl Average {
    /// An exponential moving average: at each update so much of it is kept, such as 0.999.
    pub fn ema(decay: f64) -> Self {
        Self::of(AverageSettings { decay: Some(decay), ..AverageSettings::default() })
    }

    /// Stochastic weight averaging: the mean of all models that it is updated with, such as one at the end
    /// of each of the last epochs.
    pub fn swa() -> Self {
        Self::of(AverageSettings::default())
    }

    /// The same for a model of numbers of another type. What was averaged so far is left behind.
    #[must_use]
    pub fn of_numbers<U: Float>(self) -> Average<U> {
        Average::of(self.settings)
    }
}

impl<T: Float> Average<T> {
    fn of(settings: AverageSettings) -> Self {
        Self { settings, models: 0, values: BTreeMap::new() }
    }

    /// How many models it is the average of.
    pub fn models(&self) -> u64 {
        self.models
    }

    /// Takes in the model as it is now.
    ///
    /// # Errors
    /// When the decay is not from 0 to 1, or the model hasn't the names and shapes of those before. The
    /// average stays as it was then.
    pub fn update(&mut self, model: &(impl Params<T> + ?Sized)) -> Result<()> {
        self.take_in(&first_slots(model)).map_err(|error| error.operation("Average"))
    }

    fn take_in(&mut self, slots: &[(String, Slot<'_, T>)]) -> Result<()> {
        self.settings.check()?;
        if self.models == 0 {
            let copies: Result<_> =
                slots.iter().map(|(name, slot)| Ok((name.clone(), copy(&slot.value())?))).collect();
            (self.models, self.values) = (1, copies?);
            return Ok(());
        }
        self.check(slots.iter().map(|(name, slot)| (&name[..], slot.value())))?;
        self.models = self.models.saturating_add(1);
        let part = T::of(self.settings.decay.map_or(1.0 / self.models as f64, |decay| 1.0 - decay));
        for (name, slot) in slots {
            let Some(average) = self.values.get_mut(name) else { continue };
            match slot {
                Slot::Buffer(buffer) if !self.settings.use_buffers => {
                    *average = copy(&buffer.value())?
                }
                _ => move_towards(average, &slot.value(), part)?,
            }
        }
        Ok(())
    }

    /// Gives a model the average. It shares the average's memory: the next update copies it.
    ///
    /// # Errors
    /// When nothing has been averaged, or the model hasn't the names and shapes of what has. The model
    /// stays as it was then.
    pub fn apply_to(&self, model: &mut (impl Params<T> + ?Sized)) -> Result<()> {
        self.clone().swap(model)
    }

    /// Gives a model the average while `work` looks at it, and its own values back afterwards.
    ///
    /// # Errors
    /// As [`apply_to`](Self::apply_to).
    pub fn during<M: Params<T> + ?Sized, R>(
        &mut self,
        model: &mut M,
        work: impl FnOnce(&M) -> R,
    ) -> Result<R> {
        self.swap(model)?;
        let result = work(model);
        self.swap(model)?;
        Ok(result)
    }

    /// Gives a model the average, and keeps what it had: called again, it gives that back. What
    /// [`during`](Self::during) does before and after.
    ///
    /// ```
    /// use plywood_autodiff::Param;
    /// use plywood_optimizers::Average;
    /// use plywood_tensor::Tensor;
    ///
    /// let mut weight = Param::new(Tensor::from([1.0]));
    /// let mut average = Average::ema(0.75);
    /// average.update(&weight)?;
    /// *weight.value_mut() = Tensor::from([2.0]);
    /// average.swap(&mut weight)?;
    /// assert_eq!(weight.value(), &Tensor::from([1.0]));
    /// average.swap(&mut weight)?;
    /// assert_eq!(weight.value(), &Tensor::from([2.0]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`apply_to`](Self::apply_to).
    pub fn swap(&mut self, model: &mut (impl Params<T> + ?Sized)) -> Result<()> {
        let check = || {
            if self.models == 0 {
                return Err(Error::value("there is no average yet")
                    .hint("call `update` with the model after each step"));
            }
            let slots = first_slots(model);
            self.check(slots.iter().map(|(name, slot)| (&name[..], slot.value())))
        };
        check().map_err(|error: Error| error.operation("Average"))?;
        model.update_parameters(&mut |name, param| {
            if let Some(average) = self.values.get_mut(name) {
                std::mem::swap(average, param.value_mut());
            }
        });
        for (name, slot) in model.slots_mut() {
            if let (SlotMut::Buffer(buffer), Some(average)) = (slot, self.values.get_mut(&name)) {
                let own = buffer.value();
                buffer.set(std::mem::replace(average, own))?;
            }
        }
        Ok(())
    }

    /// Refuses a model that hasn't the names and shapes that were averaged.
    fn check<'a>(&self, slots: impl Iterator<Item = (&'a str, Tensor<T>)>) -> Result<()> {
        let mut count = 0;
        for (name, value) in slots {
            let Some(average) = self.values.get(name) else {
                return Err(Error::value("the average knows no such parameter or buffer")
                    .hint("it follows one model, from its first update on")
                    .within(name));
            };
            if average.shape() != value.shape() {
                return Err(Error::shape(format!(
                    "the average is {}, the model's value {}",
                    average.shape(),
                    value.shape()
                ))
                .within(name));
            }
            count += 1;
        }
        match self.values.len() {
            same if same == count => Ok(()),
            more => Err(Error::value(format!(
                "the average has {more} parameters and buffers, the model {count}"
            ))
            .hint("it follows one model, from its first update on")),
        }
    }

    /// What has to be saved so that averaging can go on: with each name one tensor and the number of
    /// models, as in an optimizer's state. It shares the memory of the average, as that does.
    pub fn state(&self) -> OptimizerState<T> {
        let slots = self.values.iter().map(|(name, value)| {
            (name.clone(), Slots { steps: self.models, tensors: vec![value.clone()] })
        });
        OptimizerState { slots: slots.collect() }
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// When it is no average's: not one tensor with each name, or different numbers of models. The average
    /// stays as it was then.
    pub fn load_state(&mut self, state: OptimizerState<T>) -> Result<()> {
        let models = state.slots.values().next().map_or(0, |slots| slots.steps);
        let mut values = BTreeMap::new();
        for (name, Slots { steps, tensors }) in state.slots {
            let refuse = |problem: String| {
                let error = Error::data(problem).hint("it is no state of an `Average`");
                Err(error.operation("Average").within(&name))
            };
            if steps == 0 {
                return refuse("the state is of no model".to_owned());
            }
            if steps != models {
                return refuse(format!("the state is of {steps} models, others of {models}"));
            }
            match <[Tensor<T>; 1]>::try_from(tensors) {
                Ok([value]) => values.insert(name, value),
                Err(other) => {
                    return refuse(format!("the state has {} tensors, not 1", other.len()));
                }
            };
        }
        (self.models, self.values) = (models, values);
        Ok(())
    }
}

/// A copy of its own: a shared one would make the optimizer's next step copy the weight.
fn copy<T: Float>(value: &Tensor<T>) -> Result<Tensor<T>> {
    Tensor::from_vec(value.as_slice().to_vec(), value.shape())
}

/// Parameters and buffers by name, tied parameters once, under their first name.
fn first_slots<T: Float, M: Params<T> + ?Sized>(model: &M) -> Vec<(String, Slot<'_, T>)> {
    let mut seen: HashSet<ParamId> = HashSet::new();
    let mut slots = model.slots();
    slots.retain(|(_, slot)| match slot {
        Slot::Param(param) => seen.insert(param.id()),
        Slot::Buffer(_) => true,
    });
    slots
}

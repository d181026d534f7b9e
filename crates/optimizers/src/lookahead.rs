//! Lookahead: slow weights that follow the optimizer's, and that it goes on from.

use std::collections::BTreeMap;

use plywood_autodiff::{Grads, Params, SlotMut};
use plywood_tensor::{Float, Result, Tensor};

use crate::Settings;
use crate::element::move_towards;
use crate::optimizer::{Optimizer, OptimizerState, Slots};

/// What the slow weights' names begin with in a saved state; no field of a model is called so.
const PREFIX: &str = "lookahead: ";

/// Another optimizer, whose weights are averaged every few steps with those before, and set to the
/// average. Running statistics are averaged with them.
///
/// ```text
/// slow ← slow + (1 − kept) · (fast − slow)        every k steps
/// fast ← slow
/// ```
///
/// ```
/// use plywood_autodiff::{Param, Pass};
/// use plywood_optimizers::{Lookahead, Optimizer, SGD};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut weight = Param::new(Tensor::from([4.0]));
/// let mut optimizer = Lookahead::new(SGD::new(1.0)).every(2).kept(0.75);
/// let mut rng = Rng::new(Seed(7));
/// for expected in [3.0, 3.5] {
///     let mut pass = Pass::train(&weight, &mut rng);
///     let loss = pass.param(&weight).sum(); // the gradient is 1
///     optimizer.step(&mut weight, &pass.backward(&loss)?)?;
///     assert_eq!(weight.value().item()?, expected); // 2 becomes 0.75 · 4 + 0.25 · 2
/// }
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// Source: Zhang et al., "Lookahead optimizer: k steps forward, 1 step back" (2019); that the kept part
/// grows: T. Harris, hlb-CIFAR10 (2023).
#[derive(Clone, Debug)]
pub struct Lookahead<O, T: Float = f32> {
    fast: O,
    settings: LookaheadSettings,
    steps: u64,
    slow: BTreeMap<String, Tensor<T>>,
}

#[derive(Clone, Debug, Settings)]
#[settings(held_by(<O, T: Float> Lookahead<O, T>, settings))]
struct LookaheadSettings {
    /// Steps from one average to the next.
    #[setting(default = 5, range = 1.0.., called = "number of steps from one average to the next")]
    every: u64,
    /// How much of the slow weights is kept.
    #[setting(default = 0.5, range = 0.0..=1.0, called = "part of the slow weights that is kept")]
    kept: f64,
    /// Makes the kept part grow from 0 with the third power of the part of so many steps that are done,
    /// and ends the last of them with the slow weights. By default it doesn't grow.
    growing: Option<u64>,
}

impl<T: Float, O: Optimizer<T>> Lookahead<O, T> {
    /// Around this optimizer.
    pub fn new(fast: O) -> Self {
        Self { fast, settings: LookaheadSettings::default(), steps: 0, slow: BTreeMap::new() }
    }

    /// What is kept after so many steps; nothing is averaged in others.
    fn kept_now(&self) -> Option<f64> {
        let LookaheadSettings { every, kept, growing } = self.settings;
        match growing {
            Some(last) if self.steps == last => Some(1.0),
            _ if !self.steps.is_multiple_of(every) => None,
            Some(last) => Some(kept * (self.steps as f64 / last as f64).min(1.0).powi(3)),
            None => Some(kept),
        }
    }
}

impl<T: Float, O: Optimizer<T>> Optimizer<T> for Lookahead<O, T> {
    fn step(&mut self, model: &mut dyn Params<T>, grads: &Grads<T>) -> Result<()> {
        self.settings.check().map_err(|error| error.operation("Lookahead"))?;
        let begun = self.slow.is_empty();
        if begun {
            // Whole copies: a shared one would make the step copy each weight.
            let copy =
                |value: Tensor<T>| Tensor::from_vec(value.as_slice().to_vec(), value.shape());
            for (name, slot) in model.slots() {
                self.slow.insert(name, copy(slot.value())?);
            }
        }
        if let Err(error) = self.fast.step(model, grads) {
            if begun {
                self.slow.clear();
            }
            return Err(error);
        }
        self.steps = self.steps.saturating_add(1);
        let Some(kept) = self.kept_now() else { return Ok(()) };
        let kept = T::of(kept);
        for (name, slot) in model.slots_mut() {
            let Some(slow) = self.slow.get_mut(&name) else { continue };
            match slot {
                SlotMut::Param(param) => average(slow, param.value_mut(), kept)?,
                SlotMut::Buffer(buffer) => {
                    let mut value = buffer.value();
                    average(slow, &mut value, kept)?;
                    buffer.set(value)?;
                }
            }
        }
        Ok(())
    }

    fn learning_rate(&self) -> f64 {
        self.fast.learning_rate()
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        self.fast.set_learning_rate(learning_rate);
    }

    fn state(&self) -> OptimizerState<T> {
        let mut state = self.fast.state();
        let slow = self.slow.iter().map(|(name, slow)| {
            let slots = Slots { steps: self.steps, tensors: vec![slow.clone()] };
            (format!("{PREFIX}{name}"), slots)
        });
        state.slots.extend(slow);
        state
    }

    fn load_state(&mut self, mut state: OptimizerState<T>) {
        (self.steps, self.slow) = (0, BTreeMap::new());
        state.slots.retain(|name, slots| {
            let Some(name) = name.strip_prefix(PREFIX) else { return true };
            self.steps = slots.steps;
            self.slow.extend(slots.tensors.first().map(|slow| (name.to_owned(), slow.clone())));
            false
        });
        self.fast.load_state(state);
    }

    fn settings(&self) -> String {
        format!("{:?}; {}", self.settings, self.fast.settings())
    }
}

/// Moves the slow weights, and sets the fast ones to them.
fn average<T: Float>(slow: &mut Tensor<T>, fast: &mut Tensor<T>, kept: T) -> Result<()> {
    move_towards(slow, fast, T::ONE - kept)?;
    fast.as_mut_slice().copy_from_slice(slow.as_slice());
    Ok(())
}

//! How long each layer of a model takes.

use std::time::Instant;

use plywood_autodiff::{Params, Pass, TraceRow, Var};
use plywood_tensor::{Error, Float, Result, Tensor};

use crate::module::Module;
use crate::summary::layer_of;

/// The seconds that passes over the whole batch take together, about.
const SECONDS: f64 = 0.2;
/// The passes over it at most.
const PASSES: usize = 5;

/// The time that each layer takes in a forward pass of evaluation, as [`profile`] measures it.
///
/// ```
/// use plywood_layers::{Linear, ReLU, Sequential, profile};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut rng = Rng::new(Seed(7));
/// let (wide, narrow) = (Linear::new(64, 512, &mut rng)?, Linear::new(512, 2, &mut rng)?);
/// let model = Sequential::new().add(wide).add(ReLU).add(narrow);
/// let profile = profile(&model, &Tensor::ones([32, 64]))?;
/// assert_eq!(profile.samples, 32);
/// let [first, last] = &profile.layers[..] else { unreachable!() };
/// assert_eq!((&*first.layer, &*last.layer), ("0", "2")); // the ReLU's time is in that of the layer before it
/// assert_eq!(first.multiply_adds, 32 * 64 * 512);
/// assert!(first.seconds > 0.0 && profile.seconds() >= first.seconds + last.seconds);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// How many samples the pass was of.
    pub samples: usize,
    /// The layers, in the order in which they run.
    pub layers: Vec<LayerTime>,
}

/// What a layer takes, with the operations after it that have no parameters, such as its activation.
///
/// ```
/// use plywood_layers::LayerTime;
///
/// let layer = LayerTime { layer: "fc".to_owned(), seconds: 0.5, multiply_adds: 1_000_000_000 };
/// assert_eq!(layer.gflops(), 4.0);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LayerTime {
    /// The layer's path; `input` for what comes before the first layer with parameters.
    pub layer: String,
    /// Its time, in seconds.
    pub seconds: f64,
    /// Multiplications that are each followed by an addition.
    pub multiply_adds: u64,
}

impl LayerTime {
    /// Billions of multiplications and additions in a second.
    pub fn gflops(&self) -> f64 {
        2.0 * self.multiply_adds as f64 / self.seconds / 1e9
    }
}

impl Profile {
    /// The time of all layers, in seconds.
    pub fn seconds(&self) -> f64 {
        self.layers.iter().map(|own| own.seconds).sum()
    }
}

/// Measures how long each layer takes on a batch `[N, …]`, in evaluating passes: nothing of the model changes. Of a
/// batch that would take longer than a fifth of a second it takes fewer samples, at least one, and each layer's time is
/// the least of up to five passes, which take less than half a second together, or as long as one sample takes.
///
/// # Errors
/// When the batch is empty, or doesn't fit the model.
pub fn profile<T: Float>(
    model: &(impl Module<Var<T>, T> + ?Sized),
    batch: &Tensor<T>,
) -> Result<Profile> {
    let samples = batch.shape().first().copied().unwrap_or(0);
    profile_of(model, samples, |count, pass| {
        let some = pass.constant(batch.narrow(0, 0, count)?);
        model.forward(&some, pass)
    })
}

/// As [`profile`], of a model that takes something else than one value: `forward` runs it on the first so many of
/// `samples` samples, as [constants](Pass::constant) of the pass.
///
/// # Errors
/// When there are no samples, or `forward` fails.
pub fn profile_of<T: Float>(
    model: &(impl Params<T> + ?Sized),
    samples: usize,
    mut forward: impl FnMut(usize, &mut Pass<T>) -> Result<Var<T>>,
) -> Result<Profile> {
    if samples == 0 {
        return Err(Error::data("there are no samples to take the time of").operation("profile"));
    }
    let mut once = |count: usize| -> Result<Vec<TraceRow>> {
        let mut pass = Pass::timed(model);
        forward(count, &mut pass)?;
        Ok(pass.trace())
    };
    let begun = Instant::now();
    let mut least = once(1)?;
    let one = begun.elapsed().as_secs_f64();
    let count = ((SECONDS / one) as usize).clamp(1, samples);
    // The first pass is slow, since memory is new: one that takes long alone is good enough.
    if one < SECONDS {
        let begun = Instant::now();
        least = once(count)?;
        for _ in 1..PASSES {
            if begun.elapsed().as_secs_f64() >= SECONDS {
                break;
            }
            for (row, again) in least.iter_mut().zip(once(count)?) {
                row.seconds = row.seconds.min(again.seconds);
            }
        }
    }
    let named = model.named_parameters();
    let mut layers: Vec<LayerTime> = Vec::new();
    let mut last = "input".to_owned();
    for row in least {
        let layer = layer_of(&row, &named);
        if !layer.is_empty() {
            last = layer;
        }
        let (seconds, multiply_adds) = (row.seconds, row.multiply_adds);
        match layers.iter_mut().find(|own| own.layer == last) {
            Some(own) => {
                own.seconds += seconds;
                own.multiply_adds = own.multiply_adds.saturating_add(multiply_adds);
            }
            None => layers.push(LayerTime { layer: last.clone(), seconds, multiply_adds }),
        }
    }
    Ok(Profile { samples: count, layers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchNorm2d, Conv2d, Linear, ReLU, Sequential, write_safetensors};
    use plywood_tensor::{Rng, Seed};

    #[test]
    fn a_profile_leaves_the_model_as_it_is() {
        let conv = Conv2d::new(3, 2, 3, &mut Rng::new(Seed(7))).unwrap();
        let model = Sequential::new().add(conv).add(BatchNorm2d::new(2).unwrap()).add(ReLU);
        let bytes = || {
            let mut bytes = Vec::new();
            write_safetensors(&model, &mut bytes).unwrap();
            bytes
        };
        let before = bytes();
        let profile = profile(&model, &Tensor::ones([4, 3, 5, 5])).unwrap();
        let layers = profile.layers.iter().map(|own| (&*own.layer, own.multiply_adds));
        assert_eq!(layers.collect::<Vec<_>>(), [("0", 4 * 2 * 9 * 3 * 9), ("1", 0)]);
        assert_eq!(bytes(), before, "the running statistics, too");
    }

    #[test]
    fn an_empty_batch_has_no_time() {
        let model = Linear::new(3, 2, &mut Rng::new(Seed(7))).unwrap();
        let error = profile(&model, &Tensor::zeros([0, 3])).unwrap_err();
        assert_eq!(error.to_string(), "profile: there are no samples to take the time of");
    }
}

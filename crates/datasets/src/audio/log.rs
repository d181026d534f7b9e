//! Powers on a logarithmic scale, as ears hear them.

use plywood_tensor::{POSITIVE, Result, check_setting};

use crate::Settings;

/// The scale of the numbers in a spectrogram.
///
/// ```
/// use plywood_datasets::{Decibels, LogScale, MelSpectrogram, Recording};
/// use plywood_tensor::Tensor;
///
/// let silence = Recording::new(Tensor::zeros([800]), 16_000)?;
/// let lowest = |scale| {
///     let mel = MelSpectrogram::config().n_mels(20).log(scale).build()?;
///     mel.apply(&silence)?.get(&[0, 0])
/// };
/// assert_eq!(lowest(LogScale::Linear)?, 0.0);
/// assert_eq!(lowest(LogScale::Decibels(Decibels::new()))?, -100.0); // 10 · log10(1e-10)
/// assert_eq!(lowest(LogScale::Natural { floor: 1.0 })?, 0.0); // ln 1
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LogScale {
    /// As they are.
    Linear,
    /// In decibels.
    Decibels(Decibels),
    /// The natural logarithm of what is at least the floor, which must be more than 0.
    Natural {
        /// What lesser numbers are raised to.
        floor: f64,
    },
}

/// Decibels: librosa's `power_to_db` of powers, and `amplitude_to_db` of amplitudes, with the same names and defaults.
///
/// ```
/// use plywood_datasets::Decibels;
///
/// let quiet = Decibels::new().reference(0.5).top_db(None);
/// assert_ne!(quiet, Decibels::new());
/// ```
#[derive(Clone, Debug, PartialEq, Settings)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Decibels {
    /// The power that is 0 dB.
    #[setting(default = 1.0, range = POSITIVE, alias = "ref")]
    reference: f64,
    /// What lesser powers, and a lesser reference, are raised to.
    #[setting(default = 1e-10, range = POSITIVE)]
    amin: f64,
    /// How far below the loudest of a recording its quietest may be: what is below is raised to that.
    #[setting(default = Some(80.0), range = 0.0..)]
    top_db: Option<f64>,
}

impl LogScale {
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Linear => Ok(()),
            Self::Decibels(decibels) => decibels.check(),
            Self::Natural { floor } => check_setting("floor", *floor, POSITIVE),
        }
    }

    /// Brings magnitudes to the power of `exponent` to this scale, in place. Logarithms are in `f64`.
    pub(super) fn apply(&self, numbers: &mut [f32], exponent: f64) {
        match self {
            Self::Linear => {}
            Self::Natural { floor } => {
                for x in numbers {
                    *x = libm::log(f64::from(*x).max(*floor)) as f32;
                }
            }
            Self::Decibels(Decibels { reference, amin, top_db }) => {
                let factor = 20.0 / exponent;
                let zero = factor * libm::log10(reference.max(*amin));
                let mut loudest = f32::NEG_INFINITY;
                for x in numbers.iter_mut() {
                    *x = (factor * libm::log10(f64::from(*x).max(*amin)) - zero) as f32;
                    loudest = loudest.max(*x);
                }
                if let Some(top) = top_db {
                    let quietest = loudest - *top as f32;
                    numbers.iter_mut().for_each(|x| *x = x.max(quietest));
                }
            }
        }
    }
}

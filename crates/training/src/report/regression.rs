//! Numbers that were predicted, beside those that are true.

use plywood_tensor::{Error, Result};

use super::figure::Figure;
use super::words::grouped;
use crate::metrics::Baseline;
use crate::plots;
use crate::predictions::Predictions;

/// Samples that are drawn at most: more are a blot.
const DRAWN: usize = 2_000;
/// The largest number that plots draw.
const LARGEST: f64 = 1e300;

/// Numbers of the same samples.
#[derive(Clone)]
pub(super) struct Numbers {
    pub(super) what: String,
    pub(super) actual: Vec<f64>,
    pub(super) predicted: Vec<f64>,
}

impl Numbers {
    /// Those of predictions with one output; several may be of different units.
    pub(super) fn of(predictions: &Predictions) -> Result<Option<Self>> {
        if predictions.target().values().is_none() || predictions.outputs().shape()[1] != 1 {
            return Ok(None);
        }
        let (predicted, actual) = predictions.numbers(0)?;
        Ok(Some(Self { what: "value".to_owned(), actual, predicted }))
    }

    /// Refuses those that are of different samples.
    pub(super) fn check(&self, predictions: Option<&Predictions>) -> Result<()> {
        let refuse = |message: String| Err(Error::value(message).operation("report"));
        let (actual, predicted) = (self.actual.len(), self.predicted.len());
        if actual != predicted || actual == 0 {
            return refuse(format!(
                "{predicted} predictions for {actual} true numbers: there should be as many, and at least one"
            ));
        }
        match predictions.map(Predictions::len) {
            Some(samples) if samples != actual => {
                refuse(format!("the numbers are of {actual} samples, the predictions of {samples}"))
            }
            _ => Ok(()),
        }
    }

    /// True and predicted, of the samples where both can be drawn.
    fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        let pairs = self.actual.iter().copied().zip(self.predicted.iter().copied());
        pairs.filter(|(actual, predicted)| [actual, predicted].iter().all(|x| x.abs() <= LARGEST))
    }

    /// The mean of |predicted − true|, and that of always answering the baseline's mean, or without one that of the
    /// true numbers; of numbers that are none, nothing.
    pub(super) fn mean_errors(&self, baseline: Option<Baseline>) -> Option<[f64; 2]> {
        let count = self.actual.len() as f64;
        let mean = match baseline {
            Some(Baseline::Mean(mean)) => mean,
            _ => self.actual.iter().sum::<f64>() / count,
        };
        let own = self.actual.iter().zip(&self.predicted).map(|(actual, own)| (actual - own).abs());
        let always = self.actual.iter().map(|actual| (actual - mean).abs());
        let errors = [own.sum::<f64>() / count, always.sum::<f64>() / count];
        errors.iter().all(|error| error.is_finite()).then_some(errors)
    }

    pub(super) fn figures(&self) -> Result<Vec<Figure>> {
        let pairs: Vec<(f64, f64)> = self.pairs().collect();
        if pairs.is_empty() {
            let text = "No prediction is a number that can be drawn.";
            return Ok(vec![Figure::note("Predicted and true", text)]);
        }
        let drawn = pairs.len().min(DRAWN);
        let (actual, predicted): (Vec<f64>, Vec<f64>) =
            (0..drawn).map(|place| pairs[place * pairs.len() / drawn]).unzip();
        let mut of = match drawn < self.actual.len() {
            true => format!(
                " Drawn are {} of {} samples.",
                grouped(drawn as u64),
                grouped(self.actual.len() as u64)
            ),
            false => String::new(),
        };
        let lost = self.actual.len() - pairs.len();
        if lost > 0 {
            of += &format!(" Of {} the number is missing or too large.", grouped(lost as u64));
        }
        let what = &*self.what;
        Ok(vec![
            Figure::svg(
                "Predicted and true",
                format!(
                    "Each point is a sample. On the line predictions are right; the farther from it, the worse.{of}"
                ),
                plots::scatter(&actual, &predicted, what)?,
            ),
            Figure::svg(
                "What is left over",
                format!(
                    "How far each prediction is off: above 0 it was too low. A good model leaves no pattern; a bend or a \
                     funnel says that it misses something.{of}"
                ),
                plots::residuals(&predicted, &actual, what)?,
            ),
        ])
    }
}

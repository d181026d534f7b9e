//! Temperature scaling: probabilities that are as sure as they are right.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Tensor};

use super::softmax::for_each_sample;

/// The least and the greatest temperature that is looked for: where a model is right about every sample, the colder
/// the better, and where it is worse than knowing nothing, the warmer.
const LEAST: f64 = 0.01;
const GREATEST: f64 = 100.0;

/// Divides a classifier's scores by one number, its temperature, so that its probabilities agree with how often it is
/// right. Above 1 the model was too sure of itself. The order of the classes of a sample, and so its answer, stays.
///
/// Source: C. Guo et al., "On calibration of modern neural networks" (2017), section 4.2.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::TemperatureScaling;
///
/// // Three answers of four are right, where scores of ±2 say 0.98.
/// let scores = Tensor::from([[2.0, -2.0], [2.0, -2.0], [-2.0, 2.0], [-2.0, 2.0]]);
/// let scaling = TemperatureScaling::fit(&scores, &Tensor::from([0_u32, 0, 1, 0]))?;
/// assert!((scaling.temperature() - 4.0 / 3.0_f64.ln()).abs() < 1e-9);
/// // Odds of 3 to 1.
/// let scaled = scaling.scale(&scores);
/// assert!((scaled.get(&[0, 0])? - scaled.get(&[0, 1])? - 3.0_f32.ln()).abs() < 1e-6);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TemperatureScaling {
    temperature: f64,
}

impl TemperatureScaling {
    /// With a temperature that is known.
    ///
    /// # Errors
    /// When it is not a positive number.
    pub fn new(temperature: f64) -> Result<Self> {
        match temperature.is_finite() && temperature > 0.0 {
            true => Ok(Self { temperature }),
            false => Err(Error::value(format!("a temperature of {temperature}"))
                .operation("temperature scaling")
                .hint("it should be above 0; 1 changes nothing")),
        }
    }

    /// The temperature, from 0.01 to 100, with which the mean of −ln p of the true class is least, of scores `[N, C]`
    /// before the softmax and classes `[N]`: those of validation samples, since a model is surer of what it learnt
    /// from.
    ///
    /// # Errors
    /// When there are no samples, the target is numbers, a label is no class, or scores have no probabilities, such as
    /// NaN.
    pub fn fit(scores: &Tensor, target: &dyn Target) -> Result<Self> {
        const WHAT: &str = "temperature scaling";
        let mut labels: Vec<usize> = Vec::new();
        for_each_sample(WHAT, scores, target, |_, label| labels.push(label))?;
        if labels.is_empty() {
            return Err(Error::data("there are no samples to fit it to").operation(WHAT));
        }
        // The loss is convex in 1 / temperature: its slope is negative below the best one, and positive above.
        let classes = scores.numel() / labels.len();
        let samples = || scores.as_slice().chunks(classes).zip(labels.iter().copied());
        let (mut low, mut high) = ((1.0 / GREATEST).ln(), (1.0 / LEAST).ln());
        while high - low > 1e-12 {
            let middle = (low + high) / 2.0;
            match samples().map(|sample| slope(sample, middle.exp())).sum::<f64>() < 0.0 {
                true => low = middle,
                false => high = middle,
            }
        }
        Ok(Self { temperature: (-(low + high) / 2.0).exp().clamp(LEAST, GREATEST) })
    }

    /// What the scores are divided by.
    pub fn temperature(&self) -> f64 {
        self.temperature
    }

    /// The scores, divided.
    #[must_use]
    pub fn scale(&self, scores: &Tensor) -> Tensor {
        scores.map(|score| (f64::from(score) / self.temperature) as f32)
    }
}

/// The derivative of −ln p of a sample's class by the factor of its scores: the mean of the scores by their
/// probabilities, less that of the class.
fn slope((scores, label): (&[f32], usize), factor: f64) -> f64 {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // From the largest, so that none is above 0; −∞ has no probability whatever the factor.
    let below = scores.iter().map(|&score| f64::from(score) - f64::from(largest));
    let below = below.filter(|below| below.is_finite());
    let (sum, mean) = below.fold((0.0, 0.0), |(sum, mean), below| {
        let power = (factor * below).exp();
        (sum + power, mean + power * below)
    });
    mean / sum - (f64::from(scores[label]) - f64::from(largest))
}

#[cfg(test)]
mod tests {
    use plywood_tensor::{Rng, Seed};

    use super::*;

    fn log_loss(scores: &Tensor, labels: &Tensor<u32>, temperature: f64) -> f64 {
        let scaled = TemperatureScaling { temperature }.scale(scores);
        let mut sum = 0.0;
        for_each_sample("test", &scaled, labels, |softmax, label| {
            sum -= softmax.log_probability(label);
        })
        .unwrap();
        sum
    }

    #[test]
    fn no_other_temperature_of_a_scan_does_better() {
        for classes in [2, 5] {
            let mut rng = Rng::new(Seed(classes as u64));
            let scores: Tensor = rng.normal([200, classes], 0.0, 3.0);
            // Right about half of the time.
            let best = scores.argmax(1).unwrap();
            let label = |(place, &best): (usize, &u32)| {
                if place % 2 == 0 { best } else { (place % classes) as u32 }
            };
            let labels: Vec<u32> = best.as_slice().iter().enumerate().map(label).collect();
            let labels = Tensor::from(labels);
            let scaling = TemperatureScaling::fit(&scores, &labels).unwrap();
            let fitted = log_loss(&scores, &labels, scaling.temperature());
            for step in 1..2000 {
                let other = log_loss(&scores, &labels, 0.01 * f64::from(step));
                assert!(fitted <= other + 1e-4, "{fitted} at {scaling:?}, {other} at {step}");
            }
            assert!(scaling.temperature() > 1.5);
        }
    }

    #[test]
    fn what_has_no_best_temperature_has_an_end() {
        let scores = Tensor::from([[1.0, 0.0], [0.0, 1.0]]);
        let fit =
            |labels: [u32; 2]| TemperatureScaling::fit(&scores, &Tensor::from(labels)).unwrap();
        assert!((fit([0, 1]).temperature() - LEAST).abs() < 1e-9);
        assert!((fit([1, 0]).temperature() - GREATEST).abs() < 1e-6);
        let text = |error: Error| error.to_string();
        let none =
            TemperatureScaling::fit(&Tensor::zeros([0, 2]), &Tensor::from(Vec::<u32>::new()));
        assert_eq!(
            text(none.unwrap_err()),
            "temperature scaling: there are no samples to fit it to",
        );
        assert_eq!(
            text(TemperatureScaling::new(0.0).unwrap_err()),
            "temperature scaling: a temperature of 0; it should be above 0; 1 changes nothing",
        );
    }
}

//! How far probabilities are from what happened.

use plywood_datasets::Target;
use plywood_tensor::{Result, Tensor};

use super::Metric;
use super::kept_in::kept_in;
use super::mean::Mean;
use super::softmax::for_each_sample;

/// The mean squared distance of the probabilities from the truth: of two classes `(p₁ − y)²`, with y 1 for class 1
/// and else 0; of more `Σ (p_c − y_c)²` over the classes (Brier 1950). scikit-learn's `brier_score_loss`.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{BrierScore, Metric};
///
/// let mut score = BrierScore::new();
/// score.update(&Tensor::from([[0.0, 0.0]]), &Tensor::from([1_u32]))?; // p = ½
/// assert_eq!(score.value(), 0.25);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct BrierScore {
    mean: Mean,
}

impl BrierScore {
    /// No samples yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Metric for BrierScore {
    fn name(&self) -> String {
        "Brier score".to_owned()
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        let name = self.name();
        for_each_sample(&name, output, target, |softmax, label| {
            let classes = softmax.scores().len();
            let distances = (0..classes).map(|class| {
                let truth = f64::from(u8::from(class == label));
                (softmax.probability(class) - truth).powi(2)
            });
            let sum: f64 = distances.sum();
            // Both classes are as far off.
            self.mean.add(if classes == 2 { sum / 2.0 } else { sum });
        })
    }

    fn value(&self) -> f64 {
        self.mean.value()
    }

    fn larger_is_better(&self) -> bool {
        false
    }

    kept_in!(mean);
}

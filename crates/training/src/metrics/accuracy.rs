//! The part of the samples whose class was found.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Tensor, check_labels};

use super::Metric;
use super::targets::labels;

/// The part of the samples whose label is among the `k` highest scores.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Accuracy, Metric};
///
/// let mut accuracy = Accuracy::top(1);
/// let scores = Tensor::from([[0.1, 0.9], [0.8, 0.2]]); // the answers are 1 and 0
/// accuracy.update(&scores, &Tensor::from([1_u32, 1]))?;
/// assert_eq!(accuracy.display(accuracy.value()), "50.00 %");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Accuracy {
    k: usize,
    hits: f64,
    samples: f64,
}

impl Accuracy {
    /// Counts a sample as found when its label is among the `k` highest scores.
    pub fn top(k: usize) -> Self {
        Self { k, hits: 0.0, samples: 0.0 }
    }
}

impl Metric for Accuracy {
    fn name(&self) -> String {
        if self.k == 1 { "accuracy".to_owned() } else { format!("top-{} accuracy", self.k) }
    }

    fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
        if self.k == 0 {
            return Err(Error::value("no label is among the 0 highest scores")
                .operation(self.name())
                .hint("`Accuracy::top(1)` is the usual accuracy"));
        }
        let labels = labels(&self.name(), output, target)?;
        let classes = output.shape()[1];
        check_labels(labels, classes).map_err(|error| error.operation(self.name()))?;
        for (scores, &label) in output.as_slice().chunks(classes.max(1)).zip(labels.as_slice()) {
            let own = scores[label as usize];
            // Of equal scores the first wins, as in `argmax`; NaN never counts as found.
            let better = scores.iter().enumerate().filter(|&(class, &score)| {
                score > own || score == own && class < label as usize || score.is_nan()
            });
            self.hits += if !own.is_nan() && better.count() < self.k { 1.0 } else { 0.0 };
            self.samples += 1.0;
        }
        Ok(())
    }

    fn value(&self) -> f64 {
        self.hits / self.samples
    }

    fn reset(&mut self) {
        (self.hits, self.samples) = (0.0, 0.0);
    }

    fn larger_is_better(&self) -> bool {
        true
    }

    fn display(&self, value: f64) -> String {
        format!("{:.2} %", value * 100.0)
    }

    fn sums(&self) -> Vec<f64> {
        vec![self.hits, self.samples]
    }

    fn restore(&mut self, sums: &[f64]) {
        if let &[hits, samples] = sums {
            (self.hits, self.samples) = (hits, samples);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_at_all_is_refused() {
        let (scores, labels) = (Tensor::from([[0.1, 0.7]]), Tensor::from([1_u32]));
        let error = Accuracy::top(0).update(&scores, &labels).unwrap_err();
        assert_eq!(
            error.to_string(),
            "top-0 accuracy: no label is among the 0 highest scores; \
             `Accuracy::top(1)` is the usual accuracy",
        );
    }

    #[test]
    fn counts_what_was_found() {
        let scores =
            Tensor::from([[0.1, 0.7, 0.2], [0.5, 0.5, 0.0], [0.3, 0.2, 0.1], [f32::NAN, 0.0, 0.0]]);
        let labels = Tensor::from([1_u32, 1, 2, 1]);
        let value = |k| {
            let mut accuracy = Accuracy::top(k);
            accuracy.update(&scores, &labels).unwrap();
            accuracy.value()
        };
        assert_eq!([value(1), value(2), value(3)], [0.25, 0.75, 1.0]);
    }

    #[test]
    fn refuses_what_is_no_classification() {
        let mut accuracy = Accuracy::top(1);
        assert_eq!(
            accuracy.update(&Tensor::zeros([2, 3]), &Tensor::zeros([2])).unwrap_err().to_string(),
            "accuracy: the target is numbers, not classes; \
             `MeanAbsoluteError` and `RSquared` compare numbers",
        );
        assert_eq!(
            accuracy
                .update(&Tensor::zeros([2, 3]), &Tensor::from([0_u32, 7]))
                .unwrap_err()
                .to_string(),
            "row 1 of 2: accuracy: label 7 is not a class: there are 3 classes; \
             labels go from 0 to 2",
        );
    }
}

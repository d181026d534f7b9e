//! Which classes were taken for which.

use std::fmt;

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Tensor, check_labels, memory};

use super::averaging::Averaging;
use super::class_counts::{ClassCounts, Count};
use super::targets::labels;
use super::two_kinds::check_samples;

/// How often each class was taken for each: rows are the true classes, columns the answers.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Averaging, ConfusionMatrix};
///
/// let mut confusion = ConfusionMatrix::new(2);
/// let scores = Tensor::from([[0.1, 0.9], [0.8, 0.2]]); // the answers are 1 and 0
/// confusion.update(&scores, &Tensor::from([1_u32, 1]))?;
/// assert_eq!((confusion.count(1, 1), confusion.count(1, 0)), (1, 1));
/// assert_eq!(confusion.recall(1), Some(0.5)); // one of two was found
/// assert_eq!(confusion.precision(1), Some(1.0)); // and what was taken for a 1, was one
/// assert_eq!(confusion.recall(Averaging::Macro), Some(0.25)); // there is no 0, which counts as 0
/// assert_eq!(confusion.f1(1), Some(2.0 / 3.0));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
    names: Vec<String>,
}

/// Classes up to which the matrix is printed: more columns don't fit a terminal.
const PRINTED: usize = 30;

impl ConfusionMatrix {
    /// No samples yet, of so many classes.
    ///
    /// # Panics
    /// When a count for each pair of classes is more than memory holds.
    pub fn new(classes: usize) -> Self {
        let pairs = classes.saturating_mul(classes);
        let mut counts = memory::vec_with_capacity(pairs).unwrap_or_else(|error| panic!("{error}"));
        counts.resize(pairs, 0);
        Self { classes, counts, names: Vec::new() }
    }

    /// Of two classes: everything with a score from the threshold up is taken for class 1. NaN as a threshold takes
    /// nothing for it.
    ///
    /// ```
    /// use plywood_training::ConfusionMatrix;
    ///
    /// let scores = [0.1, 0.4, 0.35, 0.8];
    /// let confusion = ConfusionMatrix::at_threshold(&scores, &[false, false, true, true], 0.35)?;
    /// assert_eq!(confusion.rows().collect::<Vec<_>>(), [[1, 1], [0, 2]]);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are no samples, not as many scores as samples, or a score is NaN.
    pub fn at_threshold(scores: &[f64], positive: &[bool], threshold: f64) -> Result<Self> {
        let mut matrix = Self::new(2);
        for (score, positive) in check_samples("confusion matrix", scores, positive)? {
            matrix.counts[2 * usize::from(positive) + usize::from(score >= threshold)] += 1;
        }
        Ok(matrix)
    }

    /// Gives the classes names, that of class 0 first; classes beyond them stay numbers.
    #[must_use]
    pub fn named(mut self, names: &[String]) -> Self {
        self.names = names.to_vec();
        self
    }

    /// What a class's row is called: its number, and its name if that tells more.
    pub fn label(&self, class: usize) -> String {
        match self.names.get(class) {
            Some(name) if *name != class.to_string() => format!("{name} {class}"),
            _ => class.to_string(),
        }
    }

    /// The name of a class alone; its number if it has none.
    pub(crate) fn name(&self, class: usize) -> String {
        self.names.get(class).cloned().unwrap_or_else(|| class.to_string())
    }

    /// Adds a batch of scores `[N, C]` and their classes. Of a sample's scores NaN counts as the
    /// highest, as in `argmax`.
    ///
    /// # Errors
    /// When they don't fit each other or the matrix.
    pub fn update(&mut self, scores: &Tensor, target: &dyn Target) -> Result<()> {
        let labels = labels("confusion matrix", scores, target)?;
        if scores.shape()[1] != self.classes {
            return Err(Error::shape(format!(
                "the scores {} (N, C) should be of {} classes",
                scores.shape(),
                self.classes
            ))
            .operation("confusion matrix"));
        }
        check_labels(labels, self.classes).map_err(|error| error.operation("confusion matrix"))?;
        for (&answer, &label) in scores.argmax(1)?.as_slice().iter().zip(labels.as_slice()) {
            self.counts[label as usize * self.classes + answer as usize] += 1;
        }
        Ok(())
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How often class `truth` was taken for class `answer`: 0 if one of them is no class.
    pub fn count(&self, truth: usize, answer: usize) -> u64 {
        if truth.max(answer) >= self.classes {
            return 0;
        }
        self.counts[truth * self.classes + answer]
    }

    /// The true classes, each with how often it was taken for each class.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks(self.classes.max(1))
    }

    /// The part of a class's samples that were found; `None` when there are none, or no such class. With an
    /// [`Averaging`] instead of a class it is that of several: a class without samples counts as 0
    /// there.
    pub fn recall(&self, of: impl Into<Averaging>) -> Option<f64> {
        self.figure(of.into(), Count::recall)
    }

    /// The part of the answers of a class that were right; `None` when it was never answered, or is
    /// no class. With an [`Averaging`] instead of a class it is that of several: one that was never answered
    /// counts as 0 there.
    pub fn precision(&self, of: impl Into<Averaging>) -> Option<f64> {
        self.figure(of.into(), Count::precision)
    }

    /// The harmonic mean of a class's precision and recall; `None` when it has no samples and was never
    /// answered, or is no class. With an [`Averaging`] instead of a class it is that of several.
    pub fn f1(&self, of: impl Into<Averaging>) -> Option<f64> {
        self.figure(of.into(), Count::f1)
    }

    /// The number of a class's samples.
    pub fn support(&self, class: usize) -> u64 {
        (0..self.classes).map(|answer| self.count(class, answer)).sum()
    }

    /// The part of the samples whose class was found; `None` without samples.
    pub fn accuracy(&self) -> Option<f64> {
        self.class_counts().accuracy()
    }

    /// The mean of the recalls of the classes that have samples; `None` without samples.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        self.class_counts().balanced_accuracy()
    }

    fn figure(&self, of: Averaging, figure: fn(Count) -> Option<f64>) -> Option<f64> {
        match of {
            // The others needn't be counted.
            Averaging::Class(class) => figure(self.class_count(class)),
            _ => self.class_counts().averaged(of, figure),
        }
    }

    fn class_count(&self, class: usize) -> Count {
        let answered: u64 = (0..self.classes).map(|truth| self.count(truth, class)).sum();
        Count {
            found: self.count(class, class) as f64,
            answered: answered as f64,
            support: self.support(class) as f64,
        }
    }

    pub(super) fn class_counts(&self) -> ClassCounts {
        ClassCounts((0..self.classes).map(|class| self.class_count(class)).collect())
    }
}

/// A table; zeros are dots, so that mistakes stand out. Of many classes only their number is told.
impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.classes > PRINTED {
            return write!(
                f,
                "{} classes, too many to print what was taken for what",
                self.classes
            );
        }
        let largest = self.counts.iter().max().copied().unwrap_or(0);
        let width = largest.max(self.classes as u64).to_string().len().max(2);
        let labels: Vec<String> = (0..self.classes).map(|class| self.label(class)).collect();
        let side = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).max(4);
        write!(f, "{:>side$} │", "true")?;
        for class in 0..self.classes {
            write!(f, " {class:>width$}")?;
        }
        writeln!(f, "   answered")?;
        write!(f, "{}┼{}", "─".repeat(side + 1), "─".repeat((width + 1) * self.classes + 1))?;
        for (label, row) in labels.iter().zip(self.rows()) {
            write!(f, "\n{label:>side$} │")?;
            for &count in row {
                let cell = if count == 0 { "·".to_owned() } else { count.to_string() };
                write!(f, " {cell:>width$}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_class_was_never_seen() {
        let mut matrix = ConfusionMatrix::new(2);
        matrix.update(&Tensor::from([[0.1, 0.9]]), &Tensor::from([1_u32])).unwrap();
        assert_eq!((matrix.count(1, 1), matrix.recall(1)), (1, Some(1.0)));
        // A place behind the first row is the second's.
        for (truth, answer) in [(0, 3), (2, 0), (usize::MAX, 0), (0, usize::MAX)] {
            assert_eq!(matrix.count(truth, answer), 0);
        }
        assert_eq!((matrix.recall(2), matrix.precision(usize::MAX)), (None, None));
    }

    #[test]
    #[should_panic(expected = "memory")]
    fn more_classes_than_memory_holds() {
        ConfusionMatrix::new(1 << 40);
    }

    #[test]
    fn counts_and_prints() {
        let mut matrix = ConfusionMatrix::new(3);
        let scores =
            Tensor::from([[0.9, 0.1, 0.0], [0.0, 0.1, 0.9], [0.0, 0.8, 0.2], [0.0, 0.2, 0.8]]);
        matrix.update(&scores, &Tensor::from([0_u32, 1, 1, 2])).unwrap();
        assert_eq!(
            (matrix.count(1, 2), matrix.recall(1), matrix.precision(2)),
            (1, Some(0.5), Some(0.5))
        );
        assert_eq!(
            matrix.to_string(),
            "true │  0  1  2   answered\n\
             ─────┼──────────\n\
             \u{20}  0 │  1  ·  ·\n\
             \u{20}  1 │  ·  1  1\n\
             \u{20}  2 │  ·  ·  1",
        );
        assert_eq!(
            matrix.clone().named(&["0".to_owned(), "boot".to_owned()]).to_string(),
            "  true │  0  1  2   answered\n\
             ───────┼──────────\n\
             \u{20}    0 │  1  ·  ·\n\
             boot 1 │  ·  1  1\n\
             \u{20}    2 │  ·  ·  1",
        );
        assert_eq!(
            ConfusionMatrix::new(100).to_string(),
            "100 classes, too many to print what was taken for what",
        );
        assert_eq!(
            matrix.update(&scores, &Tensor::from([0_u32, 1, 1, 3])).unwrap_err().to_string(),
            "row 3 of 4: confusion matrix: label 3 is not a class: there are 3 classes; \
             labels go from 0 to 2",
        );
    }
}

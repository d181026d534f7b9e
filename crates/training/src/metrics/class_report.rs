//! Precision, recall and F1 of each class as a table.

use std::fmt;

use super::averaging::Averaging;
use super::class_counts::Count;
use super::confusion::ConfusionMatrix;

/// Precision, recall and F1 of each class and over all, printed as scikit-learn's `classification_report`
/// is: at most 80 columns wide, longer names cut with `…`.
///
/// ```
/// use plywood_training::{ClassReport, ConfusionMatrix};
///
/// let positive = [true, true, false, false, false];
/// let confusion = ConfusionMatrix::at_threshold(&[0.9, 0.2, 0.8, 0.1, 0.1], &positive, 0.5)?;
/// let report = ClassReport::new(&confusion.named(&["healthy".to_owned(), "ill".to_owned()]));
/// assert_eq!(report.classes()[1].precision, 0.5); // one of the two that seem ill
/// assert_eq!(
///     report.to_string(),
///     "              precision    recall  f1-score   support
///
///      healthy       0.67      0.67      0.67         3
///          ill       0.50      0.50      0.50         2
///
///     accuracy                           0.60         5
///    macro avg       0.58      0.58      0.58         5
/// weighted avg       0.60      0.60      0.60         5",
/// );
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ClassReport {
    classes: Vec<ClassScores>,
    accuracy: f64,
    macro_average: ClassScores,
    weighted_average: ClassScores,
}

/// A row of a [`ClassReport`].
///
/// ```
/// use plywood_training::{ClassReport, ClassScores, ConfusionMatrix};
///
/// let confusion = ConfusionMatrix::at_threshold(&[0.9, 0.2], &[true, true], 0.5)?;
/// let report = ClassReport::new(&confusion);
/// let ClassScores { name, precision, recall, support, .. } = &report.classes()[1];
/// assert_eq!((&name[..], *precision, *recall, *support), ("1", 1.0, 0.5, 2));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ClassScores {
    /// The name of the class, or its number; `macro avg` and `weighted avg` of those over all.
    pub name: String,
    /// The part of its answers that were right; 0 when it was never answered.
    pub precision: f64,
    /// The part of its samples that were found; 0 when there are none.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// Its samples.
    pub support: u64,
}

/// Columns of a name: with the numbers it makes 80.
const LONGEST_NAME: usize = 39;

impl ClassReport {
    /// Of the classes that are among a matrix's labels or answers.
    pub fn new(matrix: &ConfusionMatrix) -> Self {
        let counts = matrix.class_counts();
        let scores = |name: String, of: Averaging, support: f64| {
            let figure =
                |figure: fn(Count) -> Option<f64>| counts.averaged(of, figure).unwrap_or(0.0);
            ClassScores {
                name,
                precision: figure(Count::precision),
                recall: figure(Count::recall),
                f1: figure(Count::f1),
                support: support as u64,
            }
        };
        let there = counts.0.iter().enumerate();
        let there = there.filter(|(_, count)| count.support + count.answered > 0.0);
        let class = |(class, count): (usize, &Count)| {
            scores(matrix.name(class), Averaging::Class(class), count.support)
        };
        let all = counts.samples();
        Self {
            classes: there.map(class).collect(),
            accuracy: counts.accuracy().unwrap_or(f64::NAN),
            macro_average: scores("macro avg".to_owned(), Averaging::Macro, all),
            weighted_average: scores("weighted avg".to_owned(), Averaging::Weighted, all),
        }
    }

    /// The classes that are among the labels or the answers.
    pub fn classes(&self) -> &[ClassScores] {
        &self.classes
    }

    /// The part of the samples whose class was found; NaN without samples.
    pub fn accuracy(&self) -> f64 {
        self.accuracy
    }

    /// The means over the classes, each counting the same.
    pub fn macro_average(&self) -> &ClassScores {
        &self.macro_average
    }

    /// The means over the classes, each weighted by its samples.
    pub fn weighted_average(&self) -> &ClassScores {
        &self.weighted_average
    }
}

/// In one line, and no longer than that.
fn cut(name: &str) -> String {
    let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.chars().count() > LONGEST_NAME {
        true => name.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
        false => name,
    }
}

impl fmt::Display for ClassReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let averages = [&self.macro_average, &self.weighted_average];
        let rows = self.classes.iter().chain(averages).map(|row| (cut(&row.name), row));
        let rows: Vec<(String, &ClassScores)> = rows.collect();
        let side = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let [precision, recall, f1, support] = ["precision", "recall", "f1-score", "support"];
        writeln!(f, "{:side$}  {precision:>9} {recall:>9} {f1:>9} {support:>9}", "")?;
        for (place, (name, row)) in rows.iter().enumerate() {
            let ClassScores { precision, recall, f1, support, .. } = row;
            if place == 0 && !self.classes.is_empty() {
                writeln!(f)?;
            }
            if place == self.classes.len() {
                let (name, accuracy) = ("accuracy", self.accuracy);
                writeln!(f, "\n{name:>side$}  {:>9} {:>9} {accuracy:>9.2} {support:>9}", "", "")?;
            }
            write!(f, "{name:>side$}  {precision:>9.2} {recall:>9.2} {f1:>9.2} {support:>9}")?;
            if place + 1 < rows.len() {
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut() {
        let names = ["a\tname\nof many words that goes on and on without an end".to_owned()];
        let matrix = ConfusionMatrix::at_threshold(&[1.0, 0.0], &[true, false], 0.5).unwrap();
        let text = ClassReport::new(&matrix.named(&names)).to_string();
        assert!(text.contains("\na name of many words that goes on and …  "), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.lines().any(|line| line.chars().count() == 80), "{text}");
    }

    #[test]
    fn without_samples_there_is_no_class() {
        let report = ClassReport::new(&ConfusionMatrix::new(3));
        assert!(report.classes().is_empty() && report.accuracy().is_nan());
        assert!(report.to_string().contains("accuracy"), "{report}");
    }
}

//! What a model of tables says of rows.

use plywood_tensor::{Result, Tensor};

/// What a [`TableModel`](super::TableModel) says of rows: of each a number in the target's own unit, or the
/// probability of each class.
///
/// ```
/// use plywood_datasets::{BreastCancer, Encoding};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::TableModel;
///
/// let samples = BreastCancer::embedded()?;
/// let encoding = Encoding::measured_on(&samples, "diagnosis")?;
/// // Nothing learnt yet.
/// let model = TableModel::config("mlp", encoding).init(&mut Rng::new(Seed(7)))?;
/// let predicted = model.predict(&samples)?;
/// assert_eq!(predicted.len(), 569);
/// let (class, probability) = predicted.most_probable()[0];
/// assert!(["benign", "malignant"].contains(&class) && probability >= 0.5);
/// assert!(predicted.numbers().is_none());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TablePrediction {
    class_names: Vec<String>,
    /// Probabilities `[N, classes]`, or numbers `[N, 1]`.
    values: Tensor,
}

impl TablePrediction {
    pub(super) fn classes(class_names: &[String], scores: &Tensor) -> Result<Self> {
        Ok(Self::of_probabilities(class_names, scores.softmax(-1)?))
    }

    /// Of probabilities `[N, classes]`.
    pub(super) fn of_probabilities(class_names: &[String], values: Tensor) -> Self {
        Self { class_names: class_names.to_vec(), values }
    }

    pub(super) fn of_numbers(values: Tensor) -> Self {
        Self { class_names: Vec::new(), values }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.values.shape()[0]
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the classes are called, in the order of the probabilities; none where numbers are predicted.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The number of each row, in the target's own unit; none where classes are predicted.
    pub fn numbers(&self) -> Option<&[f32]> {
        self.class_names.is_empty().then(|| self.values.as_slice())
    }

    /// The probability of each class, `[N, classes]`; none where numbers are predicted.
    pub fn probabilities(&self) -> Option<&Tensor> {
        (!self.class_names.is_empty()).then_some(&self.values)
    }

    /// The most probable class of each row and its probability; nothing where numbers are predicted.
    pub fn most_probable(&self) -> Vec<(&str, f32)> {
        let Some(probabilities) = self.probabilities() else { return Vec::new() };
        let best = |row: &[f32]| {
            // The first of equal ones.
            let best = row.iter().zip(&self.class_names).rev().max_by(|a, b| a.0.total_cmp(b.0));
            best.map(|(&probability, name)| (name.as_str(), probability))
        };
        probabilities.as_slice().chunks(self.class_names.len()).filter_map(best).collect()
    }
}

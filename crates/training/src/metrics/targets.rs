//! What a model's outputs are compared with: classes or numbers, checked.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Tensor};

/// The labels that go with scores `[N, C]`.
pub(super) fn labels<'t>(
    metric: &str,
    scores: &Tensor,
    target: &'t dyn Target,
) -> Result<&'t Tensor<u32>> {
    let labels = target.classes().ok_or_else(|| {
        Error::value("the target is numbers, not classes")
            .operation(metric)
            .hint("`MeanAbsoluteError` and `RSquared` compare numbers")
    })?;
    if scores.rank() != 2 || labels.shape()[..] != scores.shape()[..1] {
        return Err(Error::shape(format!(
            "the scores {} should be (N, C), the labels {} (N)",
            scores.shape(),
            labels.shape()
        ))
        .operation(metric));
    }
    Ok(labels)
}

/// The numbers that go with predictions of the same shape.
pub(super) fn values<'t>(
    metric: &str,
    predictions: &Tensor,
    target: &'t dyn Target,
) -> Result<&'t Tensor> {
    let values = target.values().ok_or_else(|| {
        Error::value("the target is classes, not numbers")
            .operation(metric)
            .hint("`Accuracy` compares classes")
    })?;
    if values.shape() != predictions.shape() {
        return Err(Error::shape(format!(
            "the predictions are {}, the targets {}",
            predictions.shape(),
            values.shape()
        ))
        .operation(metric));
    }
    Ok(values)
}

/// Pairs of prediction and target, of two tensors of one shape.
pub(super) fn pairs<'t>(
    predictions: &'t Tensor,
    values: &'t Tensor,
) -> impl Iterator<Item = (f64, f64)> + 't {
    let values = values.as_slice().iter().map(|&value| f64::from(value));
    predictions.as_slice().iter().map(|&prediction| f64::from(prediction)).zip(values)
}

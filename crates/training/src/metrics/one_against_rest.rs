//! Figures of a ranking, of each class against the rest.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Tensor};

use super::kept::Kept;
use super::ranking::{Step, steps};
use super::softmax::{Softmax, for_each_sample};

/// Keeps what the ranking of a batch's samples needs, of scores `[N, C]` and their classes: of two classes
/// the difference of the scores and the label, of more all scores and the label.
pub(super) fn keep(
    kept: &mut Kept,
    metric: &str,
    scores: &Tensor,
    target: &dyn Target,
) -> Result<()> {
    let mut samples: Vec<f32> = Vec::new();
    for_each_sample(metric, scores, target, |softmax, label| {
        match softmax.scores() {
            &[negative, positive] => samples.push(positive - negative),
            all => samples.extend(all),
        }
        samples.push(label as f32);
    })?;
    let &[count, classes] = &scores.shape()[..] else { return Ok(()) };
    if classes < 2 {
        return Err(Error::value(format!(
            "the scores {} (N, C) should be of two classes at least",
            scores.shape()
        ))
        .operation(metric));
    }
    let width = if classes == 2 { 2 } else { classes + 1 };
    kept.reserve(metric, width, count)?;
    kept.push(samples);
    Ok(())
}

/// The figure of class 1 of two, or the mean over all classes of more; NaN where that of a class is
/// undefined.
pub(super) fn mean_over_classes(kept: &Kept, figure: fn(&[Step]) -> Option<f64>) -> f64 {
    let figure = |steps: &[Step]| figure(steps).unwrap_or(f64::NAN);
    if kept.width() <= 2 {
        let samples = kept.samples().filter_map(|sample| match *sample {
            [score, label] => Some((f64::from(score), label == 1.0)),
            _ => None,
        });
        return figure(&steps(samples));
    }
    let samples = kept.samples().filter_map(|sample| {
        let (&label, scores) = sample.split_last()?;
        Softmax::of(scores).map(|softmax| (softmax, label))
    });
    let samples: Vec<(Softmax<'_>, f32)> = samples.collect();
    let classes = kept.width() - 1;
    let of = |class: usize| {
        let of = |(softmax, label): &(Softmax<'_>, f32)| {
            (softmax.log_probability(class), *label == class as f32)
        };
        figure(&steps(samples.iter().map(of)))
    };
    (0..classes).map(of).sum::<f64>() / classes as f64
}

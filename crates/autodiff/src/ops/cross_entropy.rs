//! Softmax and cross-entropy in one: the loss of a classifier, for each sample.

use plywood_tensor::{Error, Float, Result, Shape, Tensor};

use crate::operation::{Operation, Sample, normal, whole};
use crate::var::{Var, record};

pub(crate) const CROSS_ENTROPY: Operation = Operation {
    name: "cross_entropy",
    equation: "y = −Σ q · log_softmax(x), q = (1 − ε) · one-hot(label) + ε / classes",
    gradient: "dx = dy · (softmax(x) − q)",
    sample: |rng| {
        let [n, c] = [whole(rng, 1, 4), whole(rng, 1, 5)];
        let labels: Vec<u32> = (0..n).map(|_| whole(rng, 0, c - 1) as u32).collect();
        let smoothing = if rng.unit() < 0.5 { 0.0 } else { 0.1 };
        let for_reference = labels.clone();
        Sample::new(
            vec![normal(rng, &[n, c])],
            move |inputs, _| inputs[0].cross_entropy(&labels.clone().into(), smoothing),
            move |inputs| {
                Tensor::from_fn([n], |index| {
                    let x = &inputs[0].as_slice()[index[0] * c..][..c];
                    let log_sum = x.iter().map(|x| x.exp()).sum::<f64>().ln();
                    let q = |class: usize| {
                        let hit = class == for_reference[index[0]] as usize;
                        smoothing / c as f64 + if hit { 1.0 - smoothing } else { 0.0 }
                    };
                    (0..c).map(|class| q(class) * (log_sum - x[class])).sum()
                })
            },
        )
    },
};

impl<T: Float> Var<T> {
    /// The cross-entropy of scores `[N, C]` and labels `[N]`, for each sample: `[N]`. The labels'
    /// probabilities are mixed with `label_smoothing` parts of equal ones.
    ///
    /// Source: Szegedy et al., "Rethinking the Inception architecture" (2015), section 7, for label
    /// smoothing.
    ///
    /// # Errors
    /// When the scores have not two axes, the labels don't fit, or a label is no class.
    pub fn cross_entropy(&self, labels: &Tensor<u32>, label_smoothing: f64) -> Result<Self> {
        let shape = self.shape();
        let refuse = |error: Error| Err(error.operation("cross_entropy"));
        let &[n, classes] = &shape[..] else {
            return refuse(Error::shape(format!("the scores {shape} should have two axes (N, C)")));
        };
        if labels.shape()[..] != [n] {
            return refuse(Error::shape(format!(
                "the scores {shape} (N, C) have N = {n}, the labels are {}",
                labels.shape()
            )));
        }
        if let Some(place) = labels.as_slice().iter().position(|&label| label as usize >= classes) {
            return refuse(
                Error::index(format!(
                    "label {} of sample {place} is not a class: there are {classes} classes",
                    labels.as_slice()[place]
                ))
                .hint(format!("labels go from 0 to {}", classes as i128 - 1)),
            );
        }
        if !(0.0..=1.0).contains(&label_smoothing) {
            return refuse(Error::value(format!(
                "the label smoothing {label_smoothing} should be between 0 and 1"
            )));
        }
        let hit = T::of(1.0 - label_smoothing);
        let everywhere = T::of(label_smoothing / classes as f64);
        let kernel = || {
            let log_p = self.known().log_softmax(-1)?;
            let mut y = log_p.pick(-1, labels)?.into_map(|log_p| -hit * log_p);
            if label_smoothing > 0.0 {
                let sums = log_p.sum_axes(&[-1])?.into_map(|sum| -everywhere * sum);
                y.add_assign(&sums)?;
            }
            Ok((y, (log_p, labels.clone())))
        };
        let result = Shape::from([n]);
        record("cross_entropy", &[self], result, 0, kernel, move |(log_p, labels), dy, sink| {
            sink.give(0, || {
                let mut dx = log_p.into_map(|log_p| log_p.exp() - everywhere);
                let rows = dx.as_mut_slice().chunks_mut(classes);
                for (row, (&label, &dy)) in rows.zip(labels.as_slice().iter().zip(dy.as_slice())) {
                    row[label as usize] -= hit;
                    row.iter_mut().for_each(|x| *x *= dy);
                }
                Ok(dx)
            })
        })
    }
}

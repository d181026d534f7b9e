//! Softmax and cross-entropy in one: the loss of a classifier, for each sample.

use plywood_tensor::{
    Error, Float, Result, Targets, Tensor, cross_entropy, cross_entropy_grad, cross_entropy_losses,
};

use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Var, record};

pub(crate) const CROSS_ENTROPY: Declaration = Declaration {
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
        let targets = Targets { labels: labels.clone(), smoothing: label_smoothing };
        let shape = targets
            .losses_shape(self.shape())
            .map_err(|error: Error| error.operation("cross_entropy"))?;
        let for_gradient = targets.clone();
        let saves = self.needs_gradient();
        let kernel = || {
            if !saves {
                return Ok((cross_entropy_losses(self.known(), &targets)?, None));
            }
            let (losses, probabilities) = cross_entropy(self.known(), &targets)?;
            Ok((losses, Some(probabilities)))
        };
        record("cross_entropy", &[self], shape, 0, kernel, move |probabilities, dy, grads| {
            let probabilities = probabilities.expect("saved because a gradient is needed");
            grads.accumulate(0, || cross_entropy_grad(probabilities, &for_gradient, &dy))
        })
    }
}

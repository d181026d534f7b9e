//! Cross-entropy: the loss of a classifier.

use plywood_autodiff::Var;
use plywood_tensor::{Error, Float, Result, Tensor, compiled_here};

use super::loss::Loss;
use super::not_empty;

/// The mean over the samples of −ln(probability of the label), from scores `[N, C]` and labels
/// `[N]`.
///
/// ```
/// use plywood_autodiff::Var;
/// use plywood_layers::cross_entropy;
/// use plywood_tensor::Tensor;
///
/// // Equal scores: each of the two classes has probability 1/2.
/// let loss = cross_entropy(&Var::constant(Tensor::zeros([3, 2])), &Tensor::from([0_u32, 1, 1]))?;
/// assert!((loss.item()? - 2.0_f32.ln()).abs() < 1e-6);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the shapes don't fit, or a label is no class.
pub fn cross_entropy<T: Float>(logits: &Var<T>, labels: &Tensor<u32>) -> Result<Var<T>> {
    CrossEntropy::default().loss(logits, labels)
}

/// Cross-entropy with settings.
///
/// ```
/// use plywood_autodiff::Var;
/// use plywood_layers::CrossEntropy;
/// use plywood_tensor::Tensor;
///
/// // Probabilities 1/4 and 3/4, so that the labels 0 and 1 cost ln 4 and ln 4/3.
/// let scores = Var::constant(Tensor::from([[0.0, 3.0_f32.ln()], [0.0, 3.0_f32.ln()]]));
/// let expected = 0.75 * 4.0_f32.ln() + 0.25 * (4.0_f32 / 3.0).ln();
///
/// let weighted = CrossEntropy::new().class_weights(Tensor::from([3.0, 1.0]));
/// let loss = weighted.loss(&scores, &Tensor::from([0_u32, 1]))?;
/// assert!((loss.item()? - expected).abs() < 1e-6);
///
/// let smoothed = CrossEntropy::new().label_smoothing(0.5); // the label is 3/4 to be 0, and 1/4 to be 1
/// let loss = smoothed.loss(&scores, &Tensor::from([0_u32, 0]))?;
/// assert!((loss.item()? - expected).abs() < 1e-6);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct CrossEntropy {
    label_smoothing: f64,
    class_weights: Option<Tensor>,
}

impl CrossEntropy {
    /// Without smoothing or weights.
    pub fn new() -> Self {
        Self::default()
    }

    /// Mixes the labels' probabilities with so many parts of equal ones.
    #[must_use]
    pub fn label_smoothing(mut self, smoothing: f64) -> Self {
        self.label_smoothing = smoothing;
        self
    }

    /// Counts each sample as much as its class's weight `[C]`; the mean is weighted too: it is the sum of the weighted
    /// losses divided by that of the weights. With label smoothing, what is mixed in of each class has that class's
    /// weight. [`balanced_class_weights`] makes them of labels.
    #[must_use]
    #[doc(alias = "weight")]
    pub fn class_weights(mut self, weights: Tensor) -> Self {
        self.class_weights = Some(weights);
        self
    }

    /// The mean over the samples, from scores `[N, C]` and labels `[N]`.
    ///
    /// # Errors
    /// When the shapes don't fit, a label is no class, the batch is empty, or the settings make no
    /// sense.
    pub fn loss<T: Float>(&self, logits: &Var<T>, labels: &Tensor<u32>) -> Result<Var<T>> {
        loss(self, logits, labels)
    }
}

/// The weights `[C]` with which all classes count alike, however many samples each has: `N / (C · count)`, as
/// scikit-learn's `class_weight="balanced"`.
///
/// ```
/// use plywood_layers::{CrossEntropy, balanced_class_weights};
/// use plywood_tensor::Tensor;
///
/// let labels = Tensor::from([0_u32, 0, 0, 1]); // the training labels
/// let weights = balanced_class_weights(&labels, 2)?;
/// assert_eq!(weights, Tensor::from([4.0 / 6.0, 2.0]));
/// let loss = CrossEntropy::new().class_weights(weights);
/// # let _ = loss;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When a class has no sample, or a label is no class.
pub fn balanced_class_weights(labels: &Tensor<u32>, classes: usize) -> Result<Tensor> {
    let refuse = |error: Error| Err(error.operation("balanced class weights"));
    let labels = labels.as_slice();
    if let Some(label) = labels.iter().find(|&&label| label as usize >= classes) {
        return refuse(
            Error::data(format!("the label {label} is none of {classes} classes"))
                .hint("classes count from 0"),
        );
    }
    let mut counts = vec![0_u64; classes.min(labels.len() + 1)];
    for &label in labels {
        if let Some(count) = counts.get_mut(label as usize) {
            *count += 1;
        }
    }
    if let Some(class) = counts.iter().position(|&count| count == 0) {
        return refuse(
            Error::data(format!("class {class} has none of the {} samples", labels.len()))
                .hint("what can't be learnt has no weight: leave the class out, or give the weights yourself"),
        );
    }
    let of = |count: u64| labels.len() as f64 / (classes as f64 * count as f64);
    Ok(counts.into_iter().map(|count| of(count) as f32).collect::<Vec<_>>().into())
}

compiled_here! {
    fn loss<'a, T>(
        settings: &'a CrossEntropy,
        logits: &'a Var<T>,
        labels: &'a Tensor<u32>,
    ) -> Result<Var<T>> {
        not_empty("cross_entropy", labels.shape())?;
        let each = logits.cross_entropy(labels, settings.label_smoothing)?;
        let Some(weights) = &settings.class_weights else { return Ok(each.mean()) };
        if weights.shape()[..] != logits.shape()[1..] {
            return Err(Error::shape(format!(
                "the class weights {} should be [{}], one for each class",
                weights.shape(),
                logits.shape()[1]
            ))
            .operation("cross_entropy"));
        }
        if let Some(class) = weights.as_slice().iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            return Err(Error::value(format!(
                "the weight {} of class {class} should be finite and not negative",
                weights.as_slice()[class]
            ))
            .operation("cross_entropy"));
        }
        let of_labels = weights.index_select(0, labels)?;
        let sum = f64::from(of_labels.sum());
        if sum == 0.0 {
            return Err(Error::data(
                "all labels of the batch are of classes with weight 0, it has no mean",
            )
            .operation("cross_entropy"));
        }
        let smoothing = settings.label_smoothing;
        if smoothing == 0.0 {
            return Ok(each.mul(&Var::constant(of_labels.cast()))?.sum() / sum);
        }
        // What is mixed in has each class's own weight, as PyTorch has it.
        let labels = logits.cross_entropy(labels, 0.0)?.mul(&Var::constant(of_labels.cast()))?.sum();
        let logs = logits.log_softmax(1)?.mul(&Var::constant(weights.cast()))?.sum();
        let mixed_in = logs * (-smoothing / weights.numel() as f64);
        Ok((labels * (1.0 - smoothing)).add(&mixed_in)? / sum)
    }
}

impl Loss<Tensor<u32>> for CrossEntropy {
    fn loss(&self, logits: &Var, labels: &Tensor<u32>) -> Result<Var> {
        self.loss(logits, labels)
    }

    fn settings(&self) -> String {
        let Self { label_smoothing, class_weights } = self;
        let weights = match class_weights {
            Some(weights) => format!("{:?}", weights.as_slice()),
            None => "none".to_owned(),
        };
        format!("cross-entropy, label smoothing {label_smoothing}, class weights {weights}")
    }
}

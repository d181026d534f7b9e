//! Cross-entropy: the loss of a classifier.

use plywood_autodiff::Var;
use plywood_tensor::{Error, Float, Result, Tensor, check_setting, compiled_here};

use super::loss::Loss;
use super::not_empty;

/// The mean over the samples of −ln(probability of the label), from scores `[N, C]` and labels
/// `[N]`; or of each pixel, from scores `[N, C, H, W]` and labels `[N, H, W]`.
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
    ignore_index: Option<u32>,
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

    /// Leaves out what has this label, which need be no class: what nobody knows or asks for. It is in no mean, and has
    /// no gradient. By default there is none.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_layers::CrossEntropy;
    /// use plywood_tensor::Tensor;
    ///
    /// // An image of two pixels, [N, C, H, W], and the class of each: 0, and 255 for void.
    /// let scores = Var::constant(Tensor::from([[[[0.0, 9.0]], [[0.0, 1.0]]]]));
    /// let labels = Tensor::from([[[0_u32, 255]]]);
    /// let loss = CrossEntropy::new().ignore_index(255).loss(&scores, &labels)?;
    /// assert!((loss.item()? - 2.0_f32.ln()).abs() < 1e-6);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    #[must_use]
    pub fn ignore_index(mut self, label: u32) -> Self {
        self.ignore_index = Some(label);
        self
    }

    /// The mean over the samples, from scores `[N, C]` and labels `[N]`; over the pixels, from scores `[N, C, H, W]` and
    /// labels `[N, H, W]`, or any other number of axes.
    ///
    /// # Errors
    /// When the shapes don't fit, a label is no class, the batch is empty or nothing of it counts, or the settings make
    /// no sense.
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

/// The weights `[C]` of classes with so many samples or pixels: `(median / count) ^ power`, so that the class in the
/// middle has weight 1. With a power of 1 all classes count alike, with 0 all samples; in between rare classes are
/// found more often than they should be by their number, but not at any price.
///
/// Source: Eigen and Fergus, "Predicting depth, surface normals and semantic labels with a common multi-scale
/// convolutional architecture" (2015), section 4.3, for a power of 1.
///
/// ```
/// use plywood_layers::median_frequency_weights;
/// use plywood_tensor::Tensor;
///
/// let pixels = [400, 100, 25]; // of road, cars and signs
/// assert_eq!(median_frequency_weights(&pixels, 0.5)?, Tensor::from([0.5, 1.0, 2.0]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there are no classes, one has no sample, or the power isn't between 0 and 1.
pub fn median_frequency_weights(counts: &[u64], power: f64) -> Result<Tensor> {
    let check = || {
        check_setting("power", power, 0.0..=1.0)?;
        let mut sorted = counts.to_vec();
        sorted.sort_unstable();
        let Some(&median) = sorted.get(counts.len() / 2) else {
            return Err(Error::data("there are no classes"));
        };
        match counts.iter().position(|&count| count == 0) {
            Some(class) => Err(Error::data(format!("class {class} has no sample"))
                .hint("what can't be learnt has no weight: leave the class out, or give the weights yourself")),
            None => Ok(median),
        }
    };
    let median = check().map_err(|error: Error| error.operation("median frequency weights"))?;
    let weight = |&count: &u64| (median as f64 / count as f64).powf(power) as f32;
    Ok(counts.iter().map(weight).collect::<Vec<_>>().into())
}

/// Scores `[N, C, …]` and labels `[N, …]` as those of single samples, `[M, C]` and `[M]`.
fn as_rows<T: Float>(logits: &Var<T>, labels: &Tensor<u32>) -> Result<(Var<T>, Tensor<u32>)> {
    let shape = logits.shape();
    let rank = shape.rank();
    if rank <= 2 {
        return Ok((logits.clone(), labels.clone()));
    }
    if labels.shape()[..] != [&shape[..1], &shape[2..]].concat() {
        return Err(Error::shape(format!(
            "the scores {shape} (N, C, …) have labels {}, they should be as the scores without C",
            labels.shape()
        )));
    }
    let axes: Vec<isize> = [0].into_iter().chain(2..rank as isize).chain([1]).collect();
    let rows = labels.numel();
    Ok((logits.permute(&axes)?.reshape([rows, shape[1]])?, labels.reshape([rows])?))
}

compiled_here! {
    fn loss<'a, T>(
        settings: &'a CrossEntropy,
        logits: &'a Var<T>,
        labels: &'a Tensor<u32>,
    ) -> Result<Var<T>> {
        not_empty("cross_entropy", labels.shape())?;
        let refuse = |error: Error| error.operation("cross_entropy");
        let (logits, mut labels) = as_rows(logits, labels).map_err(refuse)?;
        let mut counts = None;
        if let Some(ignored) = settings.ignore_index {
            let kept = labels.map(|label| if label == ignored { 0.0 } else { 1.0_f32 });
            if !kept.as_slice().contains(&1.0) {
                let error = Error::data(format!(
                    "all labels of the batch are {ignored}, which is left out: it has no mean"
                ));
                return Err(refuse(error));
            }
            // Whatever their scores are multiplied by 0.
            labels = labels.map(|label| if label == ignored { 0 } else { label });
            counts = Some(kept);
        }
        let smoothing = settings.label_smoothing;
        let each = logits.cross_entropy(&labels, smoothing)?;
        let Some(weights) = &settings.class_weights else {
            let Some(counts) = counts else { return Ok(each.mean()) };
            let sum = f64::from(counts.sum());
            return Ok(each.mul(&Var::constant(counts.cast()))?.sum() / sum);
        };
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
        let mut of_labels = weights.index_select(0, &labels)?;
        if let Some(counts) = &counts {
            of_labels = of_labels.mul(counts)?;
        }
        let sum = f64::from(of_labels.sum());
        if sum == 0.0 {
            return Err(Error::data(
                "all labels of the batch are of classes with weight 0, it has no mean",
            )
            .operation("cross_entropy"));
        }
        if smoothing == 0.0 {
            return Ok(each.mul(&Var::constant(of_labels.cast()))?.sum() / sum);
        }
        // What is mixed in has each class's own weight, as PyTorch has it.
        let own = logits.cross_entropy(&labels, 0.0)?.mul(&Var::constant(of_labels.cast()))?.sum();
        let mut logs = logits.log_softmax(1)?.mul(&Var::constant(weights.cast()))?;
        if let Some(counts) = counts {
            let rows = counts.numel();
            logs = logs.mul(&Var::constant(counts.reshape([rows, 1])?.cast()))?;
        }
        let mixed_in = logs.sum() * (-smoothing / weights.numel() as f64);
        Ok((own * (1.0 - smoothing)).add(&mixed_in)? / sum)
    }
}

impl Loss<Tensor<u32>> for CrossEntropy {
    fn loss(&self, logits: &Var, labels: &Tensor<u32>) -> Result<Var> {
        self.loss(logits, labels)
    }

    fn settings(&self) -> String {
        let Self { label_smoothing, class_weights, ignore_index } = self;
        let weights = match class_weights {
            Some(weights) => format!("{:?}", weights.as_slice()),
            None => "none".to_owned(),
        };
        // A run without it can go on from a checkpoint of before there was such a setting.
        let ignored = ignore_index.map_or(String::new(), |label| format!(", ignore index {label}"));
        format!(
            "cross-entropy, label smoothing {label_smoothing}, class weights {weights}{ignored}"
        )
    }
}

//! What a model answers to each sample.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Tensor};

use crate::metrics::{
    Calibration, ConfusionMatrix, Metric, PrecisionRecallCurve, RocCurve, TemperatureScaling,
    for_each_sample,
};
use crate::order::largest_first;

/// What a model answers to each sample, with what is true: what a report of a run is made of.
/// [`Evaluator::predictions`](crate::Evaluator::predictions) makes it.
///
/// ```
/// use plywood_datasets::Digits;
/// use plywood_layers::{Flatten, Linear, Sequential, cross_entropy};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::{Evaluator, RocAuc, plots};
///
/// let digits = Digits::embedded()?;
/// let linear = Linear::new(64, 10, &mut Rng::new(Seed(7)))?;
/// let model = Sequential::new().add(Flatten).add(linear);
///
/// let evaluator = Evaluator::new().loss(cross_entropy).keep(200); // of 1,797
/// let predictions = evaluator.predictions(&model, &digits)?;
/// assert_eq!(predictions.outputs().shape(), [200, 10].into());
/// assert_eq!(predictions.samples()[..3], [8, 17, 26]); // spread over all of them
///
/// let auc = predictions.measure(RocAuc::new())?; // any metric, afterwards
/// let roc = predictions.roc(3)?; // the threes against the rest
/// let svg = plots::roc(&[("a three", &roc)])?;
/// let confusion = predictions.confusion()?;
/// let worst = &predictions.worst(10)?[0]; // the digit that it was most wrong about
/// assert_eq!(worst.name, format!("sample {}", worst.sample));
/// # assert!(auc > 0.0 && svg.starts_with("<svg") && confusion.classes() == 10);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Predictions {
    outputs: Tensor,
    target: Targets,
    samples: Vec<usize>,
    names: Vec<String>,
    class_names: Vec<String>,
    of: usize,
}

#[derive(Clone, Debug)]
enum Targets {
    Classes(Tensor<u32>),
    Values(Tensor),
}

/// A sample, and how wrong the model is about it, as [`Predictions::worst`] gives them.
///
/// ```
/// use plywood_datasets::Rows;
/// use plywood_layers::{Init, Linear, mse_loss};
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::{Evaluator, Mistake};
///
/// let data = Rows::new(Tensor::from([[1.0], [2.0], [3.0]]), Tensor::from([[2.0], [9.0], [7.0]]))?;
/// let twice = Linear::config(1, 1).weight_init(Init::Constant(2.0)).bias(false);
/// let model = twice.init(&mut Rng::new(Seed(7)))?; // 2, 4 and 6
///
/// let predictions = Evaluator::new().loss(mse_loss).predictions(&model, &data)?;
/// let worst: Vec<Mistake> = predictions.worst(2)?;
/// assert_eq!((worst[0].sample, worst[0].error), (1, 5.0));
/// assert_eq!((worst[1].sample, worst[1].error), (2, 1.0));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// Its place among the [`Predictions`].
    pub place: usize,
    /// Its place in the data set.
    pub sample: usize,
    /// What the data set calls it: the file or line that it comes from, where there is one.
    pub name: String,
    /// For a class −ln p of its probability, for numbers the mean of |prediction − target|.
    pub error: f64,
}

/// Takes in the batches of an evaluation.
pub(crate) struct Collector {
    /// The samples of the data set, and how many of them are kept.
    of: usize,
    keep: usize,
    seen: usize,
    samples: Vec<usize>,
    outputs: Vec<f32>,
    width: Option<usize>,
    classes: Vec<u32>,
    values: Vec<f32>,
}

impl Collector {
    pub(crate) fn new(of: usize, keep: usize) -> Self {
        Self {
            of,
            keep: keep.min(of),
            seen: 0,
            samples: Vec::new(),
            outputs: Vec::new(),
            width: None,
            classes: Vec::new(),
            values: Vec::new(),
        }
    }

    /// Adds a batch of so many samples: an output and a class or numbers of each.
    pub(crate) fn add(
        &mut self,
        samples: usize,
        output: &Tensor,
        target: &dyn Target,
    ) -> Result<()> {
        let rows_of = |shape: &[usize]| shape.first().copied().unwrap_or(1);
        let refuse = |message: String| Err(Error::shape(message).operation("predictions"));
        if rows_of(&output.shape()) != samples {
            return refuse(format!(
                "the outputs {} should be (N, …) of a batch of N = {samples} samples",
                output.shape()
            ));
        }
        let width = output.numel() / samples.max(1);
        if *self.width.get_or_insert(width) != width {
            return refuse(format!(
                "the outputs {} have {width} numbers a sample, those before had {}",
                output.shape(),
                self.width.unwrap_or(0)
            ));
        }
        let kept: Vec<usize> = (0..samples).filter(|row| self.is_kept(self.seen + row)).collect();
        match (target.classes(), target.values()) {
            (Some(labels), _) if labels.shape()[..] == [samples] => {
                self.classes.extend(kept.iter().map(|&row| labels.as_slice()[row]));
            }
            (None, Some(values)) if values.numel() == output.numel() => {
                let rows = kept.iter().flat_map(|row| &values.as_slice()[row * width..][..width]);
                self.values.extend(rows);
            }
            (Some(labels), _) => {
                return refuse(format!(
                    "the labels {} should be (N) of a batch of N = {samples} samples",
                    labels.shape()
                ));
            }
            (_, Some(values)) => {
                return refuse(format!(
                    "the outputs are {}, the targets {}",
                    output.shape(),
                    values.shape()
                ));
            }
            (None, None) => {
                return Err(Error::value("the target is neither classes nor numbers")
                    .operation("predictions"));
            }
        }
        let rows = kept.iter().flat_map(|row| &output.as_slice()[row * width..][..width]);
        self.outputs.extend(rows);
        self.samples.extend(kept.iter().map(|row| self.seen + row));
        self.seen += samples;
        Ok(())
    }

    /// Whether it is the last sample of one of as many parts of equal size as samples are kept.
    fn is_kept(&self, sample: usize) -> bool {
        let parts = |samples: usize| samples as u128 * self.keep as u128 / self.of.max(1) as u128;
        parts(sample + 1) > parts(sample)
    }

    /// Everything, with what the data set calls its samples and classes.
    pub(crate) fn finish(
        self,
        name: impl Fn(usize) -> String,
        class_names: &[String],
    ) -> Result<Predictions> {
        let (kept, width) = (self.samples.len(), self.width.unwrap_or(0));
        let target = match self.values.is_empty() {
            true => Targets::Classes(Tensor::from_vec(self.classes, [kept])?),
            false => Targets::Values(Tensor::from_vec(self.values, [kept, width])?),
        };
        Ok(Predictions {
            outputs: Tensor::from_vec(self.outputs, [kept, width])?,
            target,
            names: self.samples.iter().map(|&sample| name(sample)).collect(),
            samples: self.samples,
            class_names: class_names.to_vec(),
            of: self.of,
        })
    }
}

impl Predictions {
    /// The number of samples here.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// The number of samples that the data set had.
    pub fn of(&self) -> usize {
        self.of
    }

    /// The model's outputs, `[N, outputs]`: of more axes, all but the first are one here.
    pub fn outputs(&self) -> &Tensor {
        &self.outputs
    }

    /// What is true: classes `[N]`, or numbers `[N, outputs]`.
    pub fn target(&self) -> &dyn Target {
        match &self.target {
            Targets::Classes(labels) => labels,
            Targets::Values(values) => values,
        }
    }

    /// The place of each sample in the data set, in that order.
    pub fn samples(&self) -> &[usize] {
        &self.samples
    }

    /// What the data set calls each sample: the file or line that it comes from, where there is one.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What the classes are called, that of class 0 first; none where the data set has no names.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// A metric over these samples.
    ///
    /// # Errors
    /// When the outputs are not of the kind that it compares.
    pub fn measure(&self, mut metric: impl Metric) -> Result<f64> {
        metric.reset();
        metric.update(&self.outputs, self.target())?;
        Ok(metric.value())
    }

    /// Which classes were taken for which, with their names.
    ///
    /// # Errors
    /// When the target is numbers.
    pub fn confusion(&self) -> Result<ConfusionMatrix> {
        // First, since of numbers the outputs may be more than a matrix has room for.
        for_each_sample("confusion matrix", &self.outputs, self.target(), |_, _| ())?;
        let classes = self.outputs.shape()[1];
        let mut confusion = ConfusionMatrix::new(classes).named(&self.class_names);
        confusion.update(&self.outputs, self.target())?;
        Ok(confusion)
    }

    /// The probability of a class for each sample, by the softmax of its outputs, and whether the sample is of the class:
    /// what [`RocCurve::new`], [`PrecisionRecallCurve::new`], [`Calibration::new`] and
    /// [`ConfusionMatrix::at_threshold`] take.
    ///
    /// # Errors
    /// When the target is numbers, there is no such class, or outputs have no probabilities, such as NaN.
    pub fn probabilities(&self, class: usize) -> Result<(Vec<f64>, Vec<bool>)> {
        let classes = self.outputs.shape()[1];
        if class >= classes {
            return Err(Error::index(format!(
                "there is no class {class}: the outputs {} are of {classes}",
                self.outputs.shape()
            ))
            .operation("predictions"));
        }
        let (mut scores, mut positive) = (Vec::new(), Vec::new());
        for_each_sample("predictions", &self.outputs, self.target(), |softmax, label| {
            scores.push(softmax.probability(class));
            positive.push(label == class);
        })?;
        Ok((scores, positive))
    }

    /// The same with outputs that are divided by a temperature: answers stay, probabilities become as sure as they are
    /// right, where the temperature was fitted to other samples.
    ///
    /// # Errors
    /// When the target is numbers.
    pub fn scaled(&self, scaling: &TemperatureScaling) -> Result<Self> {
        if let Targets::Values(_) = self.target {
            return Err(Error::value("the target is numbers, which have no temperature")
                .operation("predictions"));
        }
        Ok(Self { outputs: scaling.scale(&self.outputs), ..self.clone() })
    }

    /// The ROC curve of a class against the rest; class 1 is the positive one of two.
    ///
    /// # Errors
    /// As [`probabilities`](Self::probabilities), and when the class has no samples, or all of them.
    pub fn roc(&self, class: usize) -> Result<RocCurve> {
        let (scores, positive) = self.probabilities(class)?;
        RocCurve::new(&scores, &positive)
    }

    /// The precision–recall curve of a class against the rest; class 1 is the positive one of two.
    ///
    /// # Errors
    /// As [`probabilities`](Self::probabilities), and when the class has no samples.
    pub fn precision_recall(&self, class: usize) -> Result<PrecisionRecallCurve> {
        let (scores, positive) = self.probabilities(class)?;
        PrecisionRecallCurve::new(&scores, &positive)
    }

    /// How often the answers are right, by their probability, in so many bins of equal width.
    ///
    /// # Errors
    /// When the target is numbers, outputs have no probabilities, such as NaN, or there are no bins or more than
    /// 10,000.
    pub fn calibration(&self, bins: usize) -> Result<Calibration> {
        let (mut confidence, mut right) = (Vec::new(), Vec::new());
        for_each_sample("predictions", &self.outputs, self.target(), |softmax, label| {
            let answer = softmax.answer();
            confidence.push(softmax.probability(answer));
            right.push(answer == label);
        })?;
        Calibration::new(&confidence, &right, bins)
    }

    /// The predicted and the true numbers of one of the outputs, for [`plots::scatter`](crate::plots::scatter) and
    /// [`plots::residuals`](crate::plots::residuals).
    ///
    /// # Errors
    /// When the target is classes, or there is no such output.
    pub fn numbers(&self, output: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let Targets::Values(values) = &self.target else {
            return Err(Error::value("the target is classes, not numbers").operation("predictions"));
        };
        let outputs = self.outputs.shape()[1];
        if output >= outputs {
            return Err(Error::index(format!(
                "there is no output {output}: there are {outputs} a sample"
            ))
            .operation("predictions"));
        }
        let column = |tensor: &Tensor| {
            let own = tensor.as_slice().iter().skip(output).step_by(outputs);
            own.map(|&number| f64::from(number)).collect()
        };
        Ok((column(&self.outputs), column(values)))
    }

    /// The samples that the model is most wrong about, the worst first, at most so many.
    /// Of equal mistakes the one that comes first in the data set is first; NaN counts as infinite.
    ///
    /// # Errors
    /// When outputs of classes have no probabilities, such as NaN.
    pub fn worst(&self, most: usize) -> Result<Vec<Mistake>> {
        let errors = self.errors()?;
        // NaN has a sign, which means nothing here.
        let finite = |&error: &f64| if error.is_nan() { f64::INFINITY } else { error };
        let order = largest_first(&errors.iter().map(finite).collect::<Vec<f64>>());
        let mistake = |place: usize| Mistake {
            place,
            sample: self.samples[place],
            name: self.names[place].clone(),
            error: errors[place],
        };
        Ok(order.into_iter().take(most).map(mistake).collect())
    }

    /// How wrong each answer is.
    fn errors(&self) -> Result<Vec<f64>> {
        let mut errors = Vec::with_capacity(self.len());
        match &self.target {
            Targets::Classes(labels) => {
                for_each_sample("predictions", &self.outputs, labels, |softmax, label| {
                    errors.push(-softmax.log_probability(label));
                })?;
            }
            Targets::Values(values) => {
                let width = self.outputs.shape()[1].max(1);
                let rows =
                    self.outputs.as_slice().chunks(width).zip(values.as_slice().chunks(width));
                errors.extend(rows.map(|(predictions, values)| {
                    let pairs = predictions.iter().zip(values);
                    let sum: f64 = pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs()).sum();
                    sum / width as f64
                }));
            }
        }
        Ok(errors)
    }
}

//! How well the pixels of images are told apart: accuracy, and the overlap of each class.

use plywood_datasets::Target;
use plywood_tensor::{Error, Result, Tensor};

use super::Metric;
use super::class_counts::{ClassCounts, Count};

/// What the classes of pixels were taken for: for each class how many pixels are of it, how many were said to be, and
/// how many are both. It is gathered over whole data sets, never image by image.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::PixelCounts;
///
/// let mut counts = PixelCounts::new().ignore_index(255);
/// // An image of four pixels, of which three are class 0 and one is void: [N, C, H, W].
/// let scores = Tensor::from([[[[1.0, 1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0, 1.0]]]]);
/// counts.update(&scores, &Tensor::from([[[0_u32, 0, 0, 255]]]))?;
/// assert_eq!(counts.iou(0), Some(2.0 / 3.0)); // two of three were found, and nothing else
/// assert_eq!(counts.iou(1), Some(0.0)); // there is none, and one was answered
/// assert_eq!((counts.mean_iou(), counts.accuracy()), (Some(1.0 / 3.0), Some(2.0 / 3.0)));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PixelCounts {
    counts: ClassCounts,
    ignore_index: Option<u32>,
}

impl PixelCounts {
    /// No pixels yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves out the pixels with this label, which need be no class.
    #[must_use]
    pub fn ignore_index(mut self, label: u32) -> Self {
        self.ignore_index = Some(label);
        self
    }

    /// Adds a batch of scores `[N, C, H, W]` and the class of each pixel, `[N, H, W]`. Of equal scores the first class
    /// wins.
    ///
    /// # Errors
    /// When they don't fit each other or what was before, a label is no class, or a score is NaN.
    pub fn update(&mut self, scores: &Tensor, target: &dyn Target) -> Result<()> {
        self.add(scores, target).map_err(|error| error.operation("pixel counts"))
    }

    fn add(&mut self, scores: &Tensor, target: &dyn Target) -> Result<()> {
        let labels =
            target.classes().ok_or_else(|| Error::value("the target is numbers, not classes"))?;
        let (shape, of_labels) = (scores.shape(), labels.shape());
        let fits = match (&shape[..], &of_labels[..]) {
            (&[n, _, h, w], labels) => labels == [n, h, w],
            _ => false,
        };
        if !fits {
            return Err(Error::shape(format!(
                "the scores {shape} should be (N, C, H, W), the labels {of_labels} (N, H, W)"
            )));
        }
        let (classes, plane) = (shape[1], shape[2] * shape[3]);
        let before = self.counts.0.len();
        if before != 0 && before != classes {
            return Err(Error::shape(format!(
                "the scores {shape} (N, C, H, W) have {classes} classes, those before had {before}"
            )));
        }
        self.counts.0.resize(classes, Count::default());
        if plane == 0 || classes == 0 {
            return Ok(());
        }
        let mut best = vec![(0.0, 0); plane];
        let images = scores.as_slice().chunks(classes * plane);
        for (image, labels) in images.zip(labels.as_slice().chunks(plane)) {
            answers(image, &mut best);
            for (&(score, answer), &label) in best.iter().zip(labels) {
                if Some(label) == self.ignore_index {
                    continue;
                }
                if score.is_nan() {
                    return Err(Error::value(
                        "a score is NaN, which is neither more nor less than others",
                    ));
                }
                let Some(own) = self.counts.0.get_mut(label as usize) else {
                    return Err(Error::index(format!(
                        "label {label} is not a class: there are {classes} classes"
                    ))
                    .hint(format!(
                        "labels go from 0 to {}; `ignore_index` leaves one out",
                        classes - 1
                    )));
                };
                own.support += 1.0;
                if answer == label {
                    own.found += 1.0;
                }
                self.counts.0[answer as usize].answered += 1.0;
            }
        }
        Ok(())
    }

    /// The number of classes, 0 before there is a batch.
    pub fn classes(&self) -> usize {
        self.counts.0.len()
    }

    /// The intersection over union of a class: how many pixels are of it and were said to be, of those that are or
    /// were. Nothing where there is none, or no such class.
    pub fn iou(&self, class: usize) -> Option<f64> {
        self.counts.0.get(class).copied().and_then(Count::iou)
    }

    /// The part of a class's pixels that were found; nothing where it has none.
    pub fn recall(&self, class: usize) -> Option<f64> {
        self.counts.0.get(class).copied().and_then(Count::recall)
    }

    /// How many pixels are of a class.
    pub fn pixels(&self, class: usize) -> u64 {
        self.counts.0.get(class).map_or(0, |count| count.support as u64)
    }

    /// The mean of the classes' [intersections over unions](Self::iou), of those that have one.
    pub fn mean_iou(&self) -> Option<f64> {
        let all: Vec<f64> = self.counts.0.iter().filter_map(|count| count.iou()).collect();
        (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
    }

    /// The part of all pixels whose class was found.
    pub fn accuracy(&self) -> Option<f64> {
        self.counts.accuracy()
    }

    fn sums(&self) -> Vec<f64> {
        self.counts.sums()
    }

    fn restore(&mut self, sums: &[f64]) {
        self.counts.restore(sums);
    }

    fn settings(&self) -> String {
        self.ignore_index.map_or(String::new(), |label| format!(", ignore index {label}"))
    }
}

/// The highest score of each pixel of an image `[C, H, W]`, and its class. NaN wins over everything.
fn answers(image: &[f32], best: &mut [(f32, u32)]) {
    for (class, plane) in image.chunks(best.len()).enumerate() {
        for (best, &score) in best.iter_mut().zip(plane) {
            if class == 0 || score > best.0 || score.is_nan() {
                *best = (score, class as u32);
            }
        }
    }
}

/// A metric that is one number of [`PixelCounts`].
macro_rules! metric_of_pixels {
    ($(#[$meta:meta])* $name:ident, $text:literal, $value:ident) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        pub struct $name {
            counts: PixelCounts,
        }

        impl $name {
            /// No pixels yet.
            pub fn new() -> Self {
                Self::default()
            }

            /// Leaves out the pixels with this label, which need be no class.
            #[must_use]
            pub fn ignore_index(mut self, label: u32) -> Self {
                self.counts = self.counts.ignore_index(label);
                self
            }
        }

        impl Metric for $name {
            fn name(&self) -> String {
                $text.to_owned()
            }

            fn settings(&self) -> String {
                $text.to_owned() + &self.counts.settings()
            }

            fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
                self.counts.add(output, target).map_err(|error| error.operation($text))
            }

            fn value(&self) -> f64 {
                self.counts.$value().unwrap_or(f64::NAN)
            }

            fn reset(&mut self) {
                self.counts.counts = ClassCounts::default();
            }

            fn larger_is_better(&self) -> bool {
                true
            }

            fn display(&self, value: f64) -> String {
                format!("{:.2} %", value * 100.0)
            }

            fn sums(&self) -> Vec<f64> {
                self.counts.sums()
            }

            fn restore(&mut self, sums: &[f64]) {
                self.counts.restore(sums);
            }
        }
    };
}

metric_of_pixels! {
    /// The mean of the classes' intersections over unions, of scores `[N, C, H, W]` and classes `[N, H, W]`: what a class
    /// is and what was said to be it overlap so far. Classes count alike, however many pixels they have.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    /// use plywood_training::{MeanIou, Metric};
    ///
    /// let mut iou = MeanIou::new();
    /// let scores = Tensor::from([[[[1.0, 1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0, 1.0]]]]);
    /// iou.update(&scores, &Tensor::from([[[0_u32, 1, 1, 1]]]))?; // of class 0 one of two, of class 1 two of three
    /// assert_eq!(iou.display(iou.value()), "58.33 %");
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    MeanIou, "mean IoU", mean_iou
}

metric_of_pixels! {
    /// The part of the pixels whose class was found, of scores `[N, C, H, W]` and classes `[N, H, W]`.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    /// use plywood_training::{Metric, PixelAccuracy};
    ///
    /// let mut accuracy = PixelAccuracy::new();
    /// let scores = Tensor::from([[[[1.0, 1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0, 1.0]]]]);
    /// accuracy.update(&scores, &Tensor::from([[[0_u32, 1, 1, 1]]]))?;
    /// assert_eq!(accuracy.display(accuracy.value()), "75.00 %");
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    PixelAccuracy, "pixel accuracy", accuracy
}

#[cfg(test)]
mod tests {
    use plywood_tensor::{Rng, Seed};

    use super::*;

    const CLASSES: usize = 4;
    const VOID: u32 = 9;

    /// Scores of two images of 5×3 and their classes, some of them void.
    fn batch(rng: &mut Rng) -> (Tensor, Tensor<u32>) {
        let labels = Tensor::from_fn([2, 5, 3], |_| {
            let label = (rng.unit() * 5.0) as u32;
            if label == 4 { VOID } else { label }
        });
        (rng.normal([2, CLASSES, 5, 3], 0.0, 1.0), labels)
    }

    /// The mean IoU and the accuracy, by asking each pixel.
    fn naive(batches: &[(Tensor, Tensor<u32>)]) -> [f64; 2] {
        let mut pairs = Vec::new();
        for (scores, labels) in batches {
            for place in 0..30 {
                let [n, y, x] = [place / 15, place / 3 % 5, place % 3];
                let score = |class: usize| scores.get(&[n, class, y, x]).unwrap();
                let answer = (0..CLASSES).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap();
                pairs.push((answer as u32, labels.get(&[n, y, x]).unwrap()));
            }
        }
        pairs.retain(|&(_, label)| label != VOID);
        let count =
            |is: &dyn Fn(&(u32, u32)) -> bool| pairs.iter().filter(|p| is(p)).count() as f64;
        let iou = |class: u32| {
            let both = count(&|&pair| pair == (class, class));
            both / count(&|&(answer, label)| answer == class || label == class)
        };
        let mean = (0..CLASSES as u32).map(iou).sum::<f64>() / CLASSES as f64;
        [mean, count(&|(answer, label)| answer == label) / pairs.len() as f64]
    }

    #[test]
    fn counts_are_those_of_each_pixel_and_go_on_from_their_sums() {
        let mut rng = Rng::new(Seed(5));
        let batches: Vec<_> = (0..3).map(|_| batch(&mut rng)).collect();
        let mut iou = MeanIou::new().ignore_index(VOID);
        let mut accuracy = PixelAccuracy::new().ignore_index(VOID);
        for (scores, labels) in &batches {
            // Taken up in the middle of an epoch.
            let sums = iou.sums();
            iou = MeanIou::new().ignore_index(VOID);
            iou.restore(&sums);
            iou.update(scores, labels).unwrap();
            accuracy.update(scores, labels).unwrap();
        }
        let [mean, right] = naive(&batches);
        assert!((iou.value() - mean).abs() < 1e-12, "{} {mean}", iou.value());
        assert!((accuracy.value() - right).abs() < 1e-12);
        assert_eq!(iou.settings(), "mean IoU, ignore index 9");
        iou.reset();
        assert!(iou.value().is_nan());
        iou.update(&batches[0].0, &batches[0].1).unwrap();
        assert!((iou.value() - naive(&batches[..1])[0]).abs() < 1e-12, "void is still left out");
    }

    #[test]
    fn what_doesnt_fit_is_refused() {
        let error = |scores: Tensor, labels: Tensor<u32>| {
            MeanIou::new().update(&scores, &labels).unwrap_err().to_string()
        };
        assert_eq!(
            error(Tensor::zeros([1, 2, 3, 4]), Tensor::full([1, 4, 3], 0)),
            "mean IoU: the scores [1, 2, 3, 4] should be (N, C, H, W), the labels [1, 4, 3] (N, H, W)",
        );
        assert_eq!(
            error(Tensor::zeros([1, 2, 1, 1]), Tensor::full([1, 1, 1], 2)),
            "mean IoU: label 2 is not a class: there are 2 classes; labels go from 0 to 1; `ignore_index` leaves one out",
        );
        assert_eq!(
            error(Tensor::full([1, 2, 1, 1], f32::NAN), Tensor::full([1, 1, 1], 1)),
            "mean IoU: a score is NaN, which is neither more nor less than others",
        );
        assert_eq!(
            PixelAccuracy::new()
                .update(&Tensor::zeros([1, 2, 1, 1]), &Tensor::zeros([1]))
                .unwrap_err()
                .to_string(),
            "pixel accuracy: the target is numbers, not classes",
        );
    }
}

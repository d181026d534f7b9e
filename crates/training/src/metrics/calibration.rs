//! Whether samples with a confidence of 80 % are right in 80 % of the cases.

use plywood_tensor::{Error, Result};

/// The bins that there are at most.
pub(super) const MOST_BINS: usize = 10_000;

/// How often a model is right, for each of several ranges of its confidence: a reliability diagram
/// ([`plots::calibration`](crate::plots::calibration)), and the expected calibration error.
///
/// ```
/// use plywood_training::Calibration;
///
/// let calibration = Calibration::new(&[0.9, 0.8, 0.7, 0.3], &[true, true, false, false], 2)?;
/// let [low, high] = calibration.bins()[..] else { panic!("two bins") };
/// assert_eq!((low.from, low.to, low.count), (0.0, 0.5, 1));
/// assert_eq!((high.count, high.accuracy), (3, 2.0 / 3.0)); // it said 0.8 in the mean
/// let expected = (1.0 * 0.3 + 3.0 * (0.8 - 2.0 / 3.0)) / 4.0;
/// assert!((calibration.error() - expected).abs() < 1e-12);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    bins: Vec<Bin>,
}

/// What is added up in a bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bin {
    count: f64,
    confidence: f64,
    right: f64,
}

/// The samples whose confidence is above [`from`](Self::from) and at most [`to`](Self::to), as
/// [`Calibration::bins`] gives them.
///
/// ```
/// use plywood_training::{Calibration, CalibrationBin};
///
/// let bins: Vec<CalibrationBin> = Calibration::new(&[0.25, 0.75], &[false, true], 2)?.bins();
/// assert_eq!((bins[1].count, bins[1].confidence, bins[1].accuracy), (1, 0.75, 1.0));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationBin {
    /// The confidence above which samples are in this bin; the first has 0, too.
    pub from: f64,
    /// The largest confidence in this bin.
    pub to: f64,
    /// The samples in it.
    pub count: u64,
    /// Their mean confidence; NaN without samples.
    pub confidence: f64,
    /// The part of them that is right; NaN without samples.
    pub accuracy: f64,
}

impl Calibration {
    /// Of the confidence of each sample, a probability, and whether it was right, in so many bins of equal
    /// width.
    ///
    /// Of a classifier it is the probability of its answer, and whether that is true (Guo et al. 2017);
    /// [`Predictions::calibration`](crate::Predictions::calibration) takes these. Of one class, its probability, and whether the sample is of it: what
    /// scikit-learn's `calibration_curve` shows.
    ///
    /// # Errors
    /// When there are no samples, not as many of one as of the other, a confidence is not from 0 to 1, or there
    /// are no bins or more than 10,000.
    pub fn new(confidence: &[f64], right: &[bool], bins: usize) -> Result<Self> {
        let refuse = |message: String| Err(Error::value(message).operation("calibration"));
        if confidence.len() != right.len() || confidence.is_empty() {
            return refuse(format!(
                "{} confidences for {} samples that were right or wrong: there should be as many, and \
                 at least one",
                confidence.len(),
                right.len()
            ));
        }
        if !(1..=MOST_BINS).contains(&bins) {
            return refuse(format!("there are {bins} bins; there should be from 1 to {MOST_BINS}"));
        }
        let mut calibration = Self::empty(bins);
        for (place, (&confidence, &right)) in confidence.iter().zip(right).enumerate() {
            if !(0.0..=1.0).contains(&confidence) {
                return refuse(format!(
                    "the confidence of sample {place} is {confidence}; a probability goes from 0 to 1"
                ));
            }
            calibration.add(confidence, right);
        }
        Ok(calibration)
    }

    /// Without samples, in so many bins.
    pub(super) fn empty(bins: usize) -> Self {
        Self { bins: vec![Bin::default(); bins] }
    }

    /// Adds a sample with a confidence from 0 to 1.
    pub(super) fn add(&mut self, confidence: f64, right: bool) {
        let place = (confidence * self.bins.len() as f64).ceil() as usize;
        if let Some(bin) = self.bins.get_mut(place.saturating_sub(1)) {
            bin.count += 1.0;
            bin.confidence += confidence;
            bin.right += f64::from(u8::from(right));
        }
    }

    /// The bins, that of the lowest confidence first, empty ones included.
    pub fn bins(&self) -> Vec<CalibrationBin> {
        let edge = |place: usize| place as f64 / self.bins.len() as f64;
        let bins = self.bins.iter().enumerate().map(|(place, bin)| CalibrationBin {
            from: edge(place),
            to: edge(place + 1),
            count: bin.count as u64,
            confidence: bin.confidence / bin.count,
            accuracy: bin.right / bin.count,
        });
        bins.collect()
    }

    /// The expected calibration error: the mean of |accuracy − confidence| over the bins, each weighted by its
    /// samples.
    pub fn error(&self) -> f64 {
        let samples: f64 = self.bins.iter().map(|bin| bin.count).sum();
        self.bins.iter().map(|bin| (bin.right - bin.confidence).abs()).sum::<f64>() / samples
    }

    /// The maximum calibration error: the largest |accuracy − confidence| of a bin.
    pub fn largest_error(&self) -> f64 {
        let errors = self.bins.iter().map(|bin| (bin.right - bin.confidence).abs() / bin.count);
        errors.fold(f64::NAN, f64::max)
    }

    pub(super) fn sums(&self) -> Vec<f64> {
        self.bins.iter().flat_map(|bin| [bin.count, bin.confidence, bin.right]).collect()
    }

    /// So many bins of such sums; nothing where those are of other bins.
    pub(super) fn from_sums(bins: usize, sums: &[f64]) -> Option<Self> {
        let (own, rest) = sums.as_chunks::<3>();
        let bin = |&[count, confidence, right]: &[f64; 3]| Bin { count, confidence, right };
        let is_whole = own.len() == bins && rest.is_empty() && bins > 0;
        is_whole.then(|| Self { bins: own.iter().map(bin).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_belongs_to_the_bin_below() {
        let confidence = [0.0, 0.2, 0.2000001, 1.0];
        let calibration = Calibration::new(&confidence, &[true; 4], 5).unwrap();
        let counts: Vec<u64> = calibration.bins().iter().map(|bin| bin.count).collect();
        assert_eq!(counts, [2, 1, 0, 0, 1]);
        assert!(calibration.bins()[2].accuracy.is_nan());
        assert!((calibration.largest_error() - 0.9).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_confidence() {
        let text = |confidence: &[f64], right: &[bool], bins| {
            Calibration::new(confidence, right, bins).unwrap_err().to_string()
        };
        assert_eq!(
            text(&[0.5], &[], 10),
            "calibration: 1 confidences for 0 samples that were right or wrong: there should be as \
             many, and at least one",
        );
        assert_eq!(
            text(&[0.5, f64::NAN], &[true, true], 10),
            "calibration: the confidence of sample 1 is NaN; a probability goes from 0 to 1",
        );
        for bins in [0, usize::MAX] {
            assert_eq!(
                text(&[0.5], &[true], bins),
                format!("calibration: there are {bins} bins; there should be from 1 to 10000"),
            );
        }
    }
}

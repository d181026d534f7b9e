//! What a classifier makes of an image, and questions to it.

use plywood_tensor::{Error, Result};

use crate::imagenet;

/// The probability of each class.
///
/// ```
/// use plywood_datasets::chelsea;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{Classifier, Preprocess};
///
/// // Nothing learnt yet: any class may come out.
/// let names = ["tabby cat", "Siamese cat", "dog"];
/// let classifier = Classifier::new("resnet20", Preprocess::fitted(8), names, Seed(7))?;
/// let prediction = classifier.classify(&chelsea()?)?;
/// let [(first, probability), ..] = prediction.top(3)[..] else { unreachable!() };
/// assert!(names.contains(&first) && probability >= 1.0 / 3.0);
/// assert!((prediction.probabilities().iter().sum::<f64>() - 1.0).abs() < 1e-12);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    class_names: Vec<String>,
    probabilities: Vec<f64>,
}

/// How probable it is that an image shows what a word says.
///
/// ```
/// use plywood_datasets::chelsea;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{Classifier, Preprocess};
///
/// // Nothing learnt yet: any class may come out.
/// let names = ["tabby cat", "Siamese cat", "dog"];
/// let classifier = Classifier::new("resnet20", Preprocess::fitted(8), names, Seed(7))?;
/// let prediction = classifier.classify(&chelsea()?)?;
/// let answer = prediction.is("cats")?;
/// assert_eq!(answer.classes, ["tabby cat", "Siamese cat"]);
/// let [tabby, siamese, _dog] = prediction.probabilities() else { unreachable!() };
/// assert_eq!(answer.probability, tabby + siamese);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The sum over the classes.
    pub probability: f64,
    /// The classes that the word stands for.
    pub classes: Vec<String>,
}

impl Prediction {
    /// The softmax of logits, in `f64`.
    pub(crate) fn new(class_names: Vec<String>, logits: &[f32]) -> Self {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let powers = logits.iter().map(|&logit| f64::from(logit - largest).exp());
        let powers: Vec<f64> = powers.collect();
        let sum: f64 = powers.iter().sum();
        Self { class_names, probabilities: powers.iter().map(|power| power / sum).collect() }
    }

    /// The mean of the softmax of several logits.
    #[cfg(feature = "audio")]
    pub(crate) fn mean<'a>(
        class_names: Vec<String>,
        all: impl ExactSizeIterator<Item = &'a [f32]>,
    ) -> Self {
        let count = all.len() as f64;
        let mut probabilities = vec![0.0; class_names.len()];
        for logits in all {
            let own = Self::new(Vec::new(), logits).probabilities;
            probabilities.iter_mut().zip(own).for_each(|(sum, p)| *sum += p / count);
        }
        Self { class_names, probabilities }
    }

    /// The probability of each class, in the classes' order.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// The `count` most probable classes, the most probable one first.
    pub fn top(&self, count: usize) -> Vec<(&str, f64)> {
        let mut order: Vec<usize> = (0..self.probabilities.len()).collect();
        order.sort_by(|&a, &b| self.probabilities[b].total_cmp(&self.probabilities[a]));
        let class = |&place: &usize| (self.class_names[place].as_str(), self.probabilities[place]);
        order.iter().take(count).map(class).collect()
    }

    /// How probable it is that the image shows what `word` says: the sum over the classes of that
    /// kind, such as ImageNet's ten kinds of cars for `car`, or else over those that have the word
    /// in their names. Case doesn't matter, nor a plural's s.
    ///
    /// # Errors
    /// When no class is of that kind or has that word.
    pub fn is(&self, word: &str) -> Result<Answer> {
        let wanted = plain(word);
        let kind = match imagenet::is_imagenet(&self.class_names) {
            true => imagenet::kind(&wanted),
            false => None,
        };
        let places: Vec<usize> = match kind {
            Some(places) => places,
            None => {
                let names = self.class_names.iter().enumerate();
                names.filter(|(_, name)| has_words(name, &wanted)).map(|(place, _)| place).collect()
            }
        };
        if places.is_empty() {
            return Err(Error::value(format!("no class is called `{word}`"))
                .operation("classify")
                .hint(self.names_like(&wanted)));
        }
        let probability = places.iter().map(|&place| self.probabilities[place]).sum::<f64>();
        Ok(Answer {
            probability: probability.min(1.0),
            classes: places.iter().map(|&place| self.class_names[place].clone()).collect(),
        })
    }

    /// What may have been meant.
    fn names_like(&self, wanted: &str) -> String {
        if self.class_names.len() <= 20 {
            return format!("the classes are {}", self.class_names.join(", "));
        }
        let names = self.class_names.iter().filter(|name| name.to_lowercase().contains(wanted));
        let names: Vec<&str> = names.map(|name| first(name)).take(5).collect();
        match names.len() {
            0 => {
                format!("there are {} classes; name a thing that they tell", self.class_names.len())
            }
            _ => format!("there are {}", names.join(", ")),
        }
    }
}

/// The first of a class's names.
fn first(names: &str) -> &str {
    names.split(", ").next().unwrap_or(names)
}

/// In small letters, single spaces, each word without a plural's s.
fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let singular = words.map(|word| match word.strip_suffix('s') {
        // `glass` and `bus` are no plurals.
        Some(stem) if stem.len() > 2 && !stem.ends_with('s') => stem,
        _ => word,
    });
    singular.collect::<Vec<_>>().join(" ")
}

/// Whether one of a class's names has the words, whole and in a row.
fn has_words(names: &str, wanted: &str) -> bool {
    let wanted = format!(" {wanted} ");
    wanted.trim() != ""
        && names.split(',').any(|name| format!(" {} ", plain(name)).contains(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(logits: &[f32]) -> Prediction {
        let names = ["tabby, tabby cat", "cattle", "sports car", "Car wheel"];
        Prediction::new(names.map(String::from).to_vec(), logits)
    }

    #[test]
    fn probabilities_are_the_softmax() {
        let prediction = prediction(&[0.0, 3.0_f32.ln(), f32::NEG_INFINITY, 0.0]);
        let expected = [0.2, 0.6, 0.0, 0.2];
        let pairs = prediction.probabilities().iter().zip(expected);
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-7), "{prediction:?}");
        assert_eq!(prediction.top(1)[0].0, "cattle");
        assert_eq!(prediction.top(9).len(), 4);
        let large = Prediction::new(vec!["a".into(), "b".into()], &[3e38, -3e38]);
        assert_eq!(large.probabilities(), [1.0, 0.0]);
    }

    #[test]
    fn words_are_whole() {
        let prediction = prediction(&[0.0; 4]);
        let answer = prediction.is("Cats").unwrap();
        assert_eq!(answer.classes, ["tabby, tabby cat"]);
        assert!((answer.probability - 0.25).abs() < 1e-12);
        assert_eq!(prediction.is("car").unwrap().classes, ["sports car", "Car wheel"]);
        assert_eq!(prediction.is("sport car").unwrap().classes, ["sports car"]);
        assert_eq!(
            prediction.is("dog").unwrap_err().to_string(),
            "classify: no class is called `dog`; the classes are tabby, tabby cat, cattle, sports \
             car, Car wheel",
        );
        assert!(prediction.is("").is_err());
    }

    #[test]
    fn kinds_are_sums() {
        let names = imagenet::class_names();
        let even = Prediction::new(names, &[0.0; 1000]);
        let answer = even.is("car").unwrap();
        assert_eq!(answer.classes.len(), 10);
        assert!((answer.probability - 0.01).abs() < 1e-12);
        assert!(answer.classes.iter().all(|name| name != "car mirror" && name != "freight car"));
        assert_eq!(even.is("dogs").unwrap().classes.len(), 118);
        assert_eq!(even.is("laptop").unwrap().classes.len(), 1);
        let text = even.is("lapto").unwrap_err().to_string();
        assert_eq!(text, "classify: no class is called `lapto`; there are laptop");
    }
}

//! How a GPT writes: the most probable letter, or one that is drawn.

use plywood_autodiff::Pass;
use plywood_layers::Settings;
use plywood_tensor::{Error, POSITIVE, Result, Rng, Tensor};

use super::{Gpt, GptCache};

/// How the next letter is chosen.
///
/// ```
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_zoo::Sampling;
///
/// let scores = [0.0, 3.0, 2.9, -1.0]; // of four letters
/// let rng = &mut Rng::new(Seed(7));
/// assert_eq!(Sampling::new().top_k(1).choose(&scores, rng)?, 1); // greedy
/// let drawn: Vec<u32> =
///     (0..50).map(|_| Sampling::new().top_k(2).choose(&scores, rng)).collect::<Result<_, _>>()?;
/// assert!(drawn.contains(&1) && drawn.contains(&2) && drawn.iter().all(|letter| [1, 2].contains(letter)));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct Sampling {
    /// What scores are divided by: below 1 the probable letters become more so.
    #[setting(default = 1.0, range = POSITIVE)]
    temperature: f64,
    /// Only so many of the most probable letters are drawn from; 1 takes the most probable, which is greedy. By
    /// default all are.
    #[setting(default = usize::MAX, range = 1.0.., called = "number of letters to draw from")]
    top_k: usize,
}

impl Sampling {
    /// The letter that is chosen by these scores.
    ///
    /// # Errors
    /// When a setting is out of range, there are no scores, or one is NaN.
    pub fn choose(&self, scores: &[f32], rng: &mut Rng) -> Result<u32> {
        let refuse = |error: Error| error.operation("sampling");
        self.check().map_err(refuse)?;
        if scores.is_empty() || scores.iter().any(|score| score.is_nan()) {
            return Err(refuse(Error::value(match scores.is_empty() {
                true => "no scores to choose by",
                false => "a score is NaN",
            })));
        }
        // Of equal scores the first letter comes first: greedy is the same everywhere.
        let mut letters: Vec<usize> = (0..scores.len()).collect();
        letters.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        letters.truncate(self.top_k);
        let best = f64::from(scores[letters[0]]);
        if letters.len() == 1 || best == f64::INFINITY {
            return Ok(letters[0] as u32);
        }
        let weight =
            |&letter: &usize| ((f64::from(scores[letter]) - best) / self.temperature).exp();
        let weights: Vec<f64> = letters.iter().map(weight).collect();
        let mut left = rng.unit() * weights.iter().sum::<f64>();
        let drawn = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        Ok(letters[drawn.unwrap_or(0)] as u32)
    }
}

impl Gpt {
    /// Goes on with a text for so many letters, each of which is chosen by those before it. Keys and values of earlier
    /// letters are kept. Where the text grows longer than the context, the last half of it is read anew, and counts
    /// as the whole from there on.
    ///
    /// ```
    /// use plywood_tensor::{Rng, Seed};
    /// use plywood_zoo::{Sampling, gpt};
    ///
    /// let rng = &mut Rng::new(Seed(7));
    /// let model = gpt(30, 8).dim(16).heads(2).layers(1).init(rng)?;
    /// let letters = model.write(&[5, 17, 3], 20, &Sampling::new().temperature(0.8).top_k(10), rng)?;
    /// assert_eq!(letters.len(), 20);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is nothing to go on with, no such letter, or a setting is out of range.
    pub fn write(
        &self,
        text: &[u32],
        count: usize,
        sampling: &Sampling,
        rng: &mut Rng,
    ) -> Result<Vec<u32>> {
        if text.is_empty() {
            return Err(
                Error::value("a text without letters can't be gone on with").operation("gpt")
            );
        }
        let keep = (self.context() / 2).max(1);
        let begin = |text: &[u32]| text[text.len().saturating_sub(keep)..].to_vec();
        let mut text = text.to_vec();
        let (mut cache, mut unread) = (GptCache::new(), begin(&text));
        let from = text.len();
        while text.len() - from < count {
            if cache.len() + unread.len() > self.context() {
                (cache, unread) = (GptCache::new(), begin(&text));
            }
            let length = unread.len();
            let read = Tensor::from_vec(unread, [1, length])?;
            let scores = self.go_on(&read, &mut cache, &mut Pass::eval(self))?;
            let last = scores.narrow(1, length - 1, 1)?;
            let letter = sampling.choose(last.value()?.as_slice(), rng)?;
            text.push(letter);
            unread = vec![letter];
        }
        Ok(text.split_off(from))
    }
}

//! How a GPT writes: letter after letter, each chosen by the scores of all.

use plywood_autodiff::Pass;
use plywood_tensor::{Error, Result, Rng, Tensor};

use super::{Gpt, GptCache};
use crate::sampling::Sampling;

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

//! Translation, word by word.

use plywood::prelude::*;
use plywood::zoo::{SentencePairs, TranslationTransformer};

/// Where a translation begins, and the word that ends it.
pub(crate) const BEGIN: u32 = 0;
pub(crate) const END: u32 = 1;

/// The translation of a sentence, in words as numbers.
pub(crate) fn translate(model: &TranslationTransformer, sentence: &[u32]) -> Result<Vec<u32>> {
    let row = |words: &[u32]| Tensor::from_vec(words.to_vec(), [1, words.len()]);
    let mut words = vec![BEGIN];
    while words.len() < 16 {
        let (source, target) = (row(sentence)?, row(&words)?);
        let pairs = SentencePairs { source, target, source_padding: None };
        // For each word so far, how likely each of the vocabulary is to come next.
        let scores = model.forward(&pairs, &mut Pass::eval(model))?; // [1, words, vocabulary]
        let best = scores.value()?.argmax(-1)?;
        match best.as_slice().last() {
            Some(&END) | None => break,
            Some(&word) => words.push(word),
        }
    }
    Ok(words.split_off(1))
}

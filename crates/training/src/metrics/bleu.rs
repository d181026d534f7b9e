//! BLEU: how many words, and runs of up to four words, a translation shares with that of a person.

use std::collections::HashMap;

/// The words of the longest runs.
const ORDER: usize = 4;

/// BLEU of translations, each beside one by a person, as sacreBLEU computes it (`13a` tokens, cased, `exp` smoothing):
/// the geometric mean of the shares of words, and of runs of two to four words, that are in the reference too, and less
/// where the translations are shorter than the references. It is a number of the whole text, from 0 to 100, and not the
/// mean of its sentences.
///
/// Source: Papineni et al., "BLEU: a method for automatic evaluation of machine translation" (2002); Post, "A call for
/// clarity in reporting BLEU scores" (2018).
///
/// ```
/// use plywood_training::Bleu;
///
/// let mut bleu = Bleu::new();
/// bleu.update("Un chien court dans le sable.", "Un chien court sur le sable.");
/// // 6 of 7 words are right (the full stop is one), 4 of 6 pairs, 2 of 5 runs of three; none of 4 counts as half a run.
/// let mean = (6.0 / 7.0 * 4.0 / 6.0 * 2.0 / 5.0 * 0.5 / 4.0_f64).powf(0.25);
/// assert!((bleu.score() - 100.0 * mean).abs() < 1e-9);
///
/// bleu.update("Deux hommes.", "Deux hommes mangent du pain.");
/// assert!(bleu.brevity_penalty() < 1.0); // 10 words instead of 13
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bleu {
    /// Of the runs of each length, those that are in the reference, and all.
    correct: [u64; ORDER],
    total: [u64; ORDER],
    words: u64,
    reference_words: u64,
}

impl Bleu {
    /// Of no translations yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a translation, and what it should be.
    pub fn update(&mut self, translation: &str, reference: &str) {
        let [own, reference] = [translation, reference].map(tokenize);
        let [own, reference] = [&own, &reference].map(|text| words(text));
        self.words += own.len() as u64;
        self.reference_words += reference.len() as u64;
        for (order, (correct, total)) in self.correct.iter_mut().zip(&mut self.total).enumerate() {
            let known = counts(&reference, order + 1);
            for (run, count) in counts(&own, order + 1) {
                *correct += count.min(known.get(run).copied().unwrap_or(0));
                *total += count;
            }
        }
    }

    /// BLEU of all translations together, from 0 to 100; NaN of none.
    pub fn score(&self) -> f64 {
        if self.words == 0 && self.reference_words == 0 {
            return f64::NAN;
        }
        if self.correct == [0; ORDER] {
            return 0.0;
        }
        let logs = self.precisions().map(|precision| match precision > 0.0 {
            true => precision.ln(),
            false => -9_999_999_999.0,
        });
        self.brevity_penalty() * (logs.iter().sum::<f64>() / ORDER as f64).exp()
    }

    /// The percentages of words, and of runs of two, three and four, that are in the references too. Where none of a
    /// length is, half a run counts as one that is, the next time a quarter, and so on.
    pub fn precisions(&self) -> [f64; ORDER] {
        let mut precisions = [0.0; ORDER];
        if self.correct == [0; ORDER] {
            return precisions;
        }
        let mut part = 1.0;
        for (precision, (&correct, &total)) in
            precisions.iter_mut().zip(self.correct.iter().zip(&self.total))
        {
            if total == 0 {
                break;
            }
            *precision = match correct {
                0 => {
                    part *= 2.0;
                    100.0 / (part * total as f64)
                }
                _ => 100.0 * correct as f64 / total as f64,
            };
        }
        precisions
    }

    /// What translations that are too short lose: 1 where they aren't, towards 0.
    pub fn brevity_penalty(&self) -> f64 {
        match (self.words, self.reference_words) {
            (words, reference) if words >= reference => 1.0,
            (0, _) => 0.0,
            (words, reference) => (1.0 - reference as f64 / words as f64).exp(),
        }
    }
}

/// How often each run of so many words occurs.
fn counts<'a>(words: &'a [&'a str], order: usize) -> HashMap<&'a [&'a str], u64> {
    let mut counts = HashMap::new();
    for run in words.windows(order) {
        *counts.entry(run).or_insert(0) += 1;
    }
    counts
}

/// What Python's `split` takes for white space.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

fn words(text: &str) -> Vec<&str> {
    text.split(is_space).filter(|word| !word.is_empty()).collect()
}

/// Whether it is always a word of its own.
fn stands_alone(character: char) -> bool {
    matches!(character, ' '..='&' | '('..='+' | '/' | ':'..='@' | '['..='`' | '{'..='~')
}

/// Sets punctuation apart, as mteval's version 13a does: full stops and commas stay within numbers.
fn tokenize(text: &str) -> String {
    let text = text.trim_end_matches(is_space);
    let text = text.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    let text = text.replace("&quot;", "\"").replace("&amp;", "&");
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    let mut apart = String::from(" ");
    for character in text.chars() {
        match stands_alone(character) {
            true => apart.extend([' ', character, ' ']),
            false => apart.push(character),
        }
    }
    apart.push(' ');
    let digit = |c: char| c.is_ascii_digit();
    let stop = |c: char| matches!(c, '.' | ',');
    let apart = replace_pairs(&apart, |a, b| !digit(a) && stop(b), |a, b| [a, ' ', b, ' ']);
    let apart = replace_pairs(&apart, |a, b| stop(a) && !digit(b), |a, b| [' ', a, ' ', b]);
    replace_pairs(&apart, |a, b| digit(a) && b == '-', |a, b| [a, ' ', b, ' '])
}

/// Replaces pairs of characters, from the left; what was replaced is in no other pair.
fn replace_pairs(
    text: &str,
    is_pair: impl Fn(char, char) -> bool,
    by: impl Fn(char, char) -> [char; 4],
) -> String {
    let mut result = String::with_capacity(2 * text.len());
    let mut characters = text.chars().peekable();
    while let Some(first) = characters.next() {
        match characters.next_if(|&second| is_pair(first, second)) {
            Some(second) => result.extend(by(first, second)),
            None => result.push(first),
        }
    }
    result
}

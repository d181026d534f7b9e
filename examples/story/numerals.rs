//! Numbers in words of two languages, and a network that learns to translate them.

use std::collections::BTreeMap;

use plywood::datasets::{Batch, Draw};
use plywood::prelude::*;
use plywood::zoo::{SentencePairs, TranslationTransformer, translation_transformer};

use crate::shown::words::{BEGIN, END, translate};

/// The numbers that are translated are less than this.
const LIMIT: usize = 10_000;
const TRAINING: usize = 2_000;
const TEST: usize = 300;

/// What a translation came to.
pub(crate) struct Translated {
    /// The part of numbers, none of which was in training, whose translation is right in every word.
    pub(crate) right: f64,
    pub(crate) tested: usize,
    /// Some of them in both languages, the second as the network says it.
    pub(crate) examples: Vec<[String; 2]>,
}

/// Trains a small Transformer on numbers, and asks it for others.
pub(crate) fn learn(epochs: usize) -> Result<Translated> {
    let mut numbers = Rng::new(Seed(7)).permutation(LIMIT);
    numbers.truncate(TRAINING + TEST);
    let pairs = Pairs::of(&numbers)?;
    let train = pairs.part(0..TRAINING);
    let config = translation_transformer(pairs.english.len(), pairs.french.len());
    let config = config.dim(64).heads(4).layers(2).feedforward(128).dropout(0.0);
    let mut model = config.init(&mut Rng::new(Seed(7)))?;
    let step = |model: &TranslationTransformer, batch: &PairBatch, pass: &mut Pass| {
        let scores = model.forward(&batch.input, pass)?; // [B, L, words]
        let words = scores.shape()[2];
        cross_entropy(&scores.reshape([-1, words as isize])?, &batch.next)
    };
    Trainer::new(AdamW::scheduled())
        .schedule(OneCycle::new(3e-3))
        .step(step)
        .epochs(epochs)
        .batch_size(32)
        .seed(Seed(7))
        .quiet(true)
        .fit(&mut model, &train, None)?;

    let mut translated = Translated { right: 0.0, tested: TEST, examples: Vec::new() };
    for &number in &numbers[TRAINING..] {
        let said = translate(&model, &pairs.english.encoded(&english(number))?)?;
        let said = pairs.french.decoded(&said);
        if said == french(number) {
            translated.right += 1.0 / TEST as f64;
        }
        if translated.examples.len() < 3 && number > 1000 {
            translated.examples.push([english(number), said].map(|words| words.join(" ")));
        }
    }
    Ok(translated)
}

/// The words of a language, each with its number.
struct Vocabulary(Vec<&'static str>);

impl Vocabulary {
    /// All that the numbers are made of, after the two marks.
    fn of(words: impl Fn(usize) -> Vec<&'static str>) -> Self {
        let all: BTreeMap<&str, ()> = (0..LIMIT).flat_map(&words).map(|word| (word, ())).collect();
        Self(["<begin>", "<end>"].into_iter().chain(all.into_keys()).collect())
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn encoded(&self, words: &[&str]) -> Result<Vec<u32>> {
        let number = |word: &&str| {
            let place = self.0.iter().position(|known| known == word);
            place
                .map(|place| place as u32)
                .ok_or_else(|| Error::data(format!("`{word}` is unknown")))
        };
        words.iter().map(number).collect()
    }

    fn decoded(&self, words: &[u32]) -> Vec<&'static str> {
        words.iter().filter_map(|&word| self.0.get(word as usize).copied()).collect()
    }
}

/// The same numbers in both languages.
#[derive(Clone)]
struct Pairs {
    english: std::sync::Arc<Vocabulary>,
    french: std::sync::Arc<Vocabulary>,
    pairs: Vec<[Vec<u32>; 2]>,
}

impl Pairs {
    fn of(numbers: &[usize]) -> Result<Self> {
        let (en, fr) = (Vocabulary::of(english), Vocabulary::of(french));
        let pair =
            |&number: &usize| Ok([en.encoded(&english(number))?, fr.encoded(&french(number))?]);
        let pairs = numbers.iter().map(pair).collect::<Result<_>>()?;
        Ok(Self { english: en.into(), french: fr.into(), pairs })
    }

    fn part(&self, samples: std::ops::Range<usize>) -> Self {
        Self { pairs: self.pairs[samples].to_vec(), ..self.clone() }
    }
}

/// Sentences of a batch, and of each word of the translation the one that comes next, `[B · L]`.
struct PairBatch {
    input: SentencePairs,
    next: Tensor<u32>,
    len: usize,
}

impl Batch for PairBatch {
    type Input = SentencePairs;
    type Target = Tensor<u32>;

    fn len(&self) -> usize {
        self.len
    }

    fn input(&self) -> &SentencePairs {
        &self.input
    }

    fn target(&self) -> &Tensor<u32> {
        &self.next
    }
}

impl Dataset for Pairs {
    type Batch = PairBatch;

    fn len(&self) -> usize {
        self.pairs.len()
    }

    fn batch(&self, indices: &[usize], _: &Draw) -> Result<PairBatch> {
        let pairs: Vec<&[Vec<u32>; 2]> = indices.iter().map(|&index| &self.pairs[index]).collect();
        let longest = |side: usize| pairs.iter().map(|pair| pair[side].len()).max().unwrap_or(0);
        let (source, target) = (longest(0), longest(1) + 1);
        // Shorter sentences are filled up with ends.
        let word = |words: &[u32], place: usize| words.get(place).copied().unwrap_or(END);
        let shape = [indices.len(), source];
        let next: Vec<u32> =
            pairs.iter().flat_map(|pair| (0..target).map(|place| word(&pair[1], place))).collect();
        Ok(PairBatch {
            input: SentencePairs {
                source: Tensor::from_fn(shape, |at| word(&pairs[at[0]][0], at[1])),
                target: Tensor::from_fn([indices.len(), target], |at| match at[1] {
                    0 => BEGIN,
                    place => word(&pairs[at[0]][1], place - 1),
                }),
                source_padding: Some(Tensor::from_fn(shape, |at| at[1] >= pairs[at[0]][0].len())),
            },
            next: next.into(),
            len: indices.len(),
        })
    }

    fn fingerprint(&self) -> String {
        format!("{} numbers in words", self.pairs.len())
    }
}

const ENGLISH: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const ENGLISH_TENS: [&str; 8] =
    ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];

/// A number less than 10,000 in English words.
fn english(number: usize) -> Vec<&'static str> {
    match number {
        0..20 => vec![ENGLISH[number]],
        20..100 => {
            let rest = if number.is_multiple_of(10) { Vec::new() } else { english(number % 10) };
            [vec![ENGLISH_TENS[number / 10 - 2]], rest].concat()
        }
        _ => {
            let (unit, name) = if number < 1000 { (100, "hundred") } else { (1000, "thousand") };
            let rest =
                if number.is_multiple_of(unit) { Vec::new() } else { english(number % unit) };
            [english(number / unit), vec![name], rest].concat()
        }
    }
}

const FRENCH: [&str; 17] = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
    "douze", "treize", "quatorze", "quinze", "seize",
];
const FRENCH_TENS: [&str; 5] = ["vingt", "trente", "quarante", "cinquante", "soixante"];

/// A number less than 10,000 in French words, without hyphens.
fn french(number: usize) -> Vec<&'static str> {
    match number {
        0..17 => vec![FRENCH[number]],
        17..20 => vec!["dix", FRENCH[number - 10]],
        // Sixty-ten, four twenties and ten.
        20..80 => {
            let tens = (number / 10).min(6);
            let rest = match number - 10 * tens {
                0 => Vec::new(),
                one @ (1 | 11) => [vec!["et"], french(one)].concat(),
                other => french(other),
            };
            [vec![FRENCH_TENS[tens - 2]], rest].concat()
        }
        80 => vec!["quatre", "vingts"],
        81..100 => [vec!["quatre", "vingt"], french(number - 80)].concat(),
        _ => {
            let (unit, name) = if number < 1000 { (100, "cent") } else { (1000, "mille") };
            let (many, rest) = (number / unit, number % unit);
            let name = if name == "cent" && many > 1 && rest == 0 { "cents" } else { name };
            let many = if many == 1 { Vec::new() } else { french(many) };
            [many, vec![name], if rest == 0 { Vec::new() } else { french(rest) }].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_do() {
        let said = |number: usize| [english(number).join(" "), french(number).join(" ")];
        assert_eq!(said(17), ["seventeen", "dix sept"]);
        assert_eq!(said(71), ["seventy one", "soixante et onze"]);
        assert_eq!(said(80), ["eighty", "quatre vingts"]);
        assert_eq!(said(97), ["ninety seven", "quatre vingt dix sept"]);
        assert_eq!(said(200), ["two hundred", "deux cents"]);
        assert_eq!(
            said(1961),
            ["one thousand nine hundred sixty one", "mille neuf cent soixante et un"]
        );
    }
}

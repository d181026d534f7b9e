//! Which pairs an encoding has: the most frequent one, again and again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};

use super::pieces::pieces;
use super::{FIRST_BYTE, Tables, replace};

/// A word of the text as the tokens that it is so far, and how often it occurs.
struct Word {
    tokens: Vec<u32>,
    count: u64,
}

impl Word {
    fn pairs(&self) -> impl Iterator<Item = [u32; 2]> {
        self.tokens.windows(2).map(|pair| [pair[0], pair[1]])
    }
}

/// How often each pair occurs, and in which words.
#[derive(Default)]
struct Pairs {
    counts: HashMap<[u32; 2], u64>,
    /// Words that have the pair, and some that had it.
    words: HashMap<[u32; 2], Vec<usize>>,
    /// The most frequent one is on top, with counts that may be out of date.
    frequent: BinaryHeap<(u64, Reverse<[u32; 2]>)>,
}

impl Pairs {
    fn of(words: &[Word]) -> Self {
        let mut pairs = Self::default();
        for (place, word) in words.iter().enumerate() {
            for pair in word.pairs() {
                *pairs.counts.entry(pair).or_default() += word.count;
                pairs.words.entry(pair).or_default().push(place);
            }
        }
        pairs.frequent =
            pairs.counts.iter().map(|(&pair, &count)| (count, Reverse(pair))).collect();
        pairs
    }

    /// The most frequent pair, if it occurs twice.
    fn most_frequent(&mut self) -> Option<[u32; 2]> {
        while let Some((count, Reverse(pair))) = self.frequent.pop() {
            if count >= 2 && self.counts.get(&pair) == Some(&count) {
                return Some(pair);
            }
        }
        None
    }

    /// Puts a token in the place of a pair wherever it is.
    fn merge(&mut self, words: &mut [Word], pair: [u32; 2], token: u32) {
        let mut places = self.words.remove(&pair).unwrap_or_default();
        places.dedup();
        let mut changed = HashSet::new();
        for place in places {
            let word = &mut words[place];
            for pair in word.pairs() {
                if let Some(count) = self.counts.get_mut(&pair) {
                    *count -= word.count;
                    changed.insert(pair);
                }
            }
            replace(&mut word.tokens, pair, token);
            for pair in words[place].pairs() {
                *self.counts.entry(pair).or_default() += words[place].count;
                if pair.contains(&token) {
                    self.words.entry(pair).or_default().push(place);
                }
                changed.insert(pair);
            }
        }
        for pair in changed {
            match self.counts.get(&pair) {
                Some(0) | None => drop(self.counts.remove(&pair)),
                Some(&count) => self.frequent.push((count, Reverse(pair))),
            }
        }
    }
}

/// The tokens of an encoding that is learnt from these texts.
pub(super) fn learn<S: AsRef<str>>(
    texts: impl IntoIterator<Item = S>,
    vocab_size: usize,
) -> Tables {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for text in texts {
        for piece in pieces(text.as_ref()) {
            match counts.get_mut(piece) {
                Some(count) => *count += 1,
                None => drop(counts.insert(piece.to_owned(), 1)),
            }
        }
    }
    let tokens = |piece: &str| piece.bytes().map(|byte| FIRST_BYTE + u32::from(byte)).collect();
    let mut words: Vec<Word> =
        counts.iter().map(|(piece, &count)| Word { tokens: tokens(piece), count }).collect();
    let mut pairs = Pairs::of(&words);
    let mut tables = Tables::of_bytes();
    while tables.texts.len() < vocab_size
        && let Some(pair) = pairs.most_frequent()
    {
        let token = tables.merge(pair);
        pairs.merge(&mut words, pair, token);
    }
    tables
}

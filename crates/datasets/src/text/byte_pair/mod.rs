//! Byte-pair encoding: text as tokens that are bytes, or pairs of tokens that were often seen together.

mod file;
mod learn;
mod pieces;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use plywood_tensor::{Error, Result};

use pieces::pieces;

/// The first token that is a byte.
const FIRST_BYTE: u32 = 3;
/// The first token that is a pair of others.
const FIRST_PAIR: usize = FIRST_BYTE as usize + 256;
/// More tokens than anybody wants, and few enough that their numbers can't run over.
const MOST_TOKENS: usize = 1 << 24;

/// Makes tokens of text, and text of tokens. A token is a byte, or a pair of tokens that was frequent in the text that
/// the encoding was learnt from; so any text has its tokens, and decoding gives it back exactly, with its capitals and
/// spaces. A space belongs to the word that follows it.
///
/// Three numbers are no text: 0 fills up a batch ([`PAD`](Self::PAD)), 1 and 2 are where a sentence begins and ends
/// ([`START`](Self::START), [`END`](Self::END)). The bytes follow, then the pairs in the order in which they were
/// learnt. [`save`](Self::save) writes the pairs as GPT-2's `merges.txt`.
///
/// Source: Sennrich et al., "Neural machine translation of rare words with subword units" (2016); on bytes: Radford et
/// al., "Language models are unsupervised multitask learners" (2019).
///
/// ```
/// use plywood_datasets::BytePairEncoding;
///
/// let encoding = BytePairEncoding::learn(["low lower lowest", "new newer newest"], 270)?;
/// let tokens = encoding.encode("a newer, lower low");
/// assert!(tokens.len() < "a newer, lower low".len());
/// assert_eq!(encoding.decode(&tokens)?, "a newer, lower low");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct BytePairEncoding(Arc<Tables>);

#[derive(Debug, Default)]
struct Tables {
    /// The bytes of each token.
    texts: Vec<Vec<u8>>,
    /// The pairs, first learnt first.
    merges: Vec<[u32; 2]>,
    /// Of each pair its place among them, and the token that it is.
    of_pair: HashMap<[u32; 2], (u32, u32)>,
    /// The token of bytes: two pairs may be the same text.
    of_text: HashMap<Vec<u8>, u32>,
}

impl Tables {
    /// The three that are no text, and the bytes.
    fn of_bytes() -> Self {
        let mut tables = Self { texts: vec![Vec::new(); FIRST_BYTE as usize], ..Self::default() };
        for byte in 0..=u8::MAX {
            tables.of_text.insert(vec![byte], tables.texts.len() as u32);
            tables.texts.push(vec![byte]);
        }
        tables
    }

    /// Adds a pair of tokens that are there, and gives its token. One that is there already stays as it is.
    fn merge(&mut self, pair: [u32; 2]) -> u32 {
        if let Some(&(_, token)) = self.of_pair.get(&pair) {
            return token;
        }
        let text = pair.map(|token| &self.texts[token as usize][..]).concat();
        let next = self.texts.len() as u32;
        let token = *self.of_text.entry(text.clone()).or_insert(next);
        if token == next {
            self.texts.push(text);
        }
        self.of_pair.insert(pair, (self.merges.len() as u32, token));
        self.merges.push(pair);
        token
    }
}

impl BytePairEncoding {
    /// Fills up the shorter sentences of a batch.
    pub const PAD: u32 = 0;
    /// Where a sentence begins.
    pub const START: u32 = 1;
    /// Where a sentence ends.
    pub const END: u32 = 2;

    /// Learns pairs from texts until there are `vocab_size` tokens, or no pair occurs twice: each time the most
    /// frequent one, of equally frequent ones that of the smallest tokens. Pairs don't reach from one word into the next.
    ///
    /// # Errors
    /// When there would be fewer tokens than 259, the bytes and the three that are no text, or more than 2²⁴.
    pub fn learn<S: AsRef<str>>(
        texts: impl IntoIterator<Item = S>,
        vocab_size: usize,
    ) -> Result<Self> {
        if !(FIRST_PAIR..=MOST_TOKENS).contains(&vocab_size) {
            return Err(Error::value(format!(
                "the vocabulary size is {vocab_size}; it should be between {FIRST_PAIR} and {MOST_TOKENS}"
            ))
            .operation("byte_pair_encoding")
            .hint("256 tokens are bytes, and 3 are no text"));
        }
        Ok(Self(Arc::new(learn::learn(texts, vocab_size))))
    }

    /// The number of tokens.
    pub fn vocab_size(&self) -> usize {
        self.0.texts.len()
    }

    /// The tokens of a text, none of which is [`START`](Self::START) or [`END`](Self::END).
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut tokens = Vec::with_capacity(text.len() / 3);
        for piece in pieces(text) {
            self.encode_piece(piece.as_bytes(), &mut tokens);
        }
        tokens
    }

    fn encode_piece(&self, bytes: &[u8], tokens: &mut Vec<u32>) {
        let mut own: Vec<u32> = bytes.iter().map(|&byte| FIRST_BYTE + u32::from(byte)).collect();
        loop {
            let known = own.windows(2).filter_map(|pair| {
                let pair = [pair[0], pair[1]];
                self.0.of_pair.get(&pair).map(|&(rank, token)| (rank, pair, token))
            });
            let Some((_, pair, token)) = known.min() else { break };
            replace(&mut own, pair, token);
        }
        tokens.extend(own);
    }

    /// The text of tokens; those that are no text are left out. Bytes that are no UTF-8, as a network may write them,
    /// become `�`.
    ///
    /// # Errors
    /// When a number is none of the tokens.
    pub fn decode(&self, tokens: &[u32]) -> Result<String> {
        let mut bytes = Vec::new();
        for &token in tokens {
            bytes.extend_from_slice(self.text(token)?);
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The text of a token, for people: `�` where it is a part of a character.
    ///
    /// # Errors
    /// When the number is none of the tokens.
    pub fn token(&self, token: u32) -> Result<String> {
        Ok(match token {
            Self::PAD => "<pad>".to_owned(),
            Self::START => "<s>".to_owned(),
            Self::END => "</s>".to_owned(),
            _ => String::from_utf8_lossy(self.text(token)?).into_owned(),
        })
    }

    fn text(&self, token: u32) -> Result<&[u8]> {
        self.0.texts.get(token as usize).map(Vec::as_slice).ok_or_else(|| {
            Error::index(format!("token {token} is none of {}", self.vocab_size()))
                .operation("byte_pair_encoding")
        })
    }
}

/// Puts a token in the place of each pair, from the left.
fn replace(tokens: &mut Vec<u32>, pair: [u32; 2], token: u32) {
    let mut kept = 0;
    let mut at = 0;
    while at < tokens.len() {
        let is_pair = tokens[at..].starts_with(&pair);
        tokens[kept] = if is_pair { token } else { tokens[at] };
        at += if is_pair { 2 } else { 1 };
        kept += 1;
    }
    tokens.truncate(kept);
}

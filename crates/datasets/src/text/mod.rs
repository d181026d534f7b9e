//! Text: byte-pair encoding, and pairs of sentences in two languages.

mod byte_pair;
mod pair_batch;
mod text_pairs;

pub use byte_pair::BytePairEncoding;
pub use pair_batch::{EncodedPairs, PairBatch, SentencePairs};
pub use text_pairs::{PairNote, TextPairs};

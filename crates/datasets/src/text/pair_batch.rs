//! Pairs of sentences as tokens, and batches of them, filled up to the same length.

use std::sync::Arc;

use plywood_tensor::{Result, Tensor, memory};

use super::byte_pair::BytePairEncoding;
use super::text_pairs::TextPairs;
use crate::batch::Batch;
use crate::dataset::{Dataset, check_indices};
use crate::draw::Draw;

/// What a network that translates reads: sentences, and their translations as far as they are known.
///
/// ```
/// use plywood_datasets::SentencePairs;
/// use plywood_tensor::Tensor;
///
/// let pairs = SentencePairs {
///     source: Tensor::from([[5, 17, 3], [8, 9, 0]]), // the second sentence is shorter
///     target: Tensor::from([[1], [1]]),
///     source_padding: Some(Tensor::from([[false, false, false], [false, false, true]])),
/// };
/// assert_eq!(pairs.source.shape(), [2, 3].into());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SentencePairs {
    /// The sentences to translate, `[B, S]`.
    pub source: Tensor<u32>,
    /// The translations as far as they are known, `[B, L]`.
    pub target: Tensor<u32>,
    /// Where sentences of the source are filled up, `[B, S]`: nobody looks there.
    pub source_padding: Option<Tensor<bool>>,
}

/// Pairs of sentences to learn from. Where translations are filled up there is nothing to learn: `places` leaves those
/// places out, and the batch has as many samples as tokens are to be written.
///
/// ```
/// use plywood_datasets::{BytePairEncoding, Dataset, Draw, EncodedPairs, TextPairs};
/// use plywood_tensor::Tensor;
///
/// let pairs = TextPairs::read(&b"ab\nc\n"[..], &b"d\nef\n"[..])?;
/// let bytes = BytePairEncoding::learn(["-"], 259)?; // no pairs: `a` is 3 + 97
/// let batch = EncodedPairs::new(&pairs, &bytes)?.batch(&[0, 1], &Draw::evaluation())?;
/// assert_eq!(batch.input.source, Tensor::from([[100, 101, 2], [102, 2, 0]]));
/// assert_eq!(batch.input.target, Tensor::from([[1, 103, 0], [1, 104, 105]]));
/// assert_eq!(batch.labels, Tensor::from([103, 2, 104, 105, 2])); // what comes next
/// assert_eq!(batch.places, Tensor::from([0, 1, 3, 4, 5])); // of the 2 · 3 places of the target
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PairBatch {
    /// What the network is given: sentences that end with [`END`](BytePairEncoding::END), translations that begin with
    /// [`START`](BytePairEncoding::START).
    pub input: SentencePairs,
    /// The tokens to be written, `[K]`: each translation, and its end.
    pub labels: Tensor<u32>,
    /// Where they are to be written, `[K]`, of the `B · L` places of the target.
    pub places: Tensor<u32>,
}

impl Batch for PairBatch {
    type Input = SentencePairs;
    type Target = Tensor<u32>;

    /// The number of tokens to be written: a loss is a mean over them.
    fn len(&self) -> usize {
        self.labels.numel()
    }

    fn input(&self) -> &SentencePairs {
        &self.input
    }

    fn target(&self) -> &Tensor<u32> {
        &self.labels
    }
}

/// Pairs of sentences as tokens: a [`Dataset`] whose batches are filled up to their longest sentence. A
/// [`DataLoader`](crate::DataLoader) can make batches of sentences of like lengths
/// ([`batch_tokens`](crate::DataLoader::batch_tokens)).
///
/// ```
/// use plywood_datasets::{BytePairEncoding, DataLoader, Dataset, EncodedPairs, TextPairs};
///
/// let pairs = TextPairs::read(&b"a\nb c\nd e f\ng\n"[..], &b"A\nB C\nD E F\nG\n"[..])?;
/// let encoding = BytePairEncoding::learn(pairs.sources(), 259)?;
/// let data = EncodedPairs::new(&pairs, &encoding)?;
/// assert_eq!(data.sample_name(3), "sources: line 4");
///
/// // A translation of one letter has 2 tokens with its end; those of 2 and 3 words have 4 and 6.
/// let loader = DataLoader::new(&data).batch_tokens(6);
/// let batches: Vec<_> = loader.epoch(0).collect::<Result<_, _>>()?;
/// assert_eq!(batches.iter().map(|batch| batch.labels.numel()).collect::<Vec<_>>(), [4, 4, 6]);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EncodedPairs(Arc<Encoded>);

#[derive(Debug)]
struct Encoded {
    texts: TextPairs,
    sources: Vec<Vec<u32>>,
    targets: Vec<Vec<u32>>,
}

impl EncodedPairs {
    /// The pairs in the tokens of one encoding for both languages.
    ///
    /// # Errors
    /// When they take more memory than there may be.
    pub fn new(pairs: &TextPairs, encoding: &BytePairEncoding) -> Result<Self> {
        let texts = || pairs.sources().iter().chain(pairs.targets());
        // At most a token for each byte.
        let bytes: usize = texts().map(String::len).sum();
        memory::check(bytes.saturating_mul(size_of::<u32>()))
            .map_err(|error| error.operation("encoded pairs"))?;
        let encode = |texts: &[String]| texts.iter().map(|text| encoding.encode(text)).collect();
        Ok(Self(Arc::new(Encoded {
            sources: encode(pairs.sources()),
            targets: encode(pairs.targets()),
            texts: pairs.clone(),
        })))
    }

    /// The sentences and their translations as text.
    pub fn texts(&self) -> &TextPairs {
        &self.0.texts
    }

    /// The tokens of the sentences, without their ends.
    pub fn sources(&self) -> &[Vec<u32>] {
        &self.0.sources
    }

    /// The tokens of the translations, without their ends.
    pub fn targets(&self) -> &[Vec<u32>] {
        &self.0.targets
    }
}

impl SentencePairs {
    /// The sentences, each with its end, and the first token of each translation: what is known before anything has been
    /// translated.
    ///
    /// # Errors
    /// When there are no sentences, or too many.
    pub fn to_translate(sources: &[&[u32]]) -> Result<Self> {
        let (source, source_padding) = sources_of(sources)?;
        let target =
            Tensor::from_vec(vec![BytePairEncoding::START; sources.len()], [sources.len(), 1])?;
        Ok(Self { source, target, source_padding })
    }
}

/// Sentences with their ends, filled up to the longest, and where they are filled up, if any is.
fn sources_of(sentences: &[&[u32]]) -> Result<(Tensor<u32>, Option<Tensor<bool>>)> {
    let longest = sentences.iter().map(|sentence| sentence.len() + 1).max().unwrap_or(0);
    let mut source = Tensor::try_full([sentences.len(), longest], BytePairEncoding::PAD)?;
    let mut padding = Tensor::try_full([sentences.len(), longest], true)?;
    let rows = source.as_mut_slice().chunks_mut(longest.max(1));
    for ((row, hidden), sentence) in
        rows.zip(padding.as_mut_slice().chunks_mut(longest.max(1))).zip(sentences)
    {
        row[..sentence.len()].copy_from_slice(sentence);
        row[sentence.len()] = BytePairEncoding::END;
        hidden[..=sentence.len()].fill(false);
    }
    let is_padded = padding.as_slice().contains(&true);
    Ok((source, is_padded.then_some(padding)))
}

impl Dataset for EncodedPairs {
    type Batch = PairBatch;

    fn len(&self) -> usize {
        self.0.sources.len()
    }

    fn batch(&self, indices: &[usize], _: &Draw) -> Result<PairBatch> {
        check_indices(indices, self.len())?;
        let sources: Vec<&[u32]> = indices.iter().map(|&at| &self.0.sources[at][..]).collect();
        let targets: Vec<&[u32]> = indices.iter().map(|&at| &self.0.targets[at][..]).collect();
        let (source, source_padding) = sources_of(&sources)?;
        let longest = targets.iter().map(|sentence| sentence.len() + 1).max().unwrap_or(0);
        let mut target = Tensor::try_full([targets.len(), longest], BytePairEncoding::PAD)?;
        let (mut labels, mut places) = (Vec::new(), Vec::new());
        let rows = target.as_mut_slice().chunks_mut(longest.max(1));
        for (sample, (row, sentence)) in rows.zip(targets).enumerate() {
            row[0] = BytePairEncoding::START;
            row[1..=sentence.len()].copy_from_slice(sentence);
            labels.extend_from_slice(sentence);
            labels.push(BytePairEncoding::END);
            let first = sample * longest;
            places.extend((first..=first + sentence.len()).map(|place| place as u32));
        }
        Ok(PairBatch {
            input: SentencePairs { source, target, source_padding },
            labels: labels.into(),
            places: places.into(),
        })
    }

    fn fingerprint(&self) -> String {
        let mut hasher = crc32fast::Hasher::new();
        for tokens in self.0.sources.iter().chain(&self.0.targets) {
            hasher.update(&(tokens.len() as u64).to_le_bytes());
            tokens.iter().for_each(|token| hasher.update(&token.to_le_bytes()));
        }
        format!("{} pairs of sentences, crc32 {:08x}", self.len(), hasher.finalize())
    }

    fn sample_name(&self, index: usize) -> String {
        self.0.texts.pair_name(index)
    }

    fn lengths(&self, index: usize) -> Option<[usize; 2]> {
        Some([self.0.targets.get(index)?.len() + 1, self.0.sources.get(index)?.len() + 1])
    }
}

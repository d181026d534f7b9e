//! The Transformer that translates: from the words of one language to those of another.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    AttentionMask, Embedding, Init, Linear, Module, Params, PositionalEncoding, Transformer,
    TransformerConfig, TransformerMasks,
};
use plywood_tensor::{Result, Rng, Seed, Tensor};

use crate::parts::check_dropout;

/// Reads a sentence of one vocabulary, and tells for each place of another sentence how likely each
/// word is to come next.
///
/// Source: Vaswani et al., "Attention is all you need" (2017).
#[derive(Debug, Params)]
pub struct TranslationTransformer {
    /// `[words of the source, D]`
    pub src_embedding: Embedding,
    /// `[words of the target, D]`
    pub tgt_embedding: Embedding,
    /// What tells the places of words.
    pub positional_encoding: PositionalEncoding,
    /// Encoder and decoder.
    pub transformer: Transformer,
    /// `[words of the target, D]`: scores for each word.
    pub generator: Linear,
    dim: usize,
}

/// What a [`TranslationTransformer`] reads: words as numbers.
#[derive(Clone, Debug)]
pub struct SentencePairs {
    /// The sentences to translate, `[B, S]`.
    pub source: Tensor<u32>,
    /// The translations as far as they are known, `[B, L]`.
    pub target: Tensor<u32>,
    /// Where sentences of the source are filled up, `[B, S]`: nobody looks there.
    pub source_padding: Option<Tensor<bool>>,
}

/// The sizes of a [`TranslationTransformer`]; by default those of the paper's base model.
#[derive(Clone, Debug)]
pub struct TranslationTransformerConfig {
    words: [usize; 2],
    dim: usize,
    heads: usize,
    layers: usize,
    feedforward: usize,
    dropout: f64,
}

impl TranslationTransformerConfig {
    /// For so many words of the source's and of the target's language.
    pub fn new(source_words: usize, target_words: usize) -> Self {
        let words = [source_words, target_words];
        Self { words, dim: 512, heads: 8, layers: 6, feedforward: 2048, dropout: 0.1 }
    }

    /// The length of a word's vector, and the heads that share it.
    #[must_use]
    pub fn dim(mut self, dim: usize, heads: usize) -> Self {
        (self.dim, self.heads) = (dim, heads);
        self
    }

    /// So many layers of the encoder, and of the decoder.
    #[must_use]
    pub fn layers(mut self, layers: usize) -> Self {
        self.layers = layers;
        self
    }

    /// So many features between the two linear layers of each layer.
    #[must_use]
    pub fn feedforward(mut self, features: usize) -> Self {
        self.feedforward = features;
        self
    }

    /// The probability with which a training pass drops a number, wherever the paper does.
    #[must_use]
    pub fn dropout(mut self, p: f64) -> Self {
        self.dropout = p;
        self
    }
}

/// Makes a [`TranslationTransformer`] with its first values drawn from the seed.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::Module;
/// use plywood_tensor::{Seed, Tensor};
/// use plywood_zoo::{SentencePairs, TranslationTransformerConfig, translation_transformer};
///
/// let config = TranslationTransformerConfig::new(100, 120).dim(32, 4).layers(1).feedforward(64);
/// let model = translation_transformer(&config, Seed(7))?;
/// let pairs = SentencePairs {
///     source: Tensor::from([[5, 17, 3]]),
///     target: Tensor::from([[0, 44]]),
///     source_padding: None,
/// };
/// let scores = model.forward(&pairs, &mut Pass::eval(&model))?;
/// assert_eq!(scores.shape(), [1, 2, 120].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the heads don't divide the dimension, the sizes are larger than memory, or the dropout is not
/// between 0 and 1.
pub fn translation_transformer(
    config: &TranslationTransformerConfig,
    seed: Seed,
) -> Result<TranslationTransformer> {
    let &TranslationTransformerConfig { words, dim, heads, layers, feedforward, dropout } = config;
    check_dropout("translation_transformer", dropout)?;
    let mut rng = Rng::new(seed);
    // Multiplied by √D on the way, they are of size 1, as the waves of their places.
    let init = Init::Normal { std: 1.0 / (dim.max(1) as f64).sqrt() };
    let mut embedding =
        |words: usize| Embedding::config(words, dim).weight_init(init).init(&mut rng);
    let [src_embedding, tgt_embedding] = [embedding(words[0])?, embedding(words[1])?];
    let transformer: TransformerConfig =
        Transformer::config(dim, heads).layers(layers).feedforward(feedforward).dropout(dropout);
    Ok(TranslationTransformer {
        src_embedding,
        tgt_embedding,
        positional_encoding: PositionalEncoding::config(dim).dropout(dropout).init()?,
        transformer: transformer.init(&mut rng)?,
        generator: Linear::config(dim, words[1]).init(&mut rng)?,
        dim,
    })
}

impl TranslationTransformer {
    fn embed(&self, embedding: &Embedding, words: &Tensor<u32>, pass: &mut Pass) -> Result<Var> {
        let vectors = embedding.forward(words, pass)?; // [B, L, D]
        let vectors = vectors.affine((self.dim as f64).sqrt(), 0.0);
        self.positional_encoding.forward(&vectors, pass)
    }
}

impl Module<SentencePairs> for TranslationTransformer {
    fn forward(&self, pairs: &SentencePairs, pass: &mut Pass) -> Result<Var> {
        let padding = match &pairs.source_padding {
            Some(padding) => AttentionMask::padding(padding)?,
            None => AttentionMask::default(),
        };
        let masks = TransformerMasks {
            source: padding.clone(),
            target: AttentionMask::causal(),
            memory: padding,
        };
        let source = self.embed(&self.src_embedding, &pairs.source, pass)?; // [B, S, D]
        let target = self.embed(&self.tgt_embedding, &pairs.target, pass)?; // [B, L, D]
        let y = self.transformer.forward(&source, &target, &masks, pass)?; // [B, L, D]
        self.generator.forward(&y, pass) // [B, L, words]
    }
}

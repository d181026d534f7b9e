//! The Transformer that translates: from the words of one language to those of another.

mod attention;
mod objective;
mod search;
mod translator;

pub use objective::TranslationLoss;
pub use search::BeamSearch;
pub(crate) use translator::DESCRIPTION;
pub use translator::{TranslationAttention, Translator};

use plywood_autodiff::{Pass, Var};
use plywood_datasets::SentencePairs;
use plywood_layers::{
    AttentionMask, Embedding, Init, Linear, Module, Params, PositionalEncoding, Settings,
    Transformer, TransformerConfig,
};
use plywood_tensor::{Error, Result, Rng, Tensor};

/// Reads a sentence of one vocabulary, and tells for each place of another sentence how likely each
/// word is to come next.
///
/// Source: Vaswani et al., "Attention is all you need" (2017).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::Module;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_zoo::{SentencePairs, translation_transformer};
///
/// let config = translation_transformer(100, 120).dim(16).heads(2).layers(1).feedforward(32);
/// let model = config.init(&mut Rng::new(Seed(7)))?;
/// let pairs = SentencePairs {
///     source: Tensor::from([[5, 17, 3]]),
///     target: Tensor::from([[0, 44]]),
///     source_padding: None,
/// };
/// let scores = model.forward(&pairs, &mut Pass::eval(&model))?;
/// assert_eq!(scores.shape(), [1, 2, 120].into()); // sentences, places, words
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
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

/// The settings of a [`TranslationTransformer`]; by default those of the paper's base model.
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::translation_transformer;
///
/// let config = translation_transformer(100, 120).dim(16).heads(2).layers(1).feedforward(32);
/// let model = config.init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.generator.weight.shape(), [120, 16].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = TranslationTransformer, operation = "translation_transformer")]
pub struct TranslationTransformerConfig {
    /// The words of the source's language.
    source_words: usize,
    /// The words of the target's language.
    target_words: usize,
    /// The length of a word's vector.
    #[setting(default = 512, alias = "d_model")]
    dim: usize,
    /// The heads of each attention, which divide a word's vector among them.
    #[setting(default = 8, alias = "nhead")]
    heads: usize,
    /// The layers of the encoder, and of the decoder.
    #[setting(default = 6)]
    layers: usize,
    /// The features between the two linear layers of each layer.
    #[setting(default = 2048, alias = "dim_feedforward")]
    feedforward: usize,
    /// The probability with which a training pass drops a number, wherever the paper does.
    #[setting(default = 0.1, range = 0.0..=1.0)]
    dropout: f64,
    /// Whether each step of a layer begins with its normalisation, instead of ending with it: it trains at larger
    /// learning rates then.
    #[setting(default = false)]
    norm_first: bool,
    /// Whether both embeddings and the scores for each word share one table, which takes a vocabulary of both languages.
    /// The scores have no bias then. Source: Press and Wolf, "Using the output embedding to improve language models"
    /// (2017).
    #[setting(default = false)]
    tied: bool,
}

/// A [`TranslationTransformer`] for so many words of the source's and of the target's language.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::Module;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_zoo::{SentencePairs, translation_transformer};
///
/// let config = translation_transformer(100, 120).dim(32).heads(4).layers(1).feedforward(64);
/// let model = config.init(&mut Rng::new(Seed(7)))?;
/// let pairs = SentencePairs {
///     source: Tensor::from([[5, 17, 3]]),
///     target: Tensor::from([[0, 44]]),
///     source_padding: None,
/// };
/// let scores = model.forward(&pairs, &mut Pass::eval(&model))?;
/// assert_eq!(scores.shape(), [1, 2, 120].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn translation_transformer(
    source_words: usize,
    target_words: usize,
) -> TranslationTransformerConfig {
    TranslationTransformerConfig::new(source_words, target_words)
}

impl TranslationTransformerConfig {
    fn build(&self, rng: &mut Rng) -> Result<TranslationTransformer> {
        let &Self { source_words, target_words, dim, heads, layers, dropout, tied, .. } = self;
        if tied && source_words != target_words {
            return Err(Error::value(format!(
                "{source_words} words of the source and {target_words} of the target can't share a table"
            ))
            .operation("translation_transformer")
            .hint("a vocabulary of both languages has as many for each"));
        }
        // Multiplied by √D on the way, they are of size 1, as the waves of their places.
        let init = Init::Normal { std: 1.0 / (dim.max(1) as f64).sqrt() };
        let mut embedding =
            |words: usize| Embedding::config(words, dim).weight_init(init).init(rng);
        let src_embedding = embedding(source_words)?;
        let tgt_embedding = match tied {
            true => Embedding { weight: src_embedding.weight.tie() },
            false => embedding(target_words)?,
        };
        let transformer: TransformerConfig = Transformer::config(dim, heads)
            .layers(layers)
            .feedforward(self.feedforward)
            .dropout(dropout)
            .norm_first(self.norm_first);
        let transformer = transformer.init(rng)?;
        let generator = match tied {
            true => Linear { weight: src_embedding.weight.tie(), bias: None },
            false => Linear::config(dim, target_words).init(rng)?,
        };
        Ok(TranslationTransformer {
            src_embedding,
            tgt_embedding,
            positional_encoding: PositionalEncoding::config(dim).dropout(dropout).init()?,
            transformer,
            generator,
            dim,
        })
    }
}

impl TranslationTransformer {
    /// The vectors of words `[B, L]` of which the first is at this place of its sentence, `[B, L, D]`.
    fn embed(
        &self,
        embedding: &Embedding,
        words: &Tensor<u32>,
        first: usize,
        pass: &mut Pass,
    ) -> Result<Var> {
        let vectors = embedding.forward(words, pass)?; // [B, L, D]
        let vectors = vectors.affine((self.dim as f64).sqrt(), 0.0);
        self.positional_encoding.forward_from(&vectors, first, pass)
    }

    /// What the encoder makes of sentences `[B, S]`, `[B, S, D]`; the mask says what their words see of each other.
    fn encode(&self, source: &Tensor<u32>, mask: &AttentionMask, pass: &mut Pass) -> Result<Var> {
        let source = self.embed(&self.src_embedding, source, 0, pass)?;
        self.transformer.encoder.encode(&source, mask, pass)
    }

    /// What the decoder makes of each place of the target, `[B, L, D]`: the `generator` makes scores of it.
    ///
    /// # Errors
    /// When a word is in no vocabulary, or the shapes don't fit; the error names the layer.
    pub fn states(&self, pairs: &SentencePairs, pass: &mut Pass) -> Result<Var> {
        let padding = match &pairs.source_padding {
            Some(padding) => AttentionMask::padding(padding)?,
            None => AttentionMask::default(),
        };
        let memory = self.encode(&pairs.source, &padding, pass)?; // [B, S, D]
        let target = self.embed(&self.tgt_embedding, &pairs.target, 0, pass)?; // [B, L, D]
        let masks = [&AttentionMask::causal(), &padding];
        self.transformer.decoder.decode(&target, &memory, masks, pass)
    }
}

impl Module<SentencePairs> for TranslationTransformer {
    fn forward(&self, pairs: &SentencePairs, pass: &mut Pass) -> Result<Var> {
        let states = self.states(pairs, pass)?; // [B, L, D]
        self.generator.forward(&states, pass) // [B, L, words]
    }
}

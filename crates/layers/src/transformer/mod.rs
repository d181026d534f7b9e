//! The Transformer: an encoder that reads a sequence, a decoder that writes another.
//!
//! Names, defaults and first values are PyTorch's. Source: Vaswani et al., "Attention is all you
//! need" (2017).

mod cache;
mod config;
mod decoder;
mod encoder;
mod feedforward;
mod positional_encoding;

pub use cache::DecoderCache;
pub use config::{Activation, TransformerConfig};
pub use decoder::{TransformerDecoder, TransformerDecoderLayer};
pub use encoder::{TransformerEncoder, TransformerEncoderLayer};
pub use positional_encoding::{PositionalEncoding, PositionalEncodingConfig};

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Float, Result, Rng};

use crate::Params;
use crate::attention_mask::AttentionMask;
use crate::layer_norm::LayerNorm;

/// An encoder that reads one sequence, and a decoder that writes another.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{AttentionMask, Transformer, TransformerMasks};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let config = Transformer::config(64, 4).layers(2).feedforward(128);
/// let model = config.init(&mut Rng::new(Seed(7)))?;
/// let source = Var::constant(Tensor::ones([2, 10, 64]));
/// let target = Var::constant(Tensor::ones([2, 7, 64]));
/// let masks = TransformerMasks { target: AttentionMask::causal(), ..Default::default() };
/// let y = model.forward(&source, &target, &masks, &mut Pass::eval(&model))?;
/// assert_eq!(y.shape(), [2, 7, 64].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Transformer<T: Float = f32> {
    /// Reads the source.
    pub encoder: TransformerEncoder<T>,
    /// Writes the target.
    pub decoder: TransformerDecoder<T>,
}

/// What the parts of a [`Transformer`] see. By default, everything; a decoder that learns to write
/// needs a [causal](AttentionMask::causal) mask of the target.
///
/// ```
/// use plywood_layers::{AttentionMask, TransformerMasks};
/// use plywood_tensor::Tensor;
///
/// // A source of 2 elements, filled up to 3: neither the encoder nor the decoder may see the third.
/// let padding = AttentionMask::padding(&Tensor::from([[false, false, true]]))?;
/// let masks = TransformerMasks {
///     source: padding.clone(),
///     target: AttentionMask::causal(),
///     memory: padding,
/// };
/// assert!(masks.target.causal && !masks.memory.causal);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TransformerMasks {
    /// What the source sees of itself.
    pub source: AttentionMask,
    /// What the target sees of itself.
    pub target: AttentionMask,
    /// What the target sees of what the encoder made of the source.
    pub memory: AttentionMask,
}

impl Transformer {
    /// For vectors of `dim` numbers, shared by `heads` heads; PyTorch's are 512 and 8.
    pub fn config(dim: usize, heads: usize) -> TransformerConfig {
        TransformerConfig::of(dim, heads)
    }
}

impl<T: Float> Transformer<T> {
    /// From the source `[B, S, D]` and the target so far `[B, L, D]` to what follows, `[B, L, D]`.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn forward(
        &self,
        source: &Var<T>,
        target: &Var<T>,
        masks: &TransformerMasks,
        pass: &mut Pass<T>,
    ) -> Result<Var<T>> {
        let memory = self.encoder.encode(source, &masks.source, pass)?;
        self.decoder.decode(target, &memory, [&masks.target, &masks.memory], pass)
    }
}

impl TransformerConfig {
    /// Makes encoder and decoder, each with a normalisation at its end, and draws first values: all
    /// matrices uniform by Glorot and Bengio's rule, as PyTorch's `Transformer`.
    ///
    /// # Errors
    /// When the heads don't divide the dimension, or a setting is senseless.
    pub fn init(&self, rng: &mut Rng) -> Result<Transformer> {
        self.init_as(rng)
    }

    /// As [`init`](Self::init), of numbers of any type, such as `f64` for a gradient check: those of the `f32` layer before rounding.
    ///
    /// # Errors
    /// As for [`init`](Self::init).
    pub fn init_as<T: Float>(&self, rng: &mut Rng) -> Result<Transformer<T>> {
        let config = self.clone().xavier(true);
        let norm = || self.norm().map(Some);
        Ok(Transformer {
            encoder: config.encoder_as(norm()?, rng)?,
            decoder: config.decoder_as(norm()?, rng)?,
        })
    }

    fn norm<T: Float>(&self) -> Result<LayerNorm<T>> {
        LayerNorm::config([self.dim]).epsilon(self.epsilon).init_as()
    }
}

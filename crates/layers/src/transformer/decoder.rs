//! The decoder: layers of attention to oneself, of attention to what the encoder made, and of two
//! linear layers.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Float, Result, Rng};

use super::config::{Activation, TransformerConfig};
use super::feedforward::{Residual, feedforward};
use crate::Params;
use crate::attention_mask::AttentionMask;
use crate::depth::check_layers;
use crate::layer_norm::LayerNorm;
use crate::linear::Linear;
use crate::module::Module;
use crate::multihead_attention::MultiheadAttention;

/// A layer of the decoder: attention of the target to itself, attention to the memory, then two
/// linear layers for each element, each step added to its input and normalised.
///
/// Source: Vaswani et al., "Attention is all you need" (2017).
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{AttentionMask, TransformerDecoderLayer};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let config = TransformerDecoderLayer::config(4, 2).feedforward(8);
/// let layer = config.decoder_layer(&mut Rng::new(Seed(7)))?;
/// let target = Var::constant(Tensor::ones([1, 3, 4])); // what is written so far
/// let memory = Var::constant(Tensor::ones([1, 5, 4])); // what the encoder made of the source
/// let masks = [&AttentionMask::causal(), &AttentionMask::default()];
/// let y = layer.decode(&target, &memory, masks, &mut Pass::eval(&layer))?;
/// assert_eq!(y.shape(), [1, 3, 4].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct TransformerDecoderLayer<T: Float = f32> {
    /// The attention to oneself.
    pub self_attn: MultiheadAttention<T>,
    /// The attention to the memory.
    pub multihead_attn: MultiheadAttention<T>,
    /// `[F, D]`
    pub linear1: Linear<T>,
    /// `[D, F]`
    pub linear2: Linear<T>,
    /// The normalisation of the first attention's step.
    pub norm1: LayerNorm<T>,
    /// The normalisation of the second attention's step.
    pub norm2: LayerNorm<T>,
    /// The normalisation of the linear layers' step.
    pub norm3: LayerNorm<T>,
    #[params(setting)]
    pub(super) activation: Activation,
    pub(super) dropout: f64,
    pub(super) norm_first: bool,
}

/// Layers of a decoder one after another, each with the same memory.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{AttentionMask, TransformerDecoderLayer};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let config = TransformerDecoderLayer::config(4, 2).feedforward(8).layers(2);
/// let decoder = config.decoder(None, &mut Rng::new(Seed(7)))?;
/// let (target, memory) = (Tensor::ones([1, 3, 4]), Tensor::ones([1, 5, 4]));
/// let [target, memory] = [target, memory].map(Var::constant);
/// let masks = [&AttentionMask::causal(), &AttentionMask::default()];
/// let y = decoder.decode(&target, &memory, masks, &mut Pass::eval(&decoder))?;
/// assert_eq!((decoder.layers.len(), y.shape()), (2, [1, 3, 4].into()));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct TransformerDecoder<T: Float = f32> {
    /// The layers.
    pub layers: Vec<TransformerDecoderLayer<T>>,
    /// The normalisation at the end.
    pub norm: Option<LayerNorm<T>>,
}

impl TransformerDecoderLayer {
    /// For vectors of `dim` numbers, shared by `heads` heads.
    pub fn config(dim: usize, heads: usize) -> TransformerConfig {
        TransformerConfig::of(dim, heads)
    }
}

impl<T: Float> TransformerDecoderLayer<T> {
    /// From the target `[B, L, D]` and the memory `[B, S, D]` to `[B, L, D]`; the masks say what the
    /// target sees of itself, and of the memory.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn decode(
        &self,
        x: &Var<T>,
        memory: &Var<T>,
        [own, other]: [&AttentionMask; 2],
        pass: &mut Pass<T>,
    ) -> Result<Var<T>> {
        let &Self { dropout, norm_first, activation, .. } = self;
        let residual = Residual { norm_first, dropout };
        let x = residual
            .add(x, &self.norm1, pass, |x, pass| self.self_attn.self_attention(x, own, pass))?;
        let x = residual.add(&x, &self.norm2, pass, |x, pass| {
            self.multihead_attn.cross_attention(x, memory, other, pass)
        })?;
        residual.add(&x, &self.norm3, pass, |x, pass| {
            feedforward([&self.linear1, &self.linear2], activation, dropout, x, pass)
        })
    }
}

impl<T: Float> TransformerDecoder<T> {
    /// From the target `[B, L, D]` and the memory `[B, S, D]` to `[B, L, D]`; the masks say what the
    /// target sees of itself, and of the memory.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn decode(
        &self,
        x: &Var<T>,
        memory: &Var<T>,
        masks: [&AttentionMask; 2],
        pass: &mut Pass<T>,
    ) -> Result<Var<T>> {
        let mut x = x.clone();
        for layer in &self.layers {
            x = layer.decode(&x, memory, masks, pass)?;
        }
        match &self.norm {
            Some(norm) => norm.forward(&x, pass),
            None => Ok(x),
        }
    }
}

impl TransformerConfig {
    /// Makes one layer of a decoder and draws its first values.
    ///
    /// # Errors
    /// When the heads don't divide the dimension, or a setting is senseless.
    pub fn decoder_layer(&self, rng: &mut Rng) -> Result<TransformerDecoderLayer> {
        self.decoder_layer_as(rng)
    }

    /// As [`decoder_layer`](Self::decoder_layer), of numbers of any type: those of the `f32` layer before rounding.
    ///
    /// # Errors
    /// As for [`decoder_layer`](Self::decoder_layer).
    pub fn decoder_layer_as<T: Float>(&self, rng: &mut Rng) -> Result<TransformerDecoderLayer<T>> {
        self.checked()?;
        let &Self { dim, feedforward, dropout, norm_first, activation, .. } = self;
        let norm = || LayerNorm::config([dim]).epsilon(self.epsilon).init_as();
        Ok(TransformerDecoderLayer {
            self_attn: self.attention(rng)?,
            multihead_attn: self.attention(rng)?,
            linear1: self.linear(dim, feedforward).init_as(rng)?,
            linear2: self.linear(feedforward, dim).init_as(rng)?,
            norm1: norm()?,
            norm2: norm()?,
            norm3: norm()?,
            activation,
            dropout,
            norm_first,
        })
    }

    /// Makes a decoder that ends with this normalisation, and draws its first values.
    ///
    /// # Errors
    /// As for [`decoder_layer`](Self::decoder_layer).
    pub fn decoder(&self, norm: Option<LayerNorm>, rng: &mut Rng) -> Result<TransformerDecoder> {
        self.decoder_as(norm, rng)
    }

    /// As [`decoder`](Self::decoder), of numbers of any type: those of the `f32` layers before rounding.
    ///
    /// # Errors
    /// As for [`decoder`](Self::decoder).
    pub fn decoder_as<T: Float>(
        &self,
        norm: Option<LayerNorm<T>>,
        rng: &mut Rng,
    ) -> Result<TransformerDecoder<T>> {
        check_layers("transformer", self.decoder_layers)?;
        let layers = (0..self.decoder_layers).map(|_| self.decoder_layer_as(rng));
        Ok(TransformerDecoder { layers: layers.collect::<Result<_>>()?, norm })
    }
}

//! The encoder: layers of attention to oneself, and of two linear layers.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Result, Rng};

use super::config::{Activation, TransformerConfig};
use super::feedforward::{Residual, feedforward};
use crate::Params;
use crate::attention_mask::AttentionMask;
use crate::depth::check_layers;
use crate::layer_norm::LayerNorm;
use crate::linear::Linear;
use crate::module::Module;
use crate::multihead_attention::MultiheadAttention;

/// A layer of the encoder: attention of the sequence to itself, then two linear layers for each
/// element, each step added to its input and normalised. `[B, L, D]` keeps its shape.
///
/// Source: Vaswani et al., "Attention is all you need" (2017).
#[derive(Debug, Params)]
pub struct TransformerEncoderLayer {
    /// The attention.
    pub self_attn: MultiheadAttention,
    /// `[F, D]`
    pub linear1: Linear,
    /// `[D, F]`
    pub linear2: Linear,
    /// The normalisation of the attention's step.
    pub norm1: LayerNorm,
    /// The normalisation of the linear layers' step.
    pub norm2: LayerNorm,
    #[params(skip)]
    activation: Activation,
    dropout: f64,
    norm_first: bool,
}

/// Layers of an encoder one after another.
#[derive(Debug, Params)]
pub struct TransformerEncoder {
    /// The layers.
    pub layers: Vec<TransformerEncoderLayer>,
    /// The normalisation at the end.
    pub norm: Option<LayerNorm>,
}

impl TransformerEncoderLayer {
    /// For vectors of `dim` numbers, shared by `heads` heads.
    pub fn config(dim: usize, heads: usize) -> TransformerConfig {
        TransformerConfig::new(dim, heads)
    }

    /// As [`forward`](Module::forward), with what the elements see of each other.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn encode(&self, x: &Var, mask: &AttentionMask, pass: &mut Pass) -> Result<Var> {
        let &Self { dropout, norm_first, activation, .. } = self;
        let residual = Residual { norm_first, dropout };
        let x = residual
            .add(x, &self.norm1, pass, |x, pass| self.self_attn.self_attention(x, mask, pass))?;
        residual.add(&x, &self.norm2, pass, |x, pass| {
            feedforward([&self.linear1, &self.linear2], activation, dropout, x, pass)
        })
    }
}

impl Module for TransformerEncoderLayer {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        self.encode(x, &AttentionMask::default(), pass)
    }
}

impl TransformerEncoder {
    /// As [`forward`](Module::forward), with what the elements see of each other.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn encode(&self, x: &Var, mask: &AttentionMask, pass: &mut Pass) -> Result<Var> {
        let mut x = x.clone();
        for layer in &self.layers {
            x = layer.encode(&x, mask, pass)?;
        }
        match &self.norm {
            Some(norm) => norm.forward(&x, pass),
            None => Ok(x),
        }
    }
}

impl Module for TransformerEncoder {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        self.encode(x, &AttentionMask::default(), pass)
    }
}

impl TransformerConfig {
    /// Makes one layer of an encoder and draws its first values.
    ///
    /// # Errors
    /// When the heads don't divide the dimension, or a setting is senseless.
    pub fn encoder_layer(&self, rng: &mut Rng) -> Result<TransformerEncoderLayer> {
        self.check_dropout()?;
        let &Self { dim, feedforward, dropout, norm_first, activation, .. } = self;
        let norm = || LayerNorm::config([dim]).epsilon(self.epsilon).init();
        Ok(TransformerEncoderLayer {
            self_attn: self.attention(rng)?,
            linear1: self.linear(dim, feedforward).init(rng)?,
            linear2: self.linear(feedforward, dim).init(rng)?,
            norm1: norm()?,
            norm2: norm()?,
            activation,
            dropout,
            norm_first,
        })
    }

    /// Makes an encoder that ends with this normalisation, and draws its first values.
    ///
    /// # Errors
    /// As for [`encoder_layer`](Self::encoder_layer).
    pub fn encoder(&self, norm: Option<LayerNorm>, rng: &mut Rng) -> Result<TransformerEncoder> {
        check_layers("transformer", self.encoder_layers)?;
        let layers = (0..self.encoder_layers).map(|_| self.encoder_layer(rng));
        Ok(TransformerEncoder { layers: layers.collect::<Result<_>>()?, norm })
    }
}

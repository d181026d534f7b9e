//! The settings that the parts of a Transformer share.

use plywood_autodiff::Var;
use plywood_tensor::{Error, Float, Result, Rng};

use crate::init::Init;
use crate::linear::{Linear, LinearConfig};
use crate::multihead_attention::MultiheadAttention;

/// The function between the two linear layers of a Transformer's layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activation {
    /// max(x, 0)
    #[default]
    ReLU,
    /// x · Φ(x)
    GELU,
}

impl Activation {
    pub(super) fn apply<T: Float>(self, x: Var<T>) -> Var<T> {
        match self {
            Self::ReLU => x.relu(),
            Self::GELU => x.gelu(),
        }
    }
}

/// The settings of a [`Transformer`](super::Transformer) and of its parts; PyTorch's defaults: 6
/// layers on each side, 2048 features between the linear layers, dropout 0.1, ReLU, normalisation
/// after each step with ε = 1e-5.
#[derive(Clone, Debug)]
pub struct TransformerConfig {
    pub(super) dim: usize,
    pub(super) heads: usize,
    pub(super) encoder_layers: usize,
    pub(super) decoder_layers: usize,
    pub(super) feedforward: usize,
    pub(super) dropout: f64,
    pub(super) activation: Activation,
    pub(super) norm_first: bool,
    pub(super) epsilon: f64,
    /// Whether linear layers begin as in PyTorch's `Transformer` and not as alone.
    xavier: bool,
}

impl TransformerConfig {
    pub(super) fn new(dim: usize, heads: usize) -> Self {
        Self {
            dim,
            heads,
            encoder_layers: 6,
            decoder_layers: 6,
            feedforward: 2048,
            dropout: 0.1,
            activation: Activation::ReLU,
            norm_first: false,
            epsilon: 1e-5,
            xavier: false,
        }
    }

    /// So many layers on each side, at most [`MAX_LAYERS`](crate::MAX_LAYERS).
    #[must_use]
    pub fn layers(mut self, layers: usize) -> Self {
        (self.encoder_layers, self.decoder_layers) = (layers, layers);
        self
    }

    /// So many layers of the encoder.
    #[must_use]
    pub fn encoder_layers(mut self, layers: usize) -> Self {
        self.encoder_layers = layers;
        self
    }

    /// So many layers of the decoder.
    #[must_use]
    pub fn decoder_layers(mut self, layers: usize) -> Self {
        self.decoder_layers = layers;
        self
    }

    /// So many features between the two linear layers.
    #[must_use]
    pub fn feedforward(mut self, features: usize) -> Self {
        self.feedforward = features;
        self
    }

    /// The probability with which a training pass sets a weight of an attention, a feature between
    /// the linear layers, or a result of either to 0.
    #[must_use]
    pub fn dropout(mut self, dropout: f64) -> Self {
        self.dropout = dropout;
        self
    }

    /// The function between the two linear layers.
    #[must_use]
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }

    /// Whether each step begins with its normalisation, instead of ending with it: deep stacks then
    /// train without a warm-up. Source: Xiong et al., "On layer normalization in the Transformer
    /// architecture" (2020).
    #[must_use]
    pub fn norm_first(mut self, norm_first: bool) -> Self {
        self.norm_first = norm_first;
        self
    }

    /// What the normalisations add to the variance.
    #[must_use]
    pub fn epsilon(mut self, epsilon: f64) -> Self {
        self.epsilon = epsilon;
        self
    }

    pub(super) fn xavier(mut self, xavier: bool) -> Self {
        self.xavier = xavier;
        self
    }

    pub(super) fn attention<T: Float>(&self, rng: &mut Rng) -> Result<MultiheadAttention<T>> {
        let config = MultiheadAttention::config(self.dim, self.heads).dropout(self.dropout);
        let mut attention = config.init_as(rng)?;
        if self.xavier {
            let shape = attention.out_proj.weight.shape();
            attention.out_proj.weight.set(Init::XavierUniform.draw_as(shape, rng)?)?;
        }
        Ok(attention)
    }

    pub(super) fn linear(&self, from: usize, to: usize) -> LinearConfig {
        let init = if self.xavier { Init::XavierUniform } else { Init::FanIn };
        Linear::config(from, to).weight_init(init)
    }

    pub(super) fn check_dropout(&self) -> Result<()> {
        if (0.0..=1.0).contains(&self.dropout) {
            return Ok(());
        }
        let message = format!("the probability {} should be between 0 and 1", self.dropout);
        Err(Error::value(message).operation("transformer"))
    }
}

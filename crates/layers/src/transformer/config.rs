//! The settings that the parts of a Transformer share.

use plywood_autodiff::Var;
use plywood_tensor::{Float, POSITIVE, Result, Rng};

use crate::Settings;
use crate::init::Init;
use crate::linear::{Linear, LinearConfig};
use crate::multihead_attention::MultiheadAttention;

/// The function between the two linear layers of a Transformer's layer.
///
/// ```
/// use plywood_layers::{Activation, Params, TransformerEncoderLayer};
/// use plywood_tensor::{Rng, Seed};
///
/// let config = TransformerEncoderLayer::config(8, 2).feedforward(16).activation(Activation::GELU);
/// let layer = config.encoder_layer(&mut Rng::new(Seed(7)))?;
/// assert_eq!(layer.settings()["activation"], "GELU");
/// assert_eq!(Activation::default(), Activation::ReLU);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
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

/// The settings of a [`Transformer`](super::Transformer) and of its parts; PyTorch's defaults.
///
/// ```
/// use plywood_layers::Transformer;
/// use plywood_tensor::{Rng, Seed};
///
/// let mut rng = Rng::new(Seed(7));
/// let config = Transformer::config(8, 2).encoder_layers(3).decoder_layers(1).feedforward(16);
/// let model = config.init(&mut rng)?;
/// assert_eq!((model.encoder.layers.len(), model.decoder.layers.len()), (3, 1));
/// assert_eq!(model.encoder.layers[0].linear1.weight.shape(), [16, 8].into());
/// let error = config.dropout(2.0).init(&mut rng).unwrap_err();
/// assert_eq!(error.to_string(), "transformer: the dropout is 2; it should be between 0 and 1");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(private)]
pub struct TransformerConfig {
    /// The numbers of each vector of a sequence.
    pub(super) dim: usize,
    /// The heads of each attention, which share those numbers.
    pub(super) heads: usize,
    /// The layers of the encoder, at most [`MAX_LAYERS`](crate::MAX_LAYERS).
    #[setting(default = 6)]
    pub(super) encoder_layers: usize,
    /// The layers of the decoder, at most [`MAX_LAYERS`](crate::MAX_LAYERS).
    #[setting(default = 6)]
    pub(super) decoder_layers: usize,
    /// The features between the two linear layers.
    #[setting(default = 2048, alias = "dim_feedforward")]
    pub(super) feedforward: usize,
    /// The probability with which a training pass sets a weight of an attention, a feature between
    /// the linear layers, or a result of either to 0.
    #[setting(default = 0.1, range = 0.0..=1.0)]
    pub(super) dropout: f64,
    /// The function between the two linear layers.
    #[setting(default = Activation::ReLU)]
    pub(super) activation: Activation,
    /// Whether each step begins with its normalisation, instead of ending with it: deep stacks then
    /// train without a warm-up. Source: Xiong et al., "On layer normalization in the Transformer
    /// architecture" (2020).
    #[setting(default = false)]
    pub(super) norm_first: bool,
    /// What the normalisations add to the variance.
    #[setting(default = 1e-5, range = POSITIVE, called = "ε", alias = "layer_norm_eps")]
    pub(super) epsilon: f64,
    /// Whether linear layers begin as in PyTorch's `Transformer` and not as alone.
    #[setting(default = false, skip)]
    xavier: bool,
}

impl TransformerConfig {
    /// For a part of a Transformer.
    pub(super) fn of(dim: usize, heads: usize) -> Self {
        Self::new(dim, heads)
    }

    /// So many layers on each side, at most [`MAX_LAYERS`](crate::MAX_LAYERS).
    #[must_use]
    pub fn layers(mut self, layers: usize) -> Self {
        (self.encoder_layers, self.decoder_layers) = (layers, layers);
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

    /// Refuses settings that are out of range.
    pub(super) fn checked(&self) -> Result<()> {
        self.check().map_err(|error| error.operation("transformer"))
    }
}

//! The encoder: layers of attention to oneself, and of two linear layers.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Float, Result, Rng, compiled_here};

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
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{AttentionMask, TransformerEncoderLayer};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let config = TransformerEncoderLayer::config(4, 2).feedforward(8);
/// let layer = config.encoder_layer(&mut Rng::new(Seed(7)))?;
/// let mut pass = Pass::eval(&layer);
/// let mut encode = |x| layer.encode(&Var::constant(x), &AttentionMask::causal(), &mut pass);
/// let two = encode(Tensor::from([[[1.0, 2.0, 3.0, 4.0], [8.0, 7.0, 6.0, 5.0]]]))?;
/// let one = encode(Tensor::from([[[1.0, 2.0, 3.0, 4.0]]]))?;
/// // The first element doesn't see the second.
/// let round = |y: f32| (y * 1e4).round();
/// assert_eq!(two.narrow(1, 0, 1)?.value()?.map(round), one.value()?.map(round));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct TransformerEncoderLayer<T: Float = f32> {
    /// The attention.
    pub self_attn: MultiheadAttention<T>,
    /// `[F, D]`
    pub linear1: Linear<T>,
    /// `[D, F]`
    pub linear2: Linear<T>,
    /// The normalisation of the attention's step.
    pub norm1: LayerNorm<T>,
    /// The normalisation of the linear layers' step.
    pub norm2: LayerNorm<T>,
    #[params(setting)]
    activation: Activation,
    dropout: f64,
    norm_first: bool,
}

/// Layers of an encoder one after another: `[B, L, D]` keeps its shape.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{LayerNorm, Module, TransformerEncoderLayer};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let config = TransformerEncoderLayer::config(4, 2).feedforward(8).layers(2).norm_first(true);
/// let encoder = config.encoder(Some(LayerNorm::new([4])?), &mut Rng::new(Seed(7)))?;
/// let x = Var::constant(Tensor::ones([1, 3, 4]));
/// let y = encoder.forward(&x, &mut Pass::eval(&encoder))?;
/// assert_eq!(y.shape(), [1, 3, 4].into());
/// assert!(y.value()?.mean().abs() < 1e-5); // it ends with the normalisation
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct TransformerEncoder<T: Float = f32> {
    /// The layers.
    pub layers: Vec<TransformerEncoderLayer<T>>,
    /// The normalisation at the end.
    pub norm: Option<LayerNorm<T>>,
}

impl TransformerEncoderLayer {
    /// For vectors of `dim` numbers, shared by `heads` heads.
    pub fn config(dim: usize, heads: usize) -> TransformerConfig {
        TransformerConfig::of(dim, heads)
    }
}

impl<T: Float> TransformerEncoderLayer<T> {
    /// As [`forward`](Module::forward), with what the elements see of each other.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn encode(&self, x: &Var<T>, mask: &AttentionMask, pass: &mut Pass<T>) -> Result<Var<T>> {
        encode(self, x, mask, pass)
    }
}

compiled_here! {
    fn encode<'a, T>(
        layer: &'a TransformerEncoderLayer<T>,
        x: &'a Var<T>,
        mask: &'a AttentionMask,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let &TransformerEncoderLayer { dropout, norm_first, activation, .. } = layer;
        let residual = Residual { norm_first, dropout };
        let x = residual
            .add(x, &layer.norm1, pass, |x, pass| layer.self_attn.self_attention(x, mask, pass))?;
        residual.add(&x, &layer.norm2, pass, |x, pass| {
            feedforward([&layer.linear1, &layer.linear2], activation, dropout, x, pass)
        })
    }
}

impl<T: Float> Module<Var<T>, T> for TransformerEncoderLayer<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.encode(x, &AttentionMask::default(), pass)
    }
}

impl<T: Float> TransformerEncoder<T> {
    /// As [`forward`](Module::forward), with what the elements see of each other.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn encode(&self, x: &Var<T>, mask: &AttentionMask, pass: &mut Pass<T>) -> Result<Var<T>> {
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

impl<T: Float> Module<Var<T>, T> for TransformerEncoder<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.encode(x, &AttentionMask::default(), pass)
    }
}

impl TransformerConfig {
    /// Makes one layer of an encoder and draws its first values.
    ///
    /// # Errors
    /// When the heads don't divide the dimension, or a setting is senseless.
    pub fn encoder_layer(&self, rng: &mut Rng) -> Result<TransformerEncoderLayer> {
        self.encoder_layer_as(rng)
    }

    /// As [`encoder_layer`](Self::encoder_layer), of numbers of any type: those of the `f32` layer before rounding.
    ///
    /// # Errors
    /// As for [`encoder_layer`](Self::encoder_layer).
    pub fn encoder_layer_as<T: Float>(&self, rng: &mut Rng) -> Result<TransformerEncoderLayer<T>> {
        self.checked()?;
        let &Self { dim, feedforward, dropout, norm_first, activation, .. } = self;
        let norm = || LayerNorm::config([dim]).epsilon(self.epsilon).init_as();
        Ok(TransformerEncoderLayer {
            self_attn: self.attention(rng)?,
            linear1: self.linear(dim, feedforward).init_as(rng)?,
            linear2: self.linear(feedforward, dim).init_as(rng)?,
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
        self.encoder_as(norm, rng)
    }

    /// As [`encoder`](Self::encoder), of numbers of any type: those of the `f32` layers before rounding.
    ///
    /// # Errors
    /// As for [`encoder`](Self::encoder).
    pub fn encoder_as<T: Float>(
        &self,
        norm: Option<LayerNorm<T>>,
        rng: &mut Rng,
    ) -> Result<TransformerEncoder<T>> {
        check_layers("transformer", self.encoder_layers)?;
        let layers = (0..self.encoder_layers).map(|_| self.encoder_layer_as(rng));
        Ok(TransformerEncoder { layers: layers.collect::<Result<_>>()?, norm })
    }
}

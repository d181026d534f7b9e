//! Attention with several heads, each with a projection of its own.

use plywood_autodiff::{Param, Pass, Var};
use plywood_tensor::{AttentionOptions, Error, Float, Result, Rng, Shape, Tensor, compiled_here};

use crate::Params;
use crate::Settings;
use crate::attention_mask::AttentionMask;
use crate::init::Init;
use crate::linear::Linear;
use crate::module::Module;

/// Lets each element of a sequence gather from the others what it asks for: heads of scaled
/// dot-product attention, between projections to queries, keys and values and one back.
///
/// Sequences are `[B, L, D]`, as with PyTorch's `batch_first=True`.
///
/// Source: Vaswani et al., "Attention is all you need" (2017).
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{AttentionMask, MultiheadAttention};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let attention = MultiheadAttention::new(64, 8, &mut Rng::new(Seed(7)))?;
/// let words = Var::constant(Tensor::ones([2, 10, 64]));
/// let mut pass = Pass::eval(&attention);
/// let y = attention.self_attention(&words, &AttentionMask::causal(), &mut pass)?;
/// assert_eq!(y.shape(), [2, 10, 64].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct MultiheadAttention<T: Float = f32> {
    /// `[3 · D, D]`: the projections to queries, keys and values, one below the other.
    pub in_proj_weight: Param<T>,
    /// `[3 · D]`
    pub in_proj_bias: Option<Param<T>>,
    /// The projection of what the heads have gathered, `[D, D]`.
    pub out_proj: Linear<T>,
    heads: usize,
    dropout: f64,
}

/// The settings of a [`MultiheadAttention`]; PyTorch's defaults.
///
/// ```
/// use plywood_layers::MultiheadAttention;
/// use plywood_tensor::{Rng, Seed};
///
/// let mut rng = Rng::new(Seed(7));
/// let attention = MultiheadAttention::config(8, 2).dropout(0.1).bias(false).init(&mut rng)?;
/// assert_eq!(attention.in_proj_weight.shape(), [24, 8].into());
/// assert!(attention.in_proj_bias.is_none());
/// let error = MultiheadAttention::new(8, 3, &mut rng).unwrap_err();
/// assert_eq!(error.to_string(), "multihead_attention: 3 heads can't share 8 features");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = MultiheadAttention, operation = "multihead_attention", shortcut, any_element)]
pub struct MultiheadAttentionConfig {
    /// The numbers of each vector of a sequence.
    dim: usize,
    /// The heads, which share those numbers.
    heads: usize,
    /// The probability with which a training pass leaves an element out of what another gathers.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    dropout: f64,
    /// Whether the projections have biases.
    #[setting(default = true)]
    bias: bool,
}

impl<T: Float> MultiheadAttention<T> {
    /// Each element of `x` `[B, L, D]` attends to all that the mask lets it see of `x`.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn self_attention(
        &self,
        x: &Var<T>,
        mask: &AttentionMask,
        pass: &mut Pass<T>,
    ) -> Result<Var<T>> {
        self_attention(self, x, mask, pass)
    }

    /// Each element of `x` `[B, L, D]` attends to all that the mask lets it see of `memory`
    /// `[B, S, D]`.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn cross_attention(
        &self,
        x: &Var<T>,
        memory: &Var<T>,
        mask: &AttentionMask,
        pass: &mut Pass<T>,
    ) -> Result<Var<T>> {
        cross_attention(self, x, memory, mask, pass)
    }

    fn options(&self, mask: &AttentionMask) -> AttentionOptions<T> {
        AttentionOptions {
            causal: mask.causal,
            mask: mask.additive.as_ref().map(Tensor::cast),
            scale: None,
            dropout: self.dropout,
        }
    }
}

compiled_here! {
    fn cross_attention<'a, T>(
        layer: &'a MultiheadAttention<T>,
        x: &'a Var<T>,
        memory: &'a Var<T>,
        mask: &'a AttentionMask,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let weight = pass.param(&layer.in_proj_weight);
        let bias = layer.in_proj_bias.as_ref().map(|bias| pass.param(bias));
        let dim = weight.shape()[1];
        let attend = |pass: &mut Pass<T>| {
            let project = |x: &Var<T>, first: usize, rows: usize| {
                let bias = bias.as_ref().map(|bias| bias.narrow(0, first, rows)).transpose()?;
                x.linear(&weight.narrow(0, first, rows)?, bias.as_ref())
            };
            let q = project(x, 0, dim)?; // [B, L, D]
            let kv = project(memory, dim, 2 * dim)?; // [B, S, 2 · D]
            q.cross_attention(&kv, layer.heads, &layer.options(mask), pass) // [B, L, D]
        };
        let y = attend(pass).map_err(|error| pass.locate(error, &layer.in_proj_weight))?;
        layer.out_proj.forward(&y, pass)
    }
}

compiled_here! {
    fn self_attention<'a, T>(
        layer: &'a MultiheadAttention<T>,
        x: &'a Var<T>,
        mask: &'a AttentionMask,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let weight = pass.param(&layer.in_proj_weight);
        let bias = layer.in_proj_bias.as_ref().map(|bias| pass.param(bias));
        let attend = |pass: &mut Pass<T>| {
            let qkv = x.linear(&weight, bias.as_ref())?; // [B, L, 3 · D]
            qkv.self_attention(layer.heads, &layer.options(mask), pass) // [B, L, D]
        };
        let y = attend(pass).map_err(|error| pass.locate(error, &layer.in_proj_weight))?;
        layer.out_proj.forward(&y, pass)
    }
}

impl MultiheadAttentionConfig {
    fn build<T: Float>(&self, rng: &mut Rng) -> Result<MultiheadAttention<T>> {
        let &Self { dim, heads, dropout, bias } = self;
        let refuse = |message| Err(Error::value(message).operation("multihead_attention"));
        if heads == 0 || !dim.is_multiple_of(heads) {
            return refuse(format!("{heads} heads can't share {dim} features"));
        }
        let shape = Shape::new(&[dim.saturating_mul(3), dim])
            .map_err(|error| error.operation("multihead_attention"))?;
        let out_proj = Linear::config(dim, dim).bias(bias).bias_init(Init::Zeros);
        Ok(MultiheadAttention {
            in_proj_weight: Param::new(Init::XavierUniform.draw_as(shape, rng)?),
            in_proj_bias: match bias {
                true => Some(Param::new(Init::Zeros.draw_as([3 * dim], rng)?)),
                false => None,
            },
            out_proj: out_proj.init_as(rng)?,
            heads,
            dropout,
        })
    }
}

/// Attention of a sequence to itself, all of it to be seen.
impl<T: Float> Module<Var<T>, T> for MultiheadAttention<T> {
    fn forward(&self, x: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        self.self_attention(x, &AttentionMask::default(), pass)
    }
}

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

    /// What [`attend`](Self::attend) needs of a memory `[B, S, D]`: its keys and values, side by side, `[B, S, 2 · D]`.
    /// Of a memory that is attended to again and again they are computed once.
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{AttentionMask, MultiheadAttention};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let attention = MultiheadAttention::new(8, 2, &mut Rng::new(Seed(7)))?;
    /// let [x, memory] = [[2, 3, 8], [2, 5, 8]].map(|shape| Var::constant(Tensor::ones(shape)));
    /// let (all, mut pass) = (AttentionMask::default(), Pass::eval(&attention));
    /// let keys_values = attention.keys_values(&memory, &mut pass)?; // [2, 5, 16]
    /// let y = attention.attend(&x, &keys_values, &all, &mut pass)?;
    /// let at_once = attention.cross_attention(&x, &memory, &all, &mut pass)?;
    /// assert_eq!(y.value()?, at_once.value()?);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn keys_values(&self, memory: &Var<T>, pass: &mut Pass<T>) -> Result<Var<T>> {
        let dim = self.in_proj_weight.shape()[1];
        project(self, memory, [dim, 2 * dim], pass)
            .map_err(|error| pass.locate(error, &self.in_proj_weight))
    }

    /// As [`cross_attention`](Self::cross_attention), to [`keys_values`](Self::keys_values) of a memory.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn attend(
        &self,
        x: &Var<T>,
        keys_values: &Var<T>,
        mask: &AttentionMask,
        pass: &mut Pass<T>,
    ) -> Result<Var<T>> {
        attend(self, x, keys_values, mask, pass)
    }

    /// As [`self_attention`](Self::self_attention) of what follows on a sequence whose keys and values are known,
    /// `[B, T, 2 · D]`: those of `x` are added to them. What is hidden from `x` is later elements of itself.
    pub(crate) fn go_on(
        &self,
        x: &Var<T>,
        known: &mut Option<Var<T>>,
        pass: &mut Pass<T>,
    ) -> Result<Var<T>> {
        go_on(self, x, known, pass)
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

/// The projection by `rows` rows of the weight from the `first` on.
fn project<T: Float>(
    layer: &MultiheadAttention<T>,
    x: &Var<T>,
    [first, rows]: [usize; 2],
    pass: &mut Pass<T>,
) -> Result<Var<T>> {
    let weight = pass.param(&layer.in_proj_weight).narrow(0, first, rows)?;
    let bias = layer.in_proj_bias.as_ref();
    let bias = bias.map(|bias| pass.param(bias).narrow(0, first, rows)).transpose()?;
    x.linear(&weight, bias.as_ref())
}

compiled_here! {
    fn cross_attention<'a, T>(
        layer: &'a MultiheadAttention<T>,
        x: &'a Var<T>,
        memory: &'a Var<T>,
        mask: &'a AttentionMask,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let keys_values = layer.keys_values(memory, pass)?; // [B, S, 2 · D]
        layer.attend(x, &keys_values, mask, pass)
    }
}

compiled_here! {
    fn attend<'a, T>(
        layer: &'a MultiheadAttention<T>,
        x: &'a Var<T>,
        keys_values: &'a Var<T>,
        mask: &'a AttentionMask,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let dim = layer.in_proj_weight.shape()[1];
        let gather = |pass: &mut Pass<T>| {
            let q = project(layer, x, [0, dim], pass)?; // [B, L, D]
            q.cross_attention(keys_values, layer.heads, &layer.options(mask), pass) // [B, L, D]
        };
        let y = gather(pass).map_err(|error| pass.locate(error, &layer.in_proj_weight))?;
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

compiled_here! {
    fn go_on<'a, T>(
        layer: &'a MultiheadAttention<T>,
        x: &'a Var<T>,
        known: &'a mut Option<Var<T>>,
        pass: &'a mut Pass<T>,
    ) -> Result<Var<T>> {
        let dim = layer.in_proj_weight.shape()[1];
        let mut gather = |pass: &mut Pass<T>| {
            let qkv = project(layer, x, [0, 3 * dim], pass)?; // [B, L, 3 · D]
            let own = qkv.narrow(2, dim, 2 * dim)?;
            let keys_values = match known.as_ref() {
                Some(known) => Var::concat(&[known, &own], 1)?,
                None => own,
            };
            let (length, all) = (x.shape()[1], keys_values.shape()[1]);
            let mask = match length {
                1 => AttentionMask::default(),
                _ if length == all => AttentionMask::causal(),
                _ => AttentionMask::hiding(&Tensor::from_fn([length, all], |at| {
                    at[1] > at[0] + all - length
                })),
            };
            let q = qkv.narrow(2, 0, dim)?;
            let y = q.cross_attention(&keys_values, layer.heads, &layer.options(&mask), pass)?;
            *known = Some(keys_values);
            Ok(y)
        };
        let y = gather(pass).map_err(|error| pass.locate(error, &layer.in_proj_weight))?;
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

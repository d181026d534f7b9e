//! A layer of a GPT: attention to what came before, then two linear layers, each added to its input.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Init, LayerNorm, Linear, Module, Params};
use plywood_tensor::{AttentionOptions, Error, Result, Rng, RotaryOptions, Tensor};

use super::STD;

#[derive(Debug, Params)]
pub(super) struct Block {
    ln_1: LayerNorm,
    attn: Attention,
    ln_2: LayerNorm,
    mlp: Mlp,
    dropout: f64,
}

#[derive(Debug, Params)]
struct Attention {
    /// `[3 · D, D]`: queries, keys and values.
    c_attn: Linear,
    /// `[D, D]`
    c_proj: Linear,
    #[params(setting)]
    heads: usize,
    #[params(setting)]
    rotary: bool,
    dropout: f64,
}

#[derive(Debug, Params)]
struct Mlp {
    /// `[4 · D, D]`
    c_fc: Linear,
    /// `[D, 4 · D]`
    c_proj: Linear,
}

impl Block {
    pub(super) fn new(
        [dim, heads, layers]: [usize; 3],
        rotary: bool,
        dropout: f64,
        rng: &mut Rng,
    ) -> Result<Self> {
        if heads == 0 || !dim.is_multiple_of(heads) {
            return Err(Error::value(format!("{heads} heads can't share {dim} features")));
        }
        if rotary && !(dim / heads).is_multiple_of(2) {
            return Err(Error::value(format!(
                "heads of {} features aren't made of pairs to turn",
                dim / heads
            )));
        }
        let linear = |from: usize, to: usize, std: f64| {
            let init = Init::Normal { std };
            Linear::config(from, to).weight_init(init).bias_init(Init::Zeros)
        };
        // What is added to the residual stream has variance 1 in all, however many layers there are.
        let added = STD / (2.0 * layers as f64).sqrt();
        let [three, four] = [3, 4].map(|times: usize| dim.saturating_mul(times));
        Ok(Self {
            ln_1: LayerNorm::new([dim])?,
            attn: Attention {
                c_attn: linear(dim, three, STD).init(rng)?,
                c_proj: linear(dim, dim, added).init(rng)?,
                heads,
                rotary,
                dropout,
            },
            ln_2: LayerNorm::new([dim])?,
            mlp: Mlp {
                c_fc: linear(dim, four, STD).init(rng)?,
                c_proj: linear(four, dim, added).init(rng)?,
            },
            dropout,
        })
    }

    /// `x` `[B, L, D]` begins at place `before`; the cache has the keys and values `[B, S, 2 · D]` of the places before
    /// it, and gets those of `x`.
    pub(super) fn forward(
        &self,
        x: &Var,
        before: usize,
        cache: Option<&mut Option<Tensor>>,
        pass: &mut Pass,
    ) -> Result<Var> {
        let gathered = self.attn.forward(&self.ln_1.forward(x, pass)?, before, cache, pass)?;
        let x = x.add(&gathered.dropout(self.dropout, pass)?)?;
        let hidden = self.mlp.c_fc.forward(&self.ln_2.forward(&x, pass)?, pass)?.gelu_tanh();
        x.add(&self.mlp.c_proj.forward(&hidden, pass)?.dropout(self.dropout, pass)?)
    }
}

impl Attention {
    fn forward(
        &self,
        x: &Var,
        before: usize,
        cache: Option<&mut Option<Tensor>>,
        pass: &mut Pass,
    ) -> Result<Var> {
        let &[_, l, dim] = &x.shape()[..] else { return Err(Error::shape("not (B, L, D)")) };
        let mut qkv = self.c_attn.forward(x, pass)?; // [B, L, 3 · D]
        if self.rotary {
            let places = RotaryOptions {
                features: 2 * dim,
                first: before,
                ..RotaryOptions::new(dim / self.heads)
            };
            qkv = qkv.rotary(&places)?;
        }
        let mut options =
            AttentionOptions { causal: true, mask: None, scale: None, dropout: self.dropout };
        let y = match cache {
            None => qkv.self_attention(self.heads, &options, pass)?,
            Some(cache) => {
                let (q, kv) = (qkv.narrow(-1, 0, dim)?, qkv.narrow(-1, dim, 2 * dim)?);
                let kv = match cache {
                    Some(earlier) => Var::concat(&[&Var::constant(earlier.clone()), &kv], 1)?,
                    None => kv,
                };
                *cache = Some(kv.value()?.clone());
                options.causal = false;
                options.mask = (l > 1).then(|| mask(l, before));
                q.cross_attention(&kv, self.heads, &options, pass)?
            }
        };
        self.c_proj.forward(&y, pass) // [B, L, D]
    }
}

/// What is added to the scores `[L, S]` of elements that begin at place `before`: each sees those up to its own place.
fn mask(length: usize, before: usize) -> Tensor {
    Tensor::from_fn([length, before + length], |at| {
        if at[1] <= before + at[0] { 0.0 } else { f32::NEG_INFINITY }
    })
}

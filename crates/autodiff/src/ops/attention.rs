//! Scaled dot-product attention: of one head, or of all heads of a projection.

use std::ops::RangeInclusive;

use plywood_tensor::{Attention, AttentionOptions, Float, Heads, Result, Rng, Seed, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::pass::Pass;
use crate::record::record;
use crate::var::Var;

/// The mean of values, weighted by how well their keys fit each query: see
/// [`Var::scaled_dot_product_attention`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{Attention, AttentionOptions, Heads, Rng, Seed, Tensor};
///
/// let options = AttentionOptions::default();
/// let attention = Attention { heads: Heads::Apart, options, rng: Rng::new(Seed(7)) };
/// // The first query fits the first key far better than the second; the other query fits both alike.
/// let q = Var::constant(Tensor::from([[[1000.0, 0.0], [0.0, 0.0]]])); // [B, L, E]
/// let k = Var::constant(Tensor::from([[[1.0, 0.0], [0.0, 1.0]]])); // [B, S, E]
/// let v = Var::constant(Tensor::from([[[1.0, 2.0], [3.0, 4.0]]])); // [B, S, V]
/// let y = Var::apply(ops::ScaledDotProductAttention(attention), &[&q, &k, &v])?;
/// assert_eq!(y.value()?, &Tensor::from([[[1.0, 2.0], [2.0, 3.0]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScaledDotProductAttention<T: Float = f32>(pub Attention<T>);

/// The same of heads that lie side by side in one operand: see [`Var::self_attention`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{Attention, AttentionOptions, Heads, Rng, Seed, Tensor};
///
/// let options = AttentionOptions { causal: true, ..AttentionOptions::default() };
/// let attention = Attention { heads: Heads::Packed(1), options, rng: Rng::new(Seed(7)) };
/// // Two places, each with its query, key and value. A query of 0 fits all keys alike.
/// let x = Var::constant(Tensor::from([[[0.0, 1.0, 2.0], [0.0, 5.0, 4.0]]]));
/// let y = Var::apply(ops::SelfAttention(attention), &[&x])?;
/// assert_eq!(y.value()?, &Tensor::from([[[2.0], [3.0]]])); // the first place sees itself only
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SelfAttention<T: Float = f32>(pub Attention<T>);

/// The same of heads that lie side by side in two operands: see [`Var::cross_attention`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::{Attention, AttentionOptions, Heads, Rng, Seed, Tensor};
///
/// let options = AttentionOptions::default();
/// let attention = Attention { heads: Heads::Crossed(1), options, rng: Rng::new(Seed(7)) };
/// let q = Var::constant(Tensor::from([[[0.0]]])); // it fits all keys alike
/// let keys_values = Var::constant(Tensor::from([[[1.0, 2.0], [5.0, 4.0]]]));
/// let y = Var::apply(ops::CrossAttention(attention), &[&q, &keys_values])?;
/// assert_eq!(y.value()?, &Tensor::from([[[3.0]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CrossAttention<T: Float = f32>(pub Attention<T>);

impl Declared for ScaledDotProductAttention<f64> {
    const DECLARATION: Declaration = Declaration {
        name: "scaled_dot_product_attention",
        equation: "Y = P · V, P = softmax(Q · Kᵀ · scale + mask), with dropout on P",
        gradient: "dV = Pᵀ · dY, dP = dY · Vᵀ, dS = P ∘ (dP − Σ P ∘ dP) · scale, dQ = dS · K, dK = dSᵀ · Q",
        sample: |rng| {
            let [b, h, l, s, e, v] = [(); 6].map(|()| whole(rng, 1, 4));
            let inputs = vec![
                normal(rng, &[b, h, l, e]),
                normal(rng, &[b, h, s, e]),
                normal(rng, &[b, h, s, v]),
            ];
            sample(rng, inputs, Heads::Apart, [b, s], |x, options, pass| {
                x[0].scaled_dot_product_attention(&x[1], &x[2], options, pass)
            })
        },
    };
}

impl Declared for SelfAttention<f64> {
    const DECLARATION: Declaration = Declaration {
        name: "self_attention",
        equation: "as scaled_dot_product_attention, of heads that lie side by side in Q, K, V = X",
        gradient: "dX = dQ, dK, dV side by side",
        sample: |rng| {
            let [b, h, l, e] = [(); 4].map(|()| whole(rng, 1, 4));
            let inputs = vec![normal(rng, &[b, l, 3 * h * e])];
            sample(rng, inputs, Heads::Packed(h), [b, l], move |x, options, pass| {
                x[0].self_attention(h, options, pass)
            })
        },
    };
}

impl Declared for CrossAttention<f64> {
    const DECLARATION: Declaration = Declaration {
        name: "cross_attention",
        equation: "as scaled_dot_product_attention, of heads that lie side by side in Q and in K, V = X",
        gradient: "dQ, and dX = dK, dV side by side",
        sample: |rng| {
            let [b, h, l, s, e] = [(); 5].map(|()| whole(rng, 1, 4));
            let inputs = vec![normal(rng, &[b, l, h * e]), normal(rng, &[b, s, 2 * h * e])];
            sample(rng, inputs, Heads::Crossed(h), [b, s], move |x, options, pass| {
                x[0].cross_attention(&x[1], h, options, pass)
            })
        },
    };
}

/// A problem with random settings: causal or not, masked or not, with dropout or without.
fn sample(
    rng: &mut Rng,
    inputs: Vec<Tensor<f64>>,
    heads: Heads,
    [b, s]: [usize; 2],
    apply: impl Fn(&[Var<f64>], &AttentionOptions<f64>, &mut Pass<f64>) -> Result<Var<f64>> + 'static,
) -> Sample {
    let mut flip = || rng.unit() < 0.5;
    let [causal, masked, drops] = [flip(), flip(), flip()];
    let options = AttentionOptions {
        causal,
        // The first key stays to be seen, so that no row depends on nothing.
        mask: masked.then(|| {
            let hidden = |index: &[usize]| if index[3] > 1 { f64::NEG_INFINITY } else { 0.5 };
            Tensor::from_fn([b, 1, 1, s], hidden)
        }),
        scale: None,
        dropout: if drops { 0.4 } else { 0.0 },
    };
    // The pass that the checks use, and its first draw.
    let rng = Pass::<f64>::without_model(&mut Rng::new(Seed(1))).rng();
    let attention = Attention { heads, options: options.clone(), rng };
    Sample::new(
        inputs,
        move |inputs, pass| apply(inputs, &options, pass),
        move |inputs| {
            let inputs: Vec<_> = inputs.iter().collect();
            plywood_tensor::naive::attention(&attention, &inputs).expect("drawn to fit")
        },
    )
}

/// The operands, and the logarithm of each query's sum.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Saved<T: Float> {
    operands: Vec<Tensor<T>>,
    log_sums: Tensor<T>,
}

fn attend<T: Float>(
    attention: &Attention<T>,
    operands: &Operands<'_, T>,
) -> Result<(Tensor<T>, Saved<T>)> {
    let known: Vec<_> = operands.iter().collect();
    let (y, log_sums) = attention.forward(&known)?;
    Ok((y, Saved { operands: operands.iter().cloned().collect(), log_sums }))
}

fn gradient<T: Float>(
    attention: &Attention<T>,
    saved: &Saved<T>,
    dy: &Tensor<T>,
    grads: &mut OperandGrads<'_, T>,
) -> Result<()> {
    let operands: Vec<_> = saved.operands.iter().collect();
    let gradients = attention.gradient(dy, &operands, &saved.log_sums)?;
    for (place, gradient) in gradients.into_iter().enumerate() {
        grads.accumulate(place, || Ok(gradient))?;
    }
    Ok(())
}

fn attributes<T: Float>(attention: &Attention<T>) -> Vec<(&'static str, Attribute)> {
    let AttentionOptions { causal, mask, scale, dropout } = &attention.options;
    let mut all = vec![("causal", (*causal).into()), ("dropout", (*dropout).into())];
    if let Heads::Packed(heads) | Heads::Crossed(heads) = attention.heads {
        all.push(("heads", heads.into()));
    }
    all.extend(mask.as_ref().map(|mask| ("mask", Attribute::tensor(mask))));
    all.extend(scale.map(|scale| ("scale", scale.into())));
    all
}

/// The three differ in how many operands the heads come in.
macro_rules! attentions {
    ($($type:ident $name:literal $operands:literal;)*) => { $(
        impl<T: Float> Operation<T> for $type<T> {
            type Saved = Saved<T>;

            fn name(&self) -> &'static str {
                $name
            }

            fn operand_count(&self) -> RangeInclusive<usize> {
                $operands..=$operands
            }

            fn shape(&self, operands: &[Shape]) -> Result<Shape> {
                Ok(self.0.shape(operands)?.0)
            }

            fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Saved<T>)> {
                attend(&self.0, operands)
            }

            fn gradient(
                &self,
                saved: Saved<T>,
                dy: Tensor<T>,
                grads: &mut OperandGrads<'_, T>,
            ) -> Result<()> {
                gradient(&self.0, &saved, &dy, grads)
            }

            fn multiply_adds(&self, operands: &[Shape]) -> u64 {
                self.0.shape(operands).map_or(0, |(_, count)| count)
            }

            fn attributes(&self) -> Vec<(&'static str, Attribute)> {
                attributes(&self.0)
            }
        }
    )* };
}

attentions! {
    ScaledDotProductAttention "scaled_dot_product_attention" 3;
    SelfAttention "self_attention" 1;
    CrossAttention "cross_attention" 2;
}

impl<T: Float> Var<T> {
    /// For each of these queries `[…, L, E]`, the mean of the values `[…, S, V]`, weighted by how
    /// well their keys `[…, S, E]` fit: `softmax(q · kᵀ / √E + mask) · v`, `[…, L, V]`. A query that
    /// sees no key gets 0.
    ///
    /// In a training pass, dropout sets weights to 0. The mask gets no gradient.
    ///
    /// Source: Vaswani et al., "Attention is all you need" (2017).
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_tensor::{AttentionOptions, Rng, Seed, Tensor};
    ///
    /// let mut rng = Rng::new(Seed(7));
    /// let [q, k, v]: [Tensor; 3] = [5, 9, 9].map(|rows| rng.normal([2, rows, 16], 0.0, 1.0));
    /// let [q, k, v] = [q, k, v].map(Var::constant);
    /// let mut pass = Pass::without_model(&mut rng);
    /// let y = q.scaled_dot_product_attention(&k, &v, &AttentionOptions::default(), &mut pass)?;
    /// assert_eq!(y.shape(), [2, 5, 16].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the shapes or the mask's don't fit, or the dropout is no probability.
    pub fn scaled_dot_product_attention(
        &self,
        keys: &Self,
        values: &Self,
        options: &AttentionOptions<T>,
        pass: &mut Pass<T>,
    ) -> Result<Self> {
        let operands = [self, keys, values];
        record(ScaledDotProductAttention(attention(Heads::Apart, options, pass)), &operands)
    }

    /// As [`scaled_dot_product_attention`](Self::scaled_dot_product_attention), of `heads` heads
    /// whose queries, keys and values lie side by side in the rows of this value, as one projection
    /// gives them: `[B, L, 3 · H · E]` becomes `[B, L, H · E]`. Nothing is moved to tell the heads
    /// apart.
    ///
    /// # Errors
    /// When the rows can't be shared by so many heads, the mask doesn't broadcast to `[B, H, L, L]`,
    /// or the dropout is no probability.
    pub fn self_attention(
        &self,
        heads: usize,
        options: &AttentionOptions<T>,
        pass: &mut Pass<T>,
    ) -> Result<Self> {
        record(SelfAttention(attention(Heads::Packed(heads), options, pass)), &[self])
    }

    /// As [`self_attention`](Self::self_attention), of queries `[B, L, H · E]` that attend to another
    /// sequence, whose keys and values are `[B, S, 2 · H · E]`.
    ///
    /// # Errors
    /// When the shapes don't fit, the mask doesn't broadcast to `[B, H, L, S]`, or the dropout is no
    /// probability.
    pub fn cross_attention(
        &self,
        keys_values: &Self,
        heads: usize,
        options: &AttentionOptions<T>,
        pass: &mut Pass<T>,
    ) -> Result<Self> {
        let operands = [self, keys_values];
        record(CrossAttention(attention(Heads::Crossed(heads), options, pass)), &operands)
    }
}

/// An attention with the pass's randomness; outside of training nothing is dropped.
fn attention<T: Float>(
    heads: Heads,
    options: &AttentionOptions<T>,
    pass: &mut Pass<T>,
) -> Attention<T> {
    let mut attention = Attention { heads, options: options.clone(), rng: pass.rng() };
    // What is no probability is left to be refused.
    if !pass.is_training() && (0.0..=1.0).contains(&options.dropout) {
        attention.options.dropout = 0.0;
    }
    attention
}

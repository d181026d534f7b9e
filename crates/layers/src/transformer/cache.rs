//! Writing a sequence one element after another: what a decoder has computed already is kept.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Error, Float, Result, Tensor};

use super::decoder::TransformerDecoder;
use super::feedforward::{Residual, feedforward};
use crate::attention_mask::AttentionMask;
use crate::module::Module;

/// What a [`TransformerDecoder`] keeps of a sequence that it writes: the keys and values of what is written so far, and
/// those of the memory, for each layer. So the next element costs as much as one element, and not as the whole sequence.
///
/// It is for a pass that looks and doesn't learn: what it holds has no gradients.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{AttentionMask, TransformerDecoderLayer};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let config = TransformerDecoderLayer::config(4, 2).feedforward(8).layers(2);
/// let decoder = config.decoder(None, &mut Rng::new(Seed(7)))?;
/// let mut rng = Rng::new(Seed(8));
/// let [target, memory] = [[1, 3, 4], [1, 5, 4]].map(|shape| Var::constant(rng.normal(shape, 0.0, 1.0)));
/// let (all, mut pass) = (AttentionMask::default(), Pass::eval(&decoder));
///
/// let whole = decoder.decode(&target, &memory, [&AttentionMask::causal(), &all], &mut pass)?;
/// let mut cache = decoder.cache(&memory, &all, &mut pass)?;
/// for place in 0..3 {
///     let next = decoder.decode_next(&target.narrow(1, place, 1)?, &mut cache, &mut pass)?;
///     let same = whole.narrow(1, place, 1)?;
///     assert!(next.sub(&same)?.abs().sum().item()? < 1e-4);
/// }
/// assert_eq!(cache.len(), 3);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct DecoderCache<T: Float = f32> {
    layers: Vec<LayerCache<T>>,
    /// What is seen of the memory.
    mask: AttentionMask,
    len: usize,
}

#[derive(Clone, Debug)]
struct LayerCache<T: Float> {
    /// Keys and values of what is written so far, `[B, T, 2 · D]`.
    own: Option<Var<T>>,
    /// Those of the memory, `[B, S, 2 · D]`.
    memory: Var<T>,
}

/// The value alone, which outlives its pass.
fn fixed<T: Float>(x: &Var<T>) -> Result<Var<T>> {
    x.value().cloned().map(Var::constant)
}

impl<T: Float> DecoderCache<T> {
    /// The elements that are written so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is written yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Goes on with other sequences: those at these places of the batch, each as often as it is named. A beam search
    /// goes on with the best.
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{AttentionMask, TransformerDecoderLayer};
    /// use plywood_tensor::{Rng, Seed, Tensor};
    ///
    /// let config = TransformerDecoderLayer::config(4, 2).feedforward(8).layers(1);
    /// let decoder = config.decoder(None, &mut Rng::new(Seed(7)))?;
    /// let memory = Var::constant(Tensor::ones([2, 5, 4]));
    /// let mut pass = Pass::eval(&decoder);
    /// let mut cache = decoder.cache(&memory, &AttentionMask::default(), &mut pass)?;
    /// cache.select(&Tensor::from([1, 1, 0]))?;
    /// let next = decoder.decode_next(&Var::constant(Tensor::ones([3, 1, 4])), &mut cache, &mut pass)?;
    /// assert_eq!(next.shape(), [3, 1, 4].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such place. The cache stays as it was then.
    pub fn select(&mut self, places: &Tensor<u32>) -> Result<()> {
        let select = |x: &Var<T>| x.value()?.index_select(0, places).map(Var::constant);
        let layer = |layer: &LayerCache<T>| {
            Ok(LayerCache {
                own: layer.own.as_ref().map(select).transpose()?,
                memory: select(&layer.memory)?,
            })
        };
        let layers: Vec<_> = self.layers.iter().map(layer).collect::<Result<_>>()?;
        let additive = match &self.mask.additive {
            // A mask of all samples alike stays.
            Some(mask) if mask.rank() == 4 && mask.shape()[0] > 1 => {
                Some(mask.index_select(0, places)?)
            }
            other => other.clone(),
        };
        self.layers = layers;
        self.mask.additive = additive;
        Ok(())
    }
}

impl<T: Float> TransformerDecoder<T> {
    /// Begins to write sequences to a memory `[B, S, D]`, of which `mask` says what is seen.
    ///
    /// # Errors
    /// When the shapes don't fit; the error names the layer.
    pub fn cache(
        &self,
        memory: &Var<T>,
        mask: &AttentionMask,
        pass: &mut Pass<T>,
    ) -> Result<DecoderCache<T>> {
        let layers = self.layers.iter().map(|layer| {
            let memory = layer.multihead_attn.keys_values(memory, pass)?;
            Ok(LayerCache { own: None, memory: fixed(&memory)? })
        });
        Ok(DecoderCache { layers: layers.collect::<Result<_>>()?, mask: mask.clone(), len: 0 })
    }

    /// As [`decode`](Self::decode) with a causal mask, of the elements `[B, L, D]` that follow on those that the cache
    /// knows: `[B, L, D]`. They are added to the cache.
    ///
    /// # Errors
    /// When the cache is of a decoder of other layers, or the shapes don't fit; the error names the layer. The cache is
    /// of no use then.
    pub fn decode_next(
        &self,
        x: &Var<T>,
        cache: &mut DecoderCache<T>,
        pass: &mut Pass<T>,
    ) -> Result<Var<T>> {
        if cache.layers.len() != self.layers.len() || x.shape().rank() != 3 {
            return Err(Error::shape(format!(
                "the cache is of {} layers, the decoder has {}; the input {} should be (B, L, D)",
                cache.layers.len(),
                self.layers.len(),
                x.shape()
            ))
            .operation("decode_next"));
        }
        let mut y = x.clone();
        for (layer, known) in self.layers.iter().zip(&mut cache.layers) {
            let residual = Residual { norm_first: layer.norm_first, dropout: layer.dropout };
            y = residual.add(&y, &layer.norm1, pass, |y, pass| {
                layer.self_attn.go_on(y, &mut known.own, pass)
            })?;
            y = residual.add(&y, &layer.norm2, pass, |y, pass| {
                layer.multihead_attn.attend(y, &known.memory, &cache.mask, pass)
            })?;
            y = residual.add(&y, &layer.norm3, pass, |y, pass| {
                let linear = [&layer.linear1, &layer.linear2];
                feedforward(linear, layer.activation, layer.dropout, y, pass)
            })?;
            known.own = known.own.as_ref().map(fixed).transpose()?;
        }
        cache.len += x.shape()[1];
        match &self.norm {
            Some(norm) => norm.forward(&y, pass),
            None => Ok(y),
        }
    }
}

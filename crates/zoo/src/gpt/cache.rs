//! What a GPT keeps of the letters that it has seen.

use plywood_tensor::{Error, Result, Tensor};

/// Keys and values of earlier letters, for each layer: see [`Gpt::go_on`](super::Gpt::go_on).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_zoo::{GptCache, gpt};
///
/// let model = gpt(30, 8).dim(16).heads(2).layers(1).init(&mut Rng::new(Seed(7)))?;
/// let mut cache = GptCache::new();
/// model.go_on(&Tensor::from([[5_u32, 17]]), &mut cache, &mut Pass::eval(&model))?;
/// assert_eq!(cache.len(), 2);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct GptCache {
    /// `[B, S, 2 · D]` of each layer.
    layers: Vec<Option<Tensor>>,
}

impl GptCache {
    /// Of no letters.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of letters that were seen of each text.
    pub fn len(&self) -> usize {
        self.layers.first().and_then(Option::as_ref).map_or(0, |layer| layer.shape()[1])
    }

    /// Whether none was seen.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses letters of another model, or of another number of texts.
    pub(super) fn make_ready(&mut self, layers: usize, texts: usize) -> Result<()> {
        if self.layers.is_empty() {
            self.layers = vec![None; layers];
        }
        let seen = self.layers.first().and_then(Option::as_ref).map_or(texts, |kv| kv.shape()[0]);
        if self.layers.len() != layers || seen != texts {
            return Err(Error::value(format!(
                "a cache of {seen} texts and {} layers can't go on with {texts} texts and {layers} layers",
                self.layers.len()
            ))
            .operation("gpt")
            .hint("`GptCache::new()` begins anew"));
        }
        Ok(())
    }

    pub(super) fn layer(&mut self, layer: usize) -> &mut Option<Tensor> {
        &mut self.layers[layer]
    }
}

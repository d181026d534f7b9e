//! GPT: a Transformer that writes, one letter or word after another.

mod block;
mod cache;
mod objective;
mod write;

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Embedding, Init, LayerNorm, MAX_LAYERS, Module, Params, Settings};
use plywood_tensor::{Error, Result, Rng, Tensor};

use block::Block;
pub use cache::GptCache;
pub use objective::NextLetter;

/// The deviation of the first weights: GPT-2's.
const STD: f64 = 0.02;

/// Tells for each place of a text how likely each letter (or word) is to come next. An element sees itself and what is
/// before it; the layers normalise first, and what tells the next letters apart are the vectors of the letters
/// themselves.
///
/// Places are told by learnt vectors, or with [`rotary`](GptConfig::rotary) by turning queries and keys.
///
/// Source: Radford et al., "Language models are unsupervised multitask learners" (2019), section 2.3, with the names
/// of its weights; tied vectors: Press and Wolf, "Using the output embedding to improve language models" (2017).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_zoo::gpt;
///
/// let model = gpt(30, 8).dim(16).heads(2).layers(1).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "wte.weight");
/// let letters = Tensor::from([[5_u32, 17, 3], [8, 9, 29]]);
/// let scores = model.forward(&letters, &mut Pass::eval(&model))?;
/// assert_eq!(scores.shape(), [2, 3, 30].into()); // texts, places, letters
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Gpt {
    /// `[letters, D]`
    wte: Embedding,
    /// `[context, D]`, where places aren't told by turning.
    wpe: Option<Embedding>,
    h: Vec<Block>,
    ln_f: LayerNorm,
    dropout: f64,
    #[params(setting)]
    context: usize,
}

/// The settings of a [`Gpt`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::gpt;
///
/// let model = gpt(30, 8).dim(16).heads(2).layers(1).rotary(true).init(&mut Rng::new(Seed(7)))?;
/// // The letters' vectors; four matrices with biases; three normalisations. Turning learns nothing.
/// assert_eq!(model.parameter_count(), 30 * 16 + 12 * 16 * 16 + 9 * 16 + 3 * 2 * 16);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = Gpt, operation = "gpt")]
pub struct GptConfig {
    /// The letters or words that there are.
    letters: usize,
    /// The longest text that is seen at once.
    context: usize,
    /// The numbers of each letter's vector.
    #[setting(default = 128, alias = "n_embd")]
    dim: usize,
    /// The layers.
    #[setting(default = 4, alias = "n_layer")]
    layers: usize,
    /// The heads of each attention, which share a vector's numbers.
    #[setting(default = 4, alias = "n_head")]
    heads: usize,
    /// Whether places are told by turning queries and keys, instead of by learnt vectors.
    #[setting(default = false)]
    rotary: bool,
    /// The probability with which a training pass drops a number of the vectors, of what an attention gathers by, and
    /// of what each step adds.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    dropout: f64,
}

/// A [`Gpt`] of so many letters that sees so many of them at once.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::gpt;
///
/// let model = gpt(50_257, 1024).dim(8).layers(1).init(&mut Rng::new(Seed(7)))?; // GPT-2's, but for the width
/// assert_eq!(model.named_parameters()[1].1.shape(), [1024, 8].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn gpt(letters: usize, context: usize) -> GptConfig {
    GptConfig::new(letters, context)
}

impl GptConfig {
    fn build(&self, rng: &mut Rng) -> Result<Gpt> {
        self.parts(rng).map_err(|error| error.operation("gpt"))
    }

    fn parts(&self, rng: &mut Rng) -> Result<Gpt> {
        let &Self { letters, context, dim, layers, heads, rotary, dropout } = self;
        if letters == 0 || context == 0 {
            return Err(Error::value(format!("{letters} letters in a context of {context}")));
        }
        if layers > MAX_LAYERS {
            return Err(Error::value(format!(
                "{layers} layers are too many, there can be at most {MAX_LAYERS}"
            )));
        }
        let embedding = |count: usize, rng: &mut Rng| {
            Embedding::config(count, dim).weight_init(Init::Normal { std: STD }).init(rng)
        };
        Ok(Gpt {
            wte: embedding(letters, rng)?,
            wpe: if rotary { None } else { Some(embedding(context, rng)?) },
            h: (0..layers)
                .map(|_| Block::new([dim, heads, layers], rotary, dropout, rng))
                .collect::<Result<_>>()?,
            ln_f: LayerNorm::new([dim])?,
            dropout,
            context,
        })
    }
}

impl Gpt {
    /// The longest text that it sees at once.
    pub fn context(&self) -> usize {
        self.context
    }

    /// The scores `[B, L, letters]` of what comes after each of these letters `[B, L]`, which follow those that the
    /// cache has seen: keys and values of earlier letters aren't computed again. The cache takes these letters in.
    ///
    /// ```
    /// use plywood_autodiff::Pass;
    /// use plywood_layers::Module;
    /// use plywood_tensor::{Rng, Seed, Tensor};
    /// use plywood_zoo::{GptCache, gpt};
    ///
    /// let model = gpt(30, 8).dim(16).heads(2).layers(1).init(&mut Rng::new(Seed(7)))?;
    /// let (pass, cache) = (&mut Pass::eval(&model), &mut GptCache::new());
    /// model.go_on(&Tensor::from([[5_u32, 17]]), cache, pass)?;
    /// let last = model.go_on(&Tensor::from([[3_u32]]), cache, pass)?; // [1, 1, letters]
    /// let whole = model.forward(&Tensor::from([[5_u32, 17, 3]]), pass)?; // [1, 3, letters]
    /// let of_whole = whole.narrow(1, 2, 1)?;
    /// let difference = last.sub(&of_whole)?.value()?.map(f32::abs);
    /// assert!(difference.as_slice().iter().all(|&x| x < 1e-5));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the letters aren't `[B, L]` of as many texts as before, there is no such letter, or the text is longer than
    /// the context.
    pub fn go_on(
        &self,
        letters: &Tensor<u32>,
        cache: &mut GptCache,
        pass: &mut Pass,
    ) -> Result<Var> {
        // Where one layer fails, those before it must not have taken in more than those behind.
        let mut longer = cache.clone();
        let scores = self.scores(letters, Some(&mut longer), pass)?;
        *cache = longer;
        Ok(scores)
    }

    fn scores(
        &self,
        letters: &Tensor<u32>,
        mut cache: Option<&mut GptCache>,
        pass: &mut Pass,
    ) -> Result<Var> {
        let before = cache.as_ref().map_or(0, |cache| cache.len());
        let &[b, l] = &letters.shape()[..] else {
            return Err(Error::shape(format!("the letters {} should be (B, L)", letters.shape()))
                .operation("gpt"));
        };
        let most = self.context - before.min(self.context);
        if l == 0 || l > most {
            return Err(Error::shape(format!(
                "{l} letters after {before} should be 1 to {most}, as the context is of {}",
                self.context
            ))
            .operation("gpt"));
        }
        let mut x = self.wte.forward(letters, pass)?; // [B, L, D]
        if let Some(wpe) = &self.wpe {
            let places = (before as u32..(before + l) as u32).collect::<Vec<_>>();
            x = x.add(&wpe.forward(&places.into(), pass)?)?;
        }
        let mut x = x.dropout(self.dropout, pass)?;
        if let Some(cache) = &mut cache {
            cache.make_ready(self.h.len(), b)?;
        }
        for (layer, block) in self.h.iter().enumerate() {
            let own = cache.as_mut().map(|cache| cache.layer(layer));
            x = block.forward(&x, before, own, pass)?;
        }
        let x = self.ln_f.forward(&x, pass)?;
        x.linear(&pass.param(&self.wte.weight), None) // [B, L, letters]
    }
}

impl Module<Tensor<u32>> for Gpt {
    fn forward(&self, letters: &Tensor<u32>, pass: &mut Pass) -> Result<Var> {
        self.scores(letters, None, pass)
    }
}

//! A network that translates, with everything that it takes to give it text.

use std::path::Path;

use plywood_autodiff::Pass;
use plywood_datasets::{BytePairEncoding, SentencePairs};
use plywood_layers::{AttentionMask, Module, load};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor, threads, visible};
use serde::{Deserialize, Serialize};

use super::search::{Beam, BeamSearch};
use super::{TranslationTransformer, TranslationTransformerConfig, translation_transformer};
use crate::described::{self, WEIGHTS};
use crate::sampling::Sampling;
use plywood_layers::Settings;

/// What a translator is described by in its folder.
pub(crate) const DESCRIPTION: &str = "translator.json";
const MERGES: &str = "merges.txt";
const MODEL: &str = "translation_transformer";

/// Sentences that are translated at once.
const AT_ONCE: usize = 64;
/// The most tokens of a sentence.
const LONGEST: usize = 1_000;

/// A [`TranslationTransformer`] and the encoding of its vocabulary: from text to text.
///
/// ```
/// use plywood_datasets::BytePairEncoding;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{BeamSearch, Sampling, Translator, translation_transformer};
///
/// let encoding = BytePairEncoding::learn(["a dog runs", "un chien court"], 270)?;
/// let words = encoding.vocab_size();
/// let config = translation_transformer(words, words).dim(16).heads(2).layers(1).feedforward(32);
/// let translator = Translator::new(encoding, config.tied(true), Seed(7))?; // it has learnt nothing
/// let best = translator.translate(&["A dog runs."], &BeamSearch::new())?;
/// assert_eq!(best.len(), 1);
/// let drawn = translator.sample(&["A dog runs."], &Sampling::new().temperature(0.8), Seed(7))?;
/// assert_ne!(best, drawn);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug)]
pub struct Translator {
    /// The network.
    pub model: TranslationTransformer,
    encoding: BytePairEncoding,
    config: TranslationTransformerConfig,
}

/// What `translator.json` holds.
#[derive(Serialize, Deserialize)]
struct Description {
    model: String,
    dim: usize,
    heads: usize,
    layers: usize,
    feedforward: usize,
    dropout: f64,
    norm_first: bool,
    tied: bool,
}

/// How much each word of a translation has looked at each word of its sentence.
///
/// ```
/// use plywood_datasets::BytePairEncoding;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{Translator, translation_transformer};
///
/// let encoding = BytePairEncoding::learn(["a dog a dog", "un chien un chien"], 290)?;
/// let words = encoding.vocab_size();
/// let config = translation_transformer(words, words).dim(16).heads(2).layers(1).feedforward(32);
/// let translator = Translator::new(encoding, config, Seed(7))?;
/// let attention = translator.attention("a dog", "un chien")?;
/// assert_eq!(attention.source.last().unwrap(), "</s>");
/// let shape = [attention.target.len(), attention.source.len()];
/// assert_eq!(attention.weights.shape(), shape.into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TranslationAttention {
    /// The tokens of the sentence, with its end.
    pub source: Vec<String>,
    /// Those of the translation, with its end.
    pub target: Vec<String>,
    /// `[L, S]`: the part of each row's attention, the mean over heads and layers.
    pub weights: Tensor,
}

impl Translator {
    /// A network for the tokens of this encoding, with its first values.
    ///
    /// # Errors
    /// When the network is of vocabularies of another size, or a setting is out of range.
    pub fn new(
        encoding: BytePairEncoding,
        config: TranslationTransformerConfig,
        seed: Seed,
    ) -> Result<Self> {
        let words = encoding.vocab_size();
        if [config.source_words, config.target_words] != [words; 2] {
            return Err(Error::value(format!(
                "the network is of {} and {} words, the encoding has {words} tokens",
                config.source_words, config.target_words
            ))
            .operation("translator"));
        }
        Ok(Self { model: config.init(&mut Rng::new(seed))?, encoding, config })
    }

    /// The encoding of both languages.
    pub fn encoding(&self) -> &BytePairEncoding {
        &self.encoding
    }

    /// The most probable translations that a search finds.
    ///
    /// # Errors
    /// When a sentence is empty or endless, or a setting is out of range.
    pub fn translate<S: AsRef<str>>(
        &self,
        sentences: &[S],
        search: &BeamSearch,
    ) -> Result<Vec<String>> {
        search.check().map_err(|error| error.operation("BeamSearch"))?;
        self.write(sentences, |limits, _| Beams { beams: limits.map(Beam::new).collect(), search })
    }

    /// Translations that are drawn by chance: other ones for another seed, and for each sentence its own.
    ///
    /// # Errors
    /// When a sentence is empty or endless, or a setting is out of range.
    pub fn sample<S: AsRef<str>>(
        &self,
        sentences: &[S],
        sampling: &Sampling,
        seed: Seed,
    ) -> Result<Vec<String>> {
        sampling.check().map_err(|error| error.operation("Sampling"))?;
        self.write(sentences, |limits, places| Drawn {
            sentences: limits
                .zip(places)
                .map(|(limit, &place)| Draft {
                    rng: Rng::new(seed).fork(place as u64),
                    tokens: Vec::new(),
                    limit,
                })
                .collect(),
            alive: places.iter().enumerate().map(|(at, _)| at).collect(),
            sampling,
        })
    }

    /// The tokens of a sentence that can be translated.
    fn tokens(&self, place: usize, sentence: &str) -> Result<Vec<u32>> {
        let refuse = |error: Error| Err(error.operation("translator"));
        let sentence = sentence.trim();
        if sentence.is_empty() {
            return refuse(Error::value(format!("sentence {} is empty", place + 1)));
        }
        let tokens = self.encoding.encode(sentence);
        match tokens.len() <= LONGEST {
            true => Ok(tokens),
            false => refuse(
                Error::value(format!(
                    "sentence {} has {} tokens, a network is given at most {LONGEST}: `{}…`",
                    place + 1,
                    tokens.len(),
                    visible(&sentence.chars().take(20).collect::<String>())
                ))
                .hint("cut it into sentences"),
            ),
        }
    }

    /// Writes a translation of each sentence, some of like lengths at once; `begin` is given the most tokens of each
    /// and its place.
    fn write<S: AsRef<str>, W: Writer>(
        &self,
        sentences: &[S],
        begin: impl Fn(&mut dyn ExactSizeIterator<Item = usize>, &[usize]) -> W,
    ) -> Result<Vec<String>> {
        let tokens = sentences.iter().enumerate();
        let tokens: Vec<_> = tokens
            .map(|(place, sentence)| self.tokens(place, sentence.as_ref()))
            .collect::<Result<_>>()?;
        let mut order: Vec<usize> = (0..tokens.len()).collect();
        order.sort_by_key(|&place| tokens[place].len());
        let mut translations = vec![String::new(); tokens.len()];
        for places in order.chunks(AT_ONCE) {
            let sources: Vec<&[u32]> = places.iter().map(|&place| &tokens[place][..]).collect();
            let writer = begin(&mut sources.iter().map(|source| 10 + 2 * source.len()), places);
            // Inside the thread pool, so that no kernel has to enter it.
            let written = threads::inside(|| self.run(&sources, writer))?;
            for (&place, tokens) in places.iter().zip(written) {
                translations[place] = self.encoding.decode(&tokens)?;
            }
        }
        Ok(translations)
    }

    /// Goes on with all translations by one token at a time, until none is left.
    fn run<W: Writer>(&self, sources: &[&[u32]], mut writer: W) -> Result<Vec<Vec<u32>>> {
        let (model, mut pass) = (&self.model, Pass::eval(&self.model));
        let SentencePairs { source, mut target, source_padding } =
            SentencePairs::to_translate(sources)?;
        let mask = match &source_padding {
            Some(padding) => AttentionMask::padding(padding)?,
            None => AttentionMask::default(),
        };
        let memory = model.encode(&source, &mask, &mut pass)?;
        let mut cache = model.transformer.decoder.cache(&memory, &mask, &mut pass)?;
        loop {
            let mut pass = Pass::eval(model);
            let x = model.embed(&model.tgt_embedding, &target, cache.len(), &mut pass)?; // [R, 1, D]
            let states = model.transformer.decoder.decode_next(&x, &mut cache, &mut pass)?;
            let scores = model.generator.forward(&states, &mut pass)?; // [R, 1, words]
            let words = scores.shape()[2];
            let mut scores = scores.value()?.log_softmax(-1)?;
            let rows: Vec<&mut [f32]> = scores.as_mut_slice().chunks_mut(words.max(1)).collect();
            for row in rows {
                // Neither is ever to be written.
                for token in [BytePairEncoding::PAD, BytePairEncoding::START] {
                    row[token as usize] = f32::NEG_INFINITY;
                }
            }
            let rows: Vec<&[f32]> = scores.as_slice().chunks(words.max(1)).collect();
            let next = writer.go_on(&rows);
            if next.is_empty() {
                return Ok(writer.finish());
            }
            let (parents, tokens): (Vec<u32>, Vec<u32>) = next.into_iter().unzip();
            if parents.len() != rows.len()
                || parents.iter().enumerate().any(|(at, &of)| at != of as usize)
            {
                cache.select(&Tensor::from(parents))?;
            }
            target = Tensor::from(tokens).unsqueeze(1)?;
        }
    }

    /// What the decoder looks at in a sentence while it writes a given translation.
    ///
    /// # Errors
    /// When one of them is empty or endless.
    pub fn attention(&self, sentence: &str, translation: &str) -> Result<TranslationAttention> {
        let source = self.tokens(0, sentence)?;
        let target = self.tokens(1, translation)?;
        let model = &self.model;
        let SentencePairs { source: read, .. } = SentencePairs::to_translate(&[&source])?;
        let written = [&[BytePairEncoding::START], &target[..]].concat();
        let written = Tensor::from(written).unsqueeze(0)?;
        let mut pass = Pass::eval(model);
        let vectors = [(&model.src_embedding, &read), (&model.tgt_embedding, &written)]
            .map(|(embedding, tokens)| model.embed(embedding, tokens, 0, &mut pass));
        // Only what follows from an input is seen.
        let mut pass = Pass::inspect(model);
        pass.observe();
        let [read, written] = vectors;
        let read = pass.input(read?.value()?.clone());
        let written = pass.input(written?.value()?.clone());
        let all = AttentionMask::default();
        let memory = model.transformer.encoder.encode(&read, &all, &mut pass)?;
        let masks = [&AttentionMask::causal(), &all];
        model.transformer.decoder.decode(&written, &memory, masks, &mut pass)?;
        let weights = super::attention::mean_weights(&pass.observed())?;
        let shown = |tokens: &[u32]| -> Result<Vec<String>> {
            let all = tokens.iter().chain([&BytePairEncoding::END]);
            all.map(|&token| self.encoding.token(token)).collect()
        };
        Ok(TranslationAttention { source: shown(&source)?, target: shown(&target)?, weights })
    }

    /// Writes `translator.json`, `merges.txt` and `model.safetensors` into a folder.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let folder = folder.as_ref();
        let config = &self.config;
        let description = Description {
            model: MODEL.to_owned(),
            dim: config.dim,
            heads: config.heads,
            layers: config.layers,
            feedforward: config.feedforward,
            dropout: config.dropout,
            norm_first: config.norm_first,
            tied: config.tied,
        };
        self.encoding.save(folder.join(MERGES))?;
        described::write(folder, DESCRIPTION, &description, "translator", &self.model)
    }

    /// Reads what [`save`](Self::save) has written.
    ///
    /// # Errors
    /// When a file is missing or damaged, or they don't fit together.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let path = folder.join(DESCRIPTION);
        let hint = "a folder that a training run of translations has filled has one";
        let Description { model, dim, heads, layers, feedforward, dropout, norm_first, tied } =
            described::read(&path, "translator", hint)?;
        let made = || {
            if model != MODEL {
                return Err(Error::data(format!("`{}` is no translator", visible(&model)))
                    .hint(format!("`{MODEL}` is")));
            }
            let encoding = BytePairEncoding::open(folder.join(MERGES))?;
            let words = encoding.vocab_size();
            let config = translation_transformer(words, words)
                .dim(dim)
                .heads(heads)
                .layers(layers)
                .feedforward(feedforward)
                .dropout(dropout)
                .norm_first(norm_first)
                .tied(tied);
            Self::new(encoding, config, Seed(0))
        };
        let mut translator = made().map_err(|error| error.at(path.display()))?;
        load(&mut translator.model, folder.join(WEIGHTS))?;
        Ok(translator)
    }
}

/// What decides how translations go on.
trait Writer: Send {
    /// From the logarithms of the words' probabilities after each translation under way, those that are under way next:
    /// which they go on from, and with which token. None when all have come to an end.
    fn go_on(&mut self, rows: &[&[f32]]) -> Vec<(u32, u32)>;

    /// The tokens of each sentence's translation.
    fn finish(self) -> Vec<Vec<u32>>;
}

/// The search for the best, of each sentence by itself.
struct Beams<'a> {
    beams: Vec<Beam>,
    search: &'a BeamSearch,
}

impl Writer for Beams<'_> {
    fn go_on(&mut self, rows: &[&[f32]]) -> Vec<(u32, u32)> {
        let mut next = Vec::new();
        let mut first = 0;
        for beam in &mut self.beams {
            let own = &rows[first..first + beam.alive.len()];
            if own.is_empty() {
                continue;
            }
            let parents = beam.go_on(own, BytePairEncoding::END, self.search);
            let tokens =
                beam.alive.iter().map(|own| own.tokens.last().copied().unwrap_or_default());
            next.extend(
                parents.iter().zip(tokens).map(|(&of, token)| ((first + of) as u32, token)),
            );
            first += own.len();
        }
        next
    }

    fn finish(self) -> Vec<Vec<u32>> {
        self.beams.into_iter().map(Beam::best).collect()
    }
}

/// Translations that chance writes.
struct Drawn<'a> {
    sentences: Vec<Draft>,
    /// The sentences of the rows.
    alive: Vec<usize>,
    sampling: &'a Sampling,
}

struct Draft {
    rng: Rng,
    tokens: Vec<u32>,
    limit: usize,
}

impl Writer for Drawn<'_> {
    fn go_on(&mut self, rows: &[&[f32]]) -> Vec<(u32, u32)> {
        let (mut next, mut alive) = (Vec::new(), Vec::new());
        for (place, (&sentence, row)) in self.alive.iter().zip(rows).enumerate() {
            let draft = &mut self.sentences[sentence];
            let token = self.sampling.drawn(row, &mut draft.rng);
            if token == BytePairEncoding::END {
                continue;
            }
            draft.tokens.push(token);
            if draft.tokens.len() < draft.limit {
                next.push((place as u32, token));
                alive.push(sentence);
            }
        }
        self.alive = alive;
        next
    }

    fn finish(self) -> Vec<Vec<u32>> {
        self.sentences.into_iter().map(|draft| draft.tokens).collect()
    }
}

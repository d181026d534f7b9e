//! Multi30k: what English says of a photo, in French.

use std::path::Path;

use plywood_datasets::{BytePairEncoding, EncodedPairs, TextPairs};
use plywood_layers::CrossEntropy;
use plywood_optimizers::{AdamW, Average, OneCycle};
use plywood_tensor::{Result, Seed};
use plywood_training::{Accuracy, Bleu, Evaluation, Run, Trainer};

use crate::{
    BeamSearch, TranslationLoss, TranslationTransformerConfig, Translator, translation_transformer,
};

/// Everything that it takes to train a translator.
///
/// ```
/// use plywood_datasets::Dataset;
/// use plywood_tensor::Seed;
/// use plywood_zoo::recipes;
///
/// let folder = std::env::temp_dir().join("plywood_translation_recipe");
/// std::fs::create_dir_all(&folder).unwrap();
/// for part in ["train", "val", "test_2016_flickr", "test_2017_flickr"] {
///     std::fs::write(folder.join(part).with_extension("en"), "A dog.\nA cat.\n").unwrap();
///     std::fs::write(folder.join(part).with_extension("fr"), "Un chien.\nUn chat.\n").unwrap();
/// }
/// let recipe = recipes::translation(&folder, Seed(7))?;
/// assert_eq!((recipe.train.len(), recipe.tests.len()), (2, 2));
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct TranslationRecipe {
    /// The network, with its first values, and the encoding.
    pub translator: Translator,
    /// What it learns from.
    pub train: EncodedPairs,
    /// What is looked at after each epoch.
    pub valid: EncodedPairs,
    /// What is looked at once, at the end.
    pub tests: Vec<EncodedPairs>,
    /// How it is trained.
    pub trainer: Trainer<TranslationLoss>,
}

/// What a [`TranslationRecipe`] came to.
///
/// ```
/// use plywood_optimizers::Average;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{BeamSearch, recipes};
///
/// let folder = std::env::temp_dir().join("plywood_translation_outcome");
/// std::fs::create_dir_all(&folder).unwrap();
/// for part in ["train", "val", "test_2016_flickr", "test_2017_flickr"] {
///     std::fs::write(folder.join(part).with_extension("en"), "A dog.\nA cat.\n").unwrap();
///     std::fs::write(folder.join(part).with_extension("fr"), "Un chien.\nUn chat.\n").unwrap();
/// }
/// let mut recipe = recipes::translation(&folder, Seed(7))?;
/// recipe.trainer = recipe.trainer.epochs(1).average_epochs(1, Average::swa()).quiet(true);
/// let test = recipe.tests[0].clone();
/// let outcome = recipe.run(folder.join("run"))?;
/// let (bleu, translations) = outcome.translate(&test, &BeamSearch::new())?;
/// assert!(bleu.score() <= 100.0 && translations.len() == 2);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct TranslationOutcome {
    /// The network that has learnt.
    pub translator: Translator,
    /// The training run.
    pub run: Run<TranslationLoss>,
    /// The tokens of the first test set, each after those of the reference before it.
    pub result: Evaluation,
}

/// A small Transformer on Multi30k: 29,000 descriptions of photos in English, with their translations into French, and
/// its own validation set. `folder` has `train.en.gz`, `train.fr.gz`, `val.…` and the tests of 2016 and 2017 (Flickr), as
/// they are published or unpacked.
///
/// The vocabulary is of both languages, and learnt from the training part; its table is shared by both embeddings and
/// the scores.
///
/// Source of the text: D. Elliott et al., "Multi30K: multilingual English-German image descriptions" (2016); of the
/// French: D. Elliott et al. (2017). For research only, so no weights come with it. Source of the sizes: Z. Wu et al.,
/// "Good for misconceived reasons" (2021).
///
/// # Errors
/// When a file is missing or damaged, or a line has no pair.
pub fn translation(folder: impl AsRef<Path>, seed: Seed) -> Result<TranslationRecipe> {
    let folder = folder.as_ref();
    let open = |part: &str| {
        let path = |language: &str| {
            let plain = folder.join(format!("{part}.{language}"));
            if plain.exists() { plain } else { folder.join(format!("{part}.{language}.gz")) }
        };
        TextPairs::open(path("en"), path("fr")).map_err(|error| {
            error.hint("Multi30k's own pages have its files; put those of task 1, English and French, there")
        })
    };
    let train = open("train")?;
    let encoding = BytePairEncoding::learn(train.sources().iter().chain(train.targets()), 4_000)?;
    let encoded = |pairs: &TextPairs| EncodedPairs::new(pairs, &encoding);
    let words = encoding.vocab_size();
    Ok(TranslationRecipe {
        train: encoded(&train)?,
        valid: encoded(&open("val")?)?,
        tests: vec![encoded(&open("test_2016_flickr")?)?, encoded(&open("test_2017_flickr")?)?],
        translator: Translator::new(encoding, network(words), seed)?,
        trainer: trainer(16).seed(seed),
    })
}

/// The network for so many tokens.
fn network(words: usize) -> TranslationTransformerConfig {
    translation_transformer(words, words)
        .dim(128)
        .heads(4)
        .layers(4)
        .feedforward(256)
        .dropout(0.1)
        .norm_first(true)
        .tied(true)
}

/// How it is trained for so many epochs.
fn trainer(epochs: usize) -> Trainer<TranslationLoss> {
    Trainer::new(AdamW::scheduled().betas([0.9, 0.98]).weight_decay(0.01))
        .schedule(OneCycle::new(2e-3).warm_up(0.1))
        .objective(TranslationLoss::new(CrossEntropy::new().label_smoothing(0.1)))
        .metric(Accuracy::top(1))
        .average_epochs(epochs.saturating_sub(2).max(1), Average::swa())
        .clip_grad_norm(1.0)
        .epochs(epochs)
        .batch_tokens(1_024)
        .batch_size(64)
}

impl TranslationRecipe {
    /// Trains, looks at the first test set once, and writes everything into a folder: the checkpoint while it trains,
    /// then metrics, weights and the encoding.
    ///
    /// # Errors
    /// When training fails, or a file can't be written.
    pub fn run(self, folder: impl AsRef<Path>) -> Result<TranslationOutcome> {
        let Self { mut translator, train, valid, tests, trainer } = self;
        let run =
            trainer.checkpoint_in(folder.as_ref()).fit(&mut translator.model, &train, &valid)?;
        let test = tests.first().unwrap_or(&valid);
        let mut result = run.evaluate(&translator.model, test)?;
        // Which token is taken for which says nothing of a translation.
        result.confusion = None;
        translator.save(folder.as_ref())?;
        run.write(folder, &translator.model, &result)?;
        Ok(TranslationOutcome { translator, run, result })
    }
}

impl TranslationOutcome {
    /// The translations of a set, and what they come to beside its own.
    ///
    /// # Errors
    /// When the search's settings are out of range.
    pub fn translate(
        &self,
        set: &EncodedPairs,
        search: &BeamSearch,
    ) -> Result<(Bleu, Vec<String>)> {
        let translations = self.translator.translate(set.texts().sources(), search)?;
        let mut bleu = Bleu::new();
        for (translation, reference) in translations.iter().zip(set.texts().targets()) {
            bleu.update(translation, reference);
        }
        Ok((bleu, translations))
    }
}

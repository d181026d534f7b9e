//! A network that learns to translate from pairs of sentences.

use std::path::PathBuf;

use plywood::autodiff::Params;
use plywood::datasets::{BytePairEncoding, EncodedPairs, TextPairs};
use plywood::layers::CrossEntropy;
use plywood::optimizers::Average;
use plywood::tensor::{Error, Result};
use plywood::training::{Accuracy, Bleu, Figure};
use plywood::zoo::{BeamSearch, TranslationLoss, Translator, translation_transformer};

use crate::learnt_from::keep_images;
use crate::missing;
use crate::names::TRANSLATION;
use crate::options::{Pace, Training};
use crate::report::REPORT;
use crate::say::{self, Output};
use crate::split::{Parts, Splitting};

/// The most tokens of the vocabulary, and those of a batch, as the recipe of Multi30k has them.
const VOCABULARY: usize = 4_000;
const TOKENS: usize = 1_024;
/// How far the goals are from 0 and 1.
const SMOOTHING: f64 = 0.1;
/// Test sentences that the report shows.
const SHOWN: usize = 20;

fn read(files: &[PathBuf]) -> Result<TextPairs> {
    let pairs = match files {
        [both] => TextPairs::open_columns(both),
        [sources, targets] => TextPairs::open(sources, targets),
        // The arguments' own rules ask for one or two.
        _ => Err(Error::value("one file of pairs, or two")),
    };
    let missing = files.iter().find(|file| !file.exists());
    let pairs = pairs.map_err(|error| match missing {
        Some(file) => missing::hinted(error, file),
        None => error,
    })?;
    for note in pairs.notes() {
        say::note(format!("{}: {note}", files[0].display()));
    }
    Ok(pairs)
}

pub(super) fn run(
    model: &str,
    files: &[PathBuf],
    splitting: &Splitting,
    training: &Training,
    out: &mut Output,
) -> Result<()> {
    if model != TRANSLATION {
        return Err(Error::value(format!("`{model}` doesn't learn from pairs of sentences"))
            .hint(format!("`{TRANSLATION}` does")));
    }
    let all = read(files)?;
    let test = splitting.test().map(|test| read(&[test.to_owned()])).transpose()?;
    let Parts { train, valid, test } = splitting
        .parts(&all, test, training.seed())
        .map_err(|error| error.at(files[0].display()))?;
    for (part, what) in [(&train, "learn from"), (&valid, "validate on"), (&test, "test on")] {
        if part.is_empty() {
            return Err(Error::data(format!("{} pairs leave none to {what}", all.len()))
                .at(files[0].display())
                .hint("ten and more are needed, tens of thousands are better"));
        }
    }
    let texts = train.sources().iter().chain(train.targets());
    let encoding = BytePairEncoding::learn(texts, VOCABULARY)?;
    let words = encoding.vocab_size();
    let config = translation_transformer(words, words)
        .dim(128)
        .heads(4)
        .layers(4)
        .feedforward(256)
        .norm_first(true)
        .tied(true);
    let mut translator = Translator::new(encoding, config, training.seed())?;
    out.say(format!(
        "{} pairs to learn from, {} to validate, {} to test\n{words} tokens; {model} has {} parameters",
        train.len(),
        valid.len(),
        test.len(),
        translator.model.parameter_count()
    ));
    let encode = |part: &TextPairs| EncodedPairs::new(part, translator.encoding());
    let (encoded, validated) = (encode(&train)?, encode(&valid)?);
    let test = encode(&test)?;

    let folder = training.out(&files[0], model);
    let pace = Pace::of_pairs(train.len());
    let mut trainer = training
        .trainer(pace, &folder)?
        .objective(TranslationLoss::new(CrossEntropy::new().label_smoothing(SMOOTHING)))
        .metric(Accuracy::top(1))
        .clip_grad_norm(1.0)
        .average_epochs(training.epochs(pace).max(2) - 1, Average::swa());
    if !training.says_batch_size() {
        // No batch may be too small for the longest sentence.
        let longest = encoded.targets().iter().map(|target| target.len() + 1).max().unwrap_or(0);
        trainer = trainer.batch_tokens(TOKENS.max(longest));
    }
    let run = trainer.fit(&mut translator.model, &encoded, &validated)?;
    let mut result = run.evaluate(&translator.model, &test)?;
    // Which token is taken for which says nothing of a translation.
    result.confusion = None;
    translator.save(&folder)?;
    run.write(&folder, &translator.model, &result)?;
    let names = |part: &TextPairs| (0..part.len()).map(|pair| part.pair_name(pair)).collect();
    keep_images(&folder, [names(&train), names(&valid), names(test.texts())])?;

    let translations = translator.translate(test.texts().sources(), &BeamSearch::new())?;
    let mut bleu = Bleu::new();
    for (translation, reference) in translations.iter().zip(test.texts().targets()) {
        bleu.update(translation, reference);
    }
    let step = (translations.len() / SHOWN).max(1);
    let rows = (0..translations.len()).step_by(step).map(|place| {
        let texts = test.texts();
        [&texts.sources()[place], &translations[place], &texts.targets()[place]].map(String::clone)
    });
    run.report()
        .title(format!("{model}: BLEU {:.1}", bleu.score()))
        .headline(format!(
            "Its translations of {} sentences that it hasn't seen come to BLEU {:.1}, beside those that people wrote.",
            translations.len(),
            bleu.score()
        ))
        .model(&translator.model)
        .evaluation(&result)
        .figure(Figure::table(
            "Beside what a person wrote",
            "Test sentences, evenly spread: neither the best nor the worst.",
            ["sentence", "the network's translation", "a person's"],
            rows,
        ))
        .write_html(folder.join(REPORT))?;
    out.say(&result);
    out.say(format!("BLEU {:.1} over {} test sentences", bleu.score(), translations.len()));
    out.say(format!(
        "\nwritten to {0}: look at {0}/{REPORT}, or try `plywood translate {0} SENTENCE`",
        folder.display()
    ));
    Ok(())
}

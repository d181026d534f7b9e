//! The translator: with and without what it keeps, saved and loaded, interrupted, and its recipe on small files.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plywood_autodiff::{Params, Pass};
use plywood_datasets::{BytePairEncoding, EncodedPairs, PairBatch, SentencePairs, TextPairs};
use plywood_layers::{CrossEntropy, Module, write_safetensors};
use plywood_optimizers::AdamW;
use plywood_tensor::{Error, Result, Seed, Tensor, threads};
use plywood_training::{Objective, StepOutput, Trainer};
use plywood_zoo::{
    BeamSearch, Sampling, TranslationLoss, TranslationTransformer, Translator, recipes,
    translation_transformer,
};

const NUMBERS: [(&str, &str); 6] = [
    ("one", "un"),
    ("two", "deux"),
    ("three", "trois"),
    ("four", "quatre"),
    ("five", "cinq"),
    ("six", "six"),
];

/// Two to four numbers in both languages, in each order of some.
fn pairs() -> TextPairs {
    let (mut sources, mut targets) = (String::new(), String::new());
    for place in 0..120 {
        let words = (0..2 + place % 3).map(|at| NUMBERS[(place * (at + 1) + at * at) % 6]);
        let [source, target] = [0, 1].map(|side| {
            let words = words.clone().map(|pair| if side == 0 { pair.0 } else { pair.1 });
            words.collect::<Vec<_>>().join(" ")
        });
        sources += &(source + "\n");
        targets += &(target + "\n");
    }
    TextPairs::read(sources.as_bytes(), targets.as_bytes()).unwrap()
}

fn translator(dropout: f64) -> Translator {
    let pairs = pairs();
    let texts = pairs.sources().iter().chain(pairs.targets());
    let encoding = BytePairEncoding::learn(texts, 300).unwrap();
    let words = encoding.vocab_size();
    let config = translation_transformer(words, words).dim(32).heads(2).layers(2).feedforward(48);
    Translator::new(encoding, config.dropout(dropout).norm_first(true).tied(true), Seed(7)).unwrap()
}

/// Fails at some step, as if the power were out.
struct Failing {
    loss: TranslationLoss,
    asked: AtomicUsize,
    fail_at: usize,
}

impl Objective<TranslationTransformer, PairBatch> for Failing {
    fn forward(
        &self,
        model: &TranslationTransformer,
        batch: &PairBatch,
        pass: &mut Pass,
    ) -> Result<StepOutput> {
        if self.asked.fetch_add(1, Ordering::SeqCst) == self.fail_at {
            return Err(Error::value("the power is out"));
        }
        self.loss.forward(model, batch, pass)
    }
}

fn trained(
    epochs: usize,
    dropout: f64,
    fail_at: usize,
    folder: Option<&std::path::Path>,
) -> Result<Translator> {
    let mut translator = translator(dropout);
    let data = EncodedPairs::new(&pairs(), translator.encoding())?;
    let loss = TranslationLoss::new(CrossEntropy::new().label_smoothing(0.05));
    let mut trainer = Trainer::new(AdamW::new(3e-3))
        .objective(Failing { loss, asked: AtomicUsize::new(0), fail_at })
        .epochs(epochs)
        .batch_tokens(100)
        .quiet(true);
    if let Some(folder) = folder {
        trainer = trainer.checkpoint_in(folder).checkpoint_every(Duration::ZERO);
    }
    trainer.fit(&mut translator.model, &data, None)?;
    Ok(translator)
}

fn bytes(model: &impl Params) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_safetensors(model, &mut bytes).unwrap();
    bytes
}

#[test]
fn interrupted_on_other_threads_it_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let whole = threads::with(1, || trained(2, 0.1, usize::MAX, None)).unwrap().unwrap();
    for (threads, stop) in [(2, 5), (3, 2)] {
        let stopped =
            threads::with(threads, || trained(2, 0.1, stop, Some(folder.path()))).unwrap();
        assert!(stopped.map(drop).unwrap_err().to_string().ends_with("the power is out"));
    }
    let resumed =
        threads::with(2, || trained(2, 0.1, usize::MAX, Some(folder.path()))).unwrap().unwrap();
    assert!(bytes(&resumed.model) == bytes(&whole.model));
}

/// The most probable token each time, of the whole translation so far.
fn without_cache(translator: &Translator, sentence: &str) -> String {
    let encoding = translator.encoding();
    let source = encoding.encode(sentence);
    let mut tokens = vec![BytePairEncoding::START];
    while tokens.len() <= 10 + 2 * source.len() {
        let pairs = SentencePairs {
            target: Tensor::from(tokens.clone()).unsqueeze(0).unwrap(),
            ..SentencePairs::to_translate(&[&source]).unwrap()
        };
        let model = &translator.model;
        let scores = model.forward(&pairs, &mut Pass::eval(model)).unwrap();
        let last = scores.narrow(1, tokens.len() - 1, 1).unwrap();
        let mut last = last.value().unwrap().to_vec();
        last[..2].fill(f32::NEG_INFINITY); // neither <pad> nor <s>
        let best = (0..last.len()).max_by(|&a, &b| last[a].total_cmp(&last[b])).unwrap() as u32;
        if best == BytePairEncoding::END {
            break;
        }
        tokens.push(best);
    }
    encoding.decode(&tokens).unwrap()
}

#[test]
fn what_it_has_learnt_it_translates() {
    let translator = trained(40, 0.0, usize::MAX, None).unwrap();
    let texts = pairs();
    // Of two to four words, in an order of their own.
    let sentences: Vec<&str> = [5, 0, 2, 1, 3].iter().map(|&at| &texts.sources()[at][..]).collect();
    let expected: Vec<&str> = [5, 0, 2, 1, 3].iter().map(|&at| &texts.targets()[at][..]).collect();
    let greedy = translator.translate(&sentences, &BeamSearch::new().beams(1)).unwrap();
    assert_eq!(greedy, expected);
    // With what is kept and several at once, as without and alone; what wasn't learnt, too.
    for sentence in sentences.iter().chain(&["six six", "one"]) {
        let [once] = &translator.translate(&[sentence], &BeamSearch::new().beams(1)).unwrap()[..]
        else {
            panic!("one sentence has one translation");
        };
        assert_eq!(once, &without_cache(&translator, sentence));
    }
    let best = translator.translate(&sentences, &BeamSearch::new()).unwrap();
    assert_eq!(best, expected);
    let cold = Sampling::new().temperature(0.01);
    assert_eq!(translator.sample(&sentences, &cold, Seed(7)).unwrap(), expected);

    let folder = tempfile::tempdir().unwrap();
    translator.save(folder.path()).unwrap();
    let read = Translator::load(folder.path()).unwrap();
    assert_eq!(read.translate(&sentences, &BeamSearch::new()).unwrap(), best);
    let attention = read.attention(sentences[1], &best[1]).unwrap();
    let rows = attention.weights.sum_axes(&[1]).unwrap();
    assert!(rows.as_slice().iter().all(|sum| (sum - 1.0).abs() < 1e-4), "{rows}");
}

#[test]
fn sentences_that_are_none_are_refused() {
    let translator = translator(0.1);
    let refused = |sentences: &[&str]| {
        translator.translate(sentences, &BeamSearch::new()).unwrap_err().to_string()
    };
    assert_eq!(refused(&["one", " "]), "translator: sentence 2 is empty");
    let endless = "\u{1b}xy ".repeat(400);
    assert_eq!(
        refused(&[&endless]),
        "translator: sentence 1 has 1599 tokens, a network is given at most 1000: \
         `\\u{1b}xy \\u{1b}xy \\u{1b}xy \\u{1b}xy \\u{1b}xy …`; cut it into sentences"
    );
    let none = BeamSearch::new().beams(0);
    assert_eq!(
        translator.translate(&["one"], &none).unwrap_err().to_string(),
        "BeamSearch: the beams is 0; it should be between 1 and 100"
    );
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let encoding = BytePairEncoding::learn(["a"], 259).unwrap();
    let config = translation_transformer(259, 260).dim(8).heads(2);
    let error = Translator::new(encoding, config.clone(), Seed(1)).unwrap_err().to_string();
    assert_eq!(
        error,
        "translator: the network is of 259 and 260 words, the encoding has 259 tokens"
    );
    let error = config.tied(true).init(&mut plywood_tensor::Rng::new(Seed(1))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "translation_transformer: 259 words of the source and 260 of the target can't share a table; a \
         vocabulary of both languages has as many for each"
    );
}

#[test]
fn the_recipe_reads_its_files_and_leaves_a_translator() {
    let (data, runs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let texts = pairs();
    for part in ["train", "val", "test_2016_flickr", "test_2017_flickr"] {
        for (language, lines) in [("en", texts.sources()), ("fr", texts.targets())] {
            std::fs::write(data.path().join(format!("{part}.{language}")), lines[..9].join("\n"))
                .unwrap();
        }
    }
    let mut recipe = recipes::translation(data.path(), Seed(7)).unwrap();
    recipe.trainer =
        recipe.trainer.epochs(1).average_epochs(1, plywood_optimizers::Average::swa()).quiet(true);
    let test = recipe.tests[1].clone();
    let outcome = recipe.run(runs.path()).unwrap();
    let search = BeamSearch::new().beams(2);
    let (bleu, translations) = outcome.translate(&test, &search).unwrap();
    assert!((0.0..100.0).contains(&bleu.score()) && translations.len() == 9);
    let read = Translator::load(runs.path()).unwrap();
    assert_eq!(read.translate(&texts.sources()[..9], &search).unwrap(), translations);

    std::fs::remove_file(data.path().join("val.fr")).unwrap();
    let error = recipes::translation(data.path(), Seed(7)).map(drop).unwrap_err().to_string();
    assert!(error.ends_with("put those of task 1, English and French, there"), "{error}");
}

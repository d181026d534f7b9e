//! A sentence in English becomes one in French: a small Transformer on Multi30k, from the first byte on.
//!
//! Shows what translating takes: an encoding that is learnt from the text, batches of sentences of like lengths, the best
//! of five translations at a time, BLEU, and what each French word has looked at. `--data` names the folder with
//! Multi30k's files (`train.en.gz`, `train.fr.gz`, …; for research only), if it isn't `data/m30k`. What comes of it is
//! written to `runs/translate`: look at `report.html`.
//!
//! Run it with `cargo run --release --example translate -- --data DIR`; `--seed N` takes another seed.

use std::path::Path;
use std::time::Instant;

use plywood::datasets::EncodedPairs;
use plywood::layers::replace_file;
use plywood::prelude::*;
use plywood::training::{Bleu, Figure, plots};
use plywood::zoo::BeamSearch;
use plywood::zoo::recipes::{TranslationOutcome, translation};
use plywood_examples::{DataChoice, finish, println};
use serde_json::json;

/// Up to how many English words a sentence of each group has.
const LENGTHS: [usize; 5] = [8, 11, 14, 19, usize::MAX];
/// The test sentences that are shown with their attention: short enough to be read.
const LONGEST_SHOWN: usize = 14;

/// What the command line may say.
const HINT: &str = "`--data DIR` names the folder of train.en.gz, `--seed N` a whole number from 0";

fn main() -> Result<()> {
    threads::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut choice = DataChoice::parse(&arguments, "translate", "m30k", HINT)?;
    if plywood_examples::is_smoke_run() {
        choice.data = "data/m30k".into();
        write_small_set(&choice.data)?;
    }
    let DataChoice { data, seed } = choice;
    let folder = plywood_examples::folder_of("translate", seed);
    let mut recipe = translation(&data, seed)?;
    let trainer = recipe.trainer.stop_on_signals(true);
    recipe.trainer = match plywood_examples::is_smoke_run() {
        true => trainer.epochs(1).average_epochs(1, Average::swa()),
        false => trainer,
    };
    println!(
        "{} pairs of sentences, {} tokens, a network of {} parameters\n",
        recipe.train.len(),
        recipe.translator.encoding().vocab_size(),
        recipe.translator.model.parameter_count()
    );
    let tests = recipe.tests.clone();
    let outcome = recipe.run(&folder)?;

    let greedy = Tested::of(&outcome, &tests[0], &BeamSearch::new().beams(1))?;
    let best = Tested::of(&outcome, &tests[0], &BeamSearch::new())?;
    let later = Tested::of(&outcome, &tests[1], &BeamSearch::new())?;
    for place in [0, 1, 2] {
        let texts = tests[0].texts();
        println!("{}\n→ {}", texts.sources()[place], best.translations[place]);
        println!("  ({}, a person says)\n", texts.targets()[place]);
    }
    println!("test of 2016: BLEU {:.1}, {:.1} greedily", best.bleu.score(), greedy.bleu.score());
    println!("test of 2017: BLEU {:.1}", later.bleu.score());
    println!(
        "{:.0} tokens a second greedily, {:.0} with five beams",
        greedy.tokens_per_second, best.tokens_per_second
    );
    plywood_examples::write_metrics(
        &folder,
        &json!({
            "bleu": best.bleu.score(),
            "bleu_greedy": greedy.bleu.score(),
            "bleu_2017": later.bleu.score(),
            "brevity_penalty": best.bleu.brevity_penalty(),
            "tokens_per_second_greedy": greedy.tokens_per_second,
            "tokens_per_second": best.tokens_per_second,
            "test_loss": outcome.result.scores.loss,
            "train_seconds": outcome.run.train_seconds(),
            "seed": seed.0,
        }),
    )?;
    let lines = best.translations.join("\n") + "\n";
    replace_file(Path::new(&folder).join("test_2016.fr"), lines.as_bytes())?;
    report(&outcome, &tests[0], [&best, &greedy, &later], seed, &folder)?;
    println!("written to {folder}: look at report.html");
    finish()
}

/// The translations of a test set, and what they came to.
struct Tested {
    bleu: Bleu,
    translations: Vec<String>,
    /// Tokens of the translations.
    tokens_per_second: f64,
}

impl Tested {
    fn of(outcome: &TranslationOutcome, set: &EncodedPairs, search: &BeamSearch) -> Result<Self> {
        let begun = Instant::now();
        let (bleu, translations) = outcome.translate(set, search)?;
        let seconds = begun.elapsed().as_secs_f64();
        let encoding = outcome.translator.encoding();
        let tokens: usize = translations.iter().map(|text| encoding.encode(text).len() + 1).sum();
        Ok(Self { bleu, translations, tokens_per_second: tokens as f64 / seconds })
    }
}

/// BLEU of the sentences of each group of lengths, and how many there are.
fn by_length(set: &EncodedPairs, translations: &[String]) -> Vec<(String, Bleu, usize)> {
    let mut shortest = 1;
    let mut groups = Vec::new();
    for longest in LENGTHS {
        let name = match longest {
            usize::MAX => format!("{shortest} words and more"),
            _ => format!("{shortest} to {longest} words"),
        };
        let (mut bleu, mut count) = (Bleu::new(), 0);
        for (place, source) in set.texts().sources().iter().enumerate() {
            if (shortest..=longest).contains(&source.split_whitespace().count()) {
                bleu.update(&translations[place], &set.texts().targets()[place]);
                count += 1;
            }
        }
        if count > 0 {
            groups.push((name, bleu, count));
        }
        shortest = longest.saturating_add(1);
    }
    groups
}

/// What makes one sentence hard for the network, beside what a person wrote.
fn report(
    outcome: &TranslationOutcome,
    set: &EncodedPairs,
    [best, greedy, later]: [&Tested; 3],
    seed: Seed,
    folder: &str,
) -> Result<()> {
    let TranslationOutcome { translator, run, result } = outcome;
    let texts = set.texts();
    let mut figures = Vec::new();
    let short = texts
        .sources()
        .iter()
        .enumerate()
        .filter(|(_, source)| (6..=LONGEST_SHOWN).contains(&source.split_whitespace().count()));
    for (place, source) in short.take(2) {
        let attention = translator.attention(source, &best.translations[place])?;
        let svg = plots::attention(&attention.source, &attention.target, &attention.weights)?;
        figures.push(Figure::svg(
            format!("What each word looked at: “{source}”"),
            "A row for each token of the translation, a column for each of the sentence; the darker, the more the \
             decoder looked there while it wrote, in the mean of its heads and layers. Words that change places leave \
             the diagonal.",
            svg,
        ));
    }
    let rows = (0..texts.len()).step_by((texts.len() / 20).max(1)).map(|place| {
        [&texts.sources()[place], &best.translations[place], &texts.targets()[place]]
            .map(String::clone)
    });
    let groups = by_length(set, &best.translations);
    let mut report = run
        .report()
        .title("From English to French")
        .headline(format!(
            "Its translations of {} sentences that it hasn't seen come to BLEU {:.1}, beside those that people wrote.",
            texts.len(),
            best.bleu.score()
        ))
        .data(
            "Multi30k, English and French",
            "29,000 descriptions of photos with their translations, tested on 1,000 of 2016 (Flickr); for research only",
        )
        .command(format!("cargo run --release --example translate -- --seed {}", seed.0))
        .model(&translator.model)
        .evaluation(result)
        .figure(Figure::table(
            "How good the translations are",
            "BLEU counts the words, and runs of up to four words, that a translation shares with the one that a person \
             wrote; 100 would be the same words throughout. A person's own translation of such sentences, set beside \
             another person's, is far from that. Five beams keep the five most probable beginnings at each word, the \
             greedy search only one.",
            ["test", "BLEU", "tokens a second"],
            [
                ("2016, five beams", best),
                ("2016, greedily", greedy),
                ("2017, five beams", later),
            ]
            .map(|(name, tested)| {
                [
                    name.to_owned(),
                    format!("{:.1}", tested.bleu.score()),
                    format!("{:.0}", tested.tokens_per_second),
                ]
            }),
        ))
        .figure(Figure::table(
            "Beside what a person wrote",
            "Twenty test sentences, evenly spread: neither the best nor the worst.",
            ["English", "the network's French", "a person's French"],
            rows,
        ))
        .figure(Figure::bars(
            "BLEU by length",
            "By the number of English words. Few sentences make a bar that says little: their number is behind it.",
            ["sentences of", "BLEU"],
            groups.into_iter().map(|(name, bleu, count)| {
                (name, bleu.score(), format!("{:.1} ({count} sentences)", bleu.score()))
            }),
        ));
    for figure in figures {
        report = report.figure(figure);
    }
    report.write_html(format!("{folder}/report.html"))
}

/// A small set in the format of Multi30k, made here.
fn write_small_set(folder: &Path) -> Result<()> {
    let nouns = [("dog", "chien"), ("man", "homme"), ("boy", "garçon"), ("cat", "chat")];
    let verbs = [("runs", "court"), ("sleeps", "dort"), ("jumps", "saute")];
    for (part, count) in
        [("train", 48), ("val", 6), ("test_2016_flickr", 6), ("test_2017_flickr", 6)]
    {
        for language in ["en", "fr"] {
            let mut lines = String::new();
            for place in 0..count {
                let (noun, verb) = (nouns[place % 4], verbs[place / 4 % 3]);
                lines += &match language {
                    "en" => format!("A small {} {} in the big park today.\n", noun.0, verb.0),
                    _ => format!("Un petit {} {} dans le grand parc.\n", noun.1, verb.1),
                };
            }
            replace_file(folder.join(format!("{part}.{language}")), lines.as_bytes())?;
        }
    }
    Ok(())
}

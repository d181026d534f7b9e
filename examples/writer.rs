//! A GPT writes letter by letter: it learns from five of Jane Austen's novels, and is asked about the sixth.
//!
//! Shows a text as data, a Transformer that writes, and decoding with a key-value cache. `cargo xtask data austen`
//! brings the R package with the novels, `python3 xtask/unpack.py austen data/austen data` makes text files of it;
//! other texts in `data/austen` will do as well. Everything that comes of it is written to `runs/writer`: look at
//! `report.html`.
//!
//! Run it with `cargo run --release --example writer`; `-- --seed 8` takes another seed.

use std::path::Path;
use std::time::Instant;

use plywood::datasets::Characters;
use plywood::prelude::*;
use plywood::training::Figure;
use plywood::zoo::{Gpt, Sampling};
use plywood_examples::{finish, println};
use serde_json::{Map, Value, json};

/// What is gone on with.
const BEGINNING: &str = "It is a truth universally acknowledged, that";
/// Letters that are written, and of how many the speed is taken.
const WRITTEN: usize = 700;
const TIMED: usize = 400;

fn main() -> Result<()> {
    threads::init();
    let (seed, folder) = plywood_examples::seed_and_folder("writer")?;
    let recipe = zoo::recipes::writer(plywood_examples::austen_folder()?, seed)?;
    let zoo::recipes::WriterRecipe { mut model, characters, train, valid, test, trainer } = recipe;
    let trainer = plywood_examples::shortened(trainer).stop_on_signals(true);
    let run = trainer.checkpoint_in(&folder).fit(&mut model, &train, &valid)?;
    let result = run.evaluate(&model, &test)?;
    run.write(&folder, &model, &result)?;
    let bits = result.scores.loss / 2_f64.ln();
    let speed = Speed::of(&model, &characters)?;
    add_to_metrics(&folder, bits, &speed)?;

    let learnt = train.text();
    let letters = characters.as_slice().len();
    let rows = [
        ("every letter equally likely", (letters as f64).log2()),
        ("letters by how often they occur", order_bits(learnt, test.text(), letters, 0)),
        ("letters by the one before", order_bits(learnt, test.text(), letters, 1)),
        ("letters by the two before", order_bits(learnt, test.text(), letters, 2)),
        ("this GPT", bits),
    ];
    let rows = rows.map(|(name, bits)| (name, bits, format!("{bits:.3}")));
    let mut report = run
        .report()
        .title("A GPT writes letter by letter")
        .headline(format!(
            "Of a text that it hasn't learnt from it guesses each letter with {bits:.2} bits in the mean; {:.2} would \
             say nothing of it.",
            (letters as f64).log2()
        ))
        .data("learnt from", format!("{} letters of {letters} kinds", learnt.numel()))
        .data("tested on", format!("{} letters of the last text", test.text().numel()))
        .command(format!("cargo run --release --example writer -- --seed {}", seed.0))
        .model(&model)
        .evaluation(&result)
        .figure(Figure::bars(
            "Bits a letter",
            "How many yes-or-no answers a letter of the last text takes, in the mean, for those who guess as well as \
             this: fewer are better. The counts were learnt from the same texts.",
            ["guesses by", "bits"],
            rows,
        ));
    println!("{bits:.4} bits a letter of the text that it hasn't learnt from");
    let samplings = [
        ("greedy", Sampling::new().top_k(1)),
        ("at temperature 0.7", Sampling::new().temperature(0.7)),
        ("at temperature 1, of the ten most probable letters", Sampling::new().top_k(10)),
    ];
    for (name, sampling) in samplings {
        let text = written(&model, &characters, &sampling, seed)?;
        println!("\n{name}:\n{text}");
        report = report.figure(Figure::note(format!("What it writes, {name}"), text));
    }
    report.figure(speed.figure()).write_html(Path::new(&folder).join("report.html"))?;
    println!("\n{}", speed.line());
    println!("trained for {:.1} s, written to {folder}: look at report.html", run.train_seconds());
    finish()
}

/// A text that goes on as the model chooses. What it begins with is said of letters that it knows.
fn written(
    model: &Gpt,
    characters: &Characters,
    sampling: &Sampling,
    seed: Seed,
) -> Result<String> {
    let known = |letter: &char| characters.as_slice().contains(letter);
    let beginning: String = BEGINNING.chars().filter(known).collect();
    let start = characters.encode(&beginning)?;
    let rng = &mut Rng::new(seed);
    let letters = model.write(start.as_slice(), WRITTEN, sampling, rng)?;
    Ok(beginning + &characters.decode(&letters)?)
}

/// Letters that are written in a second, with the key-value cache and without.
struct Speed {
    cached: f64,
    anew: f64,
}

impl Speed {
    fn of(model: &Gpt, characters: &Characters) -> Result<Self> {
        let count = TIMED.min(2 * model.context());
        let (rng, greedy) = (&mut Rng::new(Seed(7)), Sampling::new().top_k(1));
        let begun = Instant::now();
        let mut text = vec![0; characters.as_slice().len().min(1)];
        text.extend(model.write(&text, count, &greedy, rng)?);
        let cached = count as f64 / begun.elapsed().as_secs_f64();
        // The same letters, each from the whole context before it.
        let begun = Instant::now();
        for end in 1..=count {
            let seen = &text[end.saturating_sub(model.context())..end];
            let seen = Tensor::from_vec(seen.to_vec(), [1, seen.len()])?;
            model.forward(&seen, &mut Pass::eval(model))?;
        }
        Ok(Self { cached, anew: count as f64 / begun.elapsed().as_secs_f64() })
    }

    fn line(&self) -> String {
        format!(
            "{:.0} letters a second with the key-value cache, {:.0} without",
            self.cached, self.anew
        )
    }

    fn figure(&self) -> Figure {
        Figure::bars(
            "How fast it writes",
            "Letters a second, one text at a time: with keys and values of earlier letters kept, and with all of them \
             computed anew for each letter.",
            ["", "letters a second"],
            [("cached", self.cached), ("anew", self.anew)]
                .map(|(name, speed)| (name, speed, format!("{speed:.0}"))),
        )
    }
}

/// The bits a letter of a text by counts of what came after the `order` letters before, each letter counted a hundredth
/// more often than it was seen.
fn order_bits(learnt: &Tensor<u32>, text: &Tensor<u32>, letters: usize, order: usize) -> f64 {
    const MORE: f64 = 0.01;
    let contexts = letters.pow(order as u32);
    let mut counts = vec![0.0; contexts * letters];
    let place =
        |window: &[u32]| window.iter().fold(0, |place, &letter| place * letters + letter as usize);
    learnt.as_slice().windows(order + 1).for_each(|window| counts[place(window)] += 1.0);
    let totals: Vec<f64> = counts.chunks(letters).map(|counts| counts.iter().sum()).collect();
    let bits = text.as_slice().windows(order + 1).map(|window| {
        let place = place(window);
        let probability =
            (counts[place] + MORE) / (totals[place / letters] + MORE * letters as f64);
        -probability.log2()
    });
    bits.sum::<f64>() / (text.numel() - order) as f64
}

/// Adds the bits and the speed to the `metrics.json` that the run has written.
fn add_to_metrics(folder: &str, bits: f64, speed: &Speed) -> Result<()> {
    let path = Path::new(folder).join("metrics.json");
    let text = std::fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
    let mut metrics: Map<String, Value> = serde_json::from_slice(&text)
        .map_err(|error| Error::data(format!("it is broken: {error}")).at(path.display()))?;
    metrics.insert("test_bits".to_owned(), json!(bits));
    metrics.insert("letters_a_second".to_owned(), json!([speed.cached, speed.anew]));
    plywood_examples::write_metrics(folder, &metrics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_to_their_entropy() {
        let text = Tensor::from([0_u32, 1].repeat(5000)); // by itself a bit, by the one before none
        let bits = |order| order_bits(&text, &text, 2, order);
        assert!((bits(0) - 1.0).abs() < 1e-3, "{}", bits(0));
        assert!(bits(1) < 1e-3 && bits(2) < 1e-3, "{} {}", bits(1), bits(2));
    }
}

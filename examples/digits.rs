//! Trains LeNet on 1,797 real handwritten digits, offline, in seconds.
//!
//! Shows the short way: a model, a trainer, a result. The digits are inside the datasets crate;
//! everything that comes of it is written to `runs/digits`.
//!
//! Run it with `cargo run --release --example digits`.

use std::path::Path;

use plywood::datasets::Image;
use plywood::prelude::*;
use plywood::zoo::Recipe;
use plywood_examples::{finish, println};

const FOLDER: &str = "runs/digits";

fn main() -> Result<()> {
    threads::init();
    // LeNet, and 1,797 real 8×8 digits: seven tenths to learn from, one to look at meanwhile, and
    // two to look at once, in the end.
    let Recipe { mut model, train, valid, test, trainer } = zoo::recipes::digits(Seed(7))?;
    println!("{}\n", summary(&model, [1, 1, 8, 8])?);

    let run = plywood_examples::shortened(trainer)
        .checkpoint_in(FOLDER) // goes on by itself if it was interrupted
        .stop_on_signals(true) // Ctrl-C finishes the step and saves
        .fit(&mut model, &train, &valid)?;

    let result = run.evaluate(&model, &test)?;
    println!("{result}\n");
    run.write(FOLDER, &model, &result)?;
    let predictions = run.predictions(&model, &test)?;
    let report = run
        .report()
        .title("LeNet reads digits")
        .data("digits", "1,797 scans of 8 × 8 pixels: seven tenths to learn from, two to test")
        .command("cargo run --release --example digits")
        .model(&model)
        .summary(summary(&model, [1, 1, 8, 8])?)
        .evaluation(&result)
        .predictions(&predictions)
        .images(|sample| Image::new(test.image(sample)?)); // of the mistakes
    report.write_html(Path::new(FOLDER).join("report.html"))?;
    println!("trained for {:.1} s, written to {FOLDER}:", run.train_seconds());
    println!("  report.html  metrics.json  steps.jsonl  model.safetensors");
    println!("  filters.png  curves.svg  confusion.svg  events.out.tfevents.plywood");
    finish()
}

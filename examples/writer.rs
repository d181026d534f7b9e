//! A GPT writes letter by letter, as Jane Austen does: it learns from five of her novels, and is asked about the sixth.
use std::path::Path;
use std::time::Instant;

use plywood::prelude::*;
use plywood::zoo::Sampling;
use plywood_examples::{finish, println};
use serde_json::json;

fn main() -> Result<()> {
    threads::init();
    let (seed, folder) = plywood_examples::seed_and_folder("writer")?;
    let mut recipe = zoo::recipes::writer("data", seed)?;
    let trainer = plywood_examples::shortened(recipe.trainer).stop_on_signals(true);
    let run = trainer.checkpoint_in(&folder).fit(&mut recipe.model, &recipe.train, &recipe.valid)?;
    let result = run.evaluate(&recipe.model, &recipe.test)?;
    let bits = result.scores.loss / 2_f64.ln();
    println!("{bits:.4} bits a letter; trained for {:.1} s", run.train_seconds());
    run.write(&folder, &recipe.model, &result)?;
    let start = recipe.characters.encode("It was")?;
    let begun = Instant::now();
    let letters = recipe.model.write(start.as_slice(), 1000, &Sampling::new().temperature(0.8), &mut Rng::new(seed))?;
    println!("{}\n{:.0} letters a second", recipe.characters.decode(&letters)?, 1000.0 / begun.elapsed().as_secs_f64());
    let _ = (Path::new(&folder), json!(0));
    finish()
}

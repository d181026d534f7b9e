//! Trains LeNet on five folds of the real handwritten digits, from three seeds.
//!
//! Shows how far a number can be trusted: every digit is in one fold's test set, and what is left of
//! chance is seen by training from other seeds. The accuracies are written to `runs/digits_folds`.
//!
//! Run it with `cargo run --release --example digits_folds`.

use std::time::Instant;

use plywood::prelude::*;
use plywood::zoo::Recipe;
use plywood_examples::{finish, mean_and_spread, println, progress};
use serde_json::json;

const FOLDER: &str = "runs/digits_folds";
/// Each trains all networks anew; the folds stay.
const SEEDS: [u64; 3] = [7, 8, 9];

/// The accuracy in each of the five folds.
fn folds(seed: Seed) -> Result<Vec<f64>> {
    let train_and_test = |(fold, recipe): (usize, Recipe)| {
        let Recipe { mut model, train, valid, test, trainer } = recipe;
        let trainer = plywood_examples::shortened(trainer).quiet(true);
        let run = trainer.fit(&mut model, &train, &valid)?;
        let result = run.evaluate(&model, &test)?;
        let accuracy = result.metric("accuracy").unwrap_or(f64::NAN);
        let seconds = run.train_seconds();
        progress!("seed {}, fold {}: {accuracy:.4} in {seconds:.1} s", seed.0, fold + 1);
        Ok(accuracy)
    };
    zoo::recipes::digits_folds(seed)?.into_iter().enumerate().map(train_and_test).collect()
}

fn main() -> Result<()> {
    threads::init();
    let seeds = if plywood_examples::is_smoke_run() { &SEEDS[..1] } else { &SEEDS[..] };
    let begun = Instant::now();
    println!(
        "Accuracy on each fifth of the digits, by a network that learnt from the other four:\n"
    );
    println!("{:<8}{:>8}{:>8}{:>8}{:>8}{:>8}   {:>8}", "fold", 1, 2, 3, 4, 5, "mean");
    let mut accuracies = Vec::new();
    for &seed in seeds {
        let folds = folds(Seed(seed))?;
        let line: String = folds.iter().map(|accuracy| format!("{accuracy:>8.4}")).collect();
        println!("{:<8}{line}   {:>8.4}", format!("seed {seed}"), mean_and_spread(&folds).0);
        accuracies.push(folds);
    }
    let means: Vec<f64> = accuracies.iter().map(|folds| mean_and_spread(folds).0).collect();
    let (mean, over_seeds) = mean_and_spread(&means);
    let (_, over_folds) = mean_and_spread(&accuracies.concat());
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "\n{mean:.4}, ±{over_seeds:.4} over seeds, ±{over_folds:.4} over folds; {seconds:.0} s"
    );
    plywood_examples::write_metrics(
        FOLDER,
        &json!({
            "accuracies": accuracies,
            "accuracy_of_seeds": means,
            "accuracy_mean": mean,
            "accuracy_spread_over_seeds": over_seeds,
            "accuracy_spread_over_folds": over_folds,
            "seeds": seeds,
            "seconds": seconds,
        }),
    )?;
    println!("written to {FOLDER}: metrics.json");
    finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "takes a minute unless it is optimised: `cargo xtask examples` runs it"]
    fn the_mean_of_the_folds_is_above_0985() {
        let folds = folds(Seed(SEEDS[0])).unwrap();
        assert_eq!(folds.len(), 5);
        let (mean, _) = mean_and_spread(&folds);
        assert!(mean >= 0.985, "{mean} of {folds:?}");
    }
}

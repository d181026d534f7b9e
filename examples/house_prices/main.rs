//! What houses cost: from filling in three blanks to a network that beats linear regression.
//!
//! Shows that learning is filling in blanks. First three of them, which gradient descent finds as
//! exactly as least squares does. Then 2,930 real sales with 73 columns, of which forty are
//! categories: a network learns a vector for each category, and is compared with ridge regression on
//! the same five folds.
//!
//! Run it with `cargo run --release --example house_prices`.

mod columns;
mod folds;
mod network;
mod ridge;
mod template;

use std::time::Instant;

use folds::{Folds, r_squared};
use network::Settings;
use plywood::datasets::Ames;
use plywood::layers::replace_file;
use plywood::prelude::*;
use plywood::training::plots;
use plywood_examples::{finish, mean_and_spread, println};
use serde_json::json;
use template::{NAMES, Sales, TRUTH};

const FOLDER: &str = "runs/house_prices";
/// Each trains all networks anew; the folds stay.
const SEEDS: [u64; 3] = [1, 2, 3];

fn main() -> Result<()> {
    threads::init();
    let (learned, exact) = fill_in_blanks()?;

    let begun = Instant::now();
    let houses = Ames::embedded()?;
    let raw = Folds::of(&houses)?.ridge()?;
    let folds = Folds::of(&columns::with_computed(&houses)?)?;
    let ridge = folds.ridge()?;
    let smoke = plywood_examples::is_smoke_run();
    let (settings, seeds) = match smoke {
        true => (Settings { epochs: 1, members: 1, ..Settings::chosen() }, &SEEDS[..1]),
        false => (Settings::chosen(), &SEEDS[..]),
    };

    println!(
        "\n{} real sales in {} folds: R² of the log price in each.\n",
        houses.len(),
        folds.len()
    );
    println!("{:<36}{:>6}{:>6}{:>6}{:>6}{:>6}   {:>6}", "", 1, 2, 3, 4, 5, "mean");
    row("ridge regression, raw columns", &raw);
    row("ridge regression, computed ones too", &ridge);
    let mut networks = Vec::new();
    let mut first = None;
    for &seed in seeds {
        let predictions = folds.network(&settings, Seed(seed))?;
        let scores = r_squared(&predictions)?;
        row(&format!("{} networks, the same, seed {seed}", settings.members), &scores);
        networks.push(scores);
        first.get_or_insert(predictions);
    }
    let means: Vec<f64> = networks.iter().map(|scores| mean_and_spread(scores).0).collect();
    let (mean, over_seeds) = mean_and_spread(&means);
    let (_, over_folds) = mean_and_spread(&networks.concat());
    println!(
        "\nnetworks: {mean:.4}, ±{over_seeds:.4} over seeds, ±{over_folds:.4} over folds; {:.0} s",
        begun.elapsed().as_secs_f64()
    );

    let predictions = first.unwrap_or_default();
    let thousands = |of: fn(&folds::Prediction) -> f64| {
        predictions.iter().flatten().map(|house| of(house) / 1000.0).collect::<Vec<_>>()
    };
    let svg = plots::scatter(
        &thousands(|house| house.price),
        &thousands(|house| house.predicted),
        "price, 1000 $",
    )?;
    replace_file(format!("{FOLDER}/predicted.svg"), svg.as_bytes())?;
    plywood_examples::write_metrics(
        FOLDER,
        &json!({
            "template": { "truth": TRUTH, "gradient_descent": learned, "least_squares": exact },
            "r2_ridge_raw": raw,
            "r2_ridge": ridge,
            "r2_networks": networks,
            "r2_mean": mean,
            "r2_spread_over_seeds": over_seeds,
            "r2_spread_over_folds": over_folds,
            "seeds": seeds,
            "settings": format!("{settings:?}"),
            "seconds": begun.elapsed().as_secs_f64(),
        }),
    )?;
    println!("written to {FOLDER}: metrics.json  predicted.svg");
    finish()
}

fn fill_in_blanks() -> Result<([f64; 3], [f64; 3])> {
    println!("price = _ · {}\n", NAMES.join(" + _ · "));
    let sales = Sales::generated(Seed(7))?;
    println!("{:<16}{:>14}{:>12}{:>12}{:>21}", "", "squared error", NAMES[0], NAMES[1], NAMES[2]);
    let line = |name: &str, error: &str, [a, b, c]: [f64; 3]| {
        println!("{name:<16}{error:>14}{a:>12.4}{b:>12.4}{c:>21.4}");
    };
    let learned = sales.learn(|step, error, blanks| {
        line(&format!("step {step}"), &format!("{error:.0}"), blanks);
    })?;
    let exact = sales.least_squares()?;
    line("least squares", "", exact);
    line("the truth", "", TRUTH);
    Ok((learned, exact))
}

fn row(name: &str, scores: &[f64]) {
    let folds: String = scores.iter().map(|r2| format!("{r2:>6.3}")).collect();
    println!("{name:<36}{folds}   {:>6.4}", mean_and_spread(scores).0);
}

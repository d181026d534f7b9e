//! Fine-tuning: a network that knows photographs learns emoji, from one drawing style for another.
//!
//! EfficientNet-Lite0 with ImageNet weights gets a new last layer for the nine categories of emoji.
//! Its first half is frozen; the rest learns from Google's drawings, and is tested on Twitter's,
//! once for each seed: 64.3 % ± 1.5 % right. The styles differ most in flags, which wave in one and
//! lie flat in the other. `cargo xtask data` brings `efficientnet-lite0`, `emoji-google` and
//! `emoji-twitter`; everything that comes of it is written to `runs/finetune_emoji`.
//!
//! Run it with `cargo run --release --example finetune_emoji`.

use std::time::Instant;

use plywood::prelude::*;
use plywood::zoo::imagenet;
use plywood::zoo::{Classifier, Preprocess, Pretrained};
use plywood_examples::{
    emoji_folder, finish, is_smoke_run, mean_and_spread, println, shortened, write_metrics,
};
use serde_json::json;

const FOLDER: &str = "runs/finetune_emoji";
const MODEL: &str = "efficientnet_lite0";
/// Each draws the last layer, the split of Google's drawings and the order of learning anew.
const SEEDS: [u64; 3] = [1, 2, 3];

fn main() -> Result<()> {
    threads::init();
    let begun = Instant::now();
    let data = emoji_folder()?;
    // A smoke run has no weights: it begins with random ones.
    let (trained, seeds) = match is_smoke_run() {
        true => {
            let names = imagenet::class_names();
            (Classifier::new(MODEL, Preprocess::fitted(224), names, Seed(1))?, &SEEDS[..1])
        }
        false => (Pretrained::named(MODEL)?.load(&data)?, &SEEDS[..]),
    };
    let (mut all, mut unseen) = (Vec::new(), Vec::new());
    for &seed in seeds {
        let mut recipe = zoo::recipes::emoji(&trained, &data, Seed(seed))?;
        recipe.trainer = shortened(recipe.trainer).stop_on_signals(true);
        let learning = recipe.model.named_parameters().into_iter();
        let learning = learning.filter(|(_, param)| !param.is_frozen());
        println!(
            "seed {seed}: {} drawings of Google's to learn from, {} to look at; {} of Twitter's to test; \
             of {} parameters {} learn",
            recipe.train.len(),
            recipe.valid.len(),
            recipe.test.len(),
            recipe.model.parameter_count(),
            learning.map(|(_, param)| param.shape().numel()).sum::<usize>(),
        );
        // The same split of the same list: what these show was in no drawing that it learnt from.
        let [_, others] = recipe.test.split([0.9, 0.1], Seed(seed))?;
        let outcome = recipe.run(format!("{FOLDER}/seed-{seed}"))?;
        println!("{}\n", outcome.result);
        let others = outcome.run.evaluate(&outcome.model, &others)?;
        all.extend(outcome.result.metric("accuracy"));
        unseen.extend(others.metric("accuracy"));
    }
    let (mean, spread) = mean_and_spread(&all);
    println!("test accuracy on Twitter's drawings {all:.4?}: {mean:.4} ± {spread:.4}");
    let (unseen_mean, unseen_spread) = mean_and_spread(&unseen);
    println!(
        "of things that no drawing learnt from showed {unseen:.4?}: {unseen_mean:.4} ± \
         {unseen_spread:.4}"
    );
    let seconds = begun.elapsed().as_secs_f64();
    println!("{seconds:.0} s, written to {FOLDER}");
    write_metrics(
        FOLDER,
        &json!({
            "test_accuracy": mean,
            "test_accuracy_spread": spread,
            "test_accuracies": all,
            "unseen_accuracies": unseen,
            "seeds": seeds,
            "seconds": seconds,
        }),
    )?;
    finish()
}

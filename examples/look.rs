//! Shows what a network sees in the photograph of a cat, from edges to the cat.
//!
//! Writes one HTML page about EfficientNet-Lite0 with ImageNet weights: its first layer's filters,
//! what excites its units most, and which parts of the image have decided. `cargo xtask data
//! efficientnet-lite0` brings the weights, `cargo xtask data emoji-google` the images whose parts
//! are shown. The page is `runs/look/index.html`.
//!
//! Run it with `cargo run --release --example look`, or `… --example look squeezenet1_1`.

use std::path::Path;
use std::time::Instant;

use plywood::datasets::chelsea;
use plywood::look::Lens;
use plywood::look::{Excite, Page};
use plywood::prelude::*;
use plywood::zoo::{Classifier, Preprocess, Pretrained};
use plywood_examples::{finish, println, progress};
use serde::Serialize;

const FOLDER: &str = "runs/look";
/// Of the emoji every third, in half of the network's usual size: they are drawn in 64×64 pixels.
const EVERY: usize = 3;
const SIDE: usize = 112;

/// What the network answers to the cat.
#[derive(Serialize)]
struct Metrics {
    model: String,
    class: String,
    probability: f64,
    seed: u64,
    seconds: f64,
}

fn main() -> Result<()> {
    threads::init();
    let start = Instant::now();
    let smoke = plywood_examples::is_smoke_run();
    let name = std::env::args().nth(1).unwrap_or_else(|| "efficientnet_lite0".into());
    let classifier = match smoke {
        true => Classifier::new("resnet20", Preprocess::fitted(32), ["cat", "no cat"], Seed(7))?,
        false => Pretrained::named(&name)?.load("data")?,
    };
    let cat = chelsea()?;
    let prediction = classifier.classify(&cat)?;
    let best = prediction.top(3);
    println!("{} sees in the photograph of a cat:", classifier.name());
    for (class, probability) in &best {
        println!("{:5.1} %  {class}", 100.0 * probability);
    }

    let preprocess = classifier.preprocess();
    let (cat, lens) = (preprocess.square(&cat)?, Lens::new(&*classifier.model));
    let lens = lens.normalize(preprocess.normalization()?);
    let emoji = if smoke { None } else { Some(emoji()?) };
    let steps = if smoke { 4 } else { 128 };
    let mut page = Page::new(&lens, &cat)
        .title(classifier.name())
        .class_names(classifier.class_names().to_vec())
        .excite(Excite::new().steps(steps).seed(Seed(7)));
    if let Some(emoji) = &emoji {
        page = page.patches(format!("{} of Google's emoji", emoji.len()), emoji, 4);
    }
    progress!("making the page: the images that excite its channels take about a minute");
    let folder = Path::new(FOLDER);
    std::fs::create_dir_all(folder).map_err(|error| Error::io("create", folder, error))?;
    page.write(folder.join("index.html"))?;

    let seconds = start.elapsed().as_secs_f64();
    let (class, probability) = best[0];
    let (model, class) = (classifier.name().to_owned(), class.to_owned());
    let metrics = Metrics { model, class, probability, seed: 7, seconds };
    plywood_examples::write_metrics(folder, &metrics)?;
    println!("written to {FOLDER} in {seconds:.0} s: index.html  metrics.json");
    finish()
}

fn emoji() -> Result<ImageFolder> {
    let folder = Path::new("data/emoji-google");
    if !folder.exists() {
        return Err(Error::data(format!("there is no {}", folder.display()))
            .hint("`cargo xtask data emoji-google` brings it"));
    }
    let emoji = ImageFolder::open(folder, SIDE)?;
    emoji.subset(&(0..emoji.len()).step_by(EVERY).collect::<Vec<_>>())
}

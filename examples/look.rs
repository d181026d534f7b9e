//! Shows what a network sees in the photograph of a cat, from edges to the cat.
//!
//! Writes one HTML page about EfficientNet-Lite0 with ImageNet weights: its first layer's filters,
//! what excites its units most, and which parts of the picture have decided. `cargo xtask data
//! efficientnet-lite0` brings the weights, `cargo xtask data emoji-google` the pictures whose parts are
//! shown. The page is `runs/look/index.html`.
//!
//! Run it with `cargo run --release --example look`, or `… --example look squeezenet1_1`.
#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::path::Path;
use std::time::Instant;

use plywood::datasets::chelsea;
use plywood::prelude::*;
use plywood::zoo::Pretrained;

const FOLDER: &str = "runs/look";
/// Of the emoji every third, in half of the network's usual size: they are drawn in 64×64 pixels.
const EVERY: usize = 3;
const SIDE: usize = 112;

fn main() -> Result<()> {
    threads::init();
    let start = Instant::now();
    let name = std::env::args().nth(1).unwrap_or_else(|| "efficientnet_lite0".into());
    let classifier = Pretrained::named(&name)?.load("data")?;
    let normalize = classifier.preprocess().normalization()?;
    let lens = Lens::new(&*classifier.model).normalize(normalize);

    let cat = chelsea()?;
    for (class, probability) in classifier.classify(&cat)?.top(3) {
        println!("{:5.1} %  {class}", 100.0 * probability);
    }
    let cat = classifier.preprocess().square(&cat)?;

    let emoji = ImageFolder::open("data/emoji-google", SIDE)?;
    let some: Vec<usize> = (0..emoji.len()).step_by(EVERY).collect();
    let emoji = emoji.subset(&some)?;
    let page = look::Page::new(&lens, &cat)
        .title(&name)
        .class_names(classifier.class_names().to_vec())
        .excite(look::Excite::new().seed(Seed(7)))
        .patches(format!("{} of Google's emoji", emoji.len()), &emoji, 4);
    std::fs::create_dir_all(FOLDER)
        .map_err(|error| Error::io("create", Path::new(FOLDER), error))?;
    let path = Path::new(FOLDER).join("index.html");
    page.write(&path)?;
    println!("written to {} in {:.0} s", path.display(), start.elapsed().as_secs_f64());
    Ok(())
}

//! Parameter sharing: what is learnt in one place is known in all places.
//!
//! Shows why images are looked at by convolutions. A cat is in one quadrant of an image, or
//! there is none. A neuron that is connected to every pixel has 196,609 parameters, and knows cats
//! only where it has seen them; one filter of a quadrant's size that is moved over the four has
//! 49,153, and finds the cat also in the quadrant where none ever was in training.
//!
//! Run it with `cargo run --release --example quadrants`.

mod data;

use data::Quadrants;
use plywood::datasets::{Draw, Image};
use plywood::layers::replace_file;
use plywood::prelude::*;
use plywood::training::Evaluation;
use plywood_examples::{finish, mean_and_spread, println, progress};
use serde_json::json;

const FOLDER: &str = "runs/quadrants";
/// Pixels of a quadrant's side.
const SIDE: usize = 128;
const SEED: Seed = Seed(7);
/// Each draws other images, in another order.
const SEEDS: [u64; 3] = [7, 8, 9];

/// One neuron that is connected to every pixel.
#[derive(Params)]
struct Connected {
    neuron: Linear,
}

impl Connected {
    fn new(side: usize, seed: Seed) -> Result<Self> {
        let pixels = 3 * 2 * side * 2 * side;
        Ok(Self { neuron: Linear::config(pixels, 1).init(&mut Rng::new(seed))? })
    }
}

impl Module for Connected {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        self.neuron.forward(&x.flatten()?, pass) // [N, 1]
    }
}

/// Filters of a quadrant's size, each moved over the four, and the largest of what each finds.
#[derive(Params)]
struct Shared {
    filter: Conv2d,
}

impl Shared {
    fn new(side: usize, filters: usize, seed: Seed) -> Result<Self> {
        let filter = Conv2d::config(3, filters, side).stride(side).init(&mut Rng::new(seed))?;
        Ok(Self { filter })
    }
}

impl Module for Shared {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let found = self.filter.forward(x, pass)?; // [N, filters, 2, 2]
        found.max_pool2d(2)?.flatten() // [N, filters]
    }
}

/// The scores of "nothing" and "a cat", `[N, 2]`: nothing scores 0, so that the cross-entropy of the
/// two is that of the sigmoid of the other.
fn scores(cat: &Var) -> Result<Var> {
    let nothing = Var::constant(Tensor::zeros(cat.shape()));
    Var::concat(&[&nothing, cat], 1)
}

/// How large the experiment is.
struct Size {
    side: usize,
    samples: usize,
    epochs: usize,
    learning_rate: f64,
}

/// The accuracy where cats were in training, and in the quadrant where none was.
#[derive(Debug)]
struct Found {
    seen: f64,
    unseen: f64,
    seconds: f64,
}

/// Trains on images whose cats are in the first three quadrants, and looks at others whose cats
/// are in the last.
fn experiment<M: Module + Send + Sync + 'static>(
    model: &mut M,
    size: &Size,
    seed: Seed,
    folder: Option<&str>,
) -> Result<Found> {
    let &Size { side, samples, epochs, learning_rate } = size;
    let data = |places: &[usize], part: usize, purpose: u64| {
        Quadrants::new(side, places, samples / part, Seed(10 * seed.0 + purpose))
    };
    let (train, valid) = (data(&[0, 1, 2], 1, 1)?, data(&[0, 1, 2], 4, 2)?);
    let (seen, unseen) = (data(&[0, 1, 2], 2, 3)?, data(&[3], 2, 4)?);

    let step = |model: &M, batch: &ImageBatch, pass: &mut Pass| {
        let scores = scores(&model.forward(&pass.constant(batch.images.clone()), pass)?)?;
        Ok((cross_entropy(&scores, &batch.labels)?, scores))
    };
    let mut trainer = Trainer::new(Adam::new(learning_rate))
        .step(step)
        .metric(Accuracy::top(1))
        .epochs(epochs)
        .batch_size(32)
        .quiet(folder.is_none())
        .seed(seed);
    if let Some(folder) = folder {
        trainer = trainer.checkpoint_in(folder).stop_on_signals(true);
    }
    let run = trainer.fit(model, &train, &valid)?;
    let result = run.evaluate(model, &unseen)?;
    if let Some(folder) = folder {
        run.write(folder, model, &result)?;
    }
    let accuracy = |result: &Evaluation| result.metric("accuracy").unwrap_or(f64::NAN);
    let seen = accuracy(&run.evaluate(model, &seen)?);
    Ok(Found { seen, unseen: accuracy(&result), seconds: run.train_seconds() })
}

/// The experiment from each seed; the first one's run is shown, and written to a folder.
fn each_seed<M: Module + Send + Sync + 'static>(
    name: &str,
    size: &Size,
    make: fn(usize, Seed) -> Result<M>,
) -> Result<Vec<Found>> {
    let folder = format!("{FOLDER}/{name}");
    let one = |(index, seed): (usize, u64)| {
        let folder = (index == 0).then_some(folder.as_str());
        progress!("{name} weights, seed {seed}:");
        let found = experiment(&mut make(size.side, Seed(seed))?, size, Seed(seed), folder)?;
        let Found { seen, unseen, seconds } = found;
        progress!(
            "  right in {:.1} % where cats were in training, in {:.1} % where none was; {seconds:.1} s",
            100.0 * seen,
            100.0 * unseen
        );
        Ok(found)
    };
    SEEDS.into_iter().enumerate().map(one).collect()
}

/// One filter that begins as zeros, as a single neuron may, which has no symmetry to break: what it shows in the
/// end is what it has learnt, and no initial noise.
fn one_filter(side: usize, seed: Seed) -> Result<Shared> {
    let mut shared = Shared::new(side, 1, seed)?;
    shared.filter.weight.value_mut().as_mut_slice().fill(0.0);
    Ok(shared)
}

fn main() -> Result<()> {
    threads::init();
    let image = [1, 3, 2 * SIDE, 2 * SIDE];
    let (connected, shared) = (Connected::new(SIDE, SEED)?, one_filter(SIDE, SEED)?);
    println!("One neuron over the whole image:\n{}\n", summary(&connected, image)?);
    println!("One filter, moved over the four quadrants:\n{}\n", summary(&shared, image)?);
    println!(
        "Two of them, for cats and dogs:\n{}\n",
        summary(&Shared::new(SIDE, 2, SEED)?, image)?
    );

    let epochs = if plywood_examples::is_smoke_run() { 1 } else { 6 };
    let size = Size { side: SIDE, samples: 512, epochs, learning_rate: 3e-5 };
    println!(
        "Trained on {} images, half of them with a cat, never at the bottom right.\n",
        size.samples
    );
    let found = [
        ("connected", connected.parameter_count(), each_seed("connected", &size, Connected::new)?),
        ("shared", shared.parameter_count(), each_seed("shared", &size, one_filter)?),
    ];

    println!(
        "\n{:<20}{:>12}{:>20}{:>24}",
        "", "parameters", "cat elsewhere", "cat at bottom right"
    );
    let mut metrics = serde_json::Map::new();
    for (name, parameters, found) in found {
        let column = |of: fn(&Found) -> f64| found.iter().map(of).collect::<Vec<_>>();
        let (seen, unseen) = (column(|found| found.seen), column(|found| found.unseen));
        let [elsewhere, there] = [&seen, &unseen].map(|accuracies| {
            let (mean, spread) = mean_and_spread(accuracies);
            format!("{:.1} ± {:.1} %", mean * 100.0, spread * 100.0)
        });
        println!("{:<20}{parameters:>12}{elsewhere:>20}{there:>24}", format!("{name} weights"));
        metrics.insert(
            name.to_owned(),
            json!({
                "parameters": parameters,
                "accuracy_seen_quadrants": seen,
                "accuracy_unseen_quadrant": unseen,
                "train_seconds": column(|found| found.seconds),
            }),
        );
    }
    println!("\nOver {} seeds; a coin would be right in 50 %.", SEEDS.len());
    let photo = Quadrants::new(SIDE, &[3], 2, SEED)?.batch(&[1], &Draw::evaluation())?;
    let photo = &(&photo.images.squeeze(0)? * 0.25) + 0.5;
    replace_file(format!("{FOLDER}/image.png"), &Image::from_unit(&photo)?.encode_png()?)?;
    metrics.insert("seeds".to_owned(), json!(SEEDS));
    plywood_examples::write_metrics(FOLDER, &metrics)?;
    println!(
        "written to {FOLDER}: in shared/filters.png the filter shows the cat that it looks for"
    );
    finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharing_saves_parameters() {
        let image = [1, 3, 256, 256];
        let outputs = |model: &dyn Layer| {
            let summary = summary(model, image).unwrap();
            let outputs = summary.rows.iter().map(|row| row.output.to_vec()).collect::<Vec<_>>();
            (summary.parameters, outputs)
        };
        let (connected, _) = outputs(&Connected::new(128, SEED).unwrap());
        assert_eq!(connected, 196_609);
        let (one, _) = outputs(&Shared::new(128, 1, SEED).unwrap());
        assert_eq!(one, 49_153);
        let (two, shapes) = outputs(&Shared::new(128, 2, SEED).unwrap());
        assert_eq!(two, 98_306);
        // 2×2×2 outputs; then the largest of the four.
        assert_eq!(shapes, [vec![1, 2, 2, 2], vec![1, 2, 1, 1], vec![1, 2]]);
    }

    #[test]
    fn a_shared_filter_finds_the_cat_where_none_was_in_training() {
        let size = Size { side: 32, samples: 256, epochs: 8, learning_rate: 1e-3 };
        let connected =
            experiment(&mut Connected::new(size.side, SEED).unwrap(), &size, SEED, None).unwrap();
        let shared =
            experiment(&mut one_filter(size.side, SEED).unwrap(), &size, SEED, None).unwrap();
        assert!(connected.seen > 0.9 && connected.unseen < 0.6, "{connected:?}");
        assert!(shared.seen > 0.95 && shared.unseen > 0.95, "{shared:?}");
    }
}

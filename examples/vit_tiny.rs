//! Trains a small Vision Transformer on the 70,000 pieces of clothing of Fashion-MNIST.
//!
//! Shows a network without convolutions but at its beginning, and what it has learnt of where patches are.
//! `cargo xtask data fashion` brings the set; everything that comes of it is written to `runs/vit_tiny`: look at
//! `report.html`.
//!
//! Run it with `cargo run --release --example vit_tiny`; `-- --seed 8` takes another seed.

use std::path::Path;

use plywood::datasets::Image;
use plywood::prelude::*;
use plywood::training::Figure;
use plywood::zoo::Recipe;
use plywood_examples::{finish, println};

/// Pixels of a side of a patch's map, and between maps.
const CELL: usize = 8;
const GAP: usize = 6;

fn main() -> Result<()> {
    threads::init();
    let (seed, folder) = plywood_examples::seed_and_folder("vit_tiny")?;
    let recipe = zoo::recipes::vit_tiny(plywood_examples::idx_folder("fashion")?, seed)?;
    let summary = recipe.summary()?;
    println!("{summary}\n");
    let Recipe { mut model, train, valid, test, trainer } = recipe;
    let run = plywood_examples::shortened(trainer)
        .checkpoint_in(&folder)
        .stop_on_signals(true)
        .fit(&mut model, &train, &valid)?;
    let (result, predictions) = run.examine(&model, &test)?;
    println!("{result}\n");
    run.write(&folder, &model, &result)?;
    let parts = format!(
        "{} to learn from, {} to validate, {} to test",
        train.len(),
        valid.len(),
        test.len()
    );
    run.report()
        .title("A small Vision Transformer tells clothes")
        .data("Fashion-MNIST", format!("28 × 28 pixels: {parts}"))
        .command(format!("cargo run --release --example vit_tiny -- --seed {}", seed.0))
        .model(&model)
        .summary(summary)
        .evaluation(&result)
        .predictions(&predictions)
        .images(|sample| shown(&test, sample))
        .figure(neighbours(&model)?)
        .write_html(Path::new(&folder).join("report.html"))?;
    println!("trained for {:.1} s, written to {folder}: look at report.html", run.train_seconds());
    finish()
}

/// How alike the positions of patches are: a map of all patches for each of them.
fn neighbours(model: &impl Params) -> Result<Figure> {
    let parameters = model.named_parameters();
    let positions = parameters.iter().find(|(name, _)| name == "pos_embedding");
    let Some((_, positions)) = positions else {
        return Ok(Figure::note("Where patches are", "The network has learnt no positions."));
    };
    let [_, patches, dim] = positions.shape()[..] else {
        return Err(Error::shape(format!("positions {} should be (1, L, D)", positions.shape())));
    };
    let side = patches.isqrt();
    let vector = |patch: usize| &positions.value().as_slice()[patch * dim..][..dim];
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let alike = |a: usize, b: usize| {
        let (a, b) = (vector(a), vector(b));
        product(a, b) / (product(a, a) * product(b, b)).sqrt().max(1e-9)
    };
    let map = side * CELL + GAP;
    let picture = Tensor::from_fn([1, side * map, side * map], |at| {
        let [row, column] = [at[1], at[2]].map(|pixel| (pixel / map, pixel % map / CELL));
        if row.1 >= side || column.1 >= side {
            return 1.0;
        }
        alike(row.0 * side + column.0, row.1 * side + column.1).clamp(0.0, 1.0)
    });
    Ok(Figure::image(
        "Where patches are",
        "A small map for each of the 7 × 7 patches: how alike the position that it has learnt is to those of all \
         patches, white where it is the same. Attention can tell neighbours by it.",
        Image::from_unit(&picture)?,
    ))
}

/// An image as it is stored, three times as large.
fn shown(test: &Images, sample: usize) -> Result<Image> {
    let image = test.image(sample)?;
    let [_, height, width] = test.shape();
    Image::new(Tensor::from_fn([1, 3 * height, 3 * width], |at| {
        image.get(&[0, at[1] / 3, at[2] / 3]).unwrap_or(0)
    }))
}

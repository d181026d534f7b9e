//! A variational autoencoder learns what handwritten digits have in common, and draws new ones.
//!
//! Shows a loss of one's own, what its space of codes looks like, and images that nobody has written: from codes drawn
//! at random, and on the way from one digit to another. `cargo xtask data mnist` brings the set; everything that comes
//! of it is written to `runs/latent`: look at `report.html`.
//!
//! Run it with `cargo run --release --example latent`; `-- --seed 8` takes another seed.

use std::path::Path;

use plywood::datasets::{Draw, Image};
use plywood::prelude::*;
use plywood::training::Figure;
use plywood::zoo::Vae;
use plywood_examples::{finish, println};

/// Digits that are drawn from the prior, and in a row between two digits.
const DRAWN: usize = 48;
const STEPS: usize = 12;
/// Test images in the picture of the space, and the pixels of its sides.
const PLACED: usize = 1500;
const MAP: usize = 900;
/// Red, green and blue of each digit in it.
const COLORS: [[f32; 3]; 10] = [
    [1.0, 0.35, 0.3],
    [0.3, 0.75, 1.0],
    [0.45, 0.9, 0.35],
    [1.0, 0.85, 0.25],
    [0.85, 0.45, 1.0],
    [1.0, 0.6, 0.2],
    [0.3, 1.0, 0.85],
    [1.0, 0.5, 0.75],
    [0.75, 0.75, 0.75],
    [0.5, 0.6, 1.0],
];

fn main() -> Result<()> {
    threads::init();
    let (seed, folder) = plywood_examples::seed_and_folder("latent")?;
    let recipe = zoo::recipes::latent(plywood_examples::idx_folder("mnist")?, seed)?;
    let zoo::recipes::LatentRecipe { mut model, train, valid, test, trainer } = recipe;
    let summary = summary(&model, [1, 1, 28, 28])?;
    println!("{summary}\n");
    let trainer = plywood_examples::shortened(trainer).stop_on_signals(true);
    let run = trainer.checkpoint_in(&folder).fit(&mut model, &train, &valid)?;
    let result = run.evaluate(&model, &test)?;
    run.write(&folder, &model, &result)?;

    let parts = format!(
        "{} to learn from, {} to validate, {} to test",
        train.len(),
        valid.len(),
        test.len()
    );
    let bound = format!(
        "The negative evidence lower bound of the test images is {:.2} nats: their code and their pixels, given the \
         code, are told in {:.1} bits an image at most. A coin for each pixel takes 784, grey pixels taken for drawn \
         ones.",
        result.scores.loss,
        result.scores.loss / 2_f64.ln()
    );
    let (space, picture) = space(&model, &test)?;
    picture.write_png(Path::new(&folder).join("space.png"))?;
    run.report()
        .title("A variational autoencoder draws digits")
        .headline(format!(
            "A digit that it hasn't learnt from takes {:.1} nats at most to tell (negative ELBO; fewer are better).",
            result.scores.loss
        ))
        .data("MNIST", format!("28 × 28 pixels, each drawn black or white by its grey: {parts}"))
        .command(format!("cargo run --release --example latent -- --seed {}", seed.0))
        .model(&model)
        .summary(summary)
        .evaluation(&result)
        .figure(Figure::note("How good it is", bound))
        .figure(from_prior(&model, seed)?)
        .figure(between(&model, &test)?)
        .figure(space)
        .write_html(Path::new(&folder).join("report.html"))?;
    println!("{:.2} nats an image of the test set", result.scores.loss);
    println!("trained for {:.1} s, written to {folder}: look at report.html", run.train_seconds());
    finish()
}

/// Digits that nobody has written.
fn from_prior(model: &Vae, seed: Seed) -> Result<Figure> {
    let codes = Rng::new(seed).normal([DRAWN, model.code()], 0.0, 1.0);
    Ok(Figure::image(
        "Drawn from nothing",
        "Codes drawn at random from the normal distribution that the codes of images were held to, decoded. Most look \
         like digits; some lie between two.",
        sheet(&decoded(model, codes)?, STEPS)?,
    ))
}

/// From one test image to another along a straight line of codes.
fn between(model: &Vae, test: &Images) -> Result<Figure> {
    let labels = test.labels();
    let first = |digit: u32| labels.iter().position(|&label| label == digit);
    let mut rows = Vec::new();
    for pair in [[0, 1], [2, 3], [4, 9], [7, 5], [6, 8]] {
        let [Some(from), Some(to)] = pair.map(first) else { continue };
        let codes = means(model, test, &[from, to])?; // [2, code]
        let part = |step: usize| step as f32 / (STEPS - 1) as f32;
        let line = Tensor::from_fn([STEPS, model.code()], |at| {
            let [a, b] = [0, 1].map(|end| codes.as_slice()[end * model.code() + at[1]]);
            a + (b - a) * part(at[0])
        });
        rows.push(decoded(model, line)?);
    }
    let all = Tensor::concat(&rows.iter().collect::<Vec<_>>(), 0)?;
    Ok(Figure::image(
        "Between two digits",
        "The codes of two test images, at both ends of a row, and what lies on the straight line between them. Halfway \
         there still are strokes of a pen, not two images faded into each other.",
        sheet(&all, STEPS)?,
    ))
}

/// The space of codes, seen along the two directions in which the test images' codes differ most: the figure, and
/// the picture for a page.
fn space(model: &Vae, test: &Images) -> Result<(Figure, Image)> {
    let samples: Vec<usize> = (0..PLACED.min(test.len())).collect();
    let codes = means(model, test, &samples)?; // [N, code]
    let centered = codes.sub(&codes.mean_axes(&[0])?)?;
    // The rows of Vᵀ are the directions; those of the covariance are the same, of a smaller matrix.
    let covariance = centered.transpose(0, 1)?.matmul(&centered)?;
    let directions = covariance.svd()?.vt.narrow(0, 0, 2)?; // [2, code]
    let places = centered.matmul(&directions.transpose(0, 1)?)?; // [N, 2]
    let reach = places.as_slice().iter().fold(1e-6_f32, |most, x| most.max(x.abs()));
    let mut canvas = Tensor::zeros([3, MAP, MAP]);
    let labels = test.labels();
    let side = (MAP - 15) as f32;
    let pixels = canvas.as_mut_slice();
    for (place, &sample) in samples.iter().enumerate() {
        let at = [0, 1].map(|axis| {
            let along = places.as_slice()[2 * place + axis] / reach;
            ((along + 1.0) / 2.0 * side) as usize
        });
        let image = test.image(sample)?;
        let color = COLORS[labels[sample] as usize % COLORS.len()];
        for (row, column) in (0..14).flat_map(|row| (0..14).map(move |column| (row, column))) {
            // Half as large: the mean of four pixels.
            let corner = 56 * row + 2 * column;
            let four = [corner, corner + 1, corner + 28, corner + 29];
            let sum: f32 = four.iter().map(|&pixel| f32::from(image.as_slice()[pixel])).sum();
            for (channel, color) in color.iter().enumerate() {
                let pixel = &mut pixels[(channel * MAP + at[1] + row) * MAP + at[0] + column];
                *pixel = pixel.max(sum / (4.0 * 255.0) * color);
            }
        }
    }
    let picture = Image::from_unit(&canvas)?;
    let figure = Figure::image(
        "The space of codes",
        "Test images at the places of their codes, along the two directions in which codes differ most, each digit in a \
         colour of its own. Nobody told the network what digits there are.",
        picture.clone(),
    );
    Ok((figure, picture))
}

/// The means of the codes of some images, `[N, code]`.
fn means(model: &Vae, images: &Images, samples: &[usize]) -> Result<Tensor> {
    let batch = images.batch(samples, &Draw::evaluation())?;
    let (mean, _) = model.encode(&Var::constant(batch.images), &mut Pass::eval(model))?;
    Ok(mean.value()?.clone())
}

/// How likely each pixel is to be white, `[N, 1, 28, 28]`.
fn decoded(model: &Vae, codes: Tensor) -> Result<Tensor> {
    let images = model.decode(&Var::constant(codes), &mut Pass::eval(model))?.sigmoid();
    Ok(images.value()?.clone())
}

/// Images `[N, 1, H, W]` in rows of so many, twice as large, with a line between them.
fn sheet(images: &Tensor, columns: usize) -> Result<Image> {
    let [n, _, h, w] = images.shape()[..] else {
        return Err(Error::shape(format!("images {} should be (N, 1, H, W)", images.shape())));
    };
    let (high, wide) = (2 * h + 2, 2 * w + 2);
    let sheet = Tensor::from_fn([1, n.div_ceil(columns) * high, columns * wide], |at| {
        let (row, column) = (at[1] % high / 2, at[2] % wide / 2);
        let image = at[1] / high * columns + at[2] / wide;
        if row >= h || column >= w {
            0.25
        } else {
            images.get(&[image, 0, row, column]).unwrap_or(0.0)
        }
    });
    Image::from_unit(&sheet)
}

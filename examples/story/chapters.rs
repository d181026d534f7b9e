//! Carries out the ideas one after the other: each draws its picture and gives its numbers.

use std::path::Path;

use plywood::datasets::{Ames, Draw, Recording};
use plywood::prelude::*;
use plywood_examples::{is_smoke_run, println};

use crate::drawn::charts::{Lines, Map, bars, cells, lines, maps};
use crate::drawn::images::{stretched, write_rows};
use crate::learners::{learners, right};
use crate::page::Numbers;
use crate::quadrants::Quadrants;
use crate::shown::{
    blanks, convolution, depth, image, network, neuron, pooling, seen, sharing, softmax, sound,
    xray,
};
use crate::{numerals, results};

/// Carries out everything, and writes the pictures into a folder.
pub(crate) fn carry_out(folder: &Path) -> Result<Numbers> {
    let mut numbers = Numbers::new();
    let mut chapter = |name: &str, carry_out: &mut dyn FnMut(&mut Numbers) -> Result<()>| {
        let before: Vec<&str> = numbers.keys().copied().collect();
        carry_out(&mut numbers)?;
        let new = numbers.iter().filter(|(name, _)| !before.contains(name));
        let new: Vec<String> = new
            .filter(|(_, value)| !value.contains('\n'))
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        println!("{name:<12} {}", new.join(", "));
        Ok::<(), Error>(())
    };
    chapter("blanks", &mut |numbers| fill_in_blanks(folder, numbers))?;
    chapter("neuron", &mut |numbers| one_neuron(folder, numbers))?;
    chapter("network", &mut |numbers| a_network(folder, numbers))?;
    chapter("image", &mut |numbers| an_image(folder, numbers))?;
    chapter("sharing", &mut |numbers| sharing_parameters(folder, numbers))?;
    chapter("convolution", &mut |numbers| convolution_and_pooling(folder, numbers))?;
    chapter("digits", &mut |numbers| digits(folder, numbers))?;
    chapter("depth", &mut |numbers| going_deeper(folder, numbers))?;
    chapter("sound", &mut |numbers| hearing(folder, numbers))?;
    chapter("words", &mut |numbers| translating(numbers))?;
    chapter("longer", &mut |numbers| longer(numbers))?;
    Ok(numbers)
}

/// A number of epochs, or one where the story is only tried.
fn epochs(epochs: usize) -> usize {
    if is_smoke_run() { 1 } else { epochs }
}

fn percent(part: f64) -> String {
    format!("{:.1} %", 100.0 * part)
}

/// A whole number with commas between thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let comma = |place: usize| place > 0 && (digits.len() - place).is_multiple_of(3);
    let parts = digits.chars().enumerate();
    parts
        .flat_map(|(place, digit)| comma(place).then_some(',').into_iter().chain([digit]))
        .collect()
}

fn fill_in_blanks(folder: &Path, numbers: &mut Numbers) -> Result<()> {
    /// Square metres in a square foot.
    const SQUARE_FOOT: f64 = 0.092_903;
    let houses = Ames::embedded()?;
    let [train, test] = houses.split([0.8, 0.2], Seed(7))?;
    // Hundreds of square metres, and hundreds of thousands of dollars.
    let column = |houses: &Table, name: &str, unit: f64| {
        let numbers = houses.numbers(name)?.iter().map(|x| (x * unit) as f32).collect::<Vec<_>>();
        Tensor::from(numbers).unsqueeze(-1)
    };
    let part = |houses: &Table| {
        Ok::<_, Error>([
            column(houses, "Gr_Liv_Area", SQUARE_FOOT / 100.0)?,
            column(houses, "Sale_Price", 1e-5)?,
        ])
    };
    let ([areas, prices], [test_areas, test_prices]) = (part(&train)?, part(&test)?);
    let blanks_of = |template: &Linear| {
        let bias = template.bias.as_ref().map_or(0.0, |bias| bias.value().as_slice()[0]);
        [template.weight.value().as_slice()[0], bias].map(f64::from)
    };
    let mut drawn = Vec::new();
    let template = blanks::fill_in(&areas, &prices, |step, template| {
        if [0, 1, 10, 1000].contains(&step) {
            let [slope, rest] = blanks_of(template);
            let line = [0.2, 3.2].map(|x| (100.0 * x, 100.0 * (slope * x + rest))).to_vec();
            drawn.push((format!("after {step} steps"), line));
        }
    })?;
    let [slope, rest] = blanks_of(&template);
    let sales = test_areas.as_slice().iter().zip(test_prices.as_slice());
    let points: Vec<(f64, f64)> =
        sales.map(|(&x, &y)| (f64::from(100.0 * x), f64::from(100.0 * y))).collect();
    let wrong = points.iter().map(|(x, y)| (y - slope * x - 100.0 * rest).abs());
    let wrong = 1e3 * wrong.sum::<f64>() / points.len() as f64;
    let price = |dollars: f64| grouped(dollars.round() as usize);
    numbers.insert("price of a square metre", price(1e3 * slope));
    numbers.insert("price without area", price(1e5 * rest));
    numbers.insert("price error", price(wrong));
    numbers.insert("house prices", format!("{:.3}", results::mean("house_prices")?));
    lines(
        &folder.join("blanks.svg"),
        &Lines {
            across: "living area in square metres",
            upward: "price in thousands of dollars",
            x: [0.0, 320.0],
            y: [0.0, 500.0],
            points,
            lines: drawn,
        },
    )
}

fn one_neuron(folder: &Path, numbers: &mut Numbers) -> Result<()> {
    // Lessons and hours of sleep, as the example `neuron` weighs them.
    let answer = neuron::neuron(&[20.0, 8.0], &[0.4, 0.6], -11.0, neuron::sigmoid);
    numbers.insert("neuron", percent(f64::from(answer)));
    let curve = |name: &str, f: fn(f32) -> f32| {
        let points = (-40..=40).map(|x| f64::from(x) / 10.0);
        (name.to_owned(), points.map(|x| (x, f64::from(f(x as f32)))).collect())
    };
    lines(
        &folder.join("activations.svg"),
        &Lines {
            across: "the sum of what comes in, and the bias",
            upward: "what goes out",
            x: [-4.0, 4.0],
            y: [-1.2, 4.0],
            points: Vec::new(),
            lines: vec![
                curve("sigmoid", neuron::sigmoid),
                curve("tanh", neuron::tanh),
                curve("ReLU", neuron::relu),
            ],
        },
    )
}

fn a_network(folder: &Path, numbers: &mut Numbers) -> Result<()> {
    let ([seen, passed], [others, others_passed]) =
        (learners(300, Seed(7))?, learners(1000, Seed(8))?);
    let mut rng = Rng::new(Seed(7));
    let mut alone = Linear::new(2, 1, &mut rng)?;
    let mut network = network::Network::new(8, &mut rng)?;
    network::learn(&mut alone, &seen, &passed)?;
    network::learn(&mut network, &seen, &passed)?;
    let parts =
        [right(&alone, &others, &others_passed)?, right(&network, &others, &others_passed)?];
    numbers.insert("right alone", percent(parts[0]));
    numbers.insert("right together", percent(parts[1]));
    let probability = |model: &dyn Module, x: f64, y: f64| {
        let learner = Var::constant(Tensor::from([[x as f32, y as f32]]));
        let score = model.forward(&learner, &mut Pass::eval(model))?;
        Ok(f64::from(score.sigmoid().item()?))
    };
    let dots = seen.as_slice().chunks(2).zip(passed.as_slice());
    let dots = dots.map(|(of, &passed)| (f64::from(of[0]), f64::from(of[1]), passed > 0.5));
    maps(
        &folder.join("learners.svg"),
        &[
            Map { title: "one neuron".into(), probability: &|x, y| probability(&alone, x, y) },
            Map { title: "eight and one".into(), probability: &|x, y| probability(&network, x, y) },
        ],
        &dots.collect::<Vec<_>>(),
    )
}

fn an_image(folder: &Path, numbers: &mut Numbers) -> Result<()> {
    let [digit, photo] = image::pictures()?;
    numbers.insert("numbers in a digit", grouped(digit.numel()));
    numbers.insert("numbers in a photo", grouped(photo.numel()));
    cells(&folder.join("digit.svg"), &digit)
}

/// The accuracy of a model that learnt cats in three quarters of the picture, on the fourth.
fn found<M: Module + Send + Sync + 'static>(mut model: M, side: usize) -> Result<(M, f64)> {
    let data = |places: &[usize], samples: usize, seed: u64| {
        Quadrants::new(side, places, samples, Seed(seed))
    };
    let step = |model: &M, batch: &ImageBatch, pass: &mut Pass| {
        let cat = model.forward(&pass.constant(batch.images.clone()), pass)?;
        // "Nothing" has a score of 0.
        let scores = Var::concat(&[&Var::constant(Tensor::zeros(cat.shape())), &cat], 1)?;
        Ok((cross_entropy(&scores, &batch.labels)?, scores))
    };
    let run = Trainer::new(Adam::new(1e-3))
        .step(step)
        .metric(Accuracy::top(1))
        .epochs(epochs(8))
        .batch_size(32)
        .seed(Seed(7))
        .quiet(true)
        .fit(&mut model, &data(&[0, 1, 2], 256, 1)?, None)?;
    let result = run.evaluate(&model, &data(&[3], 256, 4)?)?;
    Ok((model, result.metric("accuracy").unwrap_or(f64::NAN)))
}

fn sharing_parameters(folder: &Path, numbers: &mut Numbers) -> Result<()> {
    const SIDE: usize = 32;
    let mut rng = Rng::new(Seed(7));
    let neuron = Linear::new(3 * 4 * SIDE * SIDE, 1, &mut rng)?;
    let zeros = Conv2d::config(3, 1, SIDE).stride(SIDE).weight_init(Init::Zeros);
    let filter = zeros.init(&mut rng)?;
    let (connected, apart) = found(sharing::Connected { neuron }, SIDE)?;
    let (shared, together) = found(sharing::Shared { filter }, SIDE)?;
    numbers.insert("found when connected", percent(apart));
    numbers.insert("found when shared", percent(together));
    numbers.insert("parameters when connected", grouped(connected.parameter_count()));
    numbers.insert("parameters when shared", grouped(shared.parameter_count()));
    let cat = Quadrants::new(SIDE, &[3], 2, Seed(7))?.batch(&[1], &Draw::evaluation())?;
    let cat = &(&cat.images.squeeze(0)? * 0.25) + 0.5;
    let filter = stretched(&shared.filter.weight.value().squeeze(0)?);
    write_rows(&folder.join("sharing.png"), &[vec![cat, filter]], 256)
}

fn convolution_and_pooling(folder: &Path, numbers: &mut Numbers) -> Result<()> {
    const SIDE: usize = 208;
    let photo = plywood::datasets::chelsea()?.fitted([SIDE + 2, SIDE + 2])?;
    let grey = photo.to_grey().to_unit();
    // Without the outermost pixels, where the rim of zeros is an edge of its own.
    let within = |map: &Tensor| map.narrow(-1, 1, SIDE)?.narrow(-2, 1, SIDE);
    let edges = within(&convolution::edges(&grey.unsqueeze(0)?)?)?;
    let of = |filter: usize| Ok::<_, Error>(stretched(&edges.narrow(1, filter, 1)?.squeeze(0)?));
    write_rows(&folder.join("edges.png"), &[vec![within(&grey)?, of(0)?, of(1)?]], SIDE)?;

    let strength = edges.narrow(1, 0, 1)?.map(f32::abs);
    let pooled = |times| pooling::pooled(&strength, times);
    let shrunk = [0, 2, 3, 4].map(pooled).into_iter().collect::<Result<Vec<_>>>()?;
    numbers.insert("numbers before pooling", grouped(shrunk[0].numel()));
    numbers.insert("numbers after pooling", grouped(shrunk[3].numel()));
    let row = shrunk.iter().map(|map| Ok(stretched(&map.squeeze(0)?))).collect::<Result<_>>()?;
    write_rows(&folder.join("pooled.png"), &[row], SIDE)?;

    let alexnet = Conv2d::config(3, 64, 11).stride(4).padding(2).init(&mut Rng::new(Seed(7)))?;
    let summary = summary(&alexnet, [1, 3, 224, 224])?;
    let output = summary.rows.last().map(|row| row.output.to_vec()).unwrap_or_default();
    numbers.insert("first side of AlexNet", output.last().copied().unwrap_or(0).to_string());
    numbers.insert("first parameters of AlexNet", grouped(summary.parameters));
    Ok(())
}

fn digits(folder: &Path, numbers: &mut Numbers) -> Result<()> {
    let (model, test, result) = softmax::reader(epochs(60))?;
    numbers.insert("read", percent(result.metric("accuracy").unwrap_or(f64::NAN)));
    numbers.insert("digits in the test", grouped(test.len()));
    numbers.insert("parameters of LeNet", grouped(model.parameter_count()));
    // The one that it is least sure of.
    let mut doubtful = (f32::INFINITY, Vec::new(), Tensor::zeros([0]), 0);
    let mut real = vec![None; 10];
    for place in 0..test.len() {
        let batch = test.batch(&[place], &Draw::evaluation())?;
        let probabilities = softmax::probabilities(&model, &batch.images)?;
        let best = probabilities.iter().copied().fold(0.0, f32::max);
        let (picture, label) = (batch.images.squeeze(0)?, batch.labels.as_slice()[0]);
        real[label as usize].get_or_insert(picture.clone());
        if best < doubtful.0 {
            doubtful = (best, probabilities, picture, label);
        }
    }
    let (_, probabilities, picture, label) = doubtful;
    numbers.insert("doubtful digit", label.to_string());
    bars(&folder.join("softmax.svg"), &picture, &probabilities)?;

    let wanted = seen::wanted(&model, if is_smoke_run() { 2 } else { 256 })?;
    let real = real.into_iter().flatten().collect();
    write_rows(&folder.join("wanted.png"), &[wanted, real], 72)
}

fn going_deeper(folder: &Path, numbers: &mut Numbers) -> Result<()> {
    const LAYERS: usize = 100;
    let [train, test] = Digits::embedded()?.split([0.8, 0.2], Seed(7))?;
    let mut drawn = Vec::new();
    for (name, number, shortcuts) in [
        ("without shortcuts", "right without shortcuts", false),
        ("with shortcuts", "right with shortcuts", true),
    ] {
        let mut model = depth::Deep::new(LAYERS, shortcuts)?;
        let run = Trainer::new(Adam::new(1e-3))
            .loss(cross_entropy)
            .metric(Accuracy::top(1))
            .epochs(epochs(15))
            .batch_size(64)
            .seed(Seed(7))
            .quiet(true)
            .fit(&mut model, &train, None)?;
        let losses = run.history().iter().enumerate();
        let losses = losses.map(|(epoch, record)| (epoch as f64 + 1.0, record.train.loss));
        drawn.push((format!("{LAYERS} layers {name}"), losses.collect()));
        let accuracy = run.evaluate(&model, &test)?.metric("accuracy").unwrap_or(f64::NAN);
        numbers.insert(number, percent(accuracy));
    }
    let mut table =
        String::from("| network | year | layers with weights | parameters |\n|---|---|---|---|\n");
    for (name, year, layers) in [
        ("lenet", 1998, 5),
        ("alexnet", 2012, 8),
        ("vgg16", 2014, 16),
        ("resnet18", 2015, 18),
        ("resnet152", 2015, 152),
    ] {
        let parameters = parameters_of(name)?;
        table.push_str(&format!("| `{name}` | {year} | {layers} | {} |\n", grouped(parameters)));
    }
    numbers.insert("networks", table.trim_end().to_owned());
    lines(
        &folder.join("depth.svg"),
        &Lines {
            across: "epoch",
            upward: "loss in training",
            x: [1.0, 15.0],
            y: [0.0, 3.2],
            points: Vec::new(),
            lines: drawn,
        },
    )
}

/// The number of weights of a network of the zoo.
fn parameters_of(name: &str) -> Result<usize> {
    let entry = zoo::entry(name)?;
    let (image, classes) = entry.published;
    Ok(entry.build(image, classes, &mut Rng::new(Seed(7)))?.parameter_count())
}

fn hearing(folder: &Path, numbers: &mut Numbers) -> Result<()> {
    let picture = sound::spectrogram(&bird()?)?;
    numbers.insert("frames of a second", picture.shape()[1].to_string());
    let picture = plywood_examples::spectrogram(&picture.unsqueeze(0)?.unsqueeze(0)?)?;
    picture.write_png(folder.join("sound.png"))?;
    for (name, row) in [("emotions", "voice"), ("spoken digits", "spoken_digits")] {
        numbers.insert(name, percent(results::mean(row)?));
    }
    Ok(())
}

/// Two seconds of a bird that there isn't, at 8 kHz: whistles that rise and fall, each with one overtone.
fn bird() -> Result<Recording> {
    const RATE: usize = 8000;
    let mut phase = 0.0_f64;
    let samples: Vec<f32> = (0..2 * RATE)
        .map(|sample| {
            let time = sample as f64 / RATE as f64;
            let note = (time * 4.0).fract();
            let bend = match (time * 4.0) as usize % 4 {
                0 => 400.0 * note,
                1 => -500.0 * note,
                2 => 300.0 * (note * 40.0).sin(),
                _ => 600.0 * note * note,
            };
            phase += std::f64::consts::TAU * (1500.0 + bend) / RATE as f64;
            let loud = (std::f64::consts::PI * note).sin().powi(2);
            (0.4 * loud * (phase.sin() + 0.3 * (2.0 * phase).sin())) as f32
        })
        .collect();
    Recording::new(Tensor::from(samples), RATE as u32)
}

fn translating(numbers: &mut Numbers) -> Result<()> {
    let translated = numerals::learn(epochs(40))?;
    numbers.insert("translated", percent(translated.right));
    numbers.insert("numbers in the test", translated.tested.to_string());
    let mut table = String::from("| English | French, as the network says it |\n|---|---|\n");
    for [english, french] in translated.examples {
        table.push_str(&format!("| {english} | {french} |\n"));
    }
    numbers.insert("translations", table.trim_end().to_owned());
    Ok(())
}

/// What takes minutes or hours has its figures from the table of results; X-rays are learnt from, too, where they are
/// at hand.
fn longer(numbers: &mut Numbers) -> Result<()> {
    numbers.insert("bleu", format!("{:.0}", results::mean("translate")?));
    numbers.insert("signs", percent(results::mean("signs")?));
    numbers.insert("xray", format!("{:.3}", results::mean("xray")?));
    if Path::new("data/pneumoniamnist.npz").exists() && !is_smoke_run() {
        println!("X-rays:      {}", xray::learn("data")?);
    }
    Ok(())
}

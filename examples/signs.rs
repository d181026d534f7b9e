//! Trains a small ResNet on photos of German traffic signs, and shows which it takes for which.
//!
//! Shows a recipe on a set that has to be brought by hand, validated on signs that it hasn't learnt from,
//! and a report with figures of its own. `--data` names the folder with `GTSRB/Final_Training` and
//! `GTSRB/Final_Test` as published, if it isn't `gtsrb` in `PLYWOOD_DATA` or in `data`. Everything that comes of
//! it is written to `runs/signs`; the photos state no licence, so keep the report to yourself.
//!
//! Run it with `cargo run --release --example signs -- --data DIR`; `--seed N` takes another seed.

use std::path::Path;

use plywood::datasets::transforms::Resize;
use plywood::datasets::{Context, Dataset, Draw, Image, Images, Transform};
use plywood::layers::{load_state_dict, state_dict};
use plywood::look::{Lens, grad_cam, last_maps, overlay};
use plywood::prelude::*;
use plywood::training::{Figure, Predictions};
use plywood::zoo::Recipe;
use plywood_examples::{DataChoice, finish, println};

/// Pixels of a side of an image in the report.
const SHOWN: usize = 96;

/// The groups of classes that the benchmark's authors compare, and what people and the best entry were right about,
/// in percent: Stallkamp et al. (2012). Weighted by the images of each group, they come to 98.84 and 99.46.
const GROUPS: [(&str, &[u32], f64, f64); 6] = [
    ("speed limits", &[0, 1, 2, 3, 4, 5, 7, 8], 97.63, 99.47),
    ("other prohibitions", &[9, 10, 15, 16], 99.93, 99.93),
    ("ends of limits", &[6, 32, 41, 42], 98.89, 99.72),
    ("mandatory", &[33, 34, 35, 36, 37, 38, 39, 40], 99.72, 99.89),
    ("danger", &[11, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31], 98.67, 99.07),
    ("unique shapes", &[12, 13, 14, 17], 100.0, 99.22),
];

/// What the command line may say.
const HINT: &str = "`--data DIR` names the folder of GTSRB, `--seed N` is a whole number from 0";

fn main() -> Result<()> {
    threads::init();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut choice = DataChoice::parse(&arguments, "signs", "gtsrb", HINT)?;
    if plywood_examples::is_smoke_run() {
        choice.data = plywood_examples::gtsrb_folder()?;
    }
    let DataChoice { data, seed } = choice;
    let recipe = zoo::recipes::signs(data, seed)?;
    let folder = plywood_examples::folder_of("signs", seed);
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
        "{} to learn from, {} of other signs to validate, {} to test",
        train.len(),
        valid.len(),
        test.len()
    );
    let answers = Answers::of(&predictions)?;
    let mut report = run
        .report()
        .title("ResNet-9 reads traffic signs")
        .data("GTSRB", format!("photos of 32 × 32 pixels of German signs: {parts}"))
        .command(format!("cargo run --release --example signs -- --seed {}", seed.0))
        .model(&model)
        .summary(summary)
        .evaluation(&result)
        .predictions(&predictions)
        .images(|sample| shown(&unit(&test, sample)?));
    let looks_once = zoo::recipes::signs_network().init(&mut Rng::new(seed))?;
    let figures = [
        answers.by_group(),
        answers.by_brightness(&test)?,
        answers.confused(&test)?,
        what_decided(looks_once, &*model, &test, &answers)?,
    ];
    for figure in figures {
        report = report.figure(figure);
    }
    report.write_html(Path::new(&folder).join("report.html"))?;
    println!("trained for {:.1} s, written to {folder}", run.train_seconds());
    finish()
}

/// The classes of the test images, and what was answered.
struct Answers {
    labels: Vec<u32>,
    answers: Vec<u32>,
    samples: Vec<usize>,
    names: Vec<String>,
}

impl Answers {
    fn of(predictions: &Predictions) -> Result<Self> {
        let labels = predictions.target().classes();
        Ok(Self {
            labels: labels.map(|labels| labels.to_vec()).unwrap_or_default(),
            answers: predictions.outputs().argmax(1)?.to_vec(),
            samples: predictions.samples().to_vec(),
            names: predictions.class_names().to_vec(),
        })
    }

    fn is_right(&self, place: usize) -> bool {
        self.labels[place] == self.answers[place]
    }

    /// How many of these places there are, and the percentage that is right.
    fn right(&self, places: impl Iterator<Item = usize>) -> (usize, String) {
        let (mut count, mut right) = (0_usize, 0_usize);
        for place in places {
            count += 1;
            right += usize::from(self.is_right(place));
        }
        (count, format!("{:.2} %", 100.0 * right as f64 / (count.max(1)) as f64))
    }

    fn by_group(&self) -> Figure {
        let mut rows = Vec::new();
        for (name, classes, people, best) in GROUPS {
            let places =
                (0..self.labels.len()).filter(|&place| classes.contains(&self.labels[place]));
            let (count, right) = self.right(places);
            let [people, best] = [people, best].map(|percent| format!("{percent:.2} %"));
            rows.push([name.to_owned(), count.to_string(), right, people, best]);
        }
        let (count, right) = self.right(0..self.labels.len());
        let [people, best] = ["98.84 %", "99.46 %"].map(str::to_owned);
        rows.push(["all".to_owned(), count.to_string(), right, people, best]);
        Figure::table(
            "By group of signs",
            "Beside what people and the best entry of the competition, a committee of 25 networks, were right about \
             on the same test images, which they saw in full size and had learnt from three times as many.",
            ["signs", "images", "right here", "people", "committee"],
            rows,
        )
    }

    /// The quarters of the images from dark to bright.
    fn by_brightness(&self, test: &Images) -> Result<Figure> {
        const QUARTERS: [&str; 4] = ["darkest quarter", "second", "third", "brightest quarter"];
        let mut places = Vec::new();
        for (place, &sample) in self.samples.iter().enumerate() {
            let image = test.image(sample)?;
            let sum: u64 = image.as_slice().iter().map(|&byte| u64::from(byte)).sum();
            places.push((sum / image.numel() as u64, place));
        }
        places.sort_unstable();
        let quarter = places.len().div_ceil(4).max(1);
        let rows = QUARTERS.iter().zip(places.chunks(quarter)).map(|(name, own)| {
            let ends = [own.first(), own.last()].map(|end| end.map_or(0, |end| end.0));
            let (_, right) = self.right(own.iter().map(|&(_, place)| place));
            [(*name).to_owned(), format!("{} – {}", ends[0], ends[1]), right]
        });
        Ok(Figure::table(
            "By the light",
            "Mean brightness of a photo, from 0 to 255. Where the darkest are as often right as the others, the \
             normalisation of contrast does what it is for.",
            ["photos", "brightness", "right"],
            rows,
        ))
    }

    /// The pairs of classes that are most often mistaken, each with an image.
    fn confused(&self, test: &Images) -> Result<Figure> {
        const PAIRS: usize = 12;
        let mut pairs = std::collections::BTreeMap::<(u32, u32), Vec<usize>>::new();
        for place in (0..self.labels.len()).filter(|&place| !self.is_right(place)) {
            pairs.entry((self.labels[place], self.answers[place])).or_default().push(place);
        }
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
        let mut images = Vec::new();
        for ((truth, answer), places) in pairs.into_iter().take(PAIRS) {
            let [truth, answer] = [truth, answer].map(|class| &self.names[class as usize]);
            let text = format!("{} × {truth}, told as {answer}", places.len());
            images.push((shown(&unit(test, self.samples[places[0]])?)?, text));
        }
        Ok(Figure::images(
            "The commonest mistakes",
            "The mistakes that are made most often, each with one of its photos and how many there are. Many of one \
             kind may be frames of a single sign.",
            images,
        ))
    }
}

/// Grad-CAM of a few signs, some of which were told wrongly: what speaks for the answer.
fn what_decided(
    mut looks_once: zoo::ResNet9,
    model: &dyn Layer,
    test: &Images,
    answers: &Answers,
) -> Result<Figure> {
    const ASKED: usize = 6;
    load_state_dict(&mut looks_once, &state_dict(model))?;
    let lens = Lens::new(&looks_once);
    let wrong = (0..answers.labels.len()).filter(|&place| !answers.is_right(place)).take(ASKED / 2);
    let every = (answers.labels.len() / ASKED).max(1);
    let spread = (0..answers.labels.len()).step_by(every);
    let mut images = Vec::new();
    if let Some(maps) = last_maps(&lens, test.shape())? {
        for place in wrong.chain(spread).take(ASKED) {
            let sample = answers.samples[place];
            let seen = test.batch(&[sample], &Draw::evaluation())?.images.squeeze(0)?;
            let class = answers.answers[place];
            let map = grad_cam(&lens, &seen, &maps.name, class as usize)?;
            let text = match answers.is_right(place) {
                true => format!("speaks for {}", answers.names[class as usize]),
                false => format!(
                    "speaks for {}, is {}",
                    answers.names[class as usize], answers.names[answers.labels[place] as usize]
                ),
            };
            images.push((shown(&overlay(&unit(test, sample)?, &map)?.to_unit())?, text));
        }
    }
    Ok(Figure::images(
        "What decided",
        "Where the last layer that has places sees what speaks for the answer (Grad-CAM): bright is where it looks. \
         The first three were told wrongly.",
        images,
    ))
}

/// An image of the set as it is stored, from 0 to 1.
fn unit(images: &Images, sample: usize) -> Result<Tensor> {
    Ok(images.image(sample)?.map(|byte| f32::from(byte) / 255.0))
}

/// An image, large enough to look at.
fn shown(image: &Tensor) -> Result<Image> {
    Image::from_unit(&Resize::new(SHOWN).apply(image.clone(), &mut Context::evaluation())?)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn the_command_line_is_understood_in_any_order() {
        let parse = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            DataChoice::parse(&words, "signs", "gtsrb", HINT)
        };
        let choice = parse("--seed 8 --data there").unwrap();
        assert_eq!((choice.data, choice.seed), (PathBuf::from("there"), Seed(8)));
        assert!(parse("").unwrap().data.ends_with("gtsrb"));
        assert_eq!(
            parse("--seed x").err().unwrap().to_string(),
            "signs: `--seed x` isn't understood; `--data DIR` names the folder of GTSRB, `--seed N` is a whole \
             number from 0",
        );
    }

    #[test]
    fn each_class_is_in_one_group() {
        let mut classes: Vec<u32> =
            GROUPS.iter().flat_map(|group| group.1.iter().copied()).collect();
        classes.sort_unstable();
        assert_eq!(classes, (0..43).collect::<Vec<_>>());
    }
}

//! The recipes of X-rays, signs and sound on small sets, with all that their pipelines vary: the same bits on any number
//! of threads, and after an interruption in the middle of an epoch.

use std::path::Path;
use std::time::Duration;

use plywood::datasets::Dataset;
use plywood::layers::write_safetensors;
use plywood::prelude::*;
use plywood::training::{Callback, Flow, Objective, TrainerState};
use plywood::zoo::Recipe;
use plywood::zoo::recipes::{self, EMOTIONS, SPEAKERS, SoundRecipe};

use crate::{small_sets, write_tones};

/// Samples to learn from, to validate on, and in a step: four steps in an epoch.
const TRAIN: usize = 16;
const VALID: usize = 2;
const BATCH: usize = 4;

/// How a run goes.
struct Way<'w> {
    /// Threads of the kernels, and those that read ahead.
    threads: [usize; 2],
    /// Where it goes on, and the step after which it is interrupted.
    saved: Option<(&'w Path, u64)>,
}

/// Ends a run with an error after this step.
struct PowerCut(u64);

impl Callback for PowerCut {
    fn on_step_end(&mut self, run: &mut TrainerState<'_>) -> Result<Flow> {
        match run.step() == self.0 {
            true => Err(Error::value("the power is out")),
            false => Ok(Flow::Continue),
        }
    }

    /// When it happens decides nothing.
    fn settings(&self) -> String {
        "a power cut".to_owned()
    }
}

/// The weights and the history after two epochs.
fn trained<O, D>(
    trainer: Trainer<O>,
    mut model: Box<dyn Layer>,
    [train, valid]: [&D; 2],
    way: &Way<'_>,
) -> Result<(Vec<u8>, String)>
where
    O: Objective<Box<dyn Layer>, D::Batch> + Send,
    D: Dataset,
{
    let stop = way.saved.map_or(u64::MAX, |(_, stop)| stop);
    let mut trainer = trainer
        .epochs(2)
        .batch_size(BATCH)
        .loader_threads(way.threads[1])
        .quiet(true)
        .callback(PowerCut(stop));
    if let Some((folder, _)) = way.saved {
        trainer = trainer.checkpoint_in(folder).checkpoint_every(Duration::ZERO);
    }
    let run = trainer.fit(&mut model, train, valid)?;
    let mut weights = Vec::new();
    write_safetensors(&model, &mut weights)?;
    Ok((weights, format!("{:?}", run.history())))
}

/// Trains as a whole on eight threads, and on one that is interrupted in the second epoch and goes on with two.
fn same_bits(name: &str, train: impl Fn(&Way<'_>) -> Result<(Vec<u8>, String)> + Sync) {
    let folder = std::env::temp_dir().join(format!("plywood-{name}-bits-{}", std::process::id()));
    let on = |threads: [usize; 2], saved| {
        threads::with(threads[0], || train(&Way { threads, saved })).unwrap()
    };
    let whole = on([8, 3], None).unwrap();
    let text = on([1, 0], Some((&folder, 6))).err().unwrap().to_string();
    assert!(text.ends_with("the power is out"), "{text}");
    let resumed = on([2, 1], Some((&folder, u64::MAX))).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(resumed.1, whole.1, "{name}");
    assert!(resumed.0 == whole.0, "the weights of {name} differ");
}

fn of_images(name: &str, recipe: impl Fn() -> Result<Recipe> + Sync) {
    same_bits(name, |way| {
        let Recipe { model, train, valid, trainer, .. } = recipe()?;
        trained(trainer, model, [&train.take(TRAIN)?, &valid.take(VALID)?], way)
    });
}

fn of_sound(name: &str, recipe: impl Fn() -> Result<SoundRecipe> + Sync) {
    same_bits(name, |way| {
        let SoundRecipe { classifier, train, valid, trainer, .. } = recipe()?;
        trained(trainer, classifier.model, [&train.take(TRAIN)?, &valid.take(VALID)?], way)
    });
}

#[test]
fn the_recipes_end_with_the_same_bits() {
    let data = std::env::temp_dir().join(format!("plywood-recipes-{}", std::process::id()));
    small_sets::pneumonia_mnist(&data).unwrap();
    of_images("xray", || recipes::xray(&data, Seed(7)));
    small_sets::gtsrb(&data).unwrap();
    of_images("signs", || recipes::signs(&data, Seed(7)));
    let recordings = (1..=24).map(|actor| {
        let emotion = 1 + actor % EMOTIONS.len();
        format!("Actor_{actor:02}/03-01-{emotion:02}-01-01-01-{actor:02}.wav")
    });
    write_tones(&data.join("ravdess"), recordings).unwrap();
    of_sound("voice", || recipes::voice(data.join("ravdess"), 0, Seed(7)));
    let recordings = SPEAKERS.iter().flat_map(|speaker| {
        (0..9).map(move |number| format!("recordings/{}_{speaker}_{number}.wav", number % 3))
    });
    write_tones(&data.join("fsdd"), recordings).unwrap();
    of_sound("spoken_digits", || recipes::spoken_digits(data.join("fsdd"), 0, Seed(7)));
    std::fs::remove_dir_all(&data).unwrap();
}

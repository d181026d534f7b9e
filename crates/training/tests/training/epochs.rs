//! A run that is given more epochs ends as one that had them from the beginning, or says why it can't.

use std::path::Path;

use plywood_layers::cross_entropy;
use plywood_optimizers::{AdamW, Average, CosineAnnealing, SGD, StepDecay, Warmup};
use plywood_tensor::{Result, Seed};
use plywood_training::Trainer;

use crate::support::{Outcome, data, net};

fn fit(trainer: Trainer, epochs: usize, folder: &Path) -> Result<Outcome> {
    let (train, valid) = data();
    let mut model = net();
    let trainer = trainer.epochs(epochs).batch_size(8).seed(Seed(3)).quiet(true);
    let run = trainer.loss(cross_entropy).checkpoint_in(folder).fit(&mut model, &train, &valid)?;
    Ok(Outcome::of(&model, &run))
}

#[test]
fn more_epochs_are_those_of_a_longer_run() {
    let decay = || Warmup::new(3, StepDecay::new(0.05, 2).factor(0.5));
    let trainers: [fn() -> Trainer; 3] = [
        || Trainer::new(AdamW::default()).keep_best(true).freeze_after(1, "conv"),
        || Trainer::new(SGD::scheduled()).average(Average::ema(0.9)),
        || Trainer::new(SGD::new(0.0)).early_stopping(1),
    ];
    for (index, trainer) in trainers.into_iter().enumerate() {
        let trainer = || if index == 1 { trainer().schedule(decay()) } else { trainer() };
        let [whole, grown] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let whole = fit(trainer(), 5, whole.path()).unwrap();
        for epochs in [2, 3, 5] {
            fit(trainer(), epochs, grown.path()).unwrap();
        }
        assert_eq!(fit(trainer(), 5, grown.path()).unwrap(), whole, "trainer {index}");
    }
}

#[test]
fn where_they_would_have_changed_the_steps_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let cosine = || Trainer::new(SGD::scheduled()).schedule(CosineAnnealing::new(0.05));
    fit(cosine(), 2, folder.path()).unwrap();
    let refused = |difference: &str| {
        format!(
            "{}: this is the run of other settings: {difference}; \
             give the new run another folder, or begin anew in this one: \
             `overwrite(true)`, in the command `--overwrite`",
            folder.path().join("checkpoint.bin").display()
        )
    };
    assert_eq!(
        fit(cosine(), 3, folder.path()).unwrap_err().to_string(),
        refused("epochs was 2, is 3, and the schedule depends on their number"),
    );
    // A closure gets the steps of the whole training.
    let other = tempfile::tempdir().unwrap();
    let closure = |step: u64, of: u64| 0.01 * (1.0 - step as f64 / of as f64);
    let falling = || Trainer::new(SGD::scheduled()).schedule(closure);
    fit(falling(), 1, other.path()).unwrap();
    assert!(fit(falling(), 2, other.path()).is_err());
}

#[test]
fn fewer_than_are_done_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let plain = || Trainer::new(SGD::new(0.05));
    fit(plain(), 3, folder.path()).unwrap();
    let error = fit(plain(), 2, folder.path()).unwrap_err().to_string();
    assert!(error.contains("epochs was 3, is 2, and more are done;"), "{error}");
}

//! A run that was interrupted, wherever that was, ends with the bits of one that wasn't.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use plywood_autodiff::{Params, Pass, Var};
use plywood_datasets::ImageBatch;
use plywood_layers::{Module, Sequential, cross_entropy};
use plywood_optimizers::AdamW;
use plywood_training::Trainer;
use proptest::prelude::*;

use crate::support::{EPOCHS, LOOKS, Outcome, STEPS, images, linear, train_until};

/// How often a whole run asks the model.
const ASKED: usize = EPOCHS * (STEPS + LOOKS);
const EVERY_STEP: Duration = Duration::ZERO;
const EVERY_EPOCH: Duration = Duration::MAX;

/// The run that never stopped, and never saved.
static WHOLE: LazyLock<Outcome> =
    LazyLock::new(|| train_until(usize::MAX, None, EVERY_EPOCH).unwrap());

/// Goes through these interruptions, each counted from the start before it, and then to the end.
fn interrupted(stops: &[usize], checkpoint_every: Duration) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    for &stop in stops {
        // A run that had less left to do than that has ended well.
        if let Err(error) = train_until(stop, Some(folder.path()), checkpoint_every) {
            assert!(error.to_string().ends_with("the power is out"), "{error}");
        }
    }
    train_until(usize::MAX, Some(folder.path()), checkpoint_every).unwrap()
}

#[test]
fn saving_changes_nothing() {
    assert_eq!(interrupted(&[], EVERY_STEP), *WHOLE);
    assert_eq!(interrupted(&[], EVERY_EPOCH), *WHOLE);
}

/// A checkpoint that held on to the weights would make every step copy them.
#[test]
fn saving_leaves_the_weights_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let places = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&places);
    let step = move |model: &Sequential, batch: &ImageBatch, pass: &mut Pass| {
        let weight = model.named_parameters()[0].1.value().as_slice().as_ptr();
        seen.lock().unwrap().push(weight as usize);
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        cross_entropy(&output, &batch.labels)
    };
    let (mut model, data) = (linear(), images(40));
    Trainer::new(AdamW::default())
        .step(step)
        .checkpoint_in(folder.path())
        .checkpoint_every(EVERY_STEP)
        .epochs(2)
        .batch_size(8)
        .quiet(true)
        .fit(&mut model, &data, &data)
        .unwrap();
    let places = places.lock().unwrap();
    assert!(places.iter().all(|place| *place == places[0]), "{places:x?}");
}

#[test]
fn after_any_epoch() {
    for epoch in 1..EPOCHS {
        let stop = epoch * (STEPS + LOOKS);
        assert_eq!(interrupted(&[stop], EVERY_EPOCH), *WHOLE, "stopped after epoch {epoch}");
    }
}

#[test]
fn while_it_looks_at_the_validation_set() {
    assert_eq!(interrupted(&[STEPS + 1, STEPS], EVERY_STEP), *WHOLE);
    assert_eq!(interrupted(&[STEPS + 1, STEPS], EVERY_EPOCH), *WHOLE);
}

#[test]
fn before_anything_was_done() {
    assert_eq!(interrupted(&[0, 0], EVERY_STEP), *WHOLE);
}

proptest! {
    #![proptest_config(plywood_testkit::cases(6))]

    #[test]
    fn prop_anywhere_in_an_epoch(
        stops in prop::collection::vec(0..ASKED, 1..4),
        every_step in any::<bool>(),
    ) {
        let every = if every_step { EVERY_STEP } else { EVERY_EPOCH };
        prop_assert_eq!(&interrupted(&stops, every), &*WHOLE);
    }
}

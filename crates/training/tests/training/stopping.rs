//! Early stopping, freezing, the best weights, and who owns the learning rate.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{ImageBatch, Split};
use plywood_layers::{Module, Params, Sequential, cross_entropy};
use plywood_optimizers::{Constant, OneCycle, Progress, ReduceOnPlateau, SGD, Schedule, StepDecay};
use plywood_tensor::{Result, Seed, Tensor};
use plywood_training::{Accuracy, Run, Supervised, Trainer};

use crate::support::{Net, data, images, linear, net, weights};

type Loss = fn(&Var, &Tensor<u32>) -> Result<Var>;

/// Trains the linear model, and gives it with the run.
fn fit(trainer: Trainer) -> (Sequential, Run<Supervised<Loss>>) {
    let mut model = linear();
    let [train, valid] = images(60).split([2.0 / 3.0, 1.0 / 3.0], Seed(1)).unwrap();
    let run = trainer.loss(cross_entropy as Loss).fit(&mut model, &train, &valid).unwrap();
    (model, run)
}

fn sgd(learning_rate: f64) -> Trainer {
    Trainer::new(SGD::new(learning_rate)).epochs(6).batch_size(8).quiet(true)
}

#[test]
fn what_stands_still_is_stopped() {
    for patience in 1..4 {
        let (_, run) = fit(sgd(0.0).early_stopping(patience));
        assert_eq!((run.history().len(), run.best_epoch()), (1 + patience, 1));
    }
    let (_, run) = fit(sgd(0.0));
    assert_eq!(run.history().len(), 6);
}

/// Learns for two of five epochs, then goes up the wall.
fn worse_after_two() -> Trainer {
    sgd(0.05).epochs(5).schedule(StepDecay::new(0.05, 2).factor(1e4))
}

#[test]
fn patience_counts_from_the_best_epoch() {
    let (_, run) = fit(worse_after_two().early_stopping(3));
    let losses: Vec<f64> = run.history().iter().map(|record| record.scores().loss).collect();
    assert!(losses[1] < losses[0] && losses[2..].iter().all(|&loss| loss > losses[1]));
    assert_eq!((run.best_epoch(), losses.len()), (2, 5));
}

#[test]
fn the_best_weights_come_back() {
    let (two, _) = fit(worse_after_two().epochs(2));
    let (best, run) = fit(worse_after_two().keep_best(true));
    assert_eq!((run.history().len(), run.best_epoch()), (5, 2));
    assert_eq!(weights(&best), weights(&two));
    let (last, _) = fit(worse_after_two());
    assert_ne!(weights(&last), weights(&two));
}

#[test]
fn a_metric_is_monitored_in_its_own_direction() {
    let (_, run) = fit(worse_after_two().metric(Accuracy::top(1)).monitor("accuracy"));
    let values: Vec<f64> =
        run.history().iter().map(|record| record.scores().metric("accuracy").unwrap()).collect();
    let highest = values.iter().copied().fold(0.0, f64::max);
    let first = values.iter().position(|&value| value == highest).unwrap();
    assert!(values.iter().any(|&value| value < highest), "{values:?} tell nothing");
    assert_eq!(run.best_epoch(), first + 1);
}

#[test]
fn the_schedule_owns_the_learning_rate() {
    let schedule = OneCycle::new(0.1);
    let (_, run) = fit(sgd(777.0).schedule(schedule));
    for record in run.history() {
        let step = record.epoch as u64 * 5 - 1;
        let progress = Progress { step, steps_per_epoch: 5, epochs: 6 };
        assert_eq!(record.learning_rate, schedule.learning_rate(&progress), "{}", record.epoch);
    }
    let (scheduled, _) = fit(sgd(777.0).schedule(Constant::new(0.1)));
    assert_eq!(weights(&scheduled), weights(&fit(sgd(0.1)).0));
}

#[test]
fn a_schedule_sees_what_is_monitored() {
    // Too little to learn anything.
    let schedule = ReduceOnPlateau::new(1e-30).factor(0.5).patience(0);
    let (_, run) = fit(sgd(777.0).schedule(schedule));
    let rates: Vec<f64> = run.history().iter().map(|record| record.learning_rate / 1e-30).collect();
    assert_eq!(rates, [1.0, 1.0, 0.5, 0.25, 0.125, 0.0625]);
}

#[test]
fn clipped_steps_are_counted() {
    let (_, run) = fit(sgd(0.1).clip_grad_norm(1e-3));
    assert!(run.history().iter().all(|record| record.clipped == 5 && record.grad_norm > 1e-3));
    let (_, run) = fit(sgd(0.1).clip_grad_norm(1e3));
    assert!(run.history().iter().all(|record| record.clipped == 0));
}

/// The last batch of an epoch is smaller, and counts less.
#[test]
fn the_loss_of_an_epoch_is_the_mean_over_its_samples() {
    let data = images(21);
    let fit = |batch_size| {
        let trainer = sgd(0.0).epochs(1).batch_size(batch_size).loss(cross_entropy);
        let run = trainer.fit(&mut linear(), &data, &data).unwrap();
        [run.history()[0].train.loss, run.history()[0].scores().loss]
    };
    let whole = fit(21);
    for batch_size in [20, 8, 1] {
        for (loss, expected) in fit(batch_size).into_iter().zip(whole) {
            assert!((loss - expected).abs() < 1e-6, "{loss} should be {expected}");
        }
    }
}

#[test]
fn any_number_is_better_than_none() {
    let looks = AtomicUsize::new(0);
    let step = move |model: &Sequential, batch: &ImageBatch, pass: &mut Pass| {
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        let loss = cross_entropy(&output, &batch.labels)?;
        // The first epoch's validation, of three batches.
        let broken = !pass.is_training() && looks.fetch_add(1, Ordering::Relaxed) < 3;
        Ok(if broken { loss * f64::NAN } else { loss })
    };
    let (mut model, data) = (linear(), images(24));
    let run = sgd(0.05).early_stopping(3).step(step).fit(&mut model, &data, &data).unwrap();
    assert!(run.history()[0].scores().loss.is_nan());
    assert_eq!((run.history().len(), run.best_epoch()), (6, 6));
}

#[test]
fn what_is_frozen_after_some_epochs_stays() {
    let (train, valid) = data();
    let biases = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&biases);
    let step = move |model: &Net, batch: &ImageBatch, pass: &mut Pass| {
        let bias = model.named_parameters()[1].1;
        seen.lock().unwrap().push((bias.value().to_vec(), bias.is_frozen()));
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        cross_entropy(&output, &batch.labels)
    };
    let trainer = |path| {
        Trainer::new(SGD::new(0.1)).epochs(3).batch_size(20).quiet(true).freeze_after(1, path)
    };
    trainer("conv.bias").step(step).fit(&mut net(), &train, &valid).unwrap();
    // Two steps and a look at the validation samples in each epoch.
    let biases = biases.lock().unwrap();
    assert!(biases[..3].iter().all(|(_, frozen)| !frozen) && biases[0].0 != biases[1].0);
    assert!(biases[3..].iter().all(|(bias, frozen)| *frozen && *bias == biases[2].0));

    let run = trainer("conv2").loss(cross_entropy).fit(&mut net(), &train, &valid);
    assert_eq!(
        run.err().unwrap().to_string(),
        "callback FreezeAfter: there is no parameter at or below `conv2` to freeze",
    );
}

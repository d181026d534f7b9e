//! Steps over several batches, and averages of the weights.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{DataLoader, Split};
use plywood_layers::{Module, Params, cross_entropy};
use plywood_optimizers::{Average, Constant, Optimizer, SGD};
use plywood_tensor::{Rng, Seed};
use plywood_testkit::assert_close;
use plywood_training::{Callback, Evaluator, Flow, Trainer, TrainerState};

use crate::support::{EPOCHS, LOOKS, STEPS, images, linear, train_by, trainer, weights};

fn sgd() -> Trainer {
    Trainer::new(SGD::new(0.1).momentum(0.9)).epochs(3).seed(Seed(3)).quiet(true)
}

/// 21 samples: of steps of 8, the last has 5.
#[test]
fn small_batches_make_the_step_of_a_large_one() {
    let data = images(21);
    let fit = |trainer: Trainer| {
        let mut model = linear();
        let run = trainer.loss(cross_entropy).fit(&mut model, &data, None).unwrap();
        (numbers(&model), run.history().last().unwrap().clone())
    };
    let (whole, record) = fit(sgd().batch_size(8).clip_grad_norm(0.5));
    for (batch_size, batches) in [(2, 4), (4, 2), (1, 8)] {
        let accumulated = sgd().batch_size(batch_size).accumulate(batches).clip_grad_norm(0.5);
        let (parts, own) = fit(accumulated);
        assert_close(&parts, &whole, 1e-5);
        assert_close(
            &[own.train.loss, own.grad_norm],
            &[record.train.loss, record.grad_norm],
            1e-5,
        );
        assert_eq!(own.clipped, record.clipped);
    }
}

#[test]
fn schedules_and_callbacks_count_steps() {
    struct Last(u64);
    impl Callback for Last {
        fn on_step_end(&mut self, run: &mut TrainerState<'_>) -> plywood_tensor::Result<Flow> {
            self.0 += 1;
            assert_eq!(run.step(), self.0);
            // Two whole steps of two batches, and one of what is left.
            assert_eq!(run.batch(), [5, 2, 4][(self.0 % 3) as usize]);
            Ok(Flow::Continue)
        }

        fn settings(&self) -> String {
            String::new()
        }
    }
    let data = images(20);
    let falling = |step: u64, of: u64| {
        assert_eq!(of, 9);
        1.0 / (1 + step) as f64
    };
    let trainer = sgd().batch_size(4).accumulate(2).schedule(falling).callback(Last(0));
    let run = trainer.loss(cross_entropy).fit(&mut linear(), &data, None).unwrap();
    let rates: Vec<f64> = run.history().iter().map(|record| record.learning_rate).collect();
    assert_eq!(rates, [3, 6, 9].map(|step| 1.0 / f64::from(step)));
}

#[test]
fn no_batches_are_no_step() {
    let data = images(8);
    let run = sgd().accumulate(0).loss(cross_entropy).fit(&mut linear(), &data, None);
    assert_eq!(
        run.err().unwrap().to_string(),
        "trainer: a step over 0 batches; `accumulate(1)` takes one for each batch",
    );
}

#[test]
fn a_smaller_batch_can_be_left_out() {
    let data = images(21);
    let steps = |drop_last| {
        let trainer = sgd().epochs(1).batch_size(8).drop_last(drop_last);
        let count = |step: u64, of: u64| 1e-3 * (1 + step) as f64 + of as f64;
        let run = trainer.schedule(count).loss(cross_entropy).fit(&mut linear(), &data, &data);
        run.unwrap().history()[0].learning_rate
    };
    assert_eq!([steps(false), steps(true)], [3.003, 2.002]);
}

/// The mean of the models at the ends of the last three of five epochs; before them validation sees the model.
#[test]
fn the_average_of_epochs_is_their_mean() {
    /// The model's weights at the end of each epoch.
    struct Ends(Arc<Mutex<Vec<Vec<f32>>>>);
    impl Callback for Ends {
        fn on_epoch_end(&mut self, run: &mut TrainerState<'_>) -> plywood_tensor::Result<Flow> {
            self.0.lock().unwrap().push(numbers(run.model()));
            Ok(Flow::Continue)
        }

        fn settings(&self) -> String {
            String::new()
        }
    }
    let data = images(20);
    let ends = Arc::new(Mutex::new(Vec::new()));
    let fit = |trainer: Trainer| {
        let mut model = linear();
        let trainer = trainer.epochs(5).batch_size(8).accumulate(2);
        let run = trainer.loss(cross_entropy).fit(&mut model, &data, &data).unwrap();
        let losses: Vec<f64> = run.history().iter().map(|row| row.scores().loss).collect();
        (numbers(&model), losses)
    };
    let (last, seen) = fit(sgd().callback(Ends(ends.clone())));
    let (mean, averaged) = fit(sgd().average_epochs(3, Average::swa()));

    let ends = ends.lock().unwrap();
    assert_eq!(ends[4], last);
    let expected: Vec<f32> =
        (0..last.len()).map(|i| (ends[2][i] + ends[3][i] + ends[4][i]) / 3.0).collect();
    assert_close(&mean, &expected, 1e-6);
    // The average of one is the one.
    assert_eq!(averaged[..3], seen[..3]);
    assert_ne!(averaged[3..], seen[3..]);
    let (of_one, _) = fit(sgd().average_epochs(5, Average::swa()));
    assert_eq!(of_one, last);
}

fn numbers(model: &(impl Params + ?Sized)) -> Vec<f32> {
    model.slots().iter().flat_map(|(_, slot)| slot.value().to_vec()).collect()
}

/// An epoch that is cut short isn't taken in, and without any the model stays as it is.
#[test]
fn an_epoch_that_ends_early_is_not_averaged() {
    struct StopAt(u64);
    impl Callback for StopAt {
        fn on_step_end(&mut self, run: &mut TrainerState<'_>) -> plywood_tensor::Result<Flow> {
            Ok(if run.step() == self.0 { Flow::stop("enough") } else { Flow::Continue })
        }

        fn settings(&self) -> String {
            String::new()
        }
    }
    let data = images(24);
    let fit = |trainer: Trainer| {
        let mut model = linear();
        trainer.batch_size(8).loss(cross_entropy).fit(&mut model, &data, None).unwrap();
        weights(&model)
    };
    // Three steps in an epoch.
    let whole = fit(sgd().epochs(2));
    assert_eq!(fit(sgd().average_epochs(2, Average::swa()).callback(StopAt(8))), whole);
    let one_more = fit(sgd().callback(StopAt(4)));
    assert_eq!(fit(sgd().average_epochs(2, Average::swa()).callback(StopAt(4))), one_more);
}

#[test]
fn an_average_that_never_begins_is_refused() {
    let data = images(8);
    for first in [0, 4] {
        let trainer = sgd().average_epochs(first, Average::swa()).loss(cross_entropy);
        assert_eq!(
            trainer.fit(&mut linear(), &data, None).err().unwrap().to_string(),
            format!("trainer: the average should begin with epoch {first}, the epochs are 1 to 3"),
        );
    }
}

/// The loop that one would write by hand.
#[test]
fn the_average_is_validated_and_given_back() {
    let data = images(20);
    let mut model = linear();
    let trainer = sgd().batch_size(8).average(Average::ema(0.9)).loss(cross_entropy);
    let run = trainer.fit(&mut model, &data, &data).unwrap();

    let (mut expected, mut average) = (linear(), Average::ema(0.9));
    let mut optimizer = SGD::new(0.1).momentum(0.9);
    let loader = DataLoader::new(&data).batch_size(8).shuffle(Seed(3));
    for (epoch, record) in run.history().iter().enumerate() {
        for batch in loader.epoch(epoch) {
            let batch = batch.unwrap();
            let mut pass = Pass::train(&expected, &mut Rng::new(Seed(0)));
            let output = expected.forward(&Var::constant(batch.images), &mut pass).unwrap();
            let loss = cross_entropy(&output, &batch.labels).unwrap();
            let grads = pass.backward(&loss).unwrap();
            optimizer.step(&mut expected, &grads).unwrap();
            average.update(&expected).unwrap();
        }
        let evaluator = Evaluator::new().loss(cross_entropy).batch_size(8);
        let seen = average.during(&mut expected, |model| evaluator.evaluate(model, &data));
        assert_eq!(record.valid.as_ref().unwrap().loss, seen.unwrap().unwrap().scores.loss);
    }
    let last = weights(&expected);
    average.apply_to(&mut expected).unwrap();
    assert_eq!(weights(&model), weights(&expected));
    assert_ne!(weights(&model), last);
}

#[test]
fn the_best_average_is_kept() {
    let [train, valid] = images(60).split([0.4, 0.6], Seed(1)).unwrap();
    let fit = |epochs: usize, rate: fn(u64, u64) -> f64| {
        let mut model = linear();
        let trainer = sgd().batch_size(8).epochs(epochs).schedule(rate).keep_best(true);
        let trainer = trainer.average(Average::ema(0.5)).loss(cross_entropy);
        let run = trainer.fit(&mut model, &train, &valid).unwrap();
        (weights(&model), run.best_epoch())
    };
    // Learns for two epochs of three steps, then goes up the wall.
    let rate: fn(u64, u64) -> f64 = |step, _| if step < 6 { 0.02 } else { 1e3 };
    let (best, epoch) = fit(4, rate);
    assert!((1..4).contains(&epoch), "the best epoch is {epoch}, which tells nothing");
    assert!(best == fit(epoch, rate).0, "the weights are not those after epoch {epoch}");
}

#[test]
fn both_go_on_to_the_same_bits() {
    let averaging = |average| trainer().accumulate(2).drop_last(true).average(average);
    goes_on_to_the_same_bits(|| averaging(Average::ema(0.8)), averaging(Average::ema(0.7)));
    let by_epochs = |first| trainer().accumulate(2).average_epochs(first, Average::swa());
    goes_on_to_the_same_bits(|| by_epochs(2), by_epochs(3));
}

fn goes_on_to_the_same_bits(averaging: impl Fn() -> Trainer, other: Trainer) {
    let whole = train_by(averaging(), usize::MAX, None, Duration::MAX).unwrap();
    assert_ne!(train_by(other, usize::MAX, None, Duration::MAX).unwrap(), whole);
    // In the middle of a step, after one, while it is looked at, and in the last epoch, also after its last step.
    for stop in [1, 2, STEPS + 1, EPOCHS * STEPS, EPOCHS * (STEPS + LOOKS) - 1] {
        for every in [Duration::ZERO, Duration::MAX] {
            let folder = tempfile::tempdir().unwrap();
            let path = Some(folder.path());
            for _ in 0..2 {
                // The second time it may have had less left to do than that.
                let _ = train_by(averaging(), stop, path, every);
            }
            let run = train_by(averaging(), usize::MAX, path, every).unwrap();
            assert_eq!(run, whole, "stopped at {stop}, saved every {every:?}");
        }
    }
}

#[test]
fn an_average_that_makes_no_sense_is_named() {
    let data = images(8);
    let trainer = sgd().schedule(Constant::new(0.1)).average(Average::ema(2.0)).loss(cross_entropy);
    assert_eq!(
        trainer.fit(&mut linear(), &data, None).err().unwrap().to_string(),
        "epoch 1, batch 1: Average: the decay is 2; it should be between 0 and 1",
    );
}

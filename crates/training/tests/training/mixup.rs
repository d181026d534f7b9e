//! Mixup: the plain loss at its end, mixtures between, and the same bits after an interruption.

use std::sync::atomic::{AtomicUsize, Ordering};

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{Dataset, Draw, ImageBatch};
use plywood_layers::{CrossEntropy, Loss, cross_entropy};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};
use plywood_training::{Mixup, Objective};

use crate::support::{Outcome, data, images, linear, net, trainer};

fn batch() -> ImageBatch {
    images(12).batch(&(0..12).collect::<Vec<_>>(), &Draw::evaluation()).unwrap()
}

/// The loss of a linear model in a step of training with these settings.
fn loss(alpha: f64, seed: u64) -> Result<f32> {
    let (model, mixup) = (linear(), Mixup::new(alpha, cross_entropy));
    let mut pass = Pass::train(&model, &mut Rng::new(Seed(seed)));
    mixup.forward(&model, &batch(), &mut pass)?.loss.item()
}

#[test]
fn towards_zero_it_is_the_plain_loss() {
    let (model, batch) = (linear(), batch());
    let mixup = Mixup::new(1.0, cross_entropy);
    // In evaluation always.
    let plain =
        mixup.forward(&model, &batch, &mut Pass::eval(&model)).unwrap().loss.item().unwrap();
    let differences: Vec<f32> =
        (0..20).map(|seed| (loss(1e-3, seed).unwrap() - plain).abs()).collect();
    // λ is so near to 0 or 1 that one of two whole batches is left, in another order.
    assert!(differences.iter().filter(|&&x| x < 1e-4).count() >= 18, "{differences:?}");
    let mixed = (0..20).filter(|&seed| (loss(1.0, seed).unwrap() - plain).abs() > 1e-4);
    assert!(mixed.count() >= 18);
}

#[test]
fn what_is_mixed_is_between_two_samples() {
    // One sample of 0 and one of 1, whose targets are 0 and 1: whatever λ is, the mixture's target is the mixture.
    let squared = |output: &Var, target: &Tensor<u32>| -> Result<Var> {
        let numbers: Vec<f32> = target.as_slice().iter().map(|&class| class as f32).collect();
        let target = Var::constant(Tensor::from_vec(numbers, [2, 1])?);
        Ok(output.sub(&target)?.sum())
    };
    let data = plywood_datasets::Rows::new(Tensor::from([[0.0], [1.0]]), Tensor::from([0_u32, 1]))
        .unwrap();
    let batch = data.batch(&[0, 1], &Draw::evaluation()).unwrap();
    let once =
        plywood_layers::Linear::config(1, 1).weight_init(plywood_layers::Init::Constant(1.0));
    let once = once.bias(false).init(&mut Rng::new(Seed(1))).unwrap();
    for seed in 0..10 {
        let mut pass = Pass::train(&once, &mut Rng::new(Seed(seed)));
        let step = Mixup::new(0.7, squared).forward(&once, &batch, &mut pass).unwrap();
        assert!(step.loss.item().unwrap().abs() < 1e-6);
        let output = step.output.unwrap().value().unwrap().to_vec();
        assert!(output.iter().all(|x| (0.0..=1.0).contains(x)), "{output:?}");
    }
}

/// Fails when it is asked for the `fail_at`-th time.
struct Failing {
    loss: CrossEntropy,
    asked: AtomicUsize,
    fail_at: usize,
}

impl Loss<Tensor<u32>> for Failing {
    fn loss(&self, output: &Var, target: &Tensor<u32>) -> Result<Var> {
        if self.asked.fetch_add(1, Ordering::Relaxed) == self.fail_at {
            return Err(Error::value("the power is out"));
        }
        self.loss.loss(output, target)
    }

    fn settings(&self) -> String {
        format!("{:?}", self.loss)
    }
}

#[test]
fn interrupted_it_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let train = |fail_at: usize, alpha: f64, saved: bool| {
        let loss = Failing { loss: CrossEntropy::new(), asked: AtomicUsize::new(0), fail_at };
        let mut trainer = trainer().objective(Mixup::new(alpha, loss));
        if saved {
            trainer =
                trainer.checkpoint_in(folder.path()).checkpoint_every(std::time::Duration::ZERO);
        }
        let ((train, valid), mut model) = (data(), net());
        let run = trainer.fit(&mut model, &train, &valid)?;
        Ok::<_, Error>(Outcome::of(&model, &run))
    };
    let whole = train(usize::MAX, 0.5, false).unwrap();
    for stop in [7, 12] {
        let text = train(stop, 0.5, true).unwrap_err().to_string();
        assert!(text.ends_with("the power is out"), "{text}");
    }
    // Its setting belongs to the run.
    let other = train(usize::MAX, 0.4, true).unwrap_err().to_string();
    assert!(
        other.contains("mixup of alpha 0.5") && other.contains("mixup of alpha 0.4"),
        "{other}"
    );
    assert_eq!(train(usize::MAX, 0.5, true).unwrap(), whole);
}

#[test]
fn senseless_settings_are_named() {
    assert_eq!(
        loss(0.0, 1).unwrap_err().to_string(),
        "mixup: the alpha is 0; it should be between 0.001 and 1000",
    );
}

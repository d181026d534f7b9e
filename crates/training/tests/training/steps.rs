//! The step as a closure: a model of words, which takes no `Var`.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{Batch, Dataset, Draw};
use plywood_layers::{Embedding, Linear, Module, Params, cross_entropy};
use plywood_optimizers::AdamW;
use plywood_tensor::{Result, Rng, Seed, Tensor};
use plywood_training::{Accuracy, Trainer};

use crate::support::weights;

/// Sentences of four of ten words; which class one is of depends on whether word 3 is in it.
#[derive(Clone)]
struct Sentences(Tensor<u32>);

#[derive(Debug)]
struct Words {
    words: Tensor<u32>,
    labels: Tensor<u32>,
}

impl Batch for Words {
    type Input = Tensor<u32>;
    type Target = Tensor<u32>;

    fn len(&self) -> usize {
        self.labels.numel()
    }

    fn input(&self) -> &Tensor<u32> {
        &self.words
    }

    fn target(&self) -> &Tensor<u32> {
        &self.labels
    }
}

impl Dataset for Sentences {
    type Batch = Words;

    fn len(&self) -> usize {
        self.0.shape()[0]
    }

    fn batch(&self, indices: &[usize], _: &Draw) -> Result<Words> {
        let rows = indices.iter().flat_map(|&index| &self.0.as_slice()[index * 4..][..4]);
        let words: Vec<u32> = rows.copied().collect();
        let labels: Vec<u32> = words.chunks(4).map(|row| u32::from(row.contains(&3))).collect();
        let words = Tensor::from_vec(words, [indices.len(), 4])?;
        Ok(Words { words, labels: labels.into() })
    }

    fn fingerprint(&self) -> String {
        format!("sentences {}", self.0.shape())
    }
}

fn sentences(count: usize, seed: u64) -> Sentences {
    let mut rng = Rng::new(Seed(seed));
    let words =
        (0..count * 4).map(|_| if rng.unit() < 0.16 { 3 } else { (rng.unit() * 10.0) as u32 });
    Sentences(Tensor::from_vec(words.collect(), [count, 4]).unwrap())
}

#[derive(Params)]
struct Bag {
    words: Embedding,
    fc: Linear,
}

impl Module<Tensor<u32>> for Bag {
    fn forward(&self, x: &Tensor<u32>, pass: &mut Pass) -> Result<Var> {
        let x = self.words.forward(x, pass)?.mean_axes(&[1])?; // [N, 8]
        self.fc.forward(&x, pass)
    }
}

fn bag() -> Bag {
    let mut rng = Rng::new(Seed(4));
    Bag {
        words: Embedding::config(10, 8).init(&mut rng).unwrap(),
        fc: Linear::config(8, 2).init(&mut rng).unwrap(),
    }
}

#[test]
fn a_model_of_words_trains() {
    let step = |model: &Bag, batch: &Words, pass: &mut Pass| {
        let output = model.forward(&batch.words, pass)?;
        Ok((cross_entropy(&output, &batch.labels)?, output))
    };
    let mut model = bag();
    let run = Trainer::new(AdamW::new(0.05))
        .step(step)
        .metric(Accuracy::top(1))
        .epochs(15)
        .batch_size(16)
        .quiet(true)
        .fit(&mut model, &sentences(200, 1), &sentences(50, 2))
        .unwrap();
    let result = run.evaluate(&model, &sentences(100, 3)).unwrap();
    assert!(result.metric("accuracy").unwrap() > 0.95, "{result}");
    assert_eq!((result.samples, result.confusion.unwrap().rows().flatten().sum()), (100, 100_u64));
}

#[test]
fn a_loss_alone_is_enough_without_metrics() {
    let step = |model: &Bag, batch: &Words, pass: &mut Pass| {
        cross_entropy(&model.forward(&batch.words, pass)?, &batch.labels)
    };
    let mut model = bag();
    let trainer = Trainer::new(AdamW::default()).step(step).epochs(2).quiet(true);
    let run = trainer.fit(&mut model, &sentences(40, 1), &sentences(20, 2)).unwrap();
    assert!(run.history()[1].train.loss < run.history()[0].train.loss);
    assert!(run.evaluate(&model, &sentences(20, 3)).unwrap().confusion.is_none());
    assert_ne!(weights(&model), weights(&bag()));
}

#[test]
fn the_loss_of_a_step_is_the_mean_over_the_samples_of_its_batches() {
    let step = |model: &Bag, batch: &Words, pass: &mut Pass| {
        cross_entropy(&model.forward(&batch.words, pass)?, &batch.labels)
    };
    let losses = |batch_size: usize, accumulate: usize| {
        let mut model = bag();
        let trainer =
            Trainer::new(AdamW::new(0.05)).step(step).epochs(2).shuffle(false).quiet(true);
        let trainer = trainer.batch_size(batch_size).accumulate(accumulate);
        let run = trainer.fit(&mut model, &sentences(40, 1), None).unwrap();
        let steps = run.steps().iter().map(|record| (record.last, record.epoch, record.loss.mean));
        steps.collect::<Vec<_>>()
    };
    // Batches of 16, 16 and 8; of 32 and 8; of 16, two of which are a step.
    assert_eq!(losses(16, 1).iter().map(|step| step.1).collect::<Vec<_>>(), [1, 1, 1, 2, 2, 2]);
    let (whole, parts) = (losses(32, 1), losses(16, 2));
    assert_eq!(whole.len(), 4);
    for (whole, parts) in whole.iter().zip(&parts) {
        assert_eq!((whole.0, whole.1), (parts.0, parts.1));
        assert!((whole.2 - parts.2).abs() < 1e-5, "{whole:?} {parts:?}");
    }
}

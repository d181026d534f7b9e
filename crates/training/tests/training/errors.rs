//! What makes no sense gets an error that says what and where; the checkpoint stays.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use plywood_autodiff::{Param, Pass, Var};
use plywood_datasets::{Dataset, Draw, ImageBatch, Images, Split};
use plywood_layers::{
    Dropout, Flatten, GELU, Layer, Linear, Module, Params, ReLU, Sequential, cross_entropy,
};
use plywood_optimizers::{AdamW, Constant, OneCycle, SGD};
use plywood_tensor::{Result, Rng, Seed, Tensor};
use plywood_training::{Accuracy, Evaluator, MeanAbsoluteError, Objective, Trainer};

use crate::support::{images, linear, weights};

fn quiet() -> Trainer {
    Trainer::new(AdamW::default()).epochs(2).batch_size(8).quiet(true)
}

/// What training this model this way says.
fn text<M, S>(trainer: Trainer<S>, model: &mut M) -> String
where
    M: Params + Send + Sync + 'static,
    S: Objective<M, ImageBatch>,
{
    let data = images(20);
    trainer.fit(model, &data, &data).err().expect("an error").to_string()
}

#[test]
fn settings_that_train_nothing() {
    let model = &mut linear();
    let before = weights(model);
    let trainer = || quiet().loss(cross_entropy);
    assert_eq!(text(trainer().epochs(0), model), "trainer: 0 epochs train nothing");
    assert_eq!(
        text(trainer().batch_size(0), model),
        "training data: data loader: the batch size is 0; it should be 1 or more",
    );
    assert_eq!(
        text(trainer().monitor("accuracy"), model),
        "trainer: there is no metric `accuracy` to monitor; there is only loss; \
         `metric` adds others",
    );
    assert_eq!(
        text(trainer().metric(Accuracy::top(1)).metric(Accuracy::top(5)).monitor("f1"), model),
        "trainer: there is no metric `f1` to monitor; \
         there are loss, accuracy, top-5 accuracy",
    );
    assert_eq!(weights(model), before);
}

#[test]
fn numbers_that_are_none() {
    let model = &mut linear();
    let before = weights(model);
    let trainer = || quiet().loss(cross_entropy);
    let rate = "the learning rate is NaN; it should be 0 or more";
    assert_eq!(
        text(trainer().schedule(Constant::new(f64::NAN)), model),
        format!("Constant: {rate}"),
    );
    assert_eq!(
        text(trainer().schedule(OneCycle::new(0.1).warm_up(3.0)), model),
        "OneCycle: the part of the training that is warm-up is 3; it should be between 0 and 1",
    );
    let sgd = Trainer::new(SGD::new(f64::NAN)).quiet(true).loss(cross_entropy);
    assert_eq!(text(sgd, model), format!("epoch 1, batch 1: SGD: {rate}"));
    assert_eq!(
        text(trainer().clip_grad_norm(f64::NAN), model),
        "epoch 1, batch 1: clip_grad_norm: the largest norm is NaN; \
         it should be 0 or more",
    );
    assert_eq!(
        text(trainer().clip_grad_value(-1.0), model),
        "epoch 1, batch 1: clip_grad_value: the limit is -1; \
         it should be 0 or more",
    );
    assert_eq!(weights(model), before);
}

/// A data set that is empty, and one whose third batch of 4 can't be read.
#[derive(Clone)]
struct Broken(usize);

impl Dataset for Broken {
    type Batch = ImageBatch;

    fn len(&self) -> usize {
        self.0
    }

    fn batch(&self, indices: &[usize], draw: &Draw) -> Result<ImageBatch> {
        images(8).batch(indices, draw)
    }

    fn fingerprint(&self) -> String {
        format!("{} broken images", self.0)
    }
}

#[test]
fn data_that_isnt_there() {
    let fit = |train: usize, valid: usize| {
        let trainer = quiet().batch_size(4).loss(cross_entropy);
        trainer.fit(&mut linear(), &Broken(train), &Broken(valid)).err().unwrap().to_string()
    };
    assert_eq!(fit(0, 8), "training data: data loader: the data set has no samples");
    assert_eq!(fit(8, 0), "validation data: data loader: the data set has no samples");
    assert_eq!(fit(8, 10), "epoch 1, validation: images: there is no sample 8 in a data set of 8");
    let error = fit(9, 8);
    assert!(error.starts_with("epoch 1, batch "), "{error}");
}

/// Trains the linear model, but the loss of the given step (from 1) goes through `change`.
fn break_at(step: usize, change: fn(Var) -> Result<Var>, trainer: Trainer) -> Result<Vec<u8>> {
    let steps = AtomicUsize::new(0);
    let objective = move |model: &Sequential, batch: &ImageBatch, pass: &mut Pass| {
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        let loss = cross_entropy(&output, &batch.labels)?;
        if pass.is_training() && steps.fetch_add(1, Ordering::Relaxed) + 1 == step {
            return change(loss);
        }
        Ok(loss)
    };
    let (mut model, data) = (linear(), images(20));
    trainer.step(objective).fit(&mut model, &data, &data)?;
    Ok(weights(&model))
}

#[test]
fn a_loss_that_is_no_number_leaves_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.bin");
    let trainer = || quiet().checkpoint_in(folder.path());
    // Three batches in an epoch: the fifth step is the second one of the second epoch.
    let error = break_at(5, |loss| Ok(loss * f64::NAN), trainer()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "epoch 2, batch 2: the loss is NaN; \
         a smaller learning rate, clipping or cleaner data may help",
    );
    assert!(path.exists());
    let whole = break_at(usize::MAX, Ok, quiet()).unwrap();
    assert_eq!(break_at(usize::MAX, Ok, trainer()).unwrap(), whole);
}

#[test]
fn a_gradient_that_is_no_number_is_named() {
    // The root of 0 is 0, but its slope is infinite there, and 0 · ∞ is no number.
    let root = |loss: Var| loss.clone().add(&(loss * 0.0).sqrt());
    let folder = tempfile::tempdir().unwrap();
    let every_step = || quiet().checkpoint_in(folder.path()).checkpoint_every(Duration::ZERO);
    assert_eq!(
        break_at(2, root, every_step()).unwrap_err().to_string(),
        "epoch 1, batch 2: the gradient of 1.weight is not finite; \
         a smaller learning rate, or another loss, may help",
    );
    // What was saved are still numbers.
    let whole = break_at(usize::MAX, Ok, quiet()).unwrap();
    assert_eq!(break_at(usize::MAX, Ok, every_step()).unwrap(), whole);
    let clipped = break_at(2, root, quiet().clip_grad_norm(1.0)).unwrap_err().to_string();
    assert_eq!(
        clipped,
        "epoch 1, batch 2: clip_grad_norm: the gradients' norm is NaN, because of 1.weight; \
         a smaller learning rate often helps",
    );
}

#[test]
fn labels_and_shapes_that_dont_fit() {
    let data = images(20);
    let fit = |model: &mut Sequential| {
        let trainer = quiet().loss(cross_entropy).metric(Accuracy::top(1));
        trainer.fit(model, &data, &data).err().unwrap().to_string()
    };
    let model = |inputs, outputs| {
        Sequential::new()
            .add(Flatten)
            .add(Linear::config(inputs, outputs).init(&mut Rng::new(Seed(1))).unwrap())
    };
    let error = fit(&mut model(128, 2));
    assert_eq!(
        error,
        "epoch 1, batch 1: sample 14: cross_entropy: label 2 is not a class: there are 2 classes; \
         labels go from 0 to 1",
    );
    let error = fit(&mut model(64, 3));
    assert_eq!(
        error,
        "epoch 1, batch 1: 1: linear: input [8, 128] (…, K) has 128 features, \
         the weight [3, 64] (N, K) expects 64; \
         the layer's input size must be the size of the input's last axis",
    );
}

/// Whose sample it is, wherever it is met: in shuffled training, in validation, in a metric alone; by its
/// place in the whole set, or by its file.
#[test]
fn a_label_out_of_range_is_named_by_its_sample() {
    let all = images(40);
    // The only sample of class 2 is the 23rd.
    let kept: Vec<usize> = (0..40).filter(|index| index % 3 < 2 || *index == 23).collect();
    let part = all.subset(&kept).unwrap();
    let two = |part: &[usize]| all.subset(part).unwrap();
    let right = two(&[0, 1, 3, 4]);
    let model = || {
        let linear = Linear::config(128, 2).init(&mut Rng::new(Seed(1))).unwrap();
        Sequential::new().add(Flatten).add(linear)
    };
    let label = "label 2 is not a class: there are 2 classes; labels go from 0 to 1";
    for seed in 0..3 {
        let trainer = quiet().seed(Seed(seed)).batch_size(5).loss(cross_entropy);
        let error = trainer.fit(&mut model(), &part, &right).err().unwrap().to_string();
        let named = format!(": sample 23: cross_entropy: {label}");
        assert!(error.starts_with("epoch 1, batch ") && error.ends_with(&named), "{error}");
    }
    let fit = |valid: &Images| {
        let trainer = quiet().loss(cross_entropy);
        trainer.fit(&mut model(), &right, valid).err().unwrap().to_string()
    };
    let validation = two(&[1, 0, 23]);
    assert_eq!(fit(&validation), format!("epoch 1, validation: sample 23: cross_entropy: {label}"),);
    let named = validation.with_sample_names(["photos/b.jpg", "photos/a.jpg", "photos/c.jpg"]);
    let named = named.unwrap().subset(&[2, 1]).unwrap();
    assert_eq!(fit(&named), format!("epoch 1, validation: photos/c.jpg: cross_entropy: {label}"),);
    // The loss looks at none of them, the metric does.
    let blind = |model: &Sequential, batch: &ImageBatch, pass: &mut Pass| {
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        Ok((output.clone().square().mean(), output))
    };
    let evaluate = Evaluator::new().step(blind).metric(Accuracy::top(1)).evaluate(&model(), &part);
    assert_eq!(evaluate.err().unwrap().to_string(), format!("sample 23: accuracy: {label}"),);
    // Rows that are no samples keep their numbers.
    let twice = |model: &Sequential, batch: &ImageBatch, pass: &mut Pass| {
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        let labels = Tensor::concat(&[&batch.labels, &batch.labels], 0)?;
        cross_entropy(&Var::concat(&[&output, &output], 0)?, &labels)
    };
    let error =
        Evaluator::new().step(twice).batch_size(8).evaluate(&model(), &named).err().unwrap();
    assert_eq!(error.to_string(), format!("row 0 of 4: cross_entropy: {label}"));
}

#[test]
fn a_metric_that_doesnt_fit_the_data() {
    let model = &mut linear();
    assert_eq!(
        text(quiet().loss(cross_entropy).metric(MeanAbsoluteError::new()), model),
        "epoch 1, batch 1: mean absolute error: the target is classes, not numbers; \
         `Accuracy` compares classes",
    );
    let alone = |model: &Sequential, batch: &ImageBatch, pass: &mut Pass| {
        let output = model.forward(&Var::constant(batch.images.clone()), pass)?;
        cross_entropy(&output, &batch.labels)
    };
    assert_eq!(
        text(quiet().step(alone).metric(Accuracy::top(1)), model),
        "epoch 1, batch 1: accuracy: the step gives a loss alone, there is nothing to look at; \
         give `(loss, output)`",
    );
}

/// A model with a parameter that nobody asks for, and one that is looked at but not learnt.
#[derive(Params)]
struct Forgetful {
    fc: Linear,
    forgotten: Linear,
    detached: Param,
}

impl Module for Forgetful {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let scale = pass.param(&self.detached).detach();
        self.fc.forward(&x.flatten()?, pass)?.mul(&scale)
    }
}

#[test]
fn a_parameter_without_a_gradient_is_named() {
    let mut rng = Rng::new(Seed(1));
    let mut model = Forgetful {
        fc: Linear::config(128, 3).init(&mut rng).unwrap(),
        forgotten: Linear::config(3, 3).bias(false).init(&mut rng).unwrap(),
        detached: Param::new(Tensor::ones([3])),
    };
    let before = weights(&model);
    assert_eq!(
        text(quiet().loss(cross_entropy), &mut model),
        "epoch 1, batch 1: backward: 2 of 4 parameters have no gradient: \
         forgotten.weight (not used in this pass), detached (its path is cut by detach); \
         mend the path, freeze them, or call `backward_partial`",
    );
    assert_eq!(weights(&model), before);
}

#[test]
fn a_loss_that_is_no_single_number() {
    let each = |output: &Var, labels: &Tensor<u32>| output.cross_entropy(labels, 0.0);
    assert_eq!(
        text(quiet().loss(each), &mut linear()),
        "epoch 1, batch 1: the loss [8] is not a single number; `mean` or `sum` makes it one",
    );
}

/// The names, shapes and values of the weights are the same in all of them.
#[test]
fn a_run_of_a_model_with_other_settings_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = images(20);
    let fit = |p: f64, activation: Box<dyn Fn(Sequential) -> Sequential>| {
        let linear = Linear::config(2 * 8 * 8, 3).init(&mut Rng::new(Seed(1))).unwrap();
        let mut model = activation(Sequential::new().add(Flatten).add(Dropout::new(p))).add(linear);
        let trainer = quiet().loss(cross_entropy).checkpoint_in(folder.path());
        trainer.fit(&mut model, &data, &data).map(drop)
    };
    fn add<L: Layer + Clone + 'static>(layer: L) -> Box<dyn Fn(Sequential) -> Sequential> {
        Box::new(move |model| model.add(layer.clone()))
    }
    fit(0.5, add(ReLU)).unwrap();
    fit(0.5, add(ReLU)).unwrap();
    let refused = |differences: &str| {
        format!(
            "{}: this is the run of other settings: {differences}; give the new run another folder, or \
             begin anew in this one: `overwrite(true)`, in the command `--overwrite`",
            folder.path().join("checkpoint.bin").display()
        )
    };
    assert_eq!(fit(0.1, add(ReLU)).unwrap_err().to_string(), refused("model.1.p was 0.5, is 0.1"),);
    assert_eq!(
        fit(0.1, add(GELU)).unwrap_err().to_string(),
        refused("model.1.p was 0.5, is 0.1; model.2 was ReLU, is GELU"),
    );
}

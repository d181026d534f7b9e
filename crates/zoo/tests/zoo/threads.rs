//! LeNet learns the same bits on any number of threads, of kernels and of the loader.

use plywood_datasets::transforms::RandomAffine;
use plywood_datasets::{Images, Split};
use plywood_layers::{cross_entropy, write_safetensors};
use plywood_optimizers::{AdamW, OneCycle};
use plywood_tensor::{Rng, Seed, Tensor, threads};
use plywood_training::{Accuracy, Trainer};
use plywood_zoo::{LeNetConfig, lenet};

/// Pictures of noise, of MNIST's size: large enough that every kernel is split.
fn noise() -> Images {
    let numbers: Tensor = Rng::new(Seed(1)).uniform([192, 1, 28, 28], 0.0, 256.0);
    let bytes = numbers.as_slice().iter().map(|&x| x as u8).collect();
    let labels = (0..192).map(|sample| sample % 10).collect();
    let names = (0..10).map(|class| class.to_string());
    Images::new(Tensor::from_vec(bytes, [192, 1, 28, 28]).unwrap(), labels, names).unwrap()
}

/// The weights and the history after two epochs of two steps each.
fn train(loader_threads: usize) -> (Vec<u8>, String) {
    let [train, valid] = noise().split([2.0 / 3.0, 1.0 / 3.0], Seed(1)).unwrap();
    let train = train.transform(RandomAffine::new(10.0).scale(0.9, 1.1)).unwrap();
    let mut model = lenet(&LeNetConfig::for_images([1, 28, 28], 10), Seed(7)).unwrap();
    let run = Trainer::new(AdamW::default())
        .schedule(OneCycle::new(0.01))
        .loss(cross_entropy)
        .metric(Accuracy::top(1))
        .clip_grad_norm(1.0)
        .loader_threads(loader_threads)
        .epochs(2)
        .batch_size(64)
        .quiet(true)
        .fit(&mut model, &train, &valid)
        .unwrap();
    let mut bytes = Vec::new();
    write_safetensors(&model, &mut bytes).unwrap();
    (bytes, format!("{:?}", run.history()))
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let one = threads::with(1, || train(0)).unwrap();
    for (kernels, loader) in [(2, 1), (3, 3), (1, 3), (2, 0)] {
        let other = threads::with(kernels, || train(loader)).unwrap();
        assert!(other.0 == one.0, "weights on {kernels} threads, {loader} of them loading, differ");
        assert_eq!(other.1, one.1, "{kernels} threads, {loader} of the loader");
    }
    assert!(train(1) == one, "outside of any pool the bits differ");
}

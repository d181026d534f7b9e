//! A layer that keeps no activations: the same names, the same bits.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    BatchNorm2d, Conv2d, Dropout, Flatten, Linear, Module, Params, ReLU, Recompute, Sequential,
    StateDict, cross_entropy, state_dict,
};
use plywood_tensor::{Rng, Seed, Tensor};

/// A convolution, a normalisation and dropout, then a fully connected layer. With `recomputes`, what the
/// first ones compute isn't kept.
fn model(recomputes: bool) -> Sequential {
    let rng = &mut Rng::new(Seed(7));
    let block = Sequential::new()
        .add(Conv2d::config(1, 4, 3).init(rng).unwrap())
        .add(BatchNorm2d::config(4).init().unwrap())
        .add(ReLU)
        .add(Dropout::new(0.4));
    let linear = Linear::config(4 * 6 * 6, 3).init(rng).unwrap();
    let model = match recomputes {
        true => Sequential::new().add(Recompute::new(block)),
        false => Sequential::new().add(block),
    };
    model.add(Flatten).add(linear)
}

/// The gradients by name, and everything that is saved with the model afterwards.
fn step(model: &Sequential) -> (Vec<(String, Tensor)>, StateDict) {
    let rng = &mut Rng::new(Seed(1));
    let images = Var::constant(rng.normal([5, 1, 8, 8], 0.0, 1.0));
    let mut pass = Pass::train(model, rng);
    let scores = model.forward(&images, &mut pass).unwrap();
    let loss = cross_entropy(&scores, &Tensor::from([0_u32, 1, 2, 1, 0])).unwrap();
    let grads = pass.backward(&loss).unwrap();
    let gradients = grads.iter().map(|(name, gradient)| (name.to_owned(), gradient.clone()));
    (gradients.collect(), state_dict(model))
}

#[test]
fn names_gradients_and_statistics_are_the_same() {
    let (kept, again) = (model(false), model(true));
    assert_eq!(kept.parameter_count(), again.parameter_count());
    assert_eq!(step(&kept), step(&again));
    // A copy computes again, too.
    assert_eq!(step(&model(false)), step(&model(true).clone()));
}

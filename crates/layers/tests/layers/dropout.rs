//! Dropout inside of layers: where it is, how much it drops, and that evaluation has none.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    Activation, GRU, LSTM, Module, Params, PositionalEncoding, TransformerDecoderLayer,
    TransformerEncoderLayer,
};
use plywood_tensor::{Result, Rng, Seed, Tensor};

use crate::support::rng;

/// Which columns of a weight `[O, I]` got no gradient at all in a training pass: those whose input
/// was dropped in all samples.
fn silent_columns<M: Params>(
    model: &M,
    weight: &str,
    forward: impl Fn(&mut Pass) -> Result<Var>,
) -> Vec<bool> {
    let mut pass = Pass::train(model, &mut Rng::new(Seed(3)));
    let loss = forward(&mut pass).unwrap().square().sum();
    let grads = pass.backward_partial(&loss).unwrap();
    let (_, gradient) = grads.iter().find(|(name, _)| *name == weight).unwrap();
    let columns = gradient.abs().max_axis(0).unwrap();
    columns.as_slice().iter().map(|&largest| largest == 0.0).collect()
}

/// Whether about half of them are, as chance has it: five standard deviations.
fn about_half(silent: &[bool]) -> bool {
    let (n, count) = (silent.len() as f64, silent.iter().filter(|&&silent| silent).count() as f64);
    (count - 0.5 * n).abs() < 5.0 * 0.5 * n.sqrt()
}

#[test]
fn between_the_linear_layers_of_a_transformer() {
    let x = Var::constant(rng().normal([1, 1, 8], 0.0, 1.0));
    for dropout in [0.0, 0.5] {
        // GELU is 0 nowhere: what is silent was dropped.
        let encoder = TransformerEncoderLayer::config(8, 2);
        let config = encoder.feedforward(400).dropout(dropout).activation(Activation::GELU);
        let layer: TransformerEncoderLayer = config.encoder_layer(&mut rng()).unwrap();
        let silent = silent_columns(&layer, "linear2.weight", |pass| layer.forward(&x, pass));
        assert!(if dropout == 0.0 { !silent.contains(&true) } else { about_half(&silent) });
        let layer: TransformerDecoderLayer = config.decoder_layer(&mut rng()).unwrap();
        let masks = [&Default::default(), &Default::default()];
        let decode = |pass: &mut Pass| layer.decode(&x, &x, masks, pass);
        let silent = silent_columns(&layer, "linear2.weight", decode);
        assert!(if dropout == 0.0 { !silent.contains(&true) } else { about_half(&silent) });
    }
}

#[test]
fn between_recurrent_layers_and_not_before_the_first() {
    let x = Var::constant(rng().normal([1, 1, 200], 0.0, 1.0));
    let lstm = LSTM::config(200, 200).layers(2).dropout(0.5).init(&mut rng()).unwrap();
    let gru = GRU::config(200, 200).layers(2).dropout(0.5).init(&mut rng()).unwrap();
    let first = silent_columns(&lstm, "weight_ih_l0", |pass| lstm.forward(&x, pass));
    let second = silent_columns(&lstm, "weight_ih_l1", |pass| lstm.forward(&x, pass));
    assert!(!first.contains(&true) && about_half(&second));
    let first = silent_columns(&gru, "weight_ih_l0", |pass| gru.forward(&x, pass));
    let second = silent_columns(&gru, "weight_ih_l1", |pass| gru.forward(&x, pass));
    assert!(!first.contains(&true) && about_half(&second));
}

#[test]
fn of_positions_and_what_they_are_added_to() {
    let layer = PositionalEncoding::config(20).dropout(0.5).init().unwrap();
    let x = Var::constant(Tensor::full([2, 30, 20], 3.0));
    let mut pass = Pass::train(&layer, &mut Rng::new(Seed(3)));
    let trained = layer.forward(&x, &mut pass).unwrap();
    let evaluated = layer.forward(&x, &mut Pass::eval(&layer)).unwrap();
    let pairs =
        trained.value().unwrap().as_slice().iter().zip(evaluated.value().unwrap().as_slice());
    let dropped: Vec<bool> = pairs
        .map(|(&y, &whole)| {
            assert!(y == 0.0 || y == 2.0 * whole, "{y} of {whole}");
            y == 0.0
        })
        .collect();
    assert!(about_half(&dropped));
}

/// Nothing is random where nothing is trained.
#[test]
fn not_in_evaluation() {
    let lstm = LSTM::config(4, 5).layers(2).dropout(0.9).init(&mut rng()).unwrap();
    let plain = LSTM::config(4, 5).layers(2).init(&mut rng()).unwrap();
    let x = Var::constant(rng().normal([3, 2, 4], 0.0, 1.0));
    let [y, expected] =
        [&lstm, &plain].map(|lstm| lstm.forward(&x, &mut Pass::eval(lstm)).unwrap());
    assert_eq!(y.value().unwrap(), expected.value().unwrap());
}

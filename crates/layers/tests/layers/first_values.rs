//! What layers begin with: PyTorch's bounds, the generator's numbers, nothing else.

use plywood_autodiff::Param;
use plywood_layers::{
    BatchNorm2d, Conv2d, ConvTranspose2d, Embedding, GRU, Init, LSTM, Linear, MultiheadAttention,
    Params, Transformer,
};
use plywood_tensor::{Rng, Seed, Tensor};

use crate::support::rng;

/// Asserts that the values are uniform in ±`bound`: inside, reaching close to both ends, and with
/// the variance bound² / 3 within three standard errors.
#[track_caller]
fn uniform(param: &Param, bound: f64) {
    let values = param.value();
    let (low, high) = (values.min().unwrap(), values.max().unwrap());
    let n = values.numel() as f64;
    let near = 1.0 - 8.0 / n;
    assert!(f64::from(high) <= bound && f64::from(high) > near * bound, "{high} of {bound}");
    assert!(f64::from(low) >= -bound && f64::from(low) < -near * bound, "{low} of {bound}");
    let variance = f64::from(values.map(|x| x * x).mean());
    let error = 3.0 * bound * bound * (4.0 / 45.0 / n).sqrt();
    assert!((variance - bound * bound / 3.0).abs() < error, "{variance}");
}

#[test]
fn of_a_linear_layer() {
    let layer = Linear::config(100, 400).init(&mut rng()).unwrap();
    uniform(&layer.weight, 0.1);
    uniform(layer.bias.as_ref().unwrap(), 0.1);
}

#[test]
fn of_a_convolution() {
    let layer = Conv2d::config(16, 400, 5).init(&mut rng()).unwrap();
    uniform(&layer.weight, 1.0 / 20.0);
    uniform(layer.bias.as_ref().unwrap(), 1.0 / 20.0);
    // A unit of one of four groups is connected to a fourth of the channels.
    let grouped = Conv2d::config(16, 400, 5).groups(4).init(&mut rng()).unwrap();
    uniform(&grouped.weight, 1.0 / 10.0);
    uniform(grouped.bias.as_ref().unwrap(), 1.0 / 10.0);
}

#[test]
fn of_an_embedding() {
    let layer = Embedding::config(100, 100).init(&mut rng()).unwrap();
    let values = layer.weight.value();
    let n = values.numel() as f32;
    // Three standard errors of a normal distribution's mean and variance.
    assert!(values.mean().abs() < 3.0 / n.sqrt());
    assert!((values.map(|x| x * x).mean() - 1.0).abs() < 3.0 * (2.0 / n).sqrt());
}

#[test]
fn of_a_batch_norm() {
    let layer = BatchNorm2d::config(2).init().unwrap();
    let (zeros, ones) = (Tensor::zeros([2]), Tensor::ones([2]));
    assert_eq!((layer.weight.value(), layer.bias.value()), (&ones, &zeros));
    assert_eq!((layer.running_mean.value(), layer.running_var.value()), (zeros, ones));
}

#[test]
fn follow_from_the_seed() {
    let draw = |seed| {
        let layer = Linear::config(8, 8).init(&mut Rng::new(Seed(seed))).unwrap();
        layer.slots().into_iter().map(|(_, slot)| slot.value()).collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn weights_and_biases_are_drawn_apart() {
    let mut rng = rng();
    let first = Linear::config(4, 4).init(&mut rng).unwrap();
    let second = Linear::config(4, 4).init(&mut rng).unwrap();
    assert_ne!(first.weight.value(), second.weight.value());
    assert_ne!(first.bias.unwrap().value(), second.bias.unwrap().value());
}

/// A rotation is as likely as its mirror image: the decomposition alone would always give one sign.
#[test]
fn orthogonal_values_have_both_signs() {
    let mut rng = rng();
    let draws = (0..200).map(|_| Init::Orthogonal.draw([1, 1], &mut rng).unwrap().as_slice()[0]);
    let sum: f32 = draws.inspect(|x| assert_eq!(x.abs(), 1.0)).sum();
    assert!(sum.abs() < 5.0 * 200_f32.sqrt(), "{sum}");
}

#[test]
fn each_layer_takes_an_initialisation() {
    let ones = Tensor::ones([2, 3]);
    let linear = Linear::config(3, 2).weight_init(Init::Ones).init(&mut rng()).unwrap();
    let table = Embedding::config(2, 3).weight_init(Init::Ones).init(&mut rng()).unwrap();
    let conv = Conv2d::config(3, 2, 1).weight_init(Init::Ones).init(&mut rng()).unwrap();
    assert_eq!((linear.weight.value(), table.weight.value()), (&ones, &ones));
    assert_eq!(conv.weight.value(), &Tensor::ones([2, 3, 1, 1]));
}

#[test]
fn of_double_precision_are_those_of_single_before_rounding() {
    #[track_caller]
    fn agree(single: &impl Params, double: &impl Params<f64>) {
        let slots = single.slots().into_iter().zip(double.slots());
        for ((name, single), (_, double)) in slots {
            assert_eq!(single.value(), double.value().cast::<f32>(), "{name}");
        }
    }

    macro_rules! both {
        ($($config:expr),*) => { $(
            let config = $config;
            agree(&config.init(&mut rng()).unwrap(), &config.init_as::<f64>(&mut rng()).unwrap());
        )* };
    }
    both!(
        Linear::config(9, 5),
        Linear::config(9, 5).weight_init(Init::KaimingNormal).bias_init(Init::Constant(0.1)),
        Conv2d::config(2, 3, 3),
        ConvTranspose2d::config(2, 3, 3),
        Embedding::config(7, 3),
        MultiheadAttention::config(8, 2),
        LSTM::config(3, 4).layers(2),
        GRU::config(3, 4).bidirectional(true),
        Transformer::config(8, 2).layers(1).feedforward(5)
    );
    let linear = Linear::config(20, 20).init_as::<f64>(&mut rng()).unwrap();
    let single = |x: &f64| f64::from(*x as f32) == *x;
    assert!(!linear.weight.value().as_slice().iter().all(single), "it has more digits");
}

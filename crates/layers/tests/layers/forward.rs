//! The shapes that layers give, and their numbers where they can be told by hand.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    AdaptiveAvgPool2d, AvgPool2d, BatchNorm2d, Conv2d, ConvTranspose2d, Dropout, ELU, Flatten,
    GELU, Hardsigmoid, Hardswish, Init, LeakyReLU, Linear, LocalResponseNorm, LogSigmoid,
    LogSoftmax, MaxPool2d, Mish, Module, ReLU, ReLU6, SELU, Sequential, SiLU, Sigmoid, Softmax,
    Softplus, Softsign, Tanh,
};
use plywood_tensor::Tensor;
use plywood_testkit::assert_close;

use crate::support::{eval, rng};

#[test]
fn shapes() {
    let rng = &mut rng();
    let shape = |layer: &dyn Module, input: &[usize]| {
        let input = Tensor::ones(plywood_tensor::Shape::new(input).unwrap());
        layer.forward(&Var::constant(input), &mut Pass::eval(layer)).unwrap().shape().to_vec()
    };
    let linear = Linear::config(4, 3).init(rng).unwrap();
    assert_eq!(shape(&linear, &[2, 4]), [2, 3]);
    assert_eq!(shape(&linear, &[2, 5, 4]), [2, 5, 3]);
    assert_eq!(shape(&linear, &[4]), [3]);
    let conv = Conv2d::config(2, 3, 3).stride(2).padding([1, 0]).init(rng).unwrap();
    assert_eq!(shape(&conv, &[5, 2, 9, 8]), [5, 3, 5, 3]);
    assert_eq!(shape(&conv, &[0, 2, 9, 8]), [0, 3, 5, 3]);
    let wide = ConvTranspose2d::config(2, 3, [4, 3]).stride(2).padding(1).output_padding([0, 1]);
    assert_eq!(shape(&wide.init(rng).unwrap(), &[5, 2, 7, 4]), [5, 3, 14, 8]);
    assert_eq!(shape(&BatchNorm2d::config(2).init().unwrap(), &[5, 2, 3, 4]), [5, 2, 3, 4]);
    assert_eq!(shape(&MaxPool2d::new(2), &[1, 2, 5, 6]), [1, 2, 2, 3]);
    assert_eq!(shape(&AvgPool2d::new([3, 2]), &[1, 2, 6, 6]), [1, 2, 2, 3]);
    assert_eq!(shape(&AdaptiveAvgPool2d::new([3, 2]), &[1, 2, 7, 5]), [1, 2, 3, 2]);
    let overlapping = MaxPool2d::new(3).stride(2).padding(1);
    assert_eq!(shape(&overlapping, &[1, 64, 112, 112]), [1, 64, 56, 56]);
    assert_eq!(shape(&Flatten, &[2, 3, 4, 5]), [2, 60]);
    assert_eq!(shape(&Flatten, &[2]), [2, 1]);
    let norm = LocalResponseNorm::new(5);
    assert_eq!(shape(&norm, &[2, 3, 4, 5]), [2, 3, 4, 5]);
    assert_eq!(shape(&Dropout::new(0.5), &[2, 3]), [2, 3]);
    assert_eq!(shape(&Softmax::new(-1), &[2, 3]), [2, 3]);
    assert_eq!(shape(&LogSoftmax::new(0), &[2, 3]), [2, 3]);
    assert_eq!(shape(&Sequential::new(), &[2, 3]), [2, 3]);
    assert_eq!(shape(&(Box::new(Flatten) as Box<dyn Module>), &[2, 3, 4]), [2, 12]);
}

/// Each activation layer computes its own function, and not its neighbour's.
#[test]
fn activations_at_1() {
    let sigmoid = 1.0 / (1.0 + (-1.0_f64).exp());
    let phi = 0.841_344_746_068_543; // the normal distribution function at 1
    let softplus = (1.0 + 1.0_f64.exp()).ln();
    let expected: [(&dyn Module, f64); 15] = [
        (&ReLU, 1.0),
        (&ReLU6, 1.0),
        (&Sigmoid, sigmoid),
        (&Tanh, 1.0_f64.tanh()),
        (&GELU, phi),
        (&SiLU, sigmoid),
        (&SELU, 1.050_700_987),
        (&Mish, softplus.tanh()),
        (&Softplus, softplus),
        (&Softsign, 0.5),
        (&LogSigmoid, sigmoid.ln()),
        (&Hardsigmoid, 4.0 / 6.0),
        (&Hardswish, 4.0 / 6.0),
        (&LeakyReLU::new().negative_slope(0.5), 1.0),
        (&ELU::new().alpha(2.0), 1.0),
    ];
    for (place, (layer, expected)) in expected.into_iter().enumerate() {
        let x = Var::constant(Tensor::from([1.0]));
        let y = layer.forward(&x, &mut Pass::eval(layer)).unwrap();
        assert_close(&[y.item().unwrap()], &[expected], 1e-6);
        assert_eq!(x.item().unwrap(), 1.0, "layer {place} changed its input");
    }
}

#[test]
fn settings_of_activations_arrive() {
    let at = |layer: &dyn Module, x: f32| {
        let x = Var::constant(Tensor::from([x]));
        layer.forward(&x, &mut Pass::eval(layer)).unwrap().item().unwrap()
    };
    assert_eq!(at(&LeakyReLU::new().negative_slope(0.5), -2.0), -1.0);
    assert!((at(&ELU::new().alpha(2.0), -1.0) - 2.0 * ((-1.0_f32).exp() - 1.0)).abs() < 1e-6);
}

#[test]
fn a_linear_layer_by_hand() {
    let layer = Linear::config(3, 2).weight_init(Init::Ones).bias(false).init(&mut rng()).unwrap();
    let x = Var::constant(Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]));
    let y = layer.forward(&x, &mut Pass::eval(&layer)).unwrap();
    assert_eq!(y.value().unwrap(), &Tensor::from([[6.0, 6.0], [15.0, 15.0]]));
}

#[test]
fn dropout_drops_in_training_only() {
    let layer = Dropout::new(0.5);
    assert_eq!(eval(&layer, &[100]).unwrap().value().unwrap(), &Tensor::ones([100]));
    let mut pass = Pass::train(&layer, &mut rng());
    let y = layer.forward(&Var::constant(Tensor::ones([100])), &mut pass).unwrap();
    let dropped = y.value().unwrap().as_slice().iter().filter(|&&x| x == 0.0).count();
    assert!((20..80).contains(&dropped), "{dropped}");
}

#[test]
fn what_nobody_else_holds_is_changed_in_place() {
    let owned = |layer: &dyn Module, x: Tensor, mut pass: Pass| {
        let address = x.address();
        let y = layer.forward_owned(Var::constant(x), &mut pass).unwrap();
        y.value().unwrap().address() == address
    };
    let x = || Tensor::from([-1.0, 2.0]);
    let all: [&dyn Module; 5] = [
        &ReLU,
        &LeakyReLU::new().negative_slope(0.5),
        &ELU::new().alpha(1.0),
        &Dropout::new(0.5),
        &(Box::new(Sequential::new().add(ReLU).add(Tanh)) as Box<dyn Module>),
    ];
    for (place, layer) in all.into_iter().enumerate() {
        assert!(owned(layer, x(), Pass::train(layer, &mut rng())), "layer {place} makes a copy");
        let shared = x();
        assert!(!owned(layer, shared.clone(), Pass::train(layer, &mut rng())), "layer {place}");
        assert_eq!(shared, x(), "layer {place} changes what others hold");
    }
}

#[test]
fn a_sequential_is_its_layers_in_order() {
    let rng = &mut rng();
    let (first, second) =
        (Linear::config(4, 3).init(rng).unwrap(), Linear::config(3, 2).init(rng).unwrap());
    let mut model = Sequential::new().add(first.clone()).add(Tanh);
    model.push(second.clone());
    assert_eq!((model.len(), model.is_empty()), (3, false));
    assert_eq!(format!("{model:?}"), "Sequential of 3 layers");
    let x = Var::constant(rng.normal([5, 4], 0.0, 1.0));
    let mut pass = Pass::eval(&model);
    let by_hand = first.forward(&x, &mut pass).unwrap().tanh();
    let by_hand = second.forward(&by_hand, &mut pass).unwrap();
    let y = model.forward(&x, &mut pass).unwrap();
    assert_eq!(y.value().unwrap(), by_hand.value().unwrap());
}

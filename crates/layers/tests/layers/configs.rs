//! The settings of layers: what they are by default, and which make no sense.

use plywood_layers::{BatchNorm2d, Conv2d, ConvTranspose2d, Embedding, Init, Linear, Params};
use plywood_tensor::{Conv2dOptions, Tensor};

use crate::support::{error_of, names, rng};

#[test]
fn defaults() {
    let conv = Conv2d::config(3, 8, [5, 3]).init(&mut rng()).unwrap();
    assert_eq!(conv.options(), &Conv2dOptions::default());
    assert_eq!(conv.weight.shape(), [8, 3, 5, 3].into());
    assert_eq!(names(&conv), ["weight", "bias"]);
    let linear = Linear::config(3, 8).init(&mut rng()).unwrap();
    assert_eq!(
        (linear.weight.shape(), names(&linear)),
        ([8, 3].into(), vec!["weight".into(), "bias".into()])
    );
    let embedding = Embedding::config(3, 8).init(&mut rng()).unwrap();
    assert_eq!(
        (embedding.weight.shape(), names(&embedding)),
        ([3, 8].into(), vec!["weight".into()])
    );
    let norm = BatchNorm2d::config(3).init().unwrap();
    assert_eq!(names(&norm), ["weight", "bias", "running_mean", "running_var"]);
}

#[test]
fn each_setting_of_a_convolution_arrives() {
    let conv = Conv2d::config(4, 8, 3)
        .stride([2, 1])
        .padding([1, 0])
        .dilation([1, 3])
        .groups(2)
        .bias(false)
        .init(&mut rng())
        .unwrap();
    let options = Conv2dOptions {
        stride: [2, 1],
        padding: [1, 0],
        dilation: [1, 3],
        groups: 2,
        direct: false,
    };
    assert_eq!(conv.options(), &options);
    assert_eq!((conv.weight.shape(), names(&conv)), ([8, 2, 3, 3].into(), vec!["weight".into()]));
}

#[test]
fn convolutions_that_make_no_sense() {
    let refused = |config: plywood_layers::Conv2dConfig| error_of(config.init(&mut rng()));
    let conv = |kernel: usize| Conv2d::config(4, 6, kernel);
    for groups in [0, 3, 4] {
        assert_eq!(
            refused(conv(3).groups(groups)),
            format!("conv2d: {groups} groups don't divide 4 input and 6 output channels"),
        );
    }
    assert_eq!(refused(conv(0)), "conv2d: the kernel size is [0, 0]; each should be 1 or more");
    assert_eq!(
        refused(conv(3).stride([1, 0])),
        "conv2d: the stride is [1, 0]; each should be 1 or more"
    );
    assert_eq!(
        refused(conv(3).dilation(0)),
        "conv2d: the dilation is [0, 0]; each should be 1 or more"
    );
    assert_eq!(
        refused(Conv2d::config(1, 1, usize::MAX)),
        format!("conv2d: [1, 1, {0}, {0}] has more elements than memory can address", usize::MAX),
    );
}

#[test]
fn each_setting_of_a_transposed_convolution_arrives() {
    let config = ConvTranspose2d::config(4, 8, [3, 2]);
    let conv = config.groups(2).init(&mut rng()).unwrap();
    assert_eq!(conv.weight.shape(), [4, 4, 3, 2].into());
    assert_eq!((conv.bias.as_ref().unwrap().shape(), names(&conv).len()), ([8].into(), 2));
    let plain = ConvTranspose2d::config(4, 8, 3).bias(false).weight_init(Init::Ones);
    let plain = plain.dilation([1, 2]).init(&mut rng()).unwrap();
    assert_eq!((plain.weight.value().mean(), names(&plain)), (1.0, vec!["weight".into()]));
    assert_eq!(crate::support::eval(&plain, &[1, 4, 2, 2]).unwrap().shape(), [1, 8, 4, 6].into());
    let refused = |config: plywood_layers::ConvTranspose2dConfig| error_of(config.init(&mut rng()));
    assert_eq!(
        refused(ConvTranspose2d::config(4, 6, 3).groups(4)),
        "conv_transpose2d: 4 groups don't divide 4 input and 6 output channels",
    );
    assert_eq!(
        refused(ConvTranspose2d::config(4, 6, 3).stride(0)),
        "conv_transpose2d: the stride is [0, 0]; each should be 1 or more",
    );
}

#[test]
fn biases_begin_as_asked() {
    let conv = Conv2d::config(4, 6, 3).bias_init(Init::Constant(2.5)).init(&mut rng()).unwrap();
    assert_eq!(conv.bias.unwrap().value(), &Tensor::full([6], 2.5));
    let linear = Linear::config(4, 6).bias_init(Init::Zeros).init(&mut rng()).unwrap();
    assert_eq!(linear.bias.unwrap().value(), &Tensor::zeros([6]));
    assert_eq!(
        error_of(Linear::config(4, 6).bias_init(Init::Orthogonal).init(&mut rng())),
        "init: [6] has no fan-in: it should have two axes at least; \
         `Init::Uniform` or `Init::Normal` fit any shape",
    );
}

#[test]
fn sizes_beyond_memory() {
    let huge = 1 << 40;
    assert_eq!(
        error_of(Linear::config(huge, huge).init(&mut rng())),
        format!("linear: [{huge}, {huge}] has more elements than memory can address"),
    );
    assert_eq!(
        error_of(Embedding::config(huge, huge).init(&mut rng())),
        format!("embedding: [{huge}, {huge}] has more elements than memory can address"),
    );
}

#[test]
fn batch_norms_that_make_no_sense() {
    for (epsilon, range) in [
        (0.0, "more than 0"),
        (-1e-5, "more than 0"),
        (f64::NAN, "more than 0"),
        (f64::INFINITY, "finite, and more than 0"),
    ] {
        assert_eq!(
            error_of(BatchNorm2d::config(3).epsilon(epsilon).init()),
            format!("batch_norm: the ε is {epsilon}; it should be {range}"),
        );
    }
    for momentum in [-0.1, 1.1, f64::NAN] {
        assert_eq!(
            error_of(BatchNorm2d::config(3).momentum(momentum).init()),
            format!("batch_norm: the momentum is {momentum}; it should be between 0 and 1"),
        );
    }
}

#[test]
fn initialisations_that_make_no_sense() {
    let linear = |init| error_of(Linear::config(2, 2).weight_init(init).init(&mut rng()));
    for number in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        for (init, what) in [
            (Init::Uniform { bound: number }, "bound"),
            (Init::Normal { std: number }, "standard deviation"),
            (Init::TruncatedNormal { std: number }, "standard deviation"),
        ] {
            assert_eq!(
                linear(init),
                format!("init: the {what} {number} should be finite and not negative"),
            );
        }
    }
    assert_eq!(linear(Init::Constant(f64::NAN)), "init: the constant NaN should be finite");
    assert_eq!(
        linear(Init::Constant(-1e300)),
        format!("init: the constant {} should be finite", -1e300)
    );
    assert!(Linear::config(2, 2).weight_init(Init::Constant(-3.0)).init(&mut rng()).is_ok());
}

#[test]
fn layers_of_size_0_are_layers() {
    assert_eq!(Linear::config(0, 3).init(&mut rng()).unwrap().parameter_count(), 3);
    assert_eq!(Linear::config(3, 0).init(&mut rng()).unwrap().parameter_count(), 0);
    assert_eq!(Embedding::config(0, 3).init(&mut rng()).unwrap().parameter_count(), 0);
    let orthogonal = Linear::config(0, 3).weight_init(Init::Orthogonal).init(&mut rng());
    assert_eq!(orthogonal.unwrap().weight.value().numel(), 0);
}

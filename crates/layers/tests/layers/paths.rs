//! Errors name the layer by its whole path in the model.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, Module, Params, ReLU, Sequential,
    summary,
};
use plywood_tensor::{Result, Tensor};

use crate::support::{error_of, eval, rng};

#[derive(Params)]
struct Block {
    conv1: Conv2d,
    bn1: BatchNorm2d,
}

impl Module for Block {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.conv1.forward(x, pass)?;
        Ok(self.bn1.forward(&x, pass)?.relu())
    }
}

#[derive(Params)]
struct Net {
    layers: Vec<Block>,
    head: Sequential,
}

impl Module for Net {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let mut x = x.clone();
        for block in &self.layers {
            x = block.forward(&x, pass)?;
        }
        self.head.forward(&x, pass)
    }
}

/// Blocks from 3 to 8 channels and on, then pooling and a classifier for 8 × 8 images.
fn net() -> Net {
    let rng = &mut rng();
    let block = |c, rng: &mut _| Block {
        conv1: Conv2d::config(c, 8, 3).init(rng).unwrap(),
        bn1: BatchNorm2d::config(8).init().unwrap(),
    };
    Net {
        layers: vec![block(3, rng), block(8, rng)],
        head: Sequential::new().add(MaxPool2d::new(4)).add(Flatten).add(
            Sequential::new().add(Dropout::new(0.5)).add(Linear::config(8, 2).init(rng).unwrap()),
        ),
    }
}

#[test]
fn a_layer_of_a_block_of_a_model() {
    let wrong = "layers.0.conv1: conv2d: input [2, 4, 32, 32] (N, C, H, W) has 4 channels, \
                 the weight [8, 3, 3, 3] expects 3";
    let net = net();
    assert_eq!(error_of(eval(&net, &[2, 4, 32, 32])), wrong);
    assert_eq!(error_of(summary(&net, [2, 4, 32, 32])), wrong);
    let x = Var::constant(Tensor::zeros([2, 4, 32, 32]));
    assert_eq!(error_of(net.forward(&x, &mut Pass::train(&net, &mut rng()))), wrong);
}

#[test]
fn a_layer_that_is_not_the_first() {
    assert_eq!(
        error_of(eval(&net(), &[2, 3, 4, 4])),
        "layers.1.conv1: conv2d: a window of 3 rows doesn't fit H = 2 with padding 0; \
         a larger input, more padding, or fewer layers that halve the image",
    );
    let mut net = net();
    net.layers[1].bn1 = BatchNorm2d::config(9).init().unwrap();
    assert_eq!(
        error_of(eval(&net, &[2, 3, 8, 8])),
        "layers.1.bn1: batch_norm_eval: input [2, 8, 4, 4] (N, C, …) has 8 channels, \
         the weight is [9]",
    );
}

#[test]
fn a_layer_without_parameters_is_named_by_its_index() {
    assert_eq!(
        error_of(eval(&net(), &[2, 3, 7, 7])),
        "head.0: max_pool2d: a window of 4 rows doesn't fit H = 3 with padding 0; \
         a larger input, more padding, or fewer layers that halve the image",
    );
}

#[test]
fn a_layer_within_two_sequentials() {
    assert_eq!(
        error_of(eval(&net(), &[2, 3, 12, 12])),
        "head.2.1: linear: input [2, 32] (…, K) has 32 features, the weight [2, 8] (N, K) \
         expects 8; the layer's input size must be the size of the input's last axis",
    );
    let mut net = net();
    net.head = Sequential::new()
        .add(ReLU)
        .add(Sequential::new().add(ReLU).add(Dropout::new(2.0)))
        .add(Linear::config(8, 2).init(&mut rng()).unwrap());
    assert_eq!(
        error_of(eval(&net, &[2, 3, 8, 8])),
        "head.1.1: dropout: the probability is 2; it should be between 0 and 1",
    );
}

/// A call between the layers of a block, such as the pooling here, has no name of its own: the
/// place of the block is as near as it gets.
#[test]
fn a_call_between_the_layers_of_a_block() {
    #[derive(Params)]
    struct Pooled(Conv2d);

    impl Module for Pooled {
        fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
            self.0.forward(x, pass)?.max_pool2d(4)
        }
    }

    let mut net = net();
    net.head =
        Sequential::new().add(ReLU).add(Pooled(Conv2d::config(8, 1, 1).init(&mut rng()).unwrap()));
    assert_eq!(
        error_of(eval(&net, &[2, 3, 6, 6])),
        "head.1: max_pool2d: a window of 4 rows doesn't fit H = 2 with padding 0; \
         a larger input, more padding, or fewer layers that halve the image",
    );
}

#[test]
fn a_sequential_that_is_the_whole_model() {
    let model = Sequential::new().add(Sequential::new().add(ReLU).add(MaxPool2d::new(4)));
    let misfit = "max_pool2d: a window of 4 rows doesn't fit H = 2 with padding 0; \
                  a larger input, more padding, or fewer layers that halve the image";
    assert_eq!(error_of(eval(&model, &[1, 1, 2, 2])), format!("0.1: {misfit}"));
    let conv = Conv2d::config(1, 1, 1).init(&mut rng()).unwrap();
    let model = model.add(conv);
    assert_eq!(error_of(eval(&model, &[1, 1, 2, 2])), format!("0.1: {misfit}"));
}

#[test]
fn a_layer_that_is_the_whole_model_has_no_path() {
    let layer = Linear::config(3, 2).init(&mut rng()).unwrap();
    assert_eq!(
        error_of(eval(&layer, &[2, 4])),
        "linear: input [2, 4] (…, K) has 4 features, the weight [2, 3] (N, K) expects 3; \
         the layer's input size must be the size of the input's last axis",
    );
}

/// The same tied layer in two places goes by its first name.
#[test]
fn a_field_that_is_renamed_goes_by_its_new_name() {
    #[derive(Params)]
    struct Renamed {
        #[params(rename = "layer1")]
        first: Conv2d,
    }

    let model = Renamed { first: Conv2d::config(3, 8, 3).init(&mut rng()).unwrap() };
    let mut pass = Pass::eval(&model);
    let x = Var::constant(Tensor::zeros([1, 1, 4, 4]));
    let text = error_of(model.first.forward(&x, &mut pass));
    assert!(text.starts_with("layer1: conv2d: "), "{text}");
}

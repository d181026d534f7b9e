//! The summary: a table to read, from a walk that computes and writes nothing.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    BatchNorm2d, Conv2d, Dropout, Embedding, Linear, Module, Params, ReLU, Sequential, Summary,
    summary, summary_of,
};
use plywood_tensor::{Result, Tensor};

use crate::support::{LeNet, error_of, rng};

/// The rows as layer, operation, parameters, multiply-adds.
fn rows(summary: &Summary) -> Vec<(&str, &str, usize, u64)> {
    summary
        .rows
        .iter()
        .map(|row| (row.layer.as_str(), row.operation, row.parameters, row.multiply_adds))
        .collect()
}

#[test]
fn lenet_5() {
    let table = summary(&LeNet::new(28, [2, 0]), [1, 1, 28, 28]).unwrap().to_string();
    let expected = "\
layer  operation   output           parameters  multiply-adds
─────────────────────────────────────────────────────────────
       input       [1, 1, 28, 28]
conv1  conv2d      [1, 6, 28, 28]          156        117,600
       relu        [1, 6, 28, 28]
       max_pool2d  [1, 6, 14, 14]
conv2  conv2d      [1, 16, 10, 10]       2,416        240,000
       relu        [1, 16, 10, 10]
       max_pool2d  [1, 16, 5, 5]
       reshape     [1, 400]
fc1    linear      [1, 120]             48,120         48,000
       relu        [1, 120]
fc2    linear      [1, 84]              10,164         10,080
       relu        [1, 84]
fc3    linear      [1, 10]                 850            840
─────────────────────────────────────────────────────────────
61,706 parameters (241.0 KiB), 416,520 multiply-adds, 58.6 KiB of results";
    assert_eq!(table, expected);
    assert!(table.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn frozen_parameters_are_counted() {
    let mut model = LeNet::new(28, [2, 0]);
    model.freeze("conv1");
    let summary = summary(&model, [1, 1, 28, 28]).unwrap();
    assert_eq!((summary.parameters, summary.frozen), (61_706, 156));
    assert!(summary.to_string().ends_with("of results; 156 parameters are frozen"), "{summary}");
}

#[test]
fn a_wrong_shape_names_the_layer() {
    let model = LeNet::new(28, [2, 0]);
    assert_eq!(
        error_of(summary(&model, [1, 3, 28, 28])),
        "conv1: conv2d: input [1, 3, 28, 28] (N, C, H, W) has 3 channels, \
         the weight [6, 1, 5, 5] expects 1",
    );
    assert_eq!(
        error_of(summary(&model, [1, 1, 32, 32])),
        "fc1: linear: input [1, 576] (…, K) has 576 features, the weight [120, 400] (N, K) \
         expects 400; the layer's input size must be the size of the input's last axis",
    );
}

#[test]
fn layers_that_train_otherwise_are_walked_and_left_alone() {
    let rng = &mut rng();
    let norm = BatchNorm2d::config(4).init().unwrap();
    let model = Sequential::new()
        .add(Conv2d::config(3, 4, 3).padding(1).bias(false).init(rng).unwrap())
        .add(norm)
        .add(ReLU)
        .add(Dropout::new(0.5));
    let before: Vec<Tensor> = model.slots().into_iter().map(|(_, slot)| slot.value()).collect();
    let summary = summary(&model, [2, 3, 8, 8]).unwrap();
    assert_eq!(
        rows(&summary),
        [
            ("0", "conv2d", 4 * 3 * 9, 2 * 4 * 64 * 27),
            ("1", "batch_norm", 8, 0),
            ("", "relu", 0, 0),
        ],
    );
    let after: Vec<Tensor> = model.slots().into_iter().map(|(_, slot)| slot.value()).collect();
    assert_eq!(before, after);
}

/// Images of one pixel have no variance in a batch of one, but a model of them has a summary.
#[test]
fn a_batch_of_one_is_enough() {
    let norm = BatchNorm2d::config(4).init().unwrap();
    assert_eq!(rows(&summary(&norm, [1, 4, 1, 1]).unwrap()), [("", "batch_norm", 8, 0)]);
}

/// A layer that runs twice: its parameters count once, its work twice.
#[test]
fn a_layer_in_two_places() {
    #[derive(Params)]
    struct Twice {
        fc: Linear,
    }

    impl Module for Twice {
        fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
            let x = self.fc.forward(x, pass)?;
            self.fc.forward(&x, pass)
        }
    }

    let model = Twice { fc: Linear::config(3, 3).init(&mut rng()).unwrap() };
    let summary = summary(&model, [5, 3]).unwrap();
    assert_eq!(rows(&summary), [("fc", "linear", 12, 45), ("fc", "linear", 0, 45)]);
    assert_eq!((summary.parameters, summary.multiply_adds()), (12, 90));
    assert_eq!(summary.activation_bytes(), 2 * 15 * 4);
}

#[test]
fn a_model_of_something_else_than_a_value() {
    #[derive(Params)]
    struct Words {
        embedding: Embedding,
        fc: Linear,
    }

    let model = Words {
        embedding: Embedding::config(100, 8).init(&mut rng()).unwrap(),
        fc: Linear::config(8, 2).init(&mut rng()).unwrap(),
    };
    let words = Tensor::from([[1_u32, 2, 3]]);
    let summary = summary_of(&model, words.shape(), |pass| {
        let x = model.embedding.forward(&words, pass)?;
        model.fc.forward(&x, pass)
    })
    .unwrap();
    assert_eq!(
        rows(&summary),
        [("embedding", "index_select", 800, 0), ("", "reshape", 0, 0), ("fc", "linear", 18, 48),],
    );
    assert_eq!(summary.input, [1, 3].into());
    // The tied output layer of a language model takes the table again.
    assert_eq!(summary.parameters, 818);
}

#[test]
fn a_model_without_layers() {
    let summary = summary(&Sequential::new(), [1, 2]).unwrap();
    let expected = "\
layer  operation  output  parameters  multiply-adds
───────────────────────────────────────────────────
       input      [1, 2]
───────────────────────────────────────────────────
0 parameters (0 B), 0 multiply-adds, 0 B of results";
    assert_eq!(summary.to_string(), expected);
}

#[test]
fn absurd_sizes_are_counted_as_far_as_possible() {
    let model = Linear::config(1024, 1024).init(&mut rng()).unwrap();
    let summary =
        summary(&Sequential::new().add(model.clone()).add(model), [1 << 48, 1024]).unwrap();
    assert_eq!(summary.multiply_adds(), u64::MAX);
    assert_eq!(summary.activation_bytes(), 1 << 61);
}

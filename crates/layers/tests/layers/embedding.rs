//! The embedding as a layer: any shape of numbers, its gradient, numbers that are no row.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Embedding, Linear, Module, Params};
use plywood_tensor::{Result, Tensor};
use plywood_testkit::fixtures;

use crate::support::{agree, error_of, indices, rng, tensor};

#[test]
fn agrees_with_pytorch() {
    let fixture = fixtures::load("matmul_embedding");
    let array = |name: &str| &fixture[&format!("embedding.{name}")];
    let mut layer = Embedding::config(7, 3).init(&mut rng()).unwrap();
    layer.weight.set(tensor(array("weight"))).unwrap();
    let mut pass = Pass::train(&layer, &mut rng());
    let y = layer.forward(&indices(array("indices")), &mut pass).unwrap();
    agree(y.value().unwrap(), array("output"), 1e-7);
    let loss = y.mul(&Var::constant(tensor(array("grad_output")))).unwrap().sum();
    let grads = pass.backward(&loss).unwrap();
    agree(grads.of(&layer.weight).unwrap(), array("grad_weight"), 1e-6);
}

#[test]
fn numbers_of_any_shape() {
    let layer = Embedding::config(7, 3).init(&mut rng()).unwrap();
    let shape = |numbers: Tensor<u32>| {
        layer.forward(&numbers, &mut Pass::eval(&layer)).unwrap().shape().to_vec()
    };
    assert_eq!(shape(Tensor::scalar(1)), [3]);
    assert_eq!(shape(Tensor::from([1, 2])), [2, 3]);
    assert_eq!(shape(Tensor::from([[[1, 2]], [[3, 4]]])), [2, 1, 2, 3]);
    assert_eq!(shape(Tensor::from(Vec::new())), [0, 3]);
}

/// A model of words: its input is no `Var`.
#[derive(Params)]
struct Words {
    embedding: Embedding,
    fc: Linear,
}

impl Module<Tensor<u32>> for Words {
    fn forward(&self, x: &Tensor<u32>, pass: &mut Pass) -> Result<Var> {
        let x = self.embedding.forward(x, pass)?; // [N, T, 3]
        self.fc.forward(&x.mean_axes(&[1])?, pass)
    }
}

#[test]
fn a_number_that_is_no_row_is_refused_by_every_pass() {
    let rng = &mut rng();
    let model = Words {
        embedding: Embedding::config(7, 3).init(rng).unwrap(),
        fc: Linear::config(3, 2).init(rng).unwrap(),
    };
    let words = Tensor::from([[0_u32, 1], [7, 2]]);
    for mut pass in [Pass::train(&model, rng), Pass::eval(&model), Pass::dry_run(&model)] {
        assert_eq!(
            error_of(model.forward(&words, &mut pass)),
            "embedding: index_select: index 7 at place 2 is outside axis 0 of [7, 3]; \
             indices go from 0 to 6",
        );
    }
}

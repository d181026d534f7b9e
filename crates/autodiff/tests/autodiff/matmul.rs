//! The matrix product in every broadcast against PyTorch, and the linear product beside it.

use plywood_tensor::{Rng, Seed};
use plywood_testkit::{assert_close, fixtures};

use crate::support::{CLOSE, agree, agrees_with_pytorch, tensor, with_gradients};

#[test]
fn agrees_with_pytorch_in_every_broadcast() {
    let fixture = fixtures::load("matmul_embedding");
    for case in fixture.cases("matmul") {
        let inputs = ["a", "b"];
        agrees_with_pytorch(
            &fixture,
            &case,
            &inputs,
            |x| x[0].matmul(&x[1]),
            |x| x[0].matmul(&x[1]),
        );
    }
}

/// The same products, the right operand stored transposed.
#[test]
fn a_transposed_operand_gives_the_same_and_gets_a_transposed_gradient() {
    let fixture = fixtures::load("matmul_embedding");
    for case in fixture.cases("matmul") {
        let array = |name: &str| &fixture[&format!("{case}.{name}")];
        let (a, b) = (tensor::<f64>(array("a")), tensor::<f64>(array("b")));
        let stored = b.transpose(-1, -2).unwrap();
        let dy = tensor(array("grad_output"));
        let (y, gradients) = with_gradients(&[a, stored], &dy, |x| x[0].matmul(x[1].t()));
        agree(&y, array("output"), CLOSE);
        agree(&gradients[0], array("grad_a"), CLOSE);
        agree(&gradients[1].transpose(-1, -2).unwrap(), array("grad_b"), CLOSE);
    }
}

#[test]
fn linear_is_a_product_and_a_sum() {
    let mut rng = Rng::new(Seed(3));
    let inputs = [
        rng.normal::<f64>([2, 3, 5], 0.0, 1.0),
        rng.normal([4, 5], 0.0, 1.0),
        rng.normal([4], 0.0, 1.0),
    ];
    let dy = rng.normal([2, 3, 4], 0.0, 1.0);
    let (y, gradients) = with_gradients(&inputs, &dy, |x| x[0].linear(&x[1], Some(&x[2])));
    let (expected, others) = with_gradients(&inputs, &dy, |x| x[0].matmul(x[1].t())?.add(&x[2]));
    assert_close(y.as_slice(), expected.as_slice(), 1e-13);
    for (gradient, other) in gradients.iter().zip(&others) {
        assert_eq!(gradient.shape(), other.shape());
        assert_close(gradient.as_slice(), other.as_slice(), 1e-13);
    }
}

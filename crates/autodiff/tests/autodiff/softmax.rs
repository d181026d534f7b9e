//! Softmax and its logarithm against PyTorch, along both kinds of axis.

use plywood_tensor::Tensor;
use plywood_testkit::{assert_close, fixtures};

use crate::support::{CLOSE, agree, tensor, with_gradient};

#[test]
fn agree_with_pytorch() {
    let fixture = fixtures::load("softmax_losses");
    let x: Tensor<f64> = tensor(&fixture["softmax.input"]);
    let dy: Tensor<f64> = tensor(&fixture["softmax.grad_output"]);
    for axis in [1, 2] {
        // Counted from the front and from the back.
        for own in [axis, axis - 3] {
            let run = |log: bool| {
                with_gradient(&x, &dy, |x| if log { x.log_softmax(own) } else { x.softmax(own) })
            };
            for (name, (y, gradient)) in [("softmax", run(false)), ("log_softmax", run(true))] {
                agree(&y, &fixture[&format!("{name}.axis{axis}.output")], CLOSE);
                agree(&gradient, &fixture[&format!("{name}.axis{axis}.grad_input")], CLOSE);
            }
        }
    }
}

#[test]
fn large_scores_neither_overflow_nor_lose_gradients() {
    let x = Tensor::from([[1000.0_f64, 0.0, -1000.0]]);
    let dy = Tensor::from([[1.0, 0.0, 0.0]]);
    let (y, gradient) = with_gradient(&x, &dy, |x| x.softmax(-1));
    assert_eq!(y.as_slice(), [1.0, 0.0, 0.0]);
    assert_eq!(gradient.as_slice(), [0.0; 3]);
    let (y, gradient) = with_gradient(&x, &dy, |x| x.log_softmax(-1));
    assert_close(y.as_slice(), &[0.0, -1000.0, -2000.0], 1e-12);
    assert_eq!(gradient.as_slice(), [0.0; 3]);
}

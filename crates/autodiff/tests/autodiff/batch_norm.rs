//! Batch normalisation against PyTorch: three steps of training, then evaluation.

use plywood_autodiff::Var;
use plywood_tensor::Tensor;
use plywood_testkit::{Array, fixtures};

use crate::support::{CLOSE, agree, error_of, pass, tensor, with_gradients};

const EPSILON: f64 = 1e-5;

#[test]
fn three_steps_then_evaluation() {
    let fixture = fixtures::load("batch_norm2d");
    let (mut mean, mut variance) = (Tensor::full([3], 0.0), Tensor::full([3], 1.0));
    for step in ["step0", "step1", "step2", "eval"] {
        let array = |name: &str| -> &Array { &fixture[&format!("batch_norm.{step}.{name}")] };
        let inputs = ["input", "weight", "bias"].map(|name| tensor::<f64>(array(name)));
        let (y, gradients) = with_gradients(&inputs, &tensor(array("grad_output")), |x| {
            if step == "eval" {
                return x[0].batch_norm_eval(&x[1], &x[2], &mean, &variance, EPSILON);
            }
            Ok(x[0].batch_norm(&x[1], &x[2], EPSILON)?.0)
        });
        agree(&y, array("output"), CLOSE);
        for (gradient, name) in gradients.iter().zip(["input", "weight", "bias"]) {
            agree(gradient, array(&format!("grad_{name}")), CLOSE);
        }
        if step != "eval" {
            let [x, weight, bias] = inputs.map(Var::constant);
            let batch = x.batch_norm(&weight, &bias, EPSILON).unwrap().1.unwrap();
            let unbiased = batch.count as f64 / (batch.count as f64 - 1.0);
            mean = (&mean * 0.9) + &(&batch.mean * 0.1);
            variance = (&variance * 0.9) + &(&batch.variance * (0.1 * unbiased));
        }
        agree(&mean, array("running_mean"), CLOSE);
        agree(&variance, array("running_var"), CLOSE);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let constant = |shape: &[usize]| {
        Var::constant(Tensor::<f64>::full(plywood_tensor::Shape::new(shape).unwrap(), 1.0))
    };
    let (weight, bias) = (constant(&[3]), constant(&[3]));
    let train = |x: &[usize]| error_of(constant(x).batch_norm(&weight, &bias, EPSILON));
    assert_eq!(
        train(&[1, 3, 1, 1]),
        "batch_norm: input [1, 3, 1, 1] has one value for each channel, whose variance is 0; \
         train with larger batches, or evaluate",
    );
    assert_eq!(
        train(&[0, 3, 2, 2]),
        "batch_norm: input [0, 3, 2, 2] has no values to take the mean of; \
         train with larger batches, or evaluate",
    );
    assert_eq!(train(&[3]), "batch_norm: input [3] should have axes (N, C, …)");
    assert_eq!(
        train(&[2, 4, 2, 2]),
        "batch_norm: input [2, 4, 2, 2] (N, C, …) has 4 channels, the weight is [3]",
    );
    assert_eq!(
        error_of(constant(&[2, 3, 2, 2]).batch_norm(&weight, &constant(&[2]), EPSILON)),
        "batch_norm: input [2, 3, 2, 2] (N, C, …) has 3 channels, the bias is [2]",
    );
    let mean = Tensor::full([2], 0.0);
    assert_eq!(
        error_of(constant(&[2, 3, 2, 2]).batch_norm_eval(&weight, &bias, &mean, &mean, EPSILON)),
        "batch_norm_eval: input [2, 3, 2, 2] (N, C, …) has 3 channels, the mean is [2]",
    );
}

/// Normalising again what is normalised changes nothing, and no gradient flows along the mean and
/// the scale, which are gone.
#[test]
fn what_is_normalised_away_has_no_gradient() {
    let mut pass = pass::<f64>();
    let x = pass.input(Tensor::from([[1.0], [2.0], [4.0]]));
    let one = |value: f64| Var::constant(Tensor::from([value]));
    let (y, _) = x.batch_norm(&one(1.0), &one(0.0), 1e-300).unwrap();
    let loss = y.square().sum();
    let grads = pass.backward(&loss).unwrap();
    assert!((loss.item().unwrap() - 3.0).abs() < 1e-12);
    assert!(grads.wrt(&x).unwrap().abs().max().unwrap() < 1e-12);
}

//! The losses for each sample or element against PyTorch, in `f64`; their means are layers, tested
//! there.

use plywood_autodiff::Var;
use plywood_tensor::{Result, Tensor};
use plywood_testkit::fixtures;

use crate::support::{CLOSE, agree, error_of, indices, tensor, with_gradient};

/// Holds a loss to the fixture's `NAME.loss` and `NAME.grad`.
#[track_caller]
fn agrees(name: &str, loss: impl Fn(&Var<f64>) -> Result<Var<f64>>) {
    let fixture = fixtures::load("softmax_losses");
    let array = |what: &str| &fixture[&format!("{name}.{what}")];
    let (y, gradient) = with_gradient(&tensor(array("input")), &Tensor::scalar(1.0), loss);
    agree(&y, array("loss"), CLOSE);
    agree(&gradient, array("grad"), CLOSE);
}

#[test]
fn cross_entropy() {
    let fixture = fixtures::load("softmax_losses");
    let labels = |name: &str| indices(&fixture[&format!("{name}.target")]);
    let (plain, smooth, large) =
        (labels("cross_entropy"), labels("cross_entropy_smooth"), labels("cross_entropy_large"));
    agrees("cross_entropy", |x| Ok(x.cross_entropy(&plain, 0.0)?.mean()));
    agrees("cross_entropy_sum", |x| Ok(x.cross_entropy(&plain, 0.0)?.sum()));
    agrees("cross_entropy_smooth", |x| Ok(x.cross_entropy(&smooth, 0.1)?.mean()));
    agrees("cross_entropy_large", |x| Ok(x.cross_entropy(&large, 0.0)?.mean()));
    // The mean divides by the targets' weights.
    let weight = tensor::<f64>(&fixture["cross_entropy_weighted.weight"]);
    let labels = labels("cross_entropy_weighted");
    let weights = weight.index_select(0, &labels).unwrap();
    agrees("cross_entropy_weighted", |x| {
        let each = x.cross_entropy(&labels, 0.0)?;
        Ok(each.mul(&Var::constant(weights.clone()))?.sum() / weights.sum())
    });
}

#[test]
fn cross_entropy_is_log_softmax_and_pick() {
    let fixture = fixtures::load("softmax_losses");
    let labels = indices(&fixture["cross_entropy.target"]);
    agrees("cross_entropy", |x| Ok(-x.log_softmax(1)?.pick(1, &labels)?.mean()));
    let labels = indices(&fixture["nll.target"]);
    agrees("nll", |x| Ok(-x.pick(1, &labels)?.mean()));
}

#[test]
fn cross_entropy_of_pixels_is_that_of_rows() {
    let labels = indices(&fixtures::load("softmax_losses")["cross_entropy_pixels.target"]);
    let rows = labels.reshape([labels.numel()]).unwrap();
    agrees("cross_entropy_pixels", |x| {
        let x = x.permute(&[0, 2, 3, 1])?;
        Ok(x.reshape([rows.numel(), 3])?.cross_entropy(&rows, 0.0)?.mean())
    });
}

#[test]
fn binary_cross_entropy_with_logits() {
    let fixture = fixtures::load("softmax_losses");
    for name in ["bce_logits", "bce_logits_soft", "bce_logits_large"] {
        let target: Tensor<f64> = tensor(&fixture[&format!("{name}.target")]);
        agrees(name, |x| Ok(x.binary_cross_entropy_with_logits(&target)?.mean()));
    }
}

#[test]
fn losses_that_are_made_of_operations() {
    let fixture = fixtures::load("softmax_losses");
    let target = |name: &str| Var::constant(tensor(&fixture[&format!("{name}.target")]));
    let (mse, l1) = (target("mse"), target("l1"));
    agrees("mse", |x| Ok(x.sub(&mse)?.square().mean()));
    agrees("mse_sum", |x| Ok(x.sub(&mse)?.square().sum()));
    agrees("l1", |x| Ok(x.sub(&l1)?.abs().mean()));
    // Huber's loss with δ = 1, in two parts: quadratic up to 1, linear beyond.
    let target = target("huber");
    agrees("huber", |x| {
        let distance = x.sub(&target)?.abs();
        let near = distance.clone().clamp(0.0, 1.0);
        Ok(((near.clone().square() / 2.0) + &(distance - &near)).mean())
    });
}

#[test]
fn what_makes_no_sense_is_refused() {
    let scores = Var::constant(Tensor::<f64>::full([2, 3], 0.0));
    let labels = Tensor::from([0_u32, 2]);
    let refused = |scores: &Var<f64>, labels: &[u32], smoothing| {
        error_of(scores.cross_entropy(&labels.to_vec().into(), smoothing))
    };
    assert_eq!(
        refused(&scores, &[0, 3], 0.0),
        "row 1 of 2: cross_entropy: label 3 is not a class: there are 3 classes; \
         labels go from 0 to 2",
    );
    assert_eq!(
        refused(&scores, &[0, 1, 2], 0.0),
        "cross_entropy: the scores [2, 3] (N, C) have N = 2, the labels are [3]",
    );
    assert_eq!(
        refused(&Var::constant(Tensor::full([6], 0.0)), &[0], 0.0),
        "cross_entropy: the scores [6] should have two axes (N, C)",
    );
    for smoothing in [-0.1, 1.1, f64::NAN] {
        assert_eq!(
            error_of(scores.cross_entropy(&labels, smoothing)),
            format!(
                "cross_entropy: the label smoothing is {smoothing}; it should be between 0 and 1"
            ),
        );
    }
    assert_eq!(
        error_of(scores.binary_cross_entropy_with_logits(&Tensor::full([2], 0.0))),
        "binary_cross_entropy_with_logits: the scores are [2, 3], the targets [2]; \
         `reshape` one of them",
    );
}

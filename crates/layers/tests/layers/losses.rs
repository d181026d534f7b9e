//! The losses against PyTorch in single precision (autodiff's tests do it in double), and what
//! they refuse.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    CrossEntropy, binary_cross_entropy_with_logits, cross_entropy, median_frequency_weights,
    mse_loss,
};
use plywood_tensor::{Result, Tensor};
use plywood_testkit::fixtures;

use crate::support::{agree, error_of, indices, rng, tensor};

/// Holds a loss to the fixture's `NAME.loss` and `NAME.grad`.
#[track_caller]
fn agrees(name: &str, loss: impl Fn(&Var) -> Result<Var>) {
    let fixture = fixtures::load("softmax_losses");
    let array = |what: &str| &fixture[&format!("{name}.{what}")];
    let mut pass = Pass::without_model(&mut rng());
    let x = pass.input(tensor(array("input")));
    let loss = loss(&x).unwrap();
    agree(loss.value().unwrap(), array("loss"), 1e-5);
    agree(pass.backward(&loss).unwrap().wrt(&x).unwrap(), array("grad"), 1e-5);
}

#[test]
fn agree_with_pytorch() {
    let fixture = fixtures::load("softmax_losses");
    let labels = |name: &str| indices(&fixture[&format!("{name}.target")]);
    let target = |name: &str| tensor(&fixture[&format!("{name}.target")]);
    for name in ["cross_entropy", "cross_entropy_large"] {
        agrees(name, |x| cross_entropy(x, &labels(name)));
    }
    let smooth = CrossEntropy::new().label_smoothing(0.1);
    agrees("cross_entropy_smooth", |x| smooth.loss(x, &labels("cross_entropy_smooth")));
    let weight = tensor(&fixture["cross_entropy_weighted.weight"]);
    let weighted = CrossEntropy::new().class_weights(weight);
    agrees("cross_entropy_weighted", |x| weighted.loss(x, &labels("cross_entropy_weighted")));
    agrees("cross_entropy_pixels", |x| cross_entropy(x, &labels("cross_entropy_pixels")));
    let ignoring = CrossEntropy::new().ignore_index(7);
    let void = labels("cross_entropy_pixels_ignore");
    agrees("cross_entropy_pixels_ignore", |x| ignoring.loss(x, &void));
    let weight = tensor(&fixture["cross_entropy_pixels_all.weight"]);
    let all = ignoring.clone().label_smoothing(0.2).class_weights(weight);
    agrees("cross_entropy_pixels_all", |x| all.loss(x, &void));
    for name in ["bce_logits", "bce_logits_soft", "bce_logits_large"] {
        agrees(name, |x| binary_cross_entropy_with_logits(x, &target(name)));
    }
    agrees("mse", |x| mse_loss(x, &target("mse")));
}

fn zeros(shape: [usize; 2]) -> Var {
    Var::constant(Tensor::zeros(shape))
}

#[test]
fn an_empty_batch_has_no_mean() {
    let empty = "the batch is empty, it has no mean";
    let labels = Tensor::from(Vec::<u32>::new());
    assert_eq!(error_of(cross_entropy(&zeros([0, 3]), &labels)), format!("cross_entropy: {empty}"));
    let target = Tensor::zeros([0, 3]);
    assert_eq!(error_of(mse_loss(&zeros([0, 3]), &target)), format!("mse_loss: {empty}"));
    assert_eq!(
        error_of(binary_cross_entropy_with_logits(&zeros([0, 3]), &target)),
        format!("binary_cross_entropy_with_logits: {empty}"),
    );
}

#[test]
fn shapes_that_do_not_fit() {
    // Broadcasting these two would compare every prediction with every target.
    assert_eq!(
        error_of(mse_loss(&zeros([3, 1]), &Tensor::zeros([3]))),
        "mse_loss: the predictions are [3, 1], the targets [3]; `reshape` one of them",
    );
    assert_eq!(
        error_of(binary_cross_entropy_with_logits(&zeros([3, 1]), &Tensor::zeros([3]))),
        "binary_cross_entropy_with_logits: the scores are [3, 1], the targets [3]; \
         `reshape` one of them",
    );
    assert_eq!(
        error_of(cross_entropy(&zeros([3, 2]), &Tensor::from([0_u32, 1]))),
        "cross_entropy: the scores [3, 2] (N, C) have N = 3, the labels are [2]",
    );
    let pixels = Var::constant(Tensor::zeros([2, 3, 4, 5]));
    assert_eq!(
        error_of(cross_entropy(&pixels, &Tensor::full([2, 5, 4], 0_u32))),
        "cross_entropy: the scores [2, 3, 4, 5] (N, C, …) have labels [2, 5, 4], they should be as the scores \
         without C",
    );
}

#[test]
fn what_is_ignored_counts_for_nothing() {
    let void = Tensor::from([7_u32, 7]);
    assert_eq!(
        error_of(CrossEntropy::new().ignore_index(7).loss(&zeros([2, 3]), &void)),
        "cross_entropy: all labels of the batch are 7, which is left out: it has no mean",
    );
    // Without the setting it is no class.
    assert_eq!(
        error_of(cross_entropy(&zeros([2, 3]), &Tensor::from([0_u32, 7]))),
        "row 1 of 2: cross_entropy: label 7 is not a class: there are 3 classes; labels go from 0 to 2",
    );
}

#[test]
fn weights_of_no_classes() {
    let error = |counts: &[u64], power| error_of(median_frequency_weights(counts, power));
    assert_eq!(error(&[], 0.5), "median frequency weights: there are no classes");
    assert_eq!(
        error(&[3, 0], 0.5),
        "median frequency weights: class 1 has no sample; what can't be learnt has no weight: leave the class out, \
         or give the weights yourself",
    );
    assert_eq!(
        error(&[3], f64::NAN),
        "median frequency weights: the power is NaN; it should be between 0 and 1",
    );
}

#[test]
fn class_weights_that_make_no_sense() {
    let loss = |weights: &[f32], labels: [u32; 2]| {
        let weighted = CrossEntropy::new().class_weights(weights.to_vec().into());
        weighted.loss(&zeros([2, 3]), &Tensor::from(labels))
    };
    assert_eq!(
        error_of(loss(&[1.0, 2.0], [0, 1])),
        "cross_entropy: the class weights [2] should be [3], one for each class",
    );
    for weight in [-1.0, f32::NAN, f32::INFINITY] {
        assert_eq!(
            error_of(loss(&[1.0, weight, 1.0], [0, 2])),
            format!(
                "cross_entropy: the weight {weight} of class 1 should be finite and not negative"
            ),
        );
    }
    // A mean over nothing.
    assert_eq!(
        error_of(loss(&[0.0, 1.0, 0.0], [0, 2])),
        "cross_entropy: all labels of the batch are of classes with weight 0, it has no mean",
    );
    assert!((loss(&[0.0, 1.0, 0.0], [0, 1]).unwrap().item().unwrap() - 3.0_f32.ln()).abs() < 1e-6);
}

#[test]
fn class_weights_with_label_smoothing_are_those_of_pytorch() {
    // Computed in float64 by the formula of torch.nn.CrossEntropyLoss(weight=[2, 0.5, 1], label_smoothing=0.3).
    let scores = Var::constant(Tensor::from([[1.0, -0.5, 2.0], [0.25, 3.0, -1.0]]));
    let loss = |weights: [f32; 3], smoothing| -> f32 {
        let loss = CrossEntropy::new().class_weights(Tensor::from(weights));
        let loss = loss.label_smoothing(smoothing).loss(&scores, &Tensor::from([0_u32, 1]));
        loss.unwrap().item().unwrap()
    };
    let expected = 1.3522075;
    assert!((loss([2.0, 0.5, 1.0], 0.3) - expected).abs() < 1e-6);
    let plain = CrossEntropy::new().label_smoothing(0.3);
    let plain: f32 = plain.loss(&scores, &Tensor::from([0_u32, 1])).unwrap().item().unwrap();
    assert!((loss([1.0; 3], 0.3) - plain).abs() < 1e-6);
}

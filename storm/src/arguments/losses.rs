//! Losses.

use plywood::autodiff::{Pass, Var};
use plywood::layers::{
    CrossEntropy, balanced_class_weights, binary_cross_entropy_with_logits, cross_entropy, mse_loss,
};
use plywood::tensor::{Result, Rng, Seed, Tensor, check_labels};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("cross_entropy", |draw| {
        goes_back(draw, |draw, logits| {
            let dims = fitting(draw, logits);
            let labels = draw.indices("labels", &dims, classes(logits));
            cross_entropy(logits, &labels)
        })
    }),
    ("CrossEntropy", |draw| {
        goes_back(draw, |draw, logits| {
            let mut loss = CrossEntropy::new().label_smoothing(draw.number("smoothing"));
            if draw.flag("weighted") {
                loss = loss.class_weights(draw.tensor("class weights", 1));
            }
            let dims = fitting(draw, logits);
            loss.loss(logits, &draw.indices("labels", &dims, classes(logits)))
        })
    }),
    ("balanced_class_weights", |draw| {
        let (samples, classes) = (draw.small("samples", 6), draw.size("classes"));
        let labels = draw.indices("labels", &[samples], classes.min(9));
        balanced_class_weights(&labels, classes).map(drop)
    }),
    ("check_labels", |draw| {
        let classes = draw.size("classes");
        check_labels(&draw.indices("labels", &[3], classes.min(9)), classes)
    }),
    ("mse_loss", |draw| {
        goes_back(draw, |draw, prediction| mse_loss(prediction, &target(draw, prediction)))
    }),
    ("binary_cross_entropy_with_logits", |draw| {
        goes_back(draw, |draw, logits| {
            binary_cross_entropy_with_logits(logits, &target(draw, logits))
        })
    }),
];

/// The shape of labels that fit, or sometimes another.
fn fitting(draw: &mut Draw, logits: &Var) -> Vec<usize> {
    match logits.shape().first() {
        Some(&samples) if !draw.once_in(4) => vec![samples],
        _ => draw.dims("shape of the labels", 1),
    }
}

fn classes(logits: &Var) -> usize {
    logits.shape().get(1).copied().unwrap_or(1)
}

/// Numbers of the same shape, or sometimes of another.
fn target(draw: &mut Draw, input: &Var) -> Tensor {
    match draw.once_in(4) {
        true => draw.tensor("target", 2),
        false => draw.tensor_of("target", &input.shape()),
    }
}

fn goes_back(draw: &mut Draw, loss: impl Fn(&mut Draw, &Var) -> Result<Var>) -> Result<()> {
    let mut pass = Pass::without_model(&mut Rng::new(Seed(1)));
    let logits = pass.input(draw.tensor("input", 2));
    let loss = loss(draw, &logits)?;
    pass.backward(&loss).map(drop)
}

//! Multi-head attention against PyTorch, with padding; masks; names, first values and errors.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{AttentionMask, Module, MultiheadAttention, summary};
use plywood_tensor::Tensor;
use plywood_testkit::fixtures;

use crate::support::{agrees_with_pytorch, error_of, eval, names, rng};

/// Two sentences of five words and of three.
pub(crate) fn padding() -> AttentionMask {
    let hidden = Tensor::from_fn([2, 5], |index| index[0] == 1 && index[1] > 2);
    AttentionMask::padding(&hidden).unwrap()
}

#[test]
fn agrees_with_pytorch_with_padding() {
    let fixture = fixtures::load("attention");
    let layer = || MultiheadAttention::config(8, 2).init(&mut rng()).unwrap();
    agrees_with_pytorch(&fixture, "mha_self", layer(), &["x"], |layer, x, pass| {
        Ok(vec![layer.self_attention(&x[0], &padding(), pass)?])
    });
    agrees_with_pytorch(&fixture, "mha_cross", layer(), &["x", "memory"], |layer, x, pass| {
        Ok(vec![layer.cross_attention(&x[0], &x[1], &padding(), pass)?])
    });
}

#[test]
fn names_and_first_values_are_pytorchs() {
    let layer = MultiheadAttention::config(8, 2).init(&mut rng()).unwrap();
    let expected = ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"];
    assert_eq!(names(&layer), expected);
    let bound = (6.0_f32 / (8.0 + 24.0)).sqrt();
    let largest = layer.in_proj_weight.value().abs().max().unwrap();
    assert!((0.9 * bound..=bound).contains(&largest));
    assert_eq!(layer.in_proj_bias.as_ref().unwrap().value(), &Tensor::zeros([24]));
    assert_eq!(layer.out_proj.bias.as_ref().unwrap().value(), &Tensor::zeros([8]));
    let layer = MultiheadAttention::config(8, 2).bias(false).init(&mut rng()).unwrap();
    assert_eq!(names(&layer), ["in_proj_weight", "out_proj.weight"]);
}

#[test]
fn masks_add_up() {
    let later = Tensor::from_fn([5, 5], |index| index[1] > index[0]);
    let hidden = AttentionMask::hiding(&later).and(&padding()).unwrap();
    let causal = AttentionMask::causal().and(&padding()).unwrap();
    let layer = MultiheadAttention::config(8, 2).init(&mut rng()).unwrap();
    let x = Var::constant(rng().normal([2, 5, 8], 0.0, 1.0));
    let [a, b] = [hidden, causal].map(|mask| {
        layer.self_attention(&x, &mask, &mut Pass::eval(&layer)).unwrap().value().unwrap().clone()
    });
    assert!((&a - &b).abs().max().unwrap() < 1e-6);
    let all = layer.forward(&x, &mut Pass::eval(&layer)).unwrap();
    assert!((&a - all.value().unwrap()).abs().max().unwrap() > 1e-3);
}

#[test]
fn dropout_is_for_training() {
    let layer = MultiheadAttention::config(8, 2).dropout(0.5).init(&mut rng()).unwrap();
    let x = Var::constant(rng().normal([2, 5, 8], 0.0, 1.0));
    let run = |mut pass: Pass| layer.forward(&x, &mut pass).unwrap().value().unwrap().clone();
    let evaluated = run(Pass::eval(&layer));
    assert_eq!(evaluated, run(Pass::eval(&layer)));
    assert_ne!(evaluated, run(Pass::train(&layer, &mut rng())));
}

#[test]
fn what_does_not_fit_is_refused() {
    assert_eq!(
        error_of(MultiheadAttention::config(8, 3).init(&mut rng())),
        "multihead_attention: 3 heads can't share 8 features",
    );
    assert_eq!(
        error_of(MultiheadAttention::config(8, 2).dropout(-0.1).init(&mut rng())),
        "multihead_attention: the dropout is -0.1; it should be between 0 and 1",
    );
    assert_eq!(
        error_of(AttentionMask::padding(&Tensor::from([true]))),
        "attention_mask: the padding [1] should have two axes (batch, length)",
    );
    let layer = MultiheadAttention::config(8, 2).init(&mut rng()).unwrap();
    assert_eq!(
        error_of(eval(&layer, &[5, 8])),
        "self_attention: qkv [5, 24] should have three axes (batch, length, features)",
    );
    let x = Var::constant(Tensor::ones([2, 4, 8]));
    assert_eq!(
        error_of(layer.self_attention(&x, &padding(), &mut Pass::eval(&layer))),
        "self_attention: the mask [2, 1, 1, 5] should be (…, L, S) or (…, 1, S) that broadcasts to \
         [2, 2, 4, 4]",
    );
}

#[test]
fn a_summary_counts_the_products() {
    let layer = MultiheadAttention::config(8, 2).init(&mut rng()).unwrap();
    let rows = summary(&layer, [2, 5, 8]).unwrap().rows;
    let counted: Vec<_> = rows.iter().map(|row| (row.operation, row.multiply_adds)).collect();
    let attention = 2 * 2 * (5 * 5 * 4) * 2;
    assert_eq!(
        counted,
        [("linear", 10 * 8 * 24), ("self_attention", attention), ("linear", 10 * 8 * 8),]
    );
}

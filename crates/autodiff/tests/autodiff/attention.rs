//! Scaled dot-product attention against PyTorch.

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{AttentionOptions, Float, Result, Rng, Seed, Tensor};
use plywood_testkit::fixtures::{self, Fixture};

use crate::support::{agrees_with_pytorch, pass, tensor};

fn options<T: Float>(fixture: &Fixture, case: &str) -> AttentionOptions<T> {
    let mask: Tensor<T> = tensor(&fixture["mask.finite"]);
    let hidden = tensor::<T>(&fixture["mask.hidden"]);
    let hide = |x: T, hidden: T| if hidden == T::ONE { T::NEG_INFINITY } else { x };
    AttentionOptions {
        causal: case == "causal",
        mask: (case == "mask").then(|| mask.zip(&hidden, hide).unwrap()),
        ..Default::default()
    }
}

fn attend<T: Float>(x: &[Var<T>], options: &AttentionOptions<T>) -> Result<Var<T>> {
    x[0].scaled_dot_product_attention(&x[1], &x[2], options, &mut pass())
}

#[test]
fn dropout_is_for_training_alone() {
    let qkv = Var::constant(Rng::new(Seed(2)).normal::<f32>([2, 6, 12], 0.0, 1.0));
    let options = |dropout| AttentionOptions { dropout, ..Default::default() };
    let attend = |dropout, pass: &mut Pass| {
        let y = qkv.self_attention(2, &options(dropout), pass).unwrap();
        y.value().unwrap().clone()
    };
    let whole = attend(0.0, &mut pass());
    assert_eq!(attend(0.5, &mut Pass::eval(&())), whole);
    assert_ne!(attend(0.5, &mut pass()), whole);
    assert_eq!(attend(1.0, &mut pass()), Tensor::zeros([2, 6, 4]));
}

#[test]
fn agrees_with_pytorch_masked_and_not() {
    let fixture = fixtures::load("attention");
    for case in ["plain", "causal", "mask"] {
        agrees_with_pytorch(
            &fixture,
            &format!("sdpa_{case}"),
            &["q", "k", "v"],
            |x| attend(x, &options(&fixture, case)),
            |x| attend(x, &options(&fixture, case)),
        );
    }
}

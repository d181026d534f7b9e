//! Scaled dot-product attention against PyTorch.

use plywood_autodiff::Var;
use plywood_tensor::{AttentionOptions, Float, Result, Tensor};
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

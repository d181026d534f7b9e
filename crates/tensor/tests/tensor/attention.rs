//! The kernels of attention against the definition and finite differences, on problems of any
//! shape.

use plywood_tensor::{Attention, AttentionOptions, Float, Heads, Rng, Seed, Tensor, naive};
use plywood_testkit::{assert_close, cases};
use proptest::prelude::*;

use crate::support::{agree, f64s, noise};

/// An attention and its operands: `sizes` are samples, heads, queries, keys, features of a head.
fn problem<T: Float>(
    kind: u8,
    [b, h, l, s, e]: [usize; 5],
    causal: bool,
    masked: bool,
    dropout: f64,
) -> (Attention<T>, Vec<Tensor<T>>) {
    let (heads, dims, s) = match kind {
        0 => (Heads::Apart, vec![vec![b, h, l, e], vec![b, h, s, e], vec![b, h, s, e + 1]], s),
        1 => (Heads::Packed(h), vec![vec![b, l, 3 * h * e]], l),
        _ => (Heads::Crossed(h), vec![vec![b, l, h * e], vec![b, s, 2 * h * e]], s),
    };
    // One key of three is hidden.
    let mask = masked.then(|| {
        noise::<T>(9, &[b, 1, 1, s]).map(|x| if x.to_f64() < -0.3 { T::NEG_INFINITY } else { x })
    });
    let options = AttentionOptions { causal, mask, scale: None, dropout };
    let operands = (1..).zip(dims).map(|(seed, dims)| noise(seed, &dims)).collect();
    (Attention { heads, options, rng: Rng::new(Seed(5)) }, operands)
}

fn borrowed<T: Float>(operands: &[Tensor<T>]) -> Vec<&Tensor<T>> {
    operands.iter().collect()
}

fn sizes() -> impl Strategy<Value = [usize; 5]> {
    [1_usize..4, 1..4, 1..150, 1..150, 1..40]
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn prop_any_sizes(kind in 0_u8..3, sizes in sizes(), causal: bool, masked: bool, drops: bool) {
        let dropout = if drops { 0.3 } else { 0.0 };
        let (attention, operands) = problem::<f64>(kind, sizes, causal, masked, dropout);
        let expected = naive::attention(&attention, &borrowed(&operands)).unwrap();
        agree(&attention.forward(&borrowed(&operands)).unwrap().0, &expected, 1e-12);
        let (attention, operands) = problem::<f32>(kind, sizes, causal, masked, dropout);
        // Weights below 1 and values below 1: what rounding does to scores of up to √40 is in the
        // exponent, and so a share of the weight.
        agree(&attention.forward(&borrowed(&operands)).unwrap().0, &expected, 2e-5);
    }

    /// Along one random direction of all operands, the loss `⟨y, dy⟩` changes as the gradients say.
    #[test]
    fn prop_gradients_agree_with_differences(
        kind in 0_u8..3,
        sizes in sizes(),
        causal: bool,
        masked: bool,
        drops: bool,
    ) {
        let dropout = if drops { 0.3 } else { 0.0 };
        let (attention, operands) = problem::<f64>(kind, sizes, causal, masked, dropout);
        let (y, sums) = attention.forward(&borrowed(&operands)).unwrap();
        let dy = noise::<f64>(7, &y.shape());
        let directions: Vec<_> = operands.iter().map(|of| noise::<f64>(8, &of.shape())).collect();
        let loss = |step: f64| {
            let moved: Vec<_> =
                operands.iter().zip(&directions).map(|(x, d)| x + &(d * step)).collect();
            (&attention.forward(&borrowed(&moved)).unwrap().0 * &dy).sum()
        };
        let difference = (loss(1e-5) - loss(-1e-5)) / 2e-5;
        let gradients = attention.gradient(&dy, &borrowed(&operands), &sums).unwrap();
        let slope: f64 = gradients.iter().zip(&directions).map(|(g, d)| (g * d).sum()).sum();
        assert_close(&[slope], &[difference], 1e-6);

        let (attention, operands) = problem::<f32>(kind, sizes, causal, masked, dropout);
        let (_, sums) = attention.forward(&borrowed(&operands)).unwrap();
        let singles = attention.gradient(&dy.cast(), &borrowed(&operands), &sums).unwrap();
        for (single, gradient) in singles.iter().zip(&gradients) {
            agree(single, gradient, 1e-4);
        }
    }
}

#[test]
fn a_query_that_sees_nothing_gets_nothing() {
    let (mut attention, operands) = problem::<f32>(0, [1, 1, 3, 4, 5], false, false, 0.0);
    let hidden =
        Tensor::from_fn([3, 4], |index| if index[0] == 1 { f32::NEG_INFINITY } else { 0.0 });
    attention.options.mask = Some(hidden);
    let (y, sums) = attention.forward(&borrowed(&operands)).unwrap();
    let rows: Vec<bool> = f64s(&y).chunks(6).map(|row| row.iter().all(|&y| y == 0.0)).collect();
    assert_eq!(rows, [false, true, false]);
    let gradients = attention.gradient(&y, &borrowed(&operands), &sums).unwrap();
    assert!(gradients.iter().all(Tensor::all_finite));
    assert!(gradients[0].as_slice()[5..10].iter().all(|&dq| dq == 0.0));
}

#[test]
fn what_does_not_fit_is_named() {
    let refusal = |attention: &Attention<f32>, operands: &[Tensor]| {
        attention.forward(&borrowed(operands)).unwrap_err().to_string()
    };
    let (mut attention, operands) = problem::<f32>(0, [2, 3, 4, 5, 6], false, false, 0.0);
    assert_eq!(
        refusal(&attention, &[operands[0].clone(), operands[1].clone(), operands[0].clone()]),
        "queries [2, 3, 4, 6] (…, L, E), keys [2, 3, 5, 6] (…, S, E) and values [2, 3, 4, 6] \
         (…, S, V) don't fit",
    );
    attention.options.mask = Some(Tensor::zeros([4, 4]));
    assert_eq!(
        refusal(&attention, &operands),
        "the mask [4, 4] should be (…, L, S) or (…, 1, S) that broadcasts to [2, 3, 4, 5]",
    );
    attention.options = AttentionOptions { dropout: 1.5, ..Default::default() };
    assert_eq!(refusal(&attention, &operands), "the dropout is 1.5; it should be between 0 and 1");
    attention.options.dropout = 0.0;
    attention.heads = Heads::Packed(4);
    assert_eq!(
        refusal(&attention, &[Tensor::zeros([2, 5, 30])]),
        "the rows of qkv [2, 5, 30] can't be shared by 3 · 4 heads",
    );
    attention.heads = Heads::Crossed(2);
    assert_eq!(
        refusal(&attention, &[Tensor::zeros([2, 5, 8]), Tensor::zeros([2, 5, 8])]),
        "keys and values [2, 5, 8] should be [2, S, 16], as the queries [2, 5, 8]",
    );
}

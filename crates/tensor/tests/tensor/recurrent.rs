//! The kernels of recurrent layers against the definition and finite differences.

use plywood_tensor::{Float, Recurrence, RecurrentUnit, Tensor, naive};
use plywood_testkit::{assert_close, cases};
use proptest::prelude::*;

use crate::support::{agree, noise};

const UNITS: [RecurrentUnit; 2] = [RecurrentUnit::Lstm, RecurrentUnit::Gru];

/// The inputs of the gates, the weight, the bias, the first state, and the first cells of an LSTM.
fn operands(unit: RecurrentUnit, [s, b, h]: [usize; 3]) -> Vec<Tensor<f64>> {
    let rows = unit.gates() * h;
    let mut dims = vec![vec![s, b, rows], vec![rows, h], vec![rows], vec![b, h]];
    if unit == RecurrentUnit::Lstm {
        dims.push(vec![b, h]);
    }
    (1..).zip(dims).map(|(seed, dims)| noise(seed, &dims)).collect()
}

fn layer<T: Float>(unit: RecurrentUnit, reverse: bool, x: &[Tensor<T>]) -> Recurrence<'_, T> {
    Recurrence { unit, weight: &x[1], bias: Some(&x[2]), reverse }
}

fn single(x: &[Tensor<f64>]) -> Vec<Tensor<f32>> {
    x.iter().map(Tensor::cast).collect()
}

fn sizes() -> impl Strategy<Value = [usize; 3]> {
    [0_usize..6, 1..5, 1..70]
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn prop_any_sizes(which in 0_usize..2, sizes in sizes(), reverse: bool) {
        let unit = UNITS[which];
        let x = operands(unit, sizes);
        let expected =
            naive::recurrence(&layer(unit, reverse, &x), &x[0], &x[3], x.get(4)).unwrap();
        let (y, _) = layer(unit, reverse, &x).forward(&x[0], &x[3], x.get(4)).unwrap();
        agree(&y, &expected, 1e-11);
        prop_assert_eq!(layer(unit, reverse, &x).states(&x[0], &x[3], x.get(4)).unwrap(), y);
        let x = single(&x);
        let (y, _) = layer(unit, reverse, &x).forward(&x[0], &x[3], x.get(4)).unwrap();
        // Each of up to six steps hands its rounding of sums of 70 terms on, a little grown.
        agree(&y, &expected, 2e-4);
    }

    /// Along one random direction of all operands, the loss `⟨y, dy⟩` changes as the gradients say.
    #[test]
    fn prop_gradients_agree_with_differences(
        which in 0_usize..2,
        sizes in sizes(),
        reverse: bool,
    ) {
        let unit = UNITS[which];
        let x = operands(unit, sizes);
        let (y, kept) = layer(unit, reverse, &x).forward(&x[0], &x[3], x.get(4)).unwrap();
        let dy = noise::<f64>(11, &y.shape());
        let directions: Vec<_> = x.iter().map(|of| noise::<f64>(12, &of.shape())).collect();
        let loss = |step: f64| {
            let x: Vec<_> = x.iter().zip(&directions).map(|(x, d)| x + &(d * step)).collect();
            let (y, _) = layer(unit, reverse, &x).forward(&x[0], &x[3], x.get(4)).unwrap();
            (&y * &dy).sum()
        };
        let difference = (loss(1e-5) - loss(-1e-5)) / 2e-5;
        let grads =
            layer(unit, reverse, &x).gradient(&dy, &y, &kept, &x[3], x.get(4)).unwrap();
        let all: Vec<_> = [grads.gates, grads.weight, grads.bias, grads.h0]
            .into_iter()
            .chain(grads.c0)
            .collect();
        let slope: f64 = all.iter().zip(&directions).map(|(g, d)| (g * d).sum()).sum();
        assert_close(&[slope], &[difference], 1e-5);

        let x = single(&x);
        let (y, kept) = layer(unit, reverse, &x).forward(&x[0], &x[3], x.get(4)).unwrap();
        let grads =
            layer(unit, reverse, &x).gradient(&dy.cast(), &y, &kept, &x[3], x.get(4)).unwrap();
        agree(&grads.gates, &all[0], 1e-2);
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let x = single(&operands(RecurrentUnit::Lstm, [3, 2, 4]));
    let layer = layer(RecurrentUnit::Lstm, false, &x);
    let refusal = |gates: &Tensor, h0: &Tensor, c0: Option<&Tensor>| {
        layer.forward(gates, h0, c0).unwrap_err().to_string()
    };
    assert_eq!(
        refusal(&Tensor::zeros([3, 2, 12]), &x[3], x.get(4)),
        "the gates' inputs [3, 2, 12] (S, B, 4 · H) don't fit the weight [16, 4] (4 · H, H)",
    );
    assert_eq!(
        refusal(&x[0], &Tensor::zeros([3, 4]), x.get(4)),
        "the first state [3, 4] should be [2, 4]",
    );
    assert_eq!(refusal(&x[0], &x[3], None), "an LSTM has cells to begin with, a GRU hasn't");
}

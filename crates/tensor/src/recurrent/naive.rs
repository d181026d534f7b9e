//! Recurrent layers as their definitions say, step by step and number by number: the reference for
//! the fast kernel.

use super::{Recurrence, RecurrentUnit};
use crate::element::Float;
use crate::error::Result;
use crate::tensor::Tensor;

/// As [`Recurrence::forward`], without what is kept.
///
/// # Errors
/// When the shapes don't fit.
pub fn recurrence<T: Float>(
    layer: &Recurrence<T>,
    gates: &Tensor<T>,
    h0: &Tensor<T>,
    c0: Option<&Tensor<T>>,
) -> Result<Tensor<T>> {
    let (shape, sizes) = layer.sizes(gates, h0, c0)?;
    let (mut h, mut c) = (h0.to_vec(), c0.unwrap_or(h0).to_vec());
    let mut y = vec![T::ZERO; shape.numel()];
    let hidden = sizes.hidden;
    for index in 0..sizes.steps {
        let (_, step) = layer.order(index, sizes.steps);
        let last = h.clone();
        for sample in 0..sizes.batch {
            for unit in 0..hidden {
                // What inputs and the last state add to a gate.
                let gate = |gate: usize| {
                    let row = gate * hidden + unit;
                    let products = (0..hidden).map(|from| {
                        layer.weight.as_slice()[row * hidden + from] * last[sample * hidden + from]
                    });
                    let bias = layer.bias.map_or(T::ZERO, |bias| bias.as_slice()[row]);
                    let x = gates.get(&[step, sample, row]).expect("inside");
                    (x, products.sum::<T>() + bias)
                };
                let sum = |index: usize| gate(index).0 + gate(index).1;
                let sigmoid = |x: T| T::ONE / (T::ONE + (-x).exp());
                let at = sample * hidden + unit;
                match layer.unit {
                    RecurrentUnit::Lstm => {
                        c[at] = sigmoid(sum(1)) * c[at] + sigmoid(sum(0)) * sum(2).tanh();
                        h[at] = sigmoid(sum(3)) * c[at].tanh();
                    }
                    RecurrentUnit::Gru => {
                        let (x, s) = gate(2);
                        let z = sigmoid(sum(1));
                        h[at] = (T::ONE - z) * (x + sigmoid(sum(0)) * s).tanh() + z * last[at];
                    }
                }
            }
        }
        y[step * sizes.state()..][..sizes.state()].copy_from_slice(&h);
    }
    if layer.unit == RecurrentUnit::Lstm {
        y[sizes.steps * sizes.state()..].copy_from_slice(&c);
    }
    Tensor::from_vec(y, shape)
}

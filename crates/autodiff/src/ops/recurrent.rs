//! Recurrent layers over all steps of a sequence.

use plywood_tensor::{Float, Recurrence, RecurrentUnit, Result, Rng, Shape, Tensor};

use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Var, record};

pub(crate) const LSTM: Declaration = Declaration {
    name: "lstm",
    equation: "i, f, g, o = σ, σ, tanh, σ of x + W · h + b; c' = f ∘ c + i ∘ g; h' = o ∘ tanh c'",
    gradient: "from the last step to the first: dc += dh ∘ o ∘ (1 − tanh² c'), through the gates, and \
               dh = Wᵀ · dgates; dW = Σ dgates · hᵀ, db = Σ dgates",
    sample: |rng| {
        sample(rng, RecurrentUnit::Lstm, |x, bias, reverse| {
            x[0].lstm(&x[1], bias, &x[2], &x[3], reverse)
        })
    },
};

pub(crate) const GRU: Declaration = Declaration {
    name: "gru",
    equation: "s = W · h + b; r, z = σ(x + s); n = tanh(x + r ∘ s); h' = (1 − z) ∘ n + z ∘ h",
    gradient: "from the last step to the first: through the gates, and dh = Wᵀ · ds + dh' ∘ z; \
               dW = Σ ds · hᵀ, db = Σ ds",
    sample: |rng| {
        sample(rng, RecurrentUnit::Gru, |x, bias, reverse| x[0].gru(&x[1], bias, &x[2], reverse))
    },
};

/// A problem of either unit, with a bias or without, in either direction. The operands are the
/// gates' inputs, the weight, the states, and the bias.
fn sample(
    rng: &mut Rng,
    unit: RecurrentUnit,
    apply: impl Fn(&[Var<f64>], Option<&Var<f64>>, bool) -> Result<Var<f64>> + 'static,
) -> Sample {
    let [s, b, h] = [(); 3].map(|()| whole(rng, 1, 4));
    let rows = unit.gates() * h;
    let states = 1 + usize::from(unit == RecurrentUnit::Lstm);
    let mut inputs = vec![normal(rng, &[s, b, rows]), normal(rng, &[rows, h])];
    inputs.extend((0..states).map(|_| normal(rng, &[b, h])));
    if rng.unit() < 0.7 {
        inputs.push(normal(rng, &[rows]));
    }
    let reverse = rng.unit() < 0.5;
    Sample::new(
        inputs,
        move |x, _| apply(x, x.get(2 + states), reverse),
        move |x| {
            let layer = Recurrence { unit, weight: &x[1], bias: x.get(2 + states), reverse };
            let c0 = (states == 2).then(|| &x[3]);
            plywood_tensor::naive::recurrence(&layer, &x[0], &x[2], c0).expect("drawn to fit")
        },
    )
}

impl<T: Float> Var<T> {
    /// Long short-term memory over all steps. This value is what the inputs add to the gates i, f, g
    /// and o, `[S, B, 4 · H]`; `weight` `[4 · H, H]` and `bias` `[4 · H]` are what the last state adds;
    /// `h0` and `c0` `[B, H]` are the first state and cells. Gives the states after each step, and
    /// then the cells after the last: `[S + 1, B, H]`. In reverse it begins at the last step.
    ///
    /// Sources: Hochreiter and Schmidhuber, "Long short-term memory" (1997); Gers, Schmidhuber and
    /// Cummins, "Learning to forget" (2000).
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn lstm(
        &self,
        weight: &Self,
        bias: Option<&Self>,
        h0: &Self,
        c0: &Self,
        reverse: bool,
    ) -> Result<Self> {
        recur("lstm", RecurrentUnit::Lstm, [self, weight], bias, &[h0, c0], reverse)
    }

    /// The gated recurrent unit over all steps. This value is what the inputs add to the gates r, z
    /// and n, `[S, B, 3 · H]`; `weight` `[3 · H, H]` and `bias` `[3 · H]` are what the last state adds;
    /// `h0` `[B, H]` is the first state. Gives the states after each step, `[S, B, H]`. In reverse it
    /// begins at the last step.
    ///
    /// Source: Cho et al., "Learning phrase representations using RNN encoder–decoder" (2014).
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn gru(
        &self,
        weight: &Self,
        bias: Option<&Self>,
        h0: &Self,
        reverse: bool,
    ) -> Result<Self> {
        recur("gru", RecurrentUnit::Gru, [self, weight], bias, &[h0], reverse)
    }
}

fn recur<T: Float>(
    operation: &'static str,
    unit: RecurrentUnit,
    [gates, weight]: [&Var<T>; 2],
    bias: Option<&Var<T>>,
    states: &[&Var<T>],
    reverse: bool,
) -> Result<Var<T>> {
    let shapes: Vec<Shape> = states.iter().map(|state| state.shape()).collect();
    let shape = unit
        .shape(gates.shape(), weight.shape(), bias.map(Var::shape), &shapes)
        .map_err(|error| error.operation(operation))?;
    let multiply_adds = (gates.shape().numel() as u64).saturating_mul(shape[2] as u64);
    let (has_bias, count) = (bias.is_some(), states.len());
    let operands: Vec<&Var<T>> =
        [gates, weight].iter().chain(states).copied().chain(bias).collect();
    let saves = operands.iter().any(|operand| operand.needs_gradient());
    let kernel = || {
        let (weight, bias) = (weight.known(), bias.map(Var::known));
        let layer = Recurrence { unit, weight, bias, reverse };
        let states: Vec<Tensor<T>> = states.iter().map(|state| state.known().clone()).collect();
        if !saves {
            return Ok((layer.states(gates.known(), &states[0], states.get(1))?, None));
        }
        let (y, kept) = layer.forward(gates.known(), &states[0], states.get(1))?;
        Ok((y.clone(), Some((weight.clone(), states, y, kept))))
    };
    record(operation, &operands, shape, multiply_adds, kernel, move |saved, dy, grads| {
        let (weight, states, y, kept) = saved.expect("saved because a gradient is needed");
        // The gradient doesn't depend on the bias.
        let layer = Recurrence { unit, weight: &weight, bias: None, reverse };
        let all = layer.gradient(&dy, &y, &kept, &states[0], states.get(1))?;
        grads.accumulate(0, || Ok(all.gates))?;
        grads.accumulate(1, || Ok(all.weight))?;
        grads.accumulate(2, || Ok(all.h0))?;
        if let Some(c0) = all.c0 {
            grads.accumulate(3, || Ok(c0))?;
        }
        if has_bias { grads.accumulate(2 + count, || Ok(all.bias)) } else { Ok(()) }
    })
}

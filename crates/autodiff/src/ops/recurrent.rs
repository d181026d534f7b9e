//! Recurrent layers over all steps of a sequence.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Recurrence, RecurrentUnit, Result, Rng, Shape, Tensor};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::Var;

/// Long short-term memory over all steps, of the gates' inputs, the weight, the first state and cells, and the
/// bias: see [`Var::lstm`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// // One unit, whose gates i, f, g, o are open (1000), half open (0) or shut (−1000). [S, B, 4 · H]
/// let remember = [[0.0, 1000.0, 0.0, 0.0]];
/// let forget = [[-1000.0, -1000.0, 0.0, 0.0]];
/// let gates = Var::constant(Tensor::from([remember, forget]));
/// let weight = Var::constant(Tensor::full([4, 1], 0.0));
/// let h0 = Var::constant(Tensor::from([[0.0]]));
/// let c0 = Var::constant(Tensor::from([[1000.0]]));
/// let y = Var::apply(ops::Lstm { reverse: false }, &[&gates, &weight, &h0, &c0])?;
/// // Half of tanh 1000, then nothing; after the states the last cells, [S + 1, B, H].
/// assert_eq!(y.value()?, &Tensor::from([[[0.5]], [[0.0]], [[0.0]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lstm {
    /// Whether it begins at the last step.
    pub reverse: bool,
}

/// The gated recurrent unit over all steps, of the gates' inputs, the weight, the first state, and the bias:
/// see [`Var::gru`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// // One unit, whose gate z is open (1000), then shut (−1000): r, z, n. [S, B, 3 · H]
/// let keep = [[0.0, 1000.0, 0.0]];
/// let replace = [[0.0, -1000.0, 0.0]];
/// let gates = Var::constant(Tensor::from([keep, replace]));
/// let weight = Var::constant(Tensor::full([3, 1], 0.0));
/// let h0 = Var::constant(Tensor::from([[7.0]]));
/// let y = Var::apply(ops::Gru { reverse: false }, &[&gates, &weight, &h0])?;
/// assert_eq!(y.value()?, &Tensor::from([[[7.0]], [[0.0]]])); // the state, then tanh 0
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gru {
    /// Whether it begins at the last step.
    pub reverse: bool,
}

impl Declared for Lstm {
    const DECLARATION: Declaration = Declaration {
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
}

impl Declared for Gru {
    const DECLARATION: Declaration = Declaration {
        name: "gru",
        equation: "s = W · h + b; r, z = σ(x + s); n = tanh(x + r ∘ s); h' = (1 − z) ∘ n + z ∘ h",
        gradient: "from the last step to the first: through the gates, and dh = Wᵀ · ds + dh' ∘ z; \
                   dW = Σ ds · hᵀ, db = Σ ds",
        sample: |rng| {
            sample(rng, RecurrentUnit::Gru, |x, bias, reverse| {
                x[0].gru(&x[1], bias, &x[2], reverse)
            })
        },
    };
}

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

/// What the gradients need.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Saved<T: Float> {
    weight: Tensor<T>,
    /// The first state, and the first cells of an LSTM.
    states: Vec<Tensor<T>>,
    y: Tensor<T>,
    /// What the kernel has kept of each step.
    kept: Tensor<T>,
}

/// How many states a unit has: an LSTM's cells are a second one.
fn states(unit: RecurrentUnit) -> usize {
    match unit {
        RecurrentUnit::Lstm => 2,
        RecurrentUnit::Gru => 1,
    }
}

fn shape(unit: RecurrentUnit, operands: &[Shape]) -> Result<Shape> {
    let after = 2 + states(unit);
    unit.shape(operands[0], operands[1], operands.get(after).copied(), &operands[2..after])
}

fn multiply_adds(operands: &[Shape]) -> u64 {
    let hidden = operands[2][1];
    (operands[0].numel() as u64).saturating_mul(hidden as u64)
}

fn recur<T: Float>(
    unit: RecurrentUnit,
    reverse: bool,
    operands: &Operands<'_, T>,
) -> Result<(Tensor<T>, Option<Saved<T>>)> {
    let after = 2 + states(unit);
    let (gates, weight, bias) = (&operands[0], &operands[1], operands.get(after));
    let layer = Recurrence { unit, weight, bias, reverse };
    let states: Vec<Tensor<T>> = (2..after).map(|place| operands[place].clone()).collect();
    if !(0..operands.len()).any(|place| operands.needs_gradient(place)) {
        return Ok((layer.states(gates, &states[0], states.get(1))?, None));
    }
    let (y, kept) = layer.forward(gates, &states[0], states.get(1))?;
    Ok((y.clone(), Some(Saved { weight: weight.clone(), states, y, kept })))
}

fn gradient<T: Float>(
    unit: RecurrentUnit,
    reverse: bool,
    saved: Option<Saved<T>>,
    dy: &Tensor<T>,
    grads: &mut OperandGrads<'_, T>,
) -> Result<()> {
    let Saved { weight, states, y, kept } = saved.expect("saved because a gradient is needed");
    // The gradient doesn't depend on the bias.
    let layer = Recurrence { unit, weight: &weight, bias: None, reverse };
    let all = layer.gradient(dy, &y, &kept, &states[0], states.get(1))?;
    grads.accumulate(0, || Ok(all.gates))?;
    grads.accumulate(1, || Ok(all.weight))?;
    grads.accumulate(2, || Ok(all.h0))?;
    if let Some(c0) = all.c0 {
        grads.accumulate(3, || Ok(c0))?;
    }
    let bias = 2 + states.len();
    if grads.needs(bias) { grads.accumulate(bias, || Ok(all.bias)) } else { Ok(()) }
}

/// The two differ in their unit, and so in how many states there are.
macro_rules! units {
    ($($type:ident, $name:literal, $counts:expr, $unit:expr;)*) => { $(
        impl<T: Float> Operation<T> for $type {
            type Saved = Option<Saved<T>>;

            fn name(&self) -> &'static str {
                $name
            }

            fn operand_count(&self) -> RangeInclusive<usize> {
                $counts
            }

            fn shape(&self, operands: &[Shape]) -> Result<Shape> {
                shape($unit, operands)
            }

            fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
                recur($unit, self.reverse, operands)
            }

            fn gradient(
                &self,
                saved: Self::Saved,
                dy: Tensor<T>,
                grads: &mut OperandGrads<'_, T>,
            ) -> Result<()> {
                gradient($unit, self.reverse, saved, &dy, grads)
            }

            fn multiply_adds(&self, operands: &[Shape]) -> u64 {
                multiply_adds(operands)
            }

            fn attributes(&self) -> Vec<(&'static str, Attribute)> {
                vec![("reverse", self.reverse.into())]
            }
        }
    )* };
}

units! {
    Lstm, "lstm", 4..=5, RecurrentUnit::Lstm;
    Gru, "gru", 3..=4, RecurrentUnit::Gru;
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
        let operands: Vec<&Self> = [self, weight, h0, c0].into_iter().chain(bias).collect();
        record(Lstm { reverse }, &operands)
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
        let operands: Vec<&Self> = [self, weight, h0].into_iter().chain(bias).collect();
        record(Gru { reverse }, &operands)
    }
}

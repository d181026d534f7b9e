//! Recurrent layers over all steps of a sequence: LSTM and GRU, and their gradients.
//!
//! What the inputs add to the gates is one matrix product for all steps, which the caller makes. What
//! is left is done step by step:
//!
//! ```text
//!                  weight, panels of 16 units,              the same 16 units:
//!                  a panel for each gate                    gates, cell, state
//!            ┌───────────┐   ┌──┐   ┌──┐
//!   state    │ samples   │ · │  │   │  │ …  + inputs'  →   ┌──┐
//!            └───────────┘   └──┘   └──┘                   └──┘
//! ```
//!
//! A task has some units of all samples: it multiplies the last state by their weights, which were
//! packed once and stay in its core's cache, and goes on to the cell while the sums are hot. The
//! gradient goes back in the same way: the product with the gates' gradients of the step after, then
//! the cell's gradient.

#![allow(unsafe_code, reason = "tasks write disjoint units of one result")]

mod cell;
mod gradient;
pub(crate) mod naive;

pub use gradient::RecurrenceGrads;

use self::cell::{Cell, Gru, Lstm, Rows, Units};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::memory;
use crate::panels::{COLUMNS, Left, Panels, multiply_part, pack_columns_in};
use crate::shape::Shape;
use crate::simd::prefetch;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

/// Units of a task.
const UNITS: usize = 2 * COLUMNS;

/// What a recurrent layer does at each step.
///
/// ```
/// use plywood_tensor::RecurrentUnit;
///
/// assert_eq!((RecurrentUnit::Lstm.gates(), RecurrentUnit::Gru.gates()), (4, 3));
/// // 7 steps, a batch of 2, 5 hidden units, without a bias and from one first state.
/// let (gates, weight, h0) = ([7, 2, 15].into(), [15, 5].into(), [2, 5].into());
/// assert_eq!(RecurrentUnit::Gru.shape(gates, weight, None, &[h0])?, [7, 2, 5].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecurrentUnit {
    /// Long short-term memory, gates in the order i, f, g, o: `c' = f ∘ c + i ∘ g`, `h' = o ∘ tanh c'`.
    ///
    /// Sources: Hochreiter and Schmidhuber, "Long short-term memory" (1997); Gers, Schmidhuber and
    /// Cummins, "Learning to forget" (2000).
    Lstm,
    /// The gated recurrent unit, gates in the order r, z, n: `n = tanh(x_n + r ∘ s_n)`,
    /// `h' = (1 − z) ∘ n + z ∘ h`.
    ///
    /// Source: Cho et al., "Learning phrase representations using RNN encoder–decoder" (2014).
    Gru,
}

impl RecurrentUnit {
    /// The gates of a unit.
    pub fn gates(self) -> usize {
        match self {
            Self::Lstm => Lstm::GATES,
            Self::Gru => Gru::GATES,
        }
    }

    /// The shape of the result of `gates` `[S, B, G · H]` and `weight` `[G · H, H]`: the states of all
    /// steps, `[S, B, H]`, and one more for the last cell of an LSTM.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn shape(
        self,
        gates: Shape,
        weight: Shape,
        bias: Option<Shape>,
        states: &[Shape],
    ) -> Result<Shape> {
        let count = self.gates();
        let (&[s, b, width], &[rows, h]) = (&gates[..], &weight[..]) else {
            return Err(Error::shape(format!(
                "the gates' inputs {gates} should be (S, B, {count} · H), the weight {weight} \
                 ({count} · H, H)"
            )));
        };
        if rows != width || h.checked_mul(count) != Some(rows) {
            return Err(Error::shape(format!(
                "the gates' inputs {gates} (S, B, {count} · H) don't fit the weight {weight} \
                 ({count} · H, H)"
            )));
        }
        if bias.is_some_and(|bias| bias[..] != [rows]) {
            let bias = bias.unwrap_or(Shape::SCALAR);
            return Err(Error::shape(format!("the bias {bias} should be [{rows}]")));
        }
        if let Some(wrong) = states.iter().find(|state| state[..] != [b, h]) {
            return Err(Error::shape(format!("the first state {wrong} should be [{b}, {h}]")));
        }
        Shape::new(&[s + usize::from(self == Self::Lstm), b, h])
    }
}

/// A recurrent layer in one direction, over `S` steps of a batch `B` with `H` hidden units, each with `G` gates.
///
/// ```
/// use plywood_tensor::{Recurrence, RecurrentUnit, Tensor};
///
/// let weight = &Tensor::full([3, 1], 0.0);
/// let gru = Recurrence { unit: RecurrentUnit::Gru, weight, bias: None, reverse: false };
/// let h0 = Tensor::from([[7.0]]); // [B, H]
/// // Two steps of the gates r, z and n, [S, B, 3 · H]: z is open (1000), then shut (−1000).
/// let gates = Tensor::from([[[0.0, 1000.0, 0.0]], [[0.0, -1000.0, 0.0]]]);
/// let states = gru.states(&gates, &h0, None)?;
/// assert_eq!(states, Tensor::from([[[7.0]], [[0.0]]])); // the state is kept, then replaced by tanh 0
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Recurrence<'a, T: Float> {
    /// What it does at each step.
    pub unit: RecurrentUnit,
    /// What the last state adds to the gates, `[G · H, H]`.
    pub weight: &'a Tensor<T>,
    /// What is added to that, `[G · H]`.
    pub bias: Option<&'a Tensor<T>>,
    /// Whether it begins at the last step.
    pub reverse: bool,
}

/// The sizes of a recurrence.
#[derive(Clone, Copy)]
struct Sizes {
    steps: usize,
    batch: usize,
    hidden: usize,
}

impl Sizes {
    /// The numbers of a state.
    fn state(self) -> usize {
        self.batch * self.hidden
    }

    /// The numbers that are kept of a step.
    fn kept<C: Cell>(self) -> usize {
        self.kept_at::<C>(self.hidden.div_ceil(COLUMNS), 0)
    }

    /// The units of a block.
    fn units(self, block: usize) -> Units {
        let first = block * COLUMNS;
        Units { first, width: COLUMNS.min(self.hidden - first), hidden: self.hidden }
    }

    /// The numbers `[B, H]` of these units.
    fn rows<T>(self, of: &[T], units: Units) -> Rows<'_, T> {
        Rows { elements: &of[units.first..], pitch: self.hidden }
    }

    /// Where what is kept of 16 units and a sample begins: their numbers lie side by side, and the
    /// samples of a task one after another, so that memory is written in order.
    fn kept_at<C: Cell>(self, block: usize, sample: usize) -> usize {
        (block * self.batch + sample) * C::KEPT * COLUMNS
    }
}

impl<T: Float> Recurrence<'_, T> {
    /// The states after each step, and for an LSTM the cells after the last, `[S + 1, B, H]` or
    /// `[S, B, H]`; and what the gradient needs. `gates` is what the inputs add to the gates,
    /// `[S, B, G · H]`; `h0`, and for an LSTM `c0`, is what it begins with, `[B, H]`.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn forward(
        &self,
        gates: &Tensor<T>,
        h0: &Tensor<T>,
        c0: Option<&Tensor<T>>,
    ) -> Result<(Tensor<T>, Tensor<T>)> {
        self.run(gates, h0, c0, true)
    }

    /// As [`forward`](Self::forward), without what the gradient needs.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn states(
        &self,
        gates: &Tensor<T>,
        h0: &Tensor<T>,
        c0: Option<&Tensor<T>>,
    ) -> Result<Tensor<T>> {
        Ok(self.run(gates, h0, c0, false)?.0)
    }

    fn run(
        &self,
        gates: &Tensor<T>,
        h0: &Tensor<T>,
        c0: Option<&Tensor<T>>,
        keep: bool,
    ) -> Result<(Tensor<T>, Tensor<T>)> {
        match self.unit {
            RecurrentUnit::Lstm => self.run_with(Lstm, gates, h0, c0, keep),
            RecurrentUnit::Gru => self.run_with(Gru, gates, h0, c0, keep),
        }
    }

    /// With `keep`, everything is kept, `[S, …]`; otherwise two steps' in turn, as the step after needs
    /// the one before.
    fn run_with<C: Cell>(
        &self,
        cell: C,
        gates: &Tensor<T>,
        h0: &Tensor<T>,
        c0: Option<&Tensor<T>>,
        keep: bool,
    ) -> Result<(Tensor<T>, Tensor<T>)> {
        let (shape, sizes) = self.sizes(gates, h0, c0)?;
        let Sizes { steps, batch, hidden } = sizes;
        let (size, kept_size) = (sizes.state(), sizes.kept::<C>());
        let blocks = hidden.div_ceil(COLUMNS);
        let kept_steps = if keep { steps } else { steps.min(2) };
        let kept_shape = Shape::new(&[kept_steps, blocks, batch, C::KEPT * COLUMNS])?;
        let slot = |index: usize| if keep { self.place(index, steps) } else { index % 2 };
        let panels = memory::guard(|| Ok(self.packed(hidden)))?;
        let inputs = batch * C::GATES * hidden;
        let (gates, c0) = (gates.as_slice(), c0.unwrap_or(h0).as_slice());
        let mut kept = Storage::try_stale(kept_shape.numel())?;
        let mut sums = Storage::try_stale(blocks * COLUMNS * C::GATES * batch)?;
        let y = Tensor::build(shape, |out| {
            for index in 0..steps {
                let (before, now) = self.order(index, steps);
                let (h, out) = around(out, before, now, size);
                let last = index.checked_sub(1).map(slot);
                let (last, kept) = around(&mut kept, last, slot(index), kept_size);
                let step = Step {
                    sizes,
                    gates: &gates[now * inputs..][..inputs],
                    bias: self.bias.map(Tensor::as_slice),
                    h: h.unwrap_or(h0.as_slice()),
                    c: last.map_or(Cells::First(c0), Cells::Kept),
                };
                step.run(&panels, cell, &mut sums, out, kept);
            }
            if let Some(cells) = out.get_mut(steps * size..).filter(|cells| !cells.is_empty()) {
                let last = steps.checked_sub(1).map_or(Cells::First(c0), |index| {
                    Cells::Kept(&kept[slot(index) * kept_size..][..kept_size])
                });
                for (sample, cells) in cells.chunks_mut(hidden).enumerate() {
                    for (block, cells) in cells.chunks_mut(COLUMNS).enumerate() {
                        let from = last.of::<C>(sizes, block).of(sample, cells.len());
                        cells.copy_from_slice(from);
                    }
                }
            }
        })?;
        Ok((y, Tensor::own(kept, kept_shape)))
    }

    fn sizes(
        &self,
        gates: &Tensor<T>,
        h0: &Tensor<T>,
        c0: Option<&Tensor<T>>,
    ) -> Result<(Shape, Sizes)> {
        let states: Vec<Shape> = [Some(h0), c0].into_iter().flatten().map(Tensor::shape).collect();
        if (self.unit == RecurrentUnit::Lstm) != c0.is_some() {
            return Err(Error::value("an LSTM has cells to begin with, a GRU hasn't"));
        }
        let bias = self.bias.map(Tensor::shape);
        let shape = self.unit.shape(gates.shape(), self.weight.shape(), bias, &states)?;
        let [steps, batch] = [gates.shape()[0], gates.shape()[1]];
        Ok((shape, Sizes { steps, batch, hidden: shape[2] }))
    }

    /// The step before step number `index` in time, if there is one, and that step.
    fn order(&self, index: usize, steps: usize) -> (Option<usize>, usize) {
        (index.checked_sub(1).map(|index| self.place(index, steps)), self.place(index, steps))
    }

    fn place(&self, index: usize, steps: usize) -> usize {
        if self.reverse { steps - 1 - index } else { index }
    }

    /// The weights, units as columns: for each 16 units, a panel for each gate.
    fn packed(&self, hidden: usize) -> Panels<T> {
        let gates = self.unit.gates();
        let count = hidden.div_ceil(COLUMNS) * gates;
        pack_columns_in(self.weight.as_slice(), hidden, hidden, count, |panel| {
            let (gate, first) = (panel % gates, panel / gates * COLUMNS);
            gate * hidden + first..gate * hidden + hidden.min(first + COLUMNS)
        })
    }
}

/// What stands before a step in time, and the step's own place, in steps of `size` elements.
fn around<T>(
    all: &mut [T],
    before: Option<usize>,
    now: usize,
    size: usize,
) -> (Option<&[T]>, &mut [T]) {
    match before {
        None => (None, &mut all[now * size..][..size]),
        Some(before) if before < now => {
            let (left, right) = all.split_at_mut(now * size);
            (Some(&left[before * size..][..size]), &mut right[..size])
        }
        Some(before) => {
            let (left, right) = all.split_at_mut(before * size);
            (Some(&right[..size]), &mut left[now * size..][..size])
        }
    }
}

/// The cells before a step.
#[derive(Clone, Copy)]
enum Cells<'a, T> {
    /// `[B, H]`
    First(&'a [T]),
    /// What was kept of the step before, of which they are the last.
    Kept(&'a [T]),
}

impl<'a, T> Cells<'a, T> {
    /// Those of up to 16 units.
    fn of<C: Cell>(self, sizes: Sizes, block: usize) -> Rows<'a, T> {
        match self {
            Self::First(cells) => sizes.rows(cells, sizes.units(block)),
            Self::Kept(kept) => {
                let at = sizes.kept_at::<C>(block, 0) + (C::KEPT - 1) * COLUMNS;
                Rows { elements: &kept[at..], pitch: C::KEPT * COLUMNS }
            }
        }
    }
}

/// One step forward.
struct Step<'a, T: Float> {
    sizes: Sizes,
    gates: &'a [T],
    bias: Option<&'a [T]>,
    h: &'a [T],
    c: Cells<'a, T>,
}

impl<T: Float> Step<'_, T> {
    fn run<C: Cell>(
        &self,
        panels: &Panels<T>,
        cell: C,
        sums: &mut [T],
        out: &mut [T],
        kept: &mut [T],
    ) {
        let Sizes { batch, hidden, .. } = self.sizes;
        if batch == 0 {
            return;
        }
        let (row, size) = (C::GATES * hidden, self.sizes.state());
        let [sums, out, kept] = [sums, out, kept].map(Shared::new);
        threads::for_each(hidden.div_ceil(UNITS), size * row, |task| {
            let units = task * UNITS..hidden.min((task + 1) * UNITS);
            let blocks = units.start / COLUMNS..units.end.div_ceil(COLUMNS);
            let stride = blocks.len() * C::GATES * COLUMNS;
            let first = blocks.start * COLUMNS * C::GATES * batch;
            // SAFETY: each task has units of its own.
            let sums = unsafe { sums.part(first..first + batch * stride) };
            let part = blocks.start * C::GATES..blocks.end * C::GATES;
            let h = Left { elements: self.h, row: hidden, depth: 1 };
            // Needed after the product, from lines that are far apart.
            for first in units.clone().step_by(COLUMNS) {
                for row in 0..batch * C::GATES {
                    prefetch(self.gates, row * hidden + first);
                }
            }
            multiply_part([batch, hidden], h, panels, part, sums, false);
            for block in blocks.clone() {
                let units = self.sizes.units(block);
                let at = (block - blocks.start) * C::GATES * COLUMNS;
                let sums = Rows { elements: &sums[at..], pitch: stride };
                let kept_at = |block| self.sizes.kept_at::<C>(block, 0);
                // SAFETY: each task has units of its own.
                let kept = unsafe { kept.part(kept_at(block)..kept_at(block + 1)) };
                cell::begin(cell, units, self.gates, self.bias, sums, kept);
                let before = [self.sizes.rows(self.h, units), self.c.of::<C>(self.sizes, block)];
                cell::finish(cell, units, before, kept, out);
            }
        });
    }
}

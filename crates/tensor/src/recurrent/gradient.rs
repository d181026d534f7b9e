//! The gradients of a recurrent layer, from the last step to the first.

use super::cell::{Cell, Gru, Lstm, Rows, backward};
use super::{Cells, Recurrence, RecurrentUnit, Sizes, UNITS, around};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::memory;
use crate::panels::{COLUMNS, Left, Panels, multiply_part, pack_rows};
use crate::simd::prefetch;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

/// The gradients of a recurrent layer with respect to all that [`Recurrence::forward`] takes.
///
/// ```
/// use plywood_tensor::{Recurrence, RecurrentUnit, Tensor};
///
/// let weight = &Tensor::full([3, 1], 0.0);
/// let gru = Recurrence { unit: RecurrentUnit::Gru, weight, bias: None, reverse: false };
/// let h0 = Tensor::from([[7.0]]); // [B, H]
/// // Two steps of the gates r, z and n, [S, B, 3 · H]: z is open (1000), then shut (−1000).
/// let gates = Tensor::from([[[0.0, 1000.0, 0.0]], [[0.0, -1000.0, 0.0]]]);
/// let (y, kept) = gru.forward(&gates, &h0, None)?;
/// let grads = gru.gradient(&Tensor::from([[[1.0]], [[1.0]]]), &y, &kept, &h0, None)?;
/// assert_eq!(grads.h0, Tensor::from([[1.0]])); // the first step has kept it, the second hasn't
/// assert_eq!(grads.c0, None);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecurrenceGrads<T: Float> {
    /// Of what the inputs add to the gates, `[S, B, G · H]`.
    pub gates: Tensor<T>,
    /// `[G · H, H]`
    pub weight: Tensor<T>,
    /// `[G · H]`
    pub bias: Tensor<T>,
    /// Of the first state, `[B, H]`.
    pub h0: Tensor<T>,
    /// Of the first cells, `[B, H]`; there are none in a GRU.
    pub c0: Option<Tensor<T>>,
}

impl<T: Float> Recurrence<'_, T> {
    /// The gradients, from the result `y` and what else [`forward`](Self::forward) has given.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn gradient(
        &self,
        dy: &Tensor<T>,
        y: &Tensor<T>,
        kept: &Tensor<T>,
        h0: &Tensor<T>,
        c0: Option<&Tensor<T>>,
    ) -> Result<RecurrenceGrads<T>> {
        memory::guard(|| match self.unit {
            RecurrentUnit::Lstm => self.gradient_with(Lstm, dy, y, kept, h0, c0),
            RecurrentUnit::Gru => self.gradient_with(Gru, dy, y, kept, h0, c0),
        })
    }

    fn gradient_with<C: Cell>(
        &self,
        cell: C,
        dy: &Tensor<T>,
        y: &Tensor<T>,
        kept: &Tensor<T>,
        h0: &Tensor<T>,
        c0: Option<&Tensor<T>>,
    ) -> Result<RecurrenceGrads<T>> {
        let (&[steps, blocks, batch, places], &[_, hidden]) = (&kept.shape()[..], &h0.shape()[..])
        else {
            return Err(Error::shape(format!(
                "what was kept {} has four axes, the first state {} two",
                kept.shape(),
                h0.shape()
            )));
        };
        let sizes = Sizes { steps, batch, hidden };
        let (size, row) = (sizes.state(), C::GATES * hidden);
        let whole = [dy, y].iter().all(|of| of.shape() == y.shape() && of.numel() >= steps * size);
        let states = [Some(h0), c0].into_iter().flatten().all(|state| state.numel() == size);
        if !whole
            || !states
            || [blocks, places] != [hidden.div_ceil(COLUMNS), C::KEPT * COLUMNS]
            || self.weight.numel() != row * hidden
        {
            return Err(Error::shape(format!(
                "dy {} and the result {} should be of one shape, what was kept {} of the same sizes",
                dy.shape(),
                y.shape(),
                kept.shape()
            )));
        }
        let kept_size = sizes.kept::<C>();
        let panels = pack_rows(self.weight.as_slice(), hidden, [row, hidden]);
        let (dys, ys, kept) = (dy.as_slice(), y.as_slice(), kept.as_slice());
        // What an LSTM's last cells get stands after the states.
        let mut carried = Storage::stale(size);
        carried.fill(T::ZERO);
        if !C::CARRIES_STATE {
            carried.copy_from_slice(&dys[steps * size..]);
        }
        let mut dx = Storage::stale(steps * batch * row);
        let mut dsums = Storage::stale(if C::SAME { 0 } else { dx.len() });
        let mut through_next = Storage::stale(hidden.next_multiple_of(COLUMNS) * batch);
        for index in (0..steps).rev() {
            let (before, now) = self.order(index, steps);
            let next = (index + 1 < steps).then(|| self.order(index + 1, steps).1);
            let size_of_dx = batch * row;
            let (of_inputs, of_sums, of_next): (&mut [T], &mut [T], _);
            if C::SAME {
                (of_next, of_inputs) = around(&mut dx, next, now, size_of_dx);
                of_sums = &mut [];
            } else {
                (of_next, of_sums) = around(&mut dsums, next, now, size_of_dx);
                of_inputs = &mut dx[now * size_of_dx..][..size_of_dx];
            }
            let first = c0.unwrap_or(h0).as_slice();
            let step = Step {
                sizes,
                of_next,
                dy: &dys[now * size..][..size],
                kept: &kept[now * kept_size..][..kept_size],
                h: before.map_or(h0.as_slice(), |before| &ys[before * size..][..size]),
                c: before.map_or(Cells::First(first), |before| {
                    Cells::Kept(&kept[before * kept_size..][..kept_size])
                }),
            };
            step.run(&panels, cell, &mut through_next, &mut carried, of_inputs, of_sums);
        }
        let gates = Tensor::own(dx, [steps, batch, row]);
        let dsums = if C::SAME { gates.clone() } else { Tensor::own(dsums, [steps, batch, row]) };
        let carried = Tensor::own(carried, [batch, hidden]);
        let rows = dsums.reshape([steps * batch, row])?;
        let mut dh0 = match steps.checked_sub(1) {
            Some(_) => {
                let first = self.order(0, steps).1;
                rows.narrow(0, first * batch, batch)?.matmul(self.weight)?
            }
            None => Tensor::try_full([batch, hidden], T::ZERO)?,
        };
        if C::CARRIES_STATE {
            dh0.add_assign(&carried)?;
        }
        Ok(RecurrenceGrads {
            weight: rows.t().matmul(&self.states_before(y, h0, sizes)?)?,
            bias: rows.sum_axes(&[0])?,
            gates,
            h0: dh0,
            c0: (!C::CARRIES_STATE).then_some(carried),
        })
    }

    /// The state before each step, `[S · B, H]`.
    fn states_before(&self, y: &Tensor<T>, h0: &Tensor<T>, sizes: Sizes) -> Result<Tensor<T>> {
        let Sizes { steps, batch, hidden } = sizes;
        let size = sizes.state();
        Tensor::build([steps * batch, hidden].into(), |out| {
            for index in 0..steps {
                let (before, now) = self.order(index, steps);
                let from = before.map_or(h0.as_slice(), |before| &y.as_slice()[before * size..]);
                out[now * size..][..size].copy_from_slice(&from[..size]);
            }
        })
    }
}

/// One step back.
struct Step<'a, T: Float> {
    sizes: Sizes,
    /// The gradient of the next step's sums.
    of_next: Option<&'a [T]>,
    dy: &'a [T],
    kept: &'a [T],
    h: &'a [T],
    c: Cells<'a, T>,
}

impl<T: Float> Step<'_, T> {
    fn run<C: Cell>(
        &self,
        panels: &Panels<T>,
        cell: C,
        through_next: &mut [T],
        carried: &mut [T],
        of_inputs: &mut [T],
        of_sums: &mut [T],
    ) {
        let Sizes { batch, hidden, .. } = self.sizes;
        if batch == 0 {
            return;
        }
        let (row, size) = (C::GATES * hidden, self.sizes.state());
        let [through_next, carried, of_inputs, of_sums] =
            [through_next, carried, of_inputs, of_sums].map(Shared::new);
        threads::for_each(hidden.div_ceil(UNITS), size * row, |task| {
            let units = task * UNITS..hidden.min((task + 1) * UNITS);
            let blocks = units.start / COLUMNS..units.end.div_ceil(COLUMNS);
            let stride = blocks.len() * COLUMNS;
            let first = blocks.start * COLUMNS * batch;
            // SAFETY: each task has units of its own.
            let through_next = unsafe { through_next.part(first..first + batch * stride) };
            // Needed after the product, from lines that are far apart.
            for first in units.clone().step_by(COLUMNS) {
                for row in 0..batch {
                    prefetch(self.dy, row * hidden + first);
                }
            }
            match self.of_next {
                Some(elements) => {
                    let left = Left { elements, row, depth: 1 };
                    multiply_part([batch, row], left, panels, blocks.clone(), through_next, false);
                }
                None => through_next.fill(T::ZERO),
            }
            for block in blocks.clone() {
                let units = self.sizes.units(block);
                let before = [self.sizes.rows(self.h, units), self.c.of::<C>(self.sizes, block)];
                let at = (block - blocks.start) * COLUMNS;
                let through_next = Rows { elements: &through_next[at..], pitch: stride };
                let dh = [self.sizes.rows(self.dy, units), through_next];
                let kept_at = |block| self.sizes.kept_at::<C>(block, 0);
                let kept = &self.kept[kept_at(block)..kept_at(block + 1)];
                backward(cell, units, kept, before, dh, [carried, of_inputs, of_sums]);
            }
        });
    }
}

//! What a recurrent unit does at one step, and its gradient, for 16 units at a time.

use crate::element::Float;
use crate::panels::COLUMNS;
use crate::simd::vectorized;
use crate::threads::Shared;

/// Gates at most.
pub(super) const GATES: usize = 4;
/// Numbers that are kept of a unit's step at most.
pub(super) const KEPT: usize = 5;

/// A recurrent unit, as functions of single numbers. Places beyond its own gates and kept numbers are
/// 0.
pub(super) trait Cell: Copy + Sync {
    const GATES: usize;
    /// The numbers that the gradient needs of each step.
    const KEPT: usize;
    /// Whether inputs and sums have the same gradient.
    const SAME: bool;
    /// Whether what is carried from step to step is part of the state's gradient.
    const CARRIES_STATE: bool;

    /// What doesn't need the last state and cell, from the inputs and the sums over the last state: in
    /// the places of what is kept.
    fn begin<T: Float>(x: [T; GATES], sums: [T; GATES]) -> [T; KEPT];

    /// The new state, and what is kept, from that, the last state, and the last cell.
    fn finish<T: Float>(begun: [T; KEPT], h: T, c: T) -> (T, [T; KEPT]);

    /// The gradients of inputs and sums, and what is carried to the step before, from what was kept,
    /// the last state and cell, the gradient of the new state, and what was carried here.
    fn backward<T: Float>(
        kept: [T; KEPT],
        h: T,
        c: T,
        dh: T,
        carried: T,
    ) -> ([T; GATES], [T; GATES], T);
}

/// Long short-term memory: keeps i, f, g, o and the new cell, and carries the cell's gradient.
#[derive(Clone, Copy)]
pub(super) struct Lstm;

impl Cell for Lstm {
    const GATES: usize = 4;
    const KEPT: usize = 5;
    const SAME: bool = true;
    const CARRIES_STATE: bool = false;

    #[inline(always)]
    fn begin<T: Float>(x: [T; GATES], sums: [T; GATES]) -> [T; KEPT] {
        let gate = |index: usize| x[index] + sums[index];
        let [i, f, o] = [gate(0).logistic(), gate(1).logistic(), gate(3).logistic()];
        [i, f, gate(2).tanh(), o, T::ZERO]
    }

    #[inline(always)]
    fn finish<T: Float>([i, f, g, o, _]: [T; KEPT], _: T, c: T) -> (T, [T; KEPT]) {
        let c = f * c + i * g;
        (o * c.tanh(), [i, f, g, o, c])
    }

    #[inline(always)]
    fn backward<T: Float>(
        [i, f, g, o, new]: [T; KEPT],
        _: T,
        c: T,
        dh: T,
        dc: T,
    ) -> ([T; GATES], [T; GATES], T) {
        let squashed = new.tanh();
        let dc = dc + dh * o * (T::ONE - squashed * squashed);
        let slope = |y: T| y * (T::ONE - y);
        let dx = [
            dc * g * slope(i),
            dc * c * slope(f),
            dc * i * (T::ONE - g * g),
            dh * squashed * slope(o),
        ];
        (dx, dx, dc * f)
    }
}

/// The gated recurrent unit: keeps r, z, n and n's sum, and carries the state's own part.
#[derive(Clone, Copy)]
pub(super) struct Gru;

impl Cell for Gru {
    const GATES: usize = 3;
    const KEPT: usize = 4;
    const SAME: bool = false;
    const CARRIES_STATE: bool = true;

    #[inline(always)]
    fn begin<T: Float>(x: [T; GATES], sums: [T; GATES]) -> [T; KEPT] {
        let [r, z] = [(x[0] + sums[0]).logistic(), (x[1] + sums[1]).logistic()];
        [r, z, x[2], sums[2], T::ZERO]
    }

    #[inline(always)]
    fn finish<T: Float>([r, z, x, sum, _]: [T; KEPT], h: T, _: T) -> (T, [T; KEPT]) {
        let n = (x + r * sum).tanh();
        ((T::ONE - z) * n + z * h, [r, z, n, sum, T::ZERO])
    }

    #[inline(always)]
    fn backward<T: Float>(
        [r, z, n, sum, _]: [T; KEPT],
        h: T,
        _: T,
        dh: T,
        _: T,
    ) -> ([T; GATES], [T; GATES], T) {
        let dn = dh * (T::ONE - z) * (T::ONE - n * n);
        let dr = dn * sum * r * (T::ONE - r);
        let dz = dh * (h - n) * z * (T::ONE - z);
        ([dr, dz, dn, T::ZERO], [dr, dz, dn * r, T::ZERO], dh * z)
    }
}

/// Up to 16 numbers, the rest 0.
#[inline(always)]
fn load<T: Float>(from: &[T]) -> [T; COLUMNS] {
    match from.try_into() {
        Ok(all) => all,
        Err(_) => {
            let mut all = [T::ZERO; COLUMNS];
            all[..from.len()].copy_from_slice(from);
            all
        }
    }
}

#[inline(always)]
fn store<T: Float>(from: &[T; COLUMNS], to: &mut [T]) {
    match <&mut [T; COLUMNS]>::try_from(&mut *to) {
        Ok(to) => *to = *from,
        Err(_) => to.copy_from_slice(&from[..to.len()]),
    }
}

/// The numbers of one lane.
#[inline(always)]
fn lane<T: Float, const N: usize>(of: &[[T; COLUMNS]; N], lane: usize) -> [T; N] {
    std::array::from_fn(|index| of[index][lane])
}

/// Up to 16 units of all samples.
#[derive(Clone, Copy)]
pub(super) struct Units {
    /// The first of them.
    pub(super) first: usize,
    /// How many they are.
    pub(super) width: usize,
    /// How many there are in all.
    pub(super) hidden: usize,
}

/// Up to 16 numbers of each sample.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, T> {
    /// From the first sample's on.
    pub(super) elements: &'a [T],
    /// From one sample's to the next.
    pub(super) pitch: usize,
}

impl<'a, T> Rows<'a, T> {
    #[inline(always)]
    pub(super) fn of(self, sample: usize, width: usize) -> &'a [T] {
        &self.elements[sample * self.pitch..][..width]
    }
}

vectorized! {
    /// Begins up to 16 units' step: writes what is kept of each sample.
    ///
    /// This is a loop of its own because its turns don't wait for each other: the next samples'
    /// functions are computed while this one's are under way.
    ///
    /// `gates` is what the inputs add to the gates, `[B, G · H]`; the sums of these units' gates are
    /// `[G, 16]` for each sample.
    pub(super) fn begin<T: Float, C: Cell>(
        _cell: C,
        units: Units,
        gates: &[T],
        bias: Option<&[T]>,
        sums: Rows<'_, T>,
        kept: &mut [T],
    ) {
        let Units { first, width, hidden } = units;
        let mut biases = [[T::ZERO; COLUMNS]; GATES];
        if let Some(bias) = bias {
            for (gate, to) in biases.iter_mut().enumerate().take(C::GATES) {
                *to = load(&bias[gate * hidden + first..][..width]);
            }
        }
        for (sample, kept) in kept.chunks_exact_mut(C::KEPT * COLUMNS).enumerate() {
            let mut x = [[T::ZERO; COLUMNS]; GATES];
            let mut all_sums = [[T::ZERO; COLUMNS]; GATES];
            let sums = sums.of(sample, C::GATES * COLUMNS);
            for gate in 0..C::GATES {
                x[gate] = load(&gates[(sample * C::GATES + gate) * hidden + first..][..width]);
                let sums = load(&sums[gate * COLUMNS..][..COLUMNS]);
                for unit in 0..COLUMNS {
                    all_sums[gate][unit] = sums[unit] + biases[gate][unit];
                }
            }
            let mut all_kept = [[T::ZERO; COLUMNS]; KEPT];
            for unit in 0..COLUMNS {
                let begun = C::begin(lane(&x, unit), lane(&all_sums, unit));
                for (all, begun) in all_kept.iter_mut().zip(begun) {
                    all[unit] = begun;
                }
            }
            for (from, kept) in all_kept.iter().zip(kept.chunks_exact_mut(COLUMNS)) {
                store(from, kept);
            }
        }
    }
}

vectorized! {
    /// Finishes up to 16 units' step: their new state, at the same place in `[B, H]` as the last.
    pub(super) fn finish<T: Float, C: Cell>(
        _cell: C,
        units: Units,
        before: [Rows<'_, T>; 2],
        kept: &mut [T],
        out: Shared<'_, T>,
    ) {
        let Units { first, width, hidden } = units;
        let [h, cells] = before;
        for (sample, kept) in kept.chunks_exact_mut(C::KEPT * COLUMNS).enumerate() {
            let at = sample * hidden + first;
            let [h, c] = [load(h.of(sample, width)), load(cells.of(sample, width))];
            let mut new = [T::ZERO; COLUMNS];
            let mut begun = [[T::ZERO; COLUMNS]; KEPT];
            for (begun, kept) in begun.iter_mut().zip(kept.chunks_exact(COLUMNS)) {
                *begun = load(kept);
            }
            let mut all_kept = [[T::ZERO; COLUMNS]; KEPT];
            for unit in 0..COLUMNS {
                let (state, keep) = C::finish(lane(&begun, unit), h[unit], c[unit]);
                new[unit] = state;
                for place in 0..C::KEPT {
                    all_kept[place][unit] = keep[place];
                }
            }
            // SAFETY: whoever calls this has the units for itself.
            store(&new, unsafe { out.part(at..at + width) });
            for (from, kept) in all_kept.iter().zip(kept.chunks_exact_mut(COLUMNS)) {
                store(from, kept);
            }
        }
    }
}

vectorized! {
    /// The gradient of up to 16 units of all samples: writes those of inputs and sums, `[B, G · H]`, and
    /// what is carried to the step before, `[B, H]`, from what was kept, the last states and cells, and
    /// the gradients of the state in the result and through the next step.
    pub(super) fn backward<T: Float, C: Cell>(
        _cell: C,
        units: Units,
        kept: &[T],
        before: [Rows<'_, T>; 2],
        dh: [Rows<'_, T>; 2],
        to: [Shared<'_, T>; 3],
    ) {
        let Units { first, width, hidden } = units;
        let ([h, cells], [dy, through_next], [carried, dx, dsums]) = (before, dh, to);
        for (sample, kept) in kept.chunks_exact(C::KEPT * COLUMNS).enumerate() {
            let at = sample * hidden + first;
            let mut all_kept = [[T::ZERO; COLUMNS]; KEPT];
            for (all, kept) in all_kept.iter_mut().zip(kept.chunks_exact(COLUMNS)) {
                *all = load(kept);
            }
            let [h, c, dy] = [h, cells, dy].map(|of| load(of.of(sample, width)));
            let through_next = load(through_next.of(sample, width));
            // SAFETY: whoever calls this has the units for itself.
            let carried = unsafe { carried.part(at..at + width) };
            let mut carry = load(carried);
            let mut all_dx = [[T::ZERO; COLUMNS]; GATES];
            let mut all_dsums = [[T::ZERO; COLUMNS]; GATES];
            for unit in 0..COLUMNS {
                let mut dh = dy[unit] + through_next[unit];
                if C::CARRIES_STATE {
                    dh += carry[unit];
                }
                let (dx, dsums, back) =
                    C::backward(lane(&all_kept, unit), h[unit], c[unit], dh, carry[unit]);
                carry[unit] = back;
                for gate in 0..C::GATES {
                    all_dx[gate][unit] = dx[gate];
                    all_dsums[gate][unit] = dsums[gate];
                }
            }
            store(&carry, carried);
            for gate in 0..C::GATES {
                let at = (sample * C::GATES + gate) * hidden + first;
                // SAFETY: as above.
                unsafe {
                    store(&all_dx[gate], dx.part(at..at + width));
                    if !C::SAME {
                        store(&all_dsums[gate], dsums.part(at..at + width));
                    }
                }
            }
        }
    }
}

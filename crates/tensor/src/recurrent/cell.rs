//! What a recurrent unit does at one step, and its gradient, for 16 units at a time.

use crate::element::Float;
use crate::panels::COLUMNS;
use crate::simd::vectorized;

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

    /// The new state, and what is kept, from the inputs, the sums over the last state, the last state,
    /// and the last cell.
    fn forward<T: Float>(x: [T; GATES], sums: [T; GATES], h: T, c: T) -> (T, [T; KEPT]);

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
    fn forward<T: Float>(x: [T; GATES], sums: [T; GATES], _: T, c: T) -> (T, [T; KEPT]) {
        let gate = |index: usize| x[index] + sums[index];
        let [i, f, o] = [gate(0).logistic(), gate(1).logistic(), gate(3).logistic()];
        let g = gate(2).hyperbolic_tangent();
        let c = f * c + i * g;
        (o * c.hyperbolic_tangent(), [i, f, g, o, c])
    }

    #[inline(always)]
    fn backward<T: Float>(
        [i, f, g, o, new]: [T; KEPT],
        _: T,
        c: T,
        dh: T,
        dc: T,
    ) -> ([T; GATES], [T; GATES], T) {
        let squashed = new.hyperbolic_tangent();
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
    fn forward<T: Float>(x: [T; GATES], sums: [T; GATES], h: T, _: T) -> (T, [T; KEPT]) {
        let [r, z] = [(x[0] + sums[0]).logistic(), (x[1] + sums[1]).logistic()];
        let n = (x[2] + r * sums[2]).hyperbolic_tangent();
        ((T::ONE - z) * n + z * h, [r, z, n, sums[2], T::ZERO])
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

vectorized! {
    /// Up to 16 units of one sample: their new state, and what is kept.
    pub(super) fn forward<T: Float, C: Cell>(
        _cell: C,
        inputs: [&[T]; GATES],
        bias: [&[T]; GATES],
        sums: &[T],
        before: [&[T]; 2],
        out: &mut [T],
        kept: &mut [T],
    ) {
        let mut x = [[T::ZERO; COLUMNS]; GATES];
        let mut all_sums = [[T::ZERO; COLUMNS]; GATES];
        for gate in 0..C::GATES {
            x[gate] = load(inputs[gate]);
            let (sums, bias) = (load(&sums[gate * COLUMNS..][..COLUMNS]), load(bias[gate]));
            for unit in 0..COLUMNS {
                all_sums[gate][unit] = sums[unit] + bias[unit];
            }
        }
        let [h, c] = [load(before[0]), load(before[1])];
        let mut new = [T::ZERO; COLUMNS];
        let mut all_kept = [[T::ZERO; COLUMNS]; KEPT];
        for unit in 0..COLUMNS {
            let (state, keep) =
                C::forward(lane(&x, unit), lane(&all_sums, unit), h[unit], c[unit]);
            new[unit] = state;
            for place in 0..C::KEPT {
                all_kept[place][unit] = keep[place];
            }
        }
        store(&new, out);
        for (from, kept) in all_kept.iter().zip(kept.chunks_mut(COLUMNS)) {
            store(from, kept);
        }
    }
}

vectorized! {
    /// The gradient of up to 16 units of one sample: those of inputs and sums, from the gradients of
    /// the state in the result and through the next step.
    pub(super) fn backward<T: Float, C: Cell>(
        _cell: C,
        kept: &[T],
        before: [&[T]; 2],
        dh: [&[T]; 2],
        carried: &mut [T],
        dx: [&mut [T]; GATES],
        dsums: [&mut [T]; GATES],
    ) {
        let mut all_kept = [[T::ZERO; COLUMNS]; KEPT];
        for (all, kept) in all_kept.iter_mut().zip(kept.chunks(COLUMNS)) {
            *all = load(kept);
        }
        let [h, c] = [load(before[0]), load(before[1])];
        let [dy, through_next] = [load(dh[0]), load(dh[1])];
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
        for (gate, dx) in dx.into_iter().enumerate().take(C::GATES) {
            store(&all_dx[gate], dx);
        }
        if !C::SAME {
            for (gate, dsums) in dsums.into_iter().enumerate().take(C::GATES) {
                store(&all_dsums[gate], dsums);
            }
        }
    }
}

//! Filters of `F` × `F` at the 36 points, and back, by phases of `K` × `K` taps.

use std::ops::Range;

use super::{LINE, PANEL, phases, points};
use crate::memory;
use crate::simd::{Job, Wide, each, with_vectors};

/// Filters `[outputs, inputs, F, F]`, or their transposed.
#[derive(Clone, Copy)]
pub(super) struct Filters<'a> {
    pub(super) elements: &'a [f32],
    /// From one filter to the next, along the outputs and along the inputs.
    pub(super) steps: [usize; 2],
    pub(super) inputs: usize,
    /// Whether they are turned by 180°.
    pub(super) rotated: bool,
    /// From one point to the next, and from one phase to the next, in what is written.
    pub(super) plane: usize,
    pub(super) phase: usize,
}

impl Filters<'_> {
    /// Writes one panel of outputs: `[inputs, PANEL]` for each point and phase.
    pub(super) fn panel<const F: usize, const K: usize>(&self, first: usize, out: &mut [f32]) {
        with_vectors(Panel::<F, K> { filters: self, first, out });
    }
}

/// See [`Filters::panel`].
struct Panel<'a, const F: usize, const K: usize> {
    filters: &'a Filters<'a>,
    first: usize,
    out: &'a mut [f32],
}

impl<const F: usize, const K: usize> Job for Panel<'_, F, K> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Self { filters, first, out } = self;
        let Filters { elements, steps, inputs, rotated, plane, phase } = *filters;
        let area = F * F;
        // Filters that lie side by side are read as one line of each output; inputs fill whole panels.
        let most = if steps[1] == area { V::LANES } else { 1 };
        let mut taps = memory::filled(V::splat(0.0), most * area + V::LANES);
        for input in (0..inputs).step_by(most) {
            for at in (0..PANEL).step_by(V::LANES) {
                let start = (first + at) * steps[0] + input * steps[1];
                let (line, lines) = (most * area, &elements[start..]);
                assert!((V::LANES - 1) * steps[0] + line <= lines.len());
                for place in (0..line).step_by(V::LANES) {
                    let taps = &mut taps[place..][..V::LANES];
                    let row = |lane: usize| lines.as_ptr().wrapping_add(lane * steps[0] + place);
                    let column = |number: usize, tap| taps[number] = tap;
                    // What is read behind a line's end is another's, or not there.
                    if (V::LANES - 1) * steps[0] + place + V::LANES <= lines.len() {
                        // SAFETY: the last row of the square reaches furthest.
                        V::transpose(|lane| unsafe { V::load_at(row(lane)) }, column);
                    } else {
                        // SAFETY: `line` elements of each row, as was checked.
                        let some = |lane| unsafe { V::load_first(row(lane), line - place) };
                        V::transpose(some, column);
                    }
                }
                for (input, taps) in (input..input + most).zip(taps.chunks_exact(area)) {
                    let tap = |tap: usize| taps[if rotated { area - 1 - tap } else { tap }];
                    for (number, &both) in of_filters::<F, K>().iter().enumerate() {
                        let columns: [[V; LINE]; K] = each(|x| {
                            points::weights::<V, K>(each(|y| {
                                place::<F, K>(both, [y, x]).map_or(V::splat(0.0), tap)
                            }))
                        });
                        for line in 0..LINE {
                            let row = points::weights::<V, K>(each(|x| columns[x][line]));
                            for (column, point) in row.into_iter().enumerate() {
                                let point_at = (line * LINE + column) * plane;
                                let place = point_at + number * phase + input * PANEL + at;
                                let out = &mut out[place..place + V::LANES];
                                // SAFETY: so many numbers.
                                unsafe { point.store_at(out.as_mut_ptr()) };
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The phases of filters with `F` taps of which each has at most `K`.
const fn of_filters<const F: usize, const K: usize>() -> &'static [[bool; 2]] {
    if F == K { phases::of_stride::<1>() } else { phases::of_stride::<2>() }
}

/// Where a phase's tap `[y, x]` lies in the filter.
#[inline(always)]
fn place<const F: usize, const K: usize>(both: [bool; 2], [y, x]: [usize; 2]) -> Option<usize> {
    Some(phases::tap::<F, K>(both[0], y)? * F + phases::tap::<F, K>(both[1], x)?)
}

/// Gradients of some inputs' filters at the points, `[inputs, PANEL]` for each point and phase.
#[derive(Clone)]
pub(super) struct FiltersGrad<'a> {
    pub(super) elements: &'a [f32],
    /// From one point to the next, and from one phase to the next.
    pub(super) plane: usize,
    pub(super) phase: usize,
    pub(super) inputs: Range<usize>,
}

impl FiltersGrad<'_> {
    /// Writes their part of a panel's gradients `[PANEL, c, F, F]`.
    pub(super) fn finish<const F: usize, const K: usize>(&self, c: usize, out: &mut [f32]) {
        with_vectors(Finish::<F, K> { grad: self, c, out });
    }
}

/// See [`FiltersGrad::finish`].
struct Finish<'a, const F: usize, const K: usize> {
    grad: &'a FiltersGrad<'a>,
    c: usize,
    out: &'a mut [f32],
}

impl<const F: usize, const K: usize> Job for Finish<'_, F, K> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Self { grad, c, out } = self;
        let FiltersGrad { elements, plane, phase, inputs } = grad.clone();
        let area = F * F;
        debug_assert!(inputs.len().is_multiple_of(PANEL));
        let mut taps = memory::filled(V::splat(0.0), V::LANES * area);
        for start in inputs.clone().step_by(V::LANES) {
            for at in (0..PANEL).step_by(V::LANES) {
                for (input, taps) in (start..).zip(taps.chunks_exact_mut(area)) {
                    for (number, &both) in of_filters::<F, K>().iter().enumerate() {
                        let first = number * phase + (input - inputs.start) * PANEL + at;
                        // What a phase hasn't at the last point goes only to the tap that it hasn't.
                        let load = |point: usize| {
                            let place = point * plane + first;
                            let du = &elements[place..place + V::LANES];
                            // SAFETY: so many numbers.
                            unsafe { V::load_at(du.as_ptr()) }
                        };
                        let rows: [[V; K]; LINE] = each(|line| {
                            points::weights_grad(each(|column| load(line * LINE + column)))
                        });
                        for x in 0..K {
                            let column: [V; K] = points::weights_grad(each(|line| rows[line][x]));
                            for (y, tap) in column.into_iter().enumerate() {
                                if let Some(place) = place::<F, K>(both, [y, x]) {
                                    taps[place] = tap;
                                }
                            }
                        }
                    }
                }
                // The filters of an output lie side by side.
                for place in (0..V::LANES * area).step_by(V::LANES) {
                    let taps = &taps[place..][..V::LANES];
                    V::transpose(
                        |tap| taps[tap],
                        |lane, filters| {
                            let line = ((at + lane) * c + start) * area + place;
                            let out = &mut out[line..line + V::LANES];
                            // SAFETY: so many numbers.
                            unsafe { filters.store_at(out.as_mut_ptr()) };
                        },
                    );
                }
            }
        }
    }
}

//! Filters of `K` × `K` at the 36 points, and back.

use std::ops::Range;

use super::{LINE, PANEL, panel_plane, points};
use crate::simd::{Job, Wide, each, with_vectors};

/// Filters `[outputs, inputs, K, K]`, or their transposed.
#[derive(Clone, Copy)]
pub(super) struct Filters<'a> {
    pub(super) elements: &'a [f32],
    /// From one filter to the next, along the outputs and along the inputs.
    pub(super) steps: [usize; 2],
    pub(super) inputs: usize,
    /// Whether they are turned by 180°.
    pub(super) rotated: bool,
}

impl Filters<'_> {
    /// Writes one panel of outputs: `[inputs, PANEL]` for each point, [`panel_plane`] apart.
    pub(super) fn panel<const K: usize>(&self, first: usize, out: &mut [f32]) {
        with_vectors(Panel::<K> { filters: self, first, out });
    }
}

/// See [`Filters::panel`].
struct Panel<'a, const K: usize> {
    filters: &'a Filters<'a>,
    first: usize,
    out: &'a mut [f32],
}

impl<const K: usize> Job for Panel<'_, K> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Self { filters: Filters { elements, steps, inputs, rotated }, first, out } = self;
        let (plane, area) = (panel_plane(*inputs), K * K);
        // Filters that lie side by side are read as one line of each output; inputs fill whole panels.
        let most = if steps[1] == area { V::LANES } else { 1 };
        let mut taps = vec![V::splat(0.0); most * area + V::LANES];
        for input in (0..*inputs).step_by(most) {
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
                    let tap = |tap: usize| taps[if *rotated { area - 1 - tap } else { tap }];
                    let columns: [[V; LINE]; K] =
                        each(|x| points::weights::<V, K>(each(|y| tap(y * K + x))));
                    for line in 0..LINE {
                        let row = points::weights::<V, K>(each(|x| columns[x][line]));
                        for (column, point) in row.into_iter().enumerate() {
                            let place = (line * LINE + column) * plane + input * PANEL + at;
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

/// Writes the gradients of some inputs' filters of a panel, whose gradients are `[PANEL, c, K, K]`, from
/// those at the points, which lie as [`Filters::panel`] writes the filters, but `plane` apart.
pub(super) fn panel_grad<const K: usize>(
    du: &[f32],
    plane: usize,
    inputs: Range<usize>,
    c: usize,
    out: &mut [f32],
) {
    with_vectors(PanelGrad::<K> { du, plane, inputs, c, out });
}

/// See [`panel_grad`].
struct PanelGrad<'a, const K: usize> {
    du: &'a [f32],
    plane: usize,
    inputs: Range<usize>,
    c: usize,
    out: &'a mut [f32],
}

impl<const K: usize> Job for PanelGrad<'_, K> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Self { du, plane, inputs, c, out } = self;
        let area = K * K;
        debug_assert!(inputs.len().is_multiple_of(PANEL));
        let mut taps = vec![V::splat(0.0); V::LANES * area];
        for start in inputs.clone().step_by(V::LANES) {
            for at in (0..PANEL).step_by(V::LANES) {
                for (input, taps) in (start..).zip(taps.chunks_exact_mut(area)) {
                    let load = |point: usize| {
                        let place = point * plane + (input - inputs.start) * PANEL + at;
                        let du = &du[place..place + V::LANES];
                        // SAFETY: so many numbers.
                        unsafe { V::load_at(du.as_ptr()) }
                    };
                    let rows: [[V; K]; LINE] = each(|line| {
                        points::weights_grad(each(|column| load(line * LINE + column)))
                    });
                    for x in 0..K {
                        let column: [V; K] = points::weights_grad(each(|line| rows[line][x]));
                        for (y, tap) in column.into_iter().enumerate() {
                            taps[y * K + x] = tap;
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

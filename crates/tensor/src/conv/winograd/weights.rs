//! Filters of `K` × `K` at the 36 points, and back.

use std::ops::Range;

use super::{LINE, PANEL, panel_plane, points};
use crate::simd::{F32x8, Job, Vector, Wide, each, with_vectors};

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

    /// The taps of eight filters: `K · K` vectors.
    #[inline(always)]
    fn taps<const K: usize>(&self, output: usize, input: usize) -> [F32x8; 25] {
        let filters: [&[f32]; 8] = each(|lane| {
            let start = (output + lane) * self.steps[0] + input * self.steps[1];
            &self.elements[start..start + K * K]
        });
        let mut taps = [F32x8::splat(0.0); 25];
        for (block, taps) in taps[..K * K - 1].chunks_exact_mut(F32x8::LANES).enumerate() {
            let at = block * F32x8::LANES;
            taps.copy_from_slice(&F32x8::transpose(each(|lane| F32x8::load(&filters[lane][at..]))));
        }
        // 9 and 25 are one more than a multiple of eight.
        taps[K * K - 1] = F32x8::new(each(|lane| filters[lane][K * K - 1]));
        if self.rotated {
            taps[..K * K].reverse();
        }
        taps
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
        let Self { filters, first, out } = self;
        let plane = panel_plane(filters.inputs);
        for input in 0..filters.inputs {
            for at in (0..PANEL).step_by(V::LANES) {
                let parts: [[F32x8; 25]; 2] = each(|part| {
                    let lane = part * F32x8::LANES;
                    if lane < V::LANES {
                        filters.taps::<K>(first + at + lane, input)
                    } else {
                        [F32x8::splat(0.0); 25]
                    }
                });
                let tap = |tap: usize| V::join(|part| parts[part][tap]);
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
        for (index, input) in inputs.enumerate() {
            for at in (0..PANEL).step_by(V::LANES) {
                let load = |point: usize| {
                    let du = &du[point * plane + index * PANEL + at..][..V::LANES];
                    // SAFETY: so many numbers.
                    unsafe { V::load_at(du.as_ptr()) }
                };
                let rows: [[V; K]; LINE] =
                    each(|line| points::weights_grad(each(|column| load(line * LINE + column))));
                let columns: [[V; K]; K] =
                    each(|x| points::weights_grad(each(|line| rows[line][x])));
                for part in 0..V::LANES / F32x8::LANES {
                    let first = at + part * F32x8::LANES;
                    let tap = |tap: usize| columns[tap % K][tap / K].part(part);
                    let place = |lane: usize| ((first + lane) * c + input) * K * K;
                    for at in (0..K * K - 1).step_by(F32x8::LANES) {
                        let filters = F32x8::transpose(each(|i| tap(at + i)));
                        for (lane, filter) in filters.into_iter().enumerate() {
                            filter.store(&mut out[place(lane) + at..]);
                        }
                    }
                    for (lane, last) in tap(K * K - 1).lanes().into_iter().enumerate() {
                        out[place(lane) + K * K - 1] = last;
                    }
                }
            }
        }
    }
}

//! Filters of `K` × `K` at the 36 points, and back.

use super::{LINE, PANEL, panel_plane, points};
use crate::simd::{F32x8, Vector, each};

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
    #[target_feature(enable = "avx2,fma")]
    pub(super) fn panel<const K: usize>(&self, first: usize, out: &mut [f32]) {
        let plane = panel_plane(self.inputs);
        for input in 0..self.inputs {
            for half in (0..PANEL).step_by(F32x8::LANES) {
                let taps = self.taps::<K>(first + half, input);
                let columns: [[F32x8; LINE]; K] =
                    each(|x| points::weights::<K>(each(|y| taps[y * K + x])));
                for line in 0..LINE {
                    let row = points::weights::<K>(each(|x| columns[x][line]));
                    for (column, point) in row.into_iter().enumerate() {
                        let place = (line * LINE + column) * plane + input * PANEL + half;
                        point.store(&mut out[place..]);
                    }
                }
            }
        }
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

/// Writes the gradients `[PANEL, inputs, K, K]` of a panel's filters from those at the points, which
/// lie as [`Filters::panel`] writes the filters, but `plane` apart.
#[target_feature(enable = "avx2,fma")]
pub(super) fn panel_grad<const K: usize>(du: &[f32], plane: usize, inputs: usize, out: &mut [f32]) {
    for input in 0..inputs {
        for half in (0..PANEL).step_by(F32x8::LANES) {
            let load = |point: usize| F32x8::load(&du[point * plane + input * PANEL + half..]);
            let rows: [[F32x8; K]; LINE] =
                each(|line| points::weights_grad(each(|column| load(line * LINE + column))));
            let columns: [[F32x8; K]; K] =
                each(|x| points::weights_grad(each(|line| rows[line][x])));
            let tap = |tap: usize| columns[tap % K][tap / K];
            let place = |lane: usize| ((half + lane) * inputs + input) * K * K;
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

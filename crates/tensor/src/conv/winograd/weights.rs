//! Filters of 3 × 3 at the 36 points, and back.

use super::{PANEL, panel_plane, points};
use crate::simd::{F32x8, each};

/// Filters `[outputs, inputs, 3, 3]`, or their transposed.
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
    pub(super) fn panel(&self, first: usize, out: &mut [f32]) {
        let plane = panel_plane(self.inputs);
        for input in 0..self.inputs {
            for half in (0..PANEL).step_by(F32x8::LANES) {
                let taps = self.taps(first + half, input);
                let columns: [[F32x8; 6]; 3] = each(|x| points::weights(each(|y| taps[y * 3 + x])));
                for line in 0..6 {
                    let row = points::weights(each(|x| columns[x][line]));
                    for (column, point) in row.into_iter().enumerate() {
                        let place = (line * 6 + column) * plane + input * PANEL + half;
                        point.store(&mut out[place..]);
                    }
                }
            }
        }
    }

    /// The nine taps of eight filters.
    #[inline(always)]
    fn taps(&self, output: usize, input: usize) -> [F32x8; 9] {
        let filters: [&[f32]; 8] = each(|lane| {
            let start = (output + lane) * self.steps[0] + input * self.steps[1];
            &self.elements[start..start + 9]
        });
        let eight = F32x8::transpose(each(|lane| F32x8::load(filters[lane])));
        let ninth = F32x8::new(each(|lane| filters[lane][8]));
        let mut taps = each(|tap| if tap < 8 { eight[tap] } else { ninth });
        if self.rotated {
            taps.reverse();
        }
        taps
    }
}

/// Writes the gradients `[PANEL, inputs, 3, 3]` of a panel's filters from those at the points, which
/// lie as [`Filters::panel`] writes the filters.
#[target_feature(enable = "avx2,fma")]
pub(super) fn panel_grad(du: &[f32], inputs: usize, out: &mut [f32]) {
    let plane = panel_plane(inputs);
    for input in 0..inputs {
        for half in (0..PANEL).step_by(F32x8::LANES) {
            let load = |point: usize| F32x8::load(&du[point * plane + input * PANEL + half..]);
            let rows: [[F32x8; 3]; 6] =
                each(|line| points::weights_grad(each(|column| load(line * 6 + column))));
            let columns: [[F32x8; 3]; 3] =
                each(|x| points::weights_grad(each(|line| rows[line][x])));
            let tap = |tap: usize| columns[tap % 3][tap / 3];
            let filters = F32x8::transpose(each(tap));
            let ninth = tap(8).lanes();
            for (lane, (filter, ninth)) in filters.into_iter().zip(ninth).enumerate() {
                let place = ((half + lane) * inputs + input) * 9;
                filter.store(&mut out[place..]);
                out[place + 8] = ninth;
            }
        }
    }
}

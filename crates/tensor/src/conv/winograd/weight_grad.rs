//! The gradient with respect to the weight.

use std::ops::Range;

use super::source::{Place, Source};
use super::weights::FiltersGrad;
use super::{Layout, PANEL, POINTS, Sizes, Tiles, in_shares, panel_plane, phases};
use crate::gemm::strided::{self, Left, Right};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

/// The transformed input and gradient of a block of tiles have about so many elements, which the
/// last-level cache holds; or as many as there are sums, since each block reads and writes these.
const BLOCK: usize = 3 << 19;
/// Points of a task.
const SHARE: usize = 9;
/// Inputs whose sums a task has at a time, where it has all points: they stay in the second-level
/// cache.
const INPUTS: usize = 96;

/// As [`conv2d_weight_grad`](super::super::conv2d_weight_grad), for filters of `F` × `F` with a stride of
/// `S`: `dU = Vᵀ · dM` at each point, over all tiles, block by block of rows of tiles.
pub(super) fn conv2d_weight_grad<const F: usize, const S: usize, const K: usize, const Y: usize>(
    x: &Tensor<f32>,
    dy: &Tensor<f32>,
    sizes: &Sizes,
) -> Tensor<f32> {
    let Sizes { images, c, o, input, output, window, .. } = *sizes;
    let tiles = Tiles::new(Y, images, output);
    let seen = Source { pixels: x.as_slice(), channels: c, size: input, padding: window.padding };
    let made = Source { pixels: dy.as_slice(), channels: o, size: output, padding: [0, 0] };
    let all = c * S * S;
    let most = tiles.rows_of(BLOCK.max(POINTS * all * o) / (POINTS * (all + o)));
    let block = tiles.rows.div_ceil(tiles.rows.div_ceil(most));
    let most_tiles = block * tiles.across;
    let (v_layout, m_layout) = (Layout::new(most_tiles, all), Layout::new(most_tiles, o));
    let (mut v, mut m) = (Storage::stale(v_layout.len()), Storage::stale(m_layout.len()));
    let cost = POINTS * tiles.count() * all * o;

    let transform = |first: usize, v: Shared<f32>, m: Shared<f32>, rows: usize| {
        in_shares(first..first + rows, cost, |rows| {
            let tile = (rows.start - first) * tiles.across;
            seen.data::<S>(&tiles, rows.clone(), Place { out: v, layout: v_layout, tile });
            made.outputs_grad::<Y>(&tiles, rows, Place { out: m, layout: m_layout, tile });
        });
    };
    // Panels that a product takes at a time: a vector each, or two.
    let most = if crate::simd::avx512() { 2 } else { 1 };
    let groups = (o / PANEL).div_ceil(most);
    let filters = most * PANEL * c * F * F;

    Tensor::build([o, c, F, F].into(), |out| {
        if block == tiles.rows {
            // One block: what a task adds up goes to the weight at once.
            transform(0, Shared::new(&mut v), Shared::new(&mut m), block);
            let transformed = Transformed { v: (&v, v_layout), m: (&m, m_layout), most, o };
            let share = INPUTS / S / S / PANEL * PANEL;
            let share = share.max(PANEL);
            threads::chunks_mut(out, filters, cost, |group, out| {
                let mut du = Storage::stale(POINTS * most * panel_plane(share * S * S));
                for first in (0..c).step_by(share) {
                    let inputs = first..c.min(first + share);
                    let phase = inputs.len() * PANEL;
                    let next = panel_plane(inputs.len() * S * S);
                    let sums = du.chunks_exact_mut(most * next).take(POINTS).enumerate();
                    for (point, du) in sums {
                        for number in phases::at_point::<S>(point) {
                            let seen = number * c + inputs.start..number * c + inputs.end;
                            let du = &mut du[number * phase..];
                            transformed.add_up(seen, group, point, most_tiles, false, (du, next));
                        }
                    }
                    for (panel, out) in out.chunks_exact_mut(PANEL * c * F * F).enumerate() {
                        let elements = &du[panel * next..];
                        let (plane, inputs) = (most * next, inputs.clone());
                        let grad = FiltersGrad { elements, plane, phase, inputs };
                        grad.finish::<F, K>(c, out);
                    }
                }
            });
            return;
        }
        let next = panel_plane(all);
        let at_point = most * next;
        let mut du = Storage::stale(groups * POINTS * at_point);
        for first in (0..tiles.rows).step_by(block) {
            let rows = block.min(tiles.rows - first);
            transform(first, Shared::new(&mut v), Shared::new(&mut m), rows);
            let transformed = Transformed { v: (&v, v_layout), m: (&m, m_layout), most, o };
            threads::chunks_mut(&mut du, SHARE * at_point, cost, |task, du| {
                for (index, du) in du.chunks_exact_mut(at_point).enumerate() {
                    let (group, point) = (task * SHARE / POINTS, task * SHARE % POINTS + index);
                    let count = rows * tiles.across;
                    let phases = phases::at_point::<S>(point);
                    let du = &mut du[phases.start * c * PANEL..];
                    let seen = phases.start * c..phases.end * c;
                    transformed.add_up(seen, group, point, count, first > 0, (du, next));
                }
            });
        }
        threads::chunks_mut(out, filters, cost, |group, out| {
            for (panel, out) in out.chunks_exact_mut(PANEL * c * F * F).enumerate() {
                let elements = &du[group * POINTS * at_point + panel * next..];
                let (phase, inputs) = (c * PANEL, 0..c);
                let grad = FiltersGrad { elements, plane: at_point, phase, inputs };
                grad.finish::<F, K>(c, out);
            }
        });
    })
}

/// A block of tiles at the points: the input and the result's gradient.
struct Transformed<'a> {
    v: (&'a [f32], Layout),
    m: (&'a [f32], Layout),
    /// Panels of a group.
    most: usize,
    o: usize,
}

impl Transformed<'_> {
    /// The sums over `count` tiles at a point, for a group of panels: `[inputs, PANEL]` for each, at
    /// the given distance.
    fn add_up(
        &self,
        inputs: Range<usize>,
        group: usize,
        point: usize,
        count: usize,
        add: bool,
        (du, next): (&mut [f32], usize),
    ) {
        let Self { v: (v, v_layout), m: (m, m_layout), most, o } = *self;
        let elements = &v[point * v_layout.plane + inputs.start..];
        let left = Left { elements, row: 1, depth: v_layout.line };
        let first = group * most;
        let right = Right {
            elements: &m[point * m_layout.plane + first * PANEL..],
            depth: m_layout.line,
            panels: most.min(o / PANEL - first),
            next: PANEL,
        };
        let result = strided::Result { elements: du, row: PANEL, next };
        strided::multiply([inputs.len(), count], left, right, result, add);
    }
}

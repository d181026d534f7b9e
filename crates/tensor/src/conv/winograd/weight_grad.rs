//! The gradient with respect to the weight.

use super::source::{Place, Source};
use super::weights::panel_grad;
use super::{Layout, PANEL, POINTS, Sizes, Tiles, in_shares, panel_plane};
use crate::gemm::strided::{self, Left, Right};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

/// The transformed input and gradient of a block of tiles have at most so many elements, so that
/// they stay in the last-level cache.
const BLOCK: usize = 2 << 20;
/// Points of a task.
const SHARE: usize = 9;

/// As [`conv2d_weight_grad`](super::super::conv2d_weight_grad): `dU = Vᵀ · dM` at each point, over
/// all tiles, block by block of rows of tiles.
pub(super) fn conv2d_weight_grad<const K: usize, const Y: usize>(
    x: &Tensor<f32>,
    dy: &Tensor<f32>,
    sizes: &Sizes,
) -> Tensor<f32> {
    let Sizes { images, c, o, input, output, window, .. } = *sizes;
    let tiles = Tiles::new(Y, images, output);
    let seen = Source { pixels: x.as_slice(), channels: c, size: input, padding: window.padding };
    let made = Source { pixels: dy.as_slice(), channels: o, size: output, padding: [0, 0] };
    let block = tiles.rows_of(BLOCK / (POINTS * (c + o)));
    let most_tiles = block * tiles.across;
    let (v_layout, m_layout) = (Layout::new(most_tiles, c), Layout::new(most_tiles, o));
    let (mut v, mut m) = (Storage::stale(v_layout.len()), Storage::stale(m_layout.len()));
    let cost = POINTS * tiles.count() * c * o;

    let transform = |first: usize, v: Shared<f32>, m: Shared<f32>, rows: usize| {
        in_shares(first..first + rows, cost, |rows| {
            let tile = (rows.start - first) * tiles.across;
            seen.data(&tiles, rows.clone(), Place { out: v, layout: v_layout, tile });
            made.outputs_grad::<Y>(&tiles, rows, Place { out: m, layout: m_layout, tile });
        });
    };
    // Panels that a product takes at a time: a vector each, or two.
    let most = if crate::simd::avx512() { 2 } else { 1 };
    let panels = o / PANEL;
    let at_point = most * panel_plane(c);
    let accumulate = |v: &[f32], m: &[f32], group: usize, point: usize, count, add, du: &mut _| {
        let left = Left { elements: &v[point * v_layout.plane..], row: 1, depth: v_layout.line };
        let first = group * most;
        let right = Right {
            elements: &m[point * m_layout.plane + first * PANEL..],
            depth: m_layout.line,
            panels: most.min(panels - first),
            next: PANEL,
        };
        let result = strided::Result { elements: du, row: PANEL, next: panel_plane(c) };
        strided::multiply([c, count], left, right, result, add);
    };
    let finish = |du: &[f32], out: &mut [f32]| {
        let filters = out.chunks_exact_mut(PANEL * c * K * K);
        for (panel, out) in filters.enumerate() {
            panel_grad::<K>(&du[panel * panel_plane(c)..], at_point, c, out);
        }
    };
    let filters = most * PANEL * c * K * K;

    Tensor::build([o, c, K, K].into(), |out| {
        if block == tiles.rows {
            // One block: what a task adds up goes to the weight at once.
            transform(0, Shared::new(&mut v), Shared::new(&mut m), block);
            threads::chunks_mut(out, filters, cost, |group, out| {
                let mut du = Storage::stale(POINTS * at_point);
                for (point, du) in du.chunks_exact_mut(at_point).enumerate() {
                    accumulate(&v, &m, group, point, most_tiles, false, du);
                }
                finish(&du, out);
            });
            return;
        }
        let mut du = Storage::stale(panels.div_ceil(most) * POINTS * at_point);
        for first in (0..tiles.rows).step_by(block) {
            let rows = block.min(tiles.rows - first);
            transform(first, Shared::new(&mut v), Shared::new(&mut m), rows);
            threads::chunks_mut(&mut du, SHARE * at_point, cost, |task, du| {
                for (index, du) in du.chunks_exact_mut(at_point).enumerate() {
                    let (group, point) = (task * SHARE / POINTS, task * SHARE % POINTS + index);
                    accumulate(&v, &m, group, point, rows * tiles.across, first > 0, du);
                }
            });
        }
        threads::chunks_mut(out, filters, cost, |group, out| {
            finish(&du[group * POINTS * at_point..], out);
        });
    })
}

//! The gradient with respect to the weight: `dU = Vᵀ · dM` at each point, over all tiles.
//!
//! With few weights each task adds up tiles of its own. With more, all tasks share the tiles and each has
//! some of the sums: for all tiles at once, or where these are many, block by block.

use std::ops::Range;

use super::points::{Data, OutputsGrad};
use super::source::{Place, Source};
use super::weights::FiltersGrad;
use super::{LINE, Layout, PANEL, POINTS, Sizes, Tiles, panel_plane, phases, shares};
use crate::gemm::strided::{self, Left, Right};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

/// The transformed input and gradient of a block of tiles have about so many elements, which the
/// last-level cache holds; or as many as there are sums, since each block reads and writes these.
const BLOCK: usize = 3 << 19;
/// Tasks have sums of their own if those of all together are at most so many, for not too few tasks, each
/// of which has tiles enough to be worth it.
const OWN_SUMS: usize = 640 << 10;
const FEWEST: usize = 4;
const MOST: usize = 8;
const TILES: usize = 64;
/// Points of a task.
const SHARE: usize = 9;
/// Inputs whose sums a task has at a time, where it has all points: they stay in the second-level
/// cache.
const INPUTS: usize = 96;

/// As [`conv2d_weight_grad`](super::super::conv2d_weight_grad), for filters of `F` × `F` with a stride of
/// `S`.
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
    // Panels that a product takes at a time: a vector each, or two.
    let most = if crate::simd::avx512() { 2.min(o / PANEL) } else { 1 };
    let groups = (o / PANEL).div_ceil(most);
    let next = panel_plane(all);
    let at_point = most * next;
    let cost = POINTS * tiles.count() * all * o;
    let problem = Problem { seen, made, tiles, c, o, most };

    let sums = groups * POINTS * at_point;
    let tasks = MOST.min(OWN_SUMS / sums).min(problem.tiles.count() / TILES);
    let du = if tasks >= FEWEST {
        problem.sums_of_tasks::<S, Y>(tasks, sums, at_point, cost)
    } else {
        let rows = tiles.rows_of(BLOCK.max(POINTS * all * o) / (POINTS * (all + o)));
        let block = tiles.rows.div_ceil(tiles.rows.div_ceil(rows));
        if block == tiles.rows {
            return problem.in_one_block::<F, S, K, Y>(cost);
        }
        problem.block_by_block::<S, Y>(block, groups, at_point, cost)
    };
    Tensor::build_or_raise([o, c, F, F].into(), |out| {
        threads::chunks_mut(out, most * PANEL * c * F * F, cost, |group, out| {
            for (panel, out) in out.chunks_exact_mut(PANEL * c * F * F).enumerate() {
                let elements = &du[group * POINTS * at_point + panel * next..];
                let (phase, inputs) = (c * PANEL, 0..c);
                let grad = FiltersGrad { elements, plane: at_point, phase, inputs };
                grad.finish::<F, K>(c, out);
            }
        });
    })
}

/// What is transformed, and how it is cut.
struct Problem<'a> {
    seen: Source<'a>,
    made: Source<'a>,
    tiles: Tiles,
    c: usize,
    o: usize,
    /// Panels of a group.
    most: usize,
}

impl Problem<'_> {
    /// Each task has some rows of tiles, and sums of its own, which are added up in the end: nothing
    /// goes from one thread to another but these.
    fn sums_of_tasks<const S: usize, const Y: usize>(
        &self,
        tasks: usize,
        len: usize,
        at_point: usize,
        cost: usize,
    ) -> Storage<f32> {
        let (tiles, all) = (&self.tiles, self.c * S * S);
        let share = tiles.rows.div_ceil(tasks);
        let block = share.min(tiles.rows_of(TILES));
        let count = block * tiles.across;
        let (v_layout, m_layout) = (Layout::new(count, all), Layout::new(count, self.o));
        let mut sums = Storage::stale(tiles.rows.div_ceil(share) * len);
        threads::chunks_mut(&mut sums, len, cost, |task, sums| {
            let own = task * share..tiles.rows.min((task + 1) * share);
            let (mut v, mut m) = (Storage::stale(v_layout.len()), Storage::stale(m_layout.len()));
            for first in own.clone().step_by(block) {
                let rows = first..own.end.min(first + block);
                let place = Place { out: Shared::new(&mut v), layout: v_layout, tile: 0 };
                self.seen.transform::<LINE, S, Data>(tiles, rows.clone(), 0..self.c, place);
                let place = Place { out: Shared::new(&mut m), layout: m_layout, tile: 0 };
                self.made.transform::<Y, 1, OutputsGrad>(tiles, rows.clone(), 0..self.o, place);
                let transformed = self.transformed((&v, v_layout), (&m, m_layout));
                let (count, add) = (rows.len() * tiles.across, first > own.start);
                for (index, sums) in sums.chunks_exact_mut(at_point).enumerate() {
                    transformed.add_all::<S>(index, count, add, sums);
                }
            }
        });
        let (first, others) = sums.split_at_mut(len);
        threads::chunks_mut(first, at_point, others.len(), |index, sums| {
            for other in others.chunks_exact(len) {
                let other = &other[index * at_point..][..at_point];
                sums.iter_mut().zip(other).for_each(|(sum, &other)| *sum += other);
            }
        });
        sums
    }

    /// All tasks have the same tiles, block by block, and each has some of the sums.
    fn block_by_block<const S: usize, const Y: usize>(
        &self,
        block: usize,
        groups: usize,
        at_point: usize,
        cost: usize,
    ) -> Storage<f32> {
        let (tiles, count) = (&self.tiles, block * self.tiles.across);
        let (v_layout, m_layout) = (Layout::new(count, self.c * S * S), Layout::new(count, self.o));
        let (mut v, mut m) = (Storage::stale(v_layout.len()), Storage::stale(m_layout.len()));
        let mut du = Storage::stale(groups * POINTS * at_point);
        for first in (0..tiles.rows).step_by(block) {
            let rows = first..tiles.rows.min(first + block);
            self.transform::<S, Y>(rows.clone(), (&mut v, v_layout), (&mut m, m_layout), cost);
            let transformed = self.transformed((&v, v_layout), (&m, m_layout));
            threads::chunks_mut(&mut du, SHARE * at_point, cost, |task, du| {
                for (index, du) in du.chunks_exact_mut(at_point).enumerate() {
                    let count = rows.len() * tiles.across;
                    transformed.add_all::<S>(task * SHARE + index, count, first > 0, du);
                }
            });
        }
        du
    }

    /// All tiles at once: what a task adds up goes to the weight at once.
    fn in_one_block<const F: usize, const S: usize, const K: usize, const Y: usize>(
        &self,
        cost: usize,
    ) -> Tensor<f32> {
        let Self { tiles, c, o, most, .. } = self;
        let (c, o, most, count) = (*c, *o, *most, tiles.count());
        let (v_layout, m_layout) = (Layout::new(count, c * S * S), Layout::new(count, o));
        let (mut v, mut m) = (Storage::stale(v_layout.len()), Storage::stale(m_layout.len()));
        self.transform::<S, Y>(0..tiles.rows, (&mut v, v_layout), (&mut m, m_layout), cost);
        let transformed = self.transformed((&v, v_layout), (&m, m_layout));
        let share = (INPUTS / S / S / PANEL * PANEL).max(PANEL);
        Tensor::build_or_raise([o, c, F, F].into(), |out| {
            threads::chunks_mut(out, most * PANEL * c * F * F, cost, |group, out| {
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
                            transformed.add_up(seen, group, point, count, false, (du, next));
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
        })
    }

    /// Brings some rows of tiles to the points, on all threads.
    fn transform<const S: usize, const Y: usize>(
        &self,
        rows: Range<usize>,
        (v, v_layout): (&mut [f32], Layout),
        (m, m_layout): (&mut [f32], Layout),
        cost: usize,
    ) {
        let Self { seen, made, tiles, c, o, .. } = self;
        let (v, m) = (Shared::new(v), Shared::new(m));
        let (of_v, of_m) = (shares(rows.clone(), *c), shares(rows.clone(), *o));
        threads::for_each(of_v.len() + of_m.len(), cost, |task| {
            let tile = |own: &Range<usize>| (own.start - rows.start) * tiles.across;
            if let Some((own, channels)) = of_v.get(task).cloned() {
                let place = Place { out: v, layout: v_layout, tile: tile(&own) };
                seen.transform::<LINE, S, Data>(tiles, own, channels, place);
            } else {
                let (own, channels) = of_m[task - of_v.len()].clone();
                let place = Place { out: m, layout: m_layout, tile: tile(&own) };
                made.transform::<Y, 1, OutputsGrad>(tiles, own, channels, place);
            }
        });
    }

    fn transformed<'a>(&self, v: (&'a [f32], Layout), m: (&'a [f32], Layout)) -> Transformed<'a> {
        Transformed { v, m, most: self.most, c: self.c, o: self.o }
    }
}

/// A block of tiles at the points: the input and the result's gradient.
struct Transformed<'a> {
    v: (&'a [f32], Layout),
    m: (&'a [f32], Layout),
    /// Panels of a group.
    most: usize,
    c: usize,
    o: usize,
}

impl Transformed<'_> {
    /// All sums of a group of panels at a point; groups have all their points one after the other.
    fn add_all<const S: usize>(&self, index: usize, count: usize, add: bool, du: &mut [f32]) {
        let (group, point) = (index / POINTS, index % POINTS);
        let phases = phases::at_point::<S>(point);
        let du = &mut du[phases.start * self.c * PANEL..];
        let inputs = phases.start * self.c..phases.end * self.c;
        let next = panel_plane(self.c * S * S);
        self.add_up(inputs, group, point, count, add, (du, next));
    }

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
        let Self { v: (v, v_layout), m: (m, m_layout), most, o, .. } = *self;
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

//! Packing: bringing the elements of an operand into the order in which the kernel reads them.
//!
//! A panel is as many lines as the kernel's tile is wide, and a block of the depth:
//! `[depth, width]`. Where lines lie side by side, whole vectors are copied; where the depth does,
//! lines are read along it; elsewhere elements are fetched one by one.

use std::array::from_fn;
use std::ops::Range;

use super::Matrix;
use super::offsets::{Offsets, runs};
use crate::element::Float;

/// A block of the depth: the offsets, and the stretches of them that count up by ones.
pub(super) struct Depth {
    offsets: Vec<usize>,
    runs: Vec<Range<usize>>,
    largest: usize,
}

impl Depth {
    pub(super) fn new(offsets: &Offsets, range: Range<usize>) -> Self {
        let offsets = offsets.list(range);
        let runs = runs(&offsets).collect();
        let largest = offsets.iter().copied().max().unwrap_or(0);
        Self { offsets, runs, largest }
    }
}

impl<T: Float> Matrix<'_, T> {
    /// Writes the panels of `lines`, each of `width` lines; what is missing from the last panel
    /// is unspecified.
    pub(super) fn pack(&self, lines: Range<usize>, depth: &Depth, width: usize, out: &mut [T]) {
        let panel = match width {
            4 => Self::panel::<4>,
            6 => Self::panel::<6>,
            8 => Self::panel::<8>,
            16 => Self::panel::<16>,
            _ => unreachable!("no kernel has tiles of {width}"),
        };
        let panels = out.chunks_exact_mut(width * depth.offsets.len());
        for (first, out) in lines.clone().step_by(width).zip(panels) {
            panel(self, first..lines.end.min(first + width), depth, out);
        }
    }

    fn panel<const W: usize>(&self, lines: Range<usize>, depth: &Depth, out: &mut [T]) {
        let mut starts = [0; W];
        let (used, missing) = starts.split_at_mut(lines.len());
        self.lines.write(lines.start, used);
        missing.fill(used[used.len() - 1]);
        let furthest = used.iter().copied().max().unwrap_or(0) + depth.largest;
        let copies = runs(used).count();

        let (out, _) = out.as_chunks_mut::<W>();
        if copies <= W / 4 && furthest + W <= self.elements.len() {
            self.copy_lines(&starts[..lines.len()], &depth.offsets, out);
        } else if depth.runs.len() * 4 <= depth.offsets.len() {
            self.interleave_lines(&starts, depth, out);
        } else {
            self.gather_lines(&starts, &depth.offsets, out);
        }
    }

    /// Copies each stretch of lines that lie side by side as a whole vector: what is written
    /// beyond its end is overwritten by the stretch or the row that comes next.
    fn copy_lines<const W: usize>(&self, starts: &[usize], depth: &[usize], out: &mut [[T; W]]) {
        if starts.len() == W && starts[W - 1] == starts[0] + W - 1 {
            for (out, &offset) in out.iter_mut().zip(depth) {
                *out = self.vector(starts[0] + offset);
            }
            return;
        }
        let mut stretches = [(0, 0); W];
        let mut count = 0;
        for (stretch, run) in stretches.iter_mut().zip(runs(starts)) {
            *stretch = (run.start, starts[run.start]);
            count += 1;
        }
        let last = depth.len() - 1;
        let rows = out.as_flattened_mut();
        for (row, &offset) in depth[..last].iter().enumerate() {
            for &(lane, start) in &stretches[..count] {
                rows[row * W + lane..][..W].copy_from_slice(&self.vector::<W>(start + offset));
            }
        }
        for (lane, start) in starts.iter().enumerate() {
            rows[last * W + lane] = self.elements[start + depth[last]];
        }
    }

    /// `W` elements side by side.
    fn vector<const W: usize>(&self, start: usize) -> [T; W] {
        from_fn(|lane| self.elements[start..start + W][lane])
    }

    /// Fetches elements one by one.
    fn gather_lines<const W: usize>(
        &self,
        starts: &[usize; W],
        depth: &[usize],
        out: &mut [[T; W]],
    ) {
        for (out, &offset) in out.iter_mut().zip(depth) {
            let elements = &self.elements[offset..];
            *out = starts.map(|start| elements[start]);
        }
    }

    /// Reads along the stretches of the depth that lie side by side.
    fn interleave_lines<const W: usize>(
        &self,
        starts: &[usize; W],
        depth: &Depth,
        out: &mut [[T; W]],
    ) {
        for run in &depth.runs {
            let offset = depth.offsets[run.start];
            let lines: [&[T]; W] = from_fn(|l| &self.elements[starts[l] + offset..][..run.len()]);
            let out = &mut out[run.clone()];
            if W <= 8 {
                // All lines at once, as long as there are registers for them.
                for (at, out) in out.iter_mut().enumerate() {
                    *out = lines.map(|line| line[at]);
                }
            } else {
                for (lane, line) in lines.into_iter().enumerate() {
                    for (out, &x) in out.iter_mut().zip(line) {
                        out[lane] = x;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way of packing against the definition, at the end of the elements too.
    #[test]
    fn every_element_comes_to_its_place() {
        let elements: Vec<f32> = (0..1000).map(|x| x as f32).collect();
        let lines = [
            Offsets::strided(21, 1),
            Offsets::strided(21, 10),
            Offsets::grid([1, 3, 7], [0, 9, 1]),
            Offsets::grid([1, 3, 7], [0, 16, 2]),
        ];
        let depths = [
            Offsets::strided(9, 90),
            Offsets::strided(9, 1),
            Offsets::grid([1, 3, 3], [0, 50, 1]),
            Offsets::Table(vec![700, 3, 41, 77]),
        ];
        for lines in &lines {
            for depth in &depths {
                let last = |offsets: &Offsets| offsets.list(0..offsets.len()).into_iter().max();
                let end = last(lines).zip(last(depth)).map_or(0, |(a, b)| a + b + 1);
                for width in [4, 6, 8, 16] {
                    check(&elements[..end], lines, depth, width);
                }
            }
        }
    }

    fn check(elements: &[f32], lines: &Offsets, depth: &Offsets, width: usize) {
        let (lines, depth) = (lines.list(0..lines.len()), depth.list(0..depth.len()));
        let matrix = Matrix {
            elements,
            lines: Offsets::Table(lines.clone()),
            depth: Offsets::Table(depth.clone()),
        };
        let mut out = vec![f32::NAN; lines.len().next_multiple_of(width) * depth.len()];
        let block = Depth::new(&matrix.depth, 0..depth.len());
        matrix.pack(0..lines.len(), &block, width, &mut out);
        for (place, &x) in out.iter().enumerate() {
            let (panel, row, lane) =
                (place / width / depth.len(), place / width % depth.len(), place % width);
            if let Some(line) = lines.get(panel * width + lane) {
                assert_eq!(x, elements[line + depth[row]]);
            }
        }
    }
}

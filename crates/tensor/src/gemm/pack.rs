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
use crate::simd::vectorized;

/// A block of the depth: the offsets, and the stretches of them that count up by ones.
pub(super) struct Depth {
    offsets: Vec<usize>,
    runs: Vec<Range<usize>>,
    largest: usize,
}

impl Depth {
    pub(super) fn new(offsets: &Offsets, range: Range<usize>) -> Self {
        let offsets = offsets.list(range);
        let runs = runs(&offsets, 1).collect();
        let largest = offsets.iter().copied().max().unwrap_or(0);
        Self { offsets, runs, largest }
    }
}

impl<T: Float> Matrix<'_, T> {
    /// Writes the panels of `lines`, each of `width` lines; what is missing from the last panel
    /// is unspecified.
    pub(super) fn pack(&self, lines: Range<usize>, depth: &Depth, width: usize, out: &mut [T]) {
        match width {
            4 => self.panels::<4>(lines, depth, out),
            6 => self.panels::<6>(lines, depth, out),
            8 => self.panels::<8>(lines, depth, out),
            16 => self.panels::<16>(lines, depth, out),
            32 => self.panels::<32>(lines, depth, out),
            _ => unreachable!("no kernel has tiles of {width}"),
        }
    }

    fn panels<const W: usize>(&self, lines: Range<usize>, depth: &Depth, out: &mut [T]) {
        if self.lines.side_by_side() && lines.len() > W {
            let (out, _) = out.as_chunks_mut::<W>();
            let from = &self.elements[self.lines.at(lines.start)..];
            return copy_panels(from, lines.len(), &depth.offsets, out);
        }
        let panels = out.chunks_exact_mut(W * depth.offsets.len());
        for (first, out) in lines.clone().step_by(W).zip(panels) {
            self.panel::<W>(first..lines.end.min(first + W), depth, out);
        }
    }

    fn panel<const W: usize>(&self, lines: Range<usize>, depth: &Depth, out: &mut [T]) {
        let mut starts = [0; W];
        let (used, missing) = starts.split_at_mut(lines.len());
        self.lines.write(lines.start, used);
        missing.fill(used[used.len() - 1]);
        let furthest = used.iter().copied().max().unwrap_or(0) + depth.largest;
        // Pixels under a stride of 2 are every second element.
        let step = if self.lines.stride() == 2 { 2 } else { 1 };
        let copies = runs(used, step).count();

        let (out, _) = out.as_chunks_mut::<W>();
        if lines.len() == W && copies == 1 && step == 1 {
            copy_rows(&self.elements[starts[0]..], &depth.offsets, out);
        } else if copies <= W / 4 && furthest + step * W <= self.elements.len() {
            copy_stretches(self.elements, (&starts[..lines.len()], step), &depth.offsets, out);
        } else if depth.runs.len() * 4 <= depth.offsets.len() {
            for run in &depth.runs {
                let offset = depth.offsets[run.start];
                let line = |lane: usize| &self.elements[starts[lane] + offset..][..run.len()];
                interleave(&from_fn(line), &mut out[run.clone()]);
            }
        } else {
            gather(self.elements, &starts, &depth.offsets, out);
        }
    }
}

vectorized! {
    /// Lines that lie side by side, row by row through all panels: memory is read in its order.
    fn copy_panels<T: Float; const W>(
        elements: &[T],
        lines: usize,
        depth: &[usize],
        out: &mut [[T; W]],
    ) {
        for (row, &offset) in depth.iter().enumerate() {
            let (panels, rest) = elements[offset..offset + lines].as_chunks::<W>();
            for (panel, from) in panels.iter().enumerate() {
                out[panel * depth.len() + row] = *from;
            }
            if !rest.is_empty() {
                out[panels.len() * depth.len() + row][..rest.len()].copy_from_slice(rest);
            }
        }
    }
}

vectorized! {
    /// Lines that lie side by side: each row of the panel is a copy.
    fn copy_rows<T: Float; const W>(elements: &[T], depth: &[usize], out: &mut [[T; W]]) {
        for (out, &offset) in out.iter_mut().zip(depth) {
            out.copy_from_slice(&elements[offset..][..W]);
        }
    }
}

vectorized! {
    /// Copies each stretch of lines that lie side by side, or at every second element, as a whole
    /// vector: what is written beyond its end is overwritten by the stretch or the row that comes next.
    fn copy_stretches<T: Float; const W>(
        elements: &[T],
        starts: (&[usize], usize),
        depth: &[usize],
        out: &mut [[T; W]],
    ) {
        let (starts, step) = starts;
        let mut stretches = [(0, 0); W];
        let mut count = 0;
        for (stretch, run) in stretches.iter_mut().zip(runs(starts, step)) {
            *stretch = (run.start, starts[run.start]);
            count += 1;
        }
        let last = depth.len() - 1;
        let rows = out.as_flattened_mut();
        for (row, &offset) in depth[..last].iter().enumerate() {
            for &(lane, start) in &stretches[..count] {
                let (row, from) = (&mut rows[row * W + lane..][..W], &elements[start + offset..]);
                if step == 1 {
                    row.copy_from_slice(&from[..W]);
                } else {
                    let (pairs, _) = from[..2 * W].as_chunks::<2>();
                    row.iter_mut().zip(pairs).for_each(|(out, pair)| *out = pair[0]);
                }
            }
        }
        for (lane, start) in starts.iter().enumerate() {
            rows[last * W + lane] = elements[start + depth[last]];
        }
    }
}

vectorized! {
    /// Fetches elements one by one.
    fn gather<T: Float; const W>(
        elements: &[T],
        starts: &[usize; W],
        depth: &[usize],
        out: &mut [[T; W]],
    ) {
        for (out, &offset) in out.iter_mut().zip(depth) {
            let elements = &elements[offset..];
            for (out, &start) in out.iter_mut().zip(starts) {
                *out = elements[start];
            }
        }
    }
}

/// Reads along lines that are as long as `out`.
fn interleave<T: Float, const W: usize>(lines: &[&[T]; W], out: &mut [[T; W]]) {
    let done = transposed::squares(lines, out);
    for (at, out) in out.iter_mut().enumerate().skip(done) {
        for (out, line) in out.iter_mut().zip(lines) {
            *out = line[at];
        }
    }
}

/// Squares of 8 × 8 elements, transposed in registers.
#[cfg(target_arch = "x86_64")]
mod transposed {
    #![allow(unsafe_code, reason = "vectors are loaded by address")]

    use std::any::TypeId;

    use crate::element::Float;
    use crate::simd::{F32x8, Vector, each};

    /// Elements of a cache line: as many are taken from each line at a time.
    const STEP: usize = 16;

    /// Writes the first rows of `out`, and gives their number: 0 for other types or machines.
    pub(super) fn squares<T: Float, const W: usize>(
        lines: &[&[T]; W],
        out: &mut [[T; W]],
    ) -> usize {
        if TypeId::of::<T>() != TypeId::of::<f32>() || !crate::simd::avx2() || W < 6 {
            return 0;
        }
        assert!(lines.iter().all(|line| line.len() >= out.len()));
        let lines = lines.map(|line| line.as_ptr().cast::<f32>());
        // SAFETY: `f32` is the elements' type, the machine has the instructions, and all lines
        // reach as far as `out`.
        unsafe { of_f32(&lines, out.as_mut_ptr().cast(), out.len()) }
    }

    /// # Safety
    /// `lines` have `len` elements, `out` has `len` rows of `W`.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn of_f32<const W: usize>(lines: &[*const f32; W], out: *mut f32, len: usize) -> usize {
        // Rows of six are written as eight: what is too much is overwritten by the next row, so the
        // last one is left to others.
        let steps = len.saturating_sub(usize::from(!W.is_multiple_of(8))) / STEP;
        for step in 0..steps {
            for first in (0..W).step_by(8) {
                for at in [step * STEP, step * STEP + 8] {
                    // SAFETY: the caller's promise, and `at + 8 <= len`.
                    let rows = each(|row| unsafe {
                        F32x8::load_at(lines[(first + row).min(W - 1)].add(at))
                    });
                    for (row, columns) in F32x8::transpose(rows).into_iter().enumerate() {
                        // SAFETY: as above; see `steps`.
                        unsafe { columns.store_at(out.add((at + row) * W + first)) };
                    }
                }
            }
        }
        steps * STEP
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod transposed {
    pub(super) fn squares<T, const W: usize>(_: &[&[T]; W], _: &mut [[T; W]]) -> usize {
        0
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
            // The first and the eighth are as far apart as if all were side by side.
            Offsets::Table(vec![0, 20, 40, 2, 1, 21, 41, 7]),
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
                for width in [4, 6, 8, 16, 32] {
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

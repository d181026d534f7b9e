//! Where the lines of a matrix begin, or how far along them each element lies.

use std::ops::Range;

/// Offsets into a slice of elements, computed where they follow from sizes and steps.
pub(crate) enum Offsets {
    /// `i · steps[0] + j · steps[1] + k · steps[2]` for all `i`, `j`, `k` in row-major order.
    Grid { sizes: [usize; 3], steps: [usize; 3] },
    /// Any others.
    Table(Vec<usize>),
}

impl Offsets {
    /// `len` offsets, `stride` apart.
    pub(crate) fn strided(len: usize, stride: usize) -> Self {
        Self::Grid { sizes: [1, 1, len], steps: [0, 0, stride] }
    }

    /// The pixels or taps of a grid.
    pub(crate) fn grid(sizes: [usize; 3], steps: [usize; 3]) -> Self {
        Self::Grid { sizes, steps }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Grid { sizes, .. } => sizes.iter().product(),
            Self::Table(offsets) => offsets.len(),
        }
    }

    pub(super) fn at(&self, index: usize) -> usize {
        let mut at = [0];
        self.write(index, &mut at);
        at[0]
    }

    /// From each to the next, if that is the same for all.
    pub(super) fn step(&self) -> Option<usize> {
        match self {
            Self::Grid { sizes: [outer, rows, _], steps } if outer * rows <= 1 => Some(steps[2]),
            _ => None,
        }
    }

    /// What they mostly count up by.
    pub(super) fn stride(&self) -> usize {
        match self {
            Self::Grid { steps, .. } => steps[2],
            Self::Table(_) => 1,
        }
    }

    /// Whether they count up by ones.
    pub(super) fn side_by_side(&self) -> bool {
        match self {
            Self::Grid { sizes: [outer, rows, columns], steps } => {
                outer * rows <= 1 && (steps[2] == 1 || *columns <= 1)
            }
            Self::Table(offsets) => runs(offsets, 1).count() <= 1,
        }
    }

    /// Writes the offsets from number `first` on.
    pub(super) fn write(&self, first: usize, out: &mut [usize]) {
        if out.is_empty() {
            return;
        }
        match self {
            Self::Grid { sizes: [_, rows, columns], steps } => {
                let (mut row, mut column) = (first / columns, first % columns);
                let mut begin = row / rows * steps[0] + row % rows * steps[1];
                for out in out {
                    *out = begin + column * steps[2];
                    column += 1;
                    if column == *columns {
                        (row, column) = (row + 1, 0);
                        begin = row / rows * steps[0] + row % rows * steps[1];
                    }
                }
            }
            Self::Table(offsets) => out.copy_from_slice(&offsets[first..][..out.len()]),
        }
    }

    /// The offsets of a range, one by one.
    pub(super) fn list(&self, range: Range<usize>) -> Vec<usize> {
        let mut list = vec![0; range.len()];
        self.write(range.start, &mut list);
        list
    }

    /// Whether each is larger than the one before.
    pub(super) fn increasing(&self) -> bool {
        match self {
            Self::Grid { sizes, steps } => {
                // The last offset of the axes inside must lie below the next step of each axis.
                let mut last = 0;
                (0..3).rev().all(|axis| {
                    let passes = sizes[axis] <= 1 || steps[axis] > last;
                    last += sizes[axis].saturating_sub(1) * steps[axis];
                    passes
                })
            }
            Self::Table(offsets) => offsets.is_sorted_by(|a, b| a < b),
        }
    }
}

/// Cuts increasing or other offsets into runs that count up by a step.
pub(super) fn runs(offsets: &[usize], step: usize) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    offsets.chunk_by(move |a, b| a + step == *b).map(move |run| {
        start += run.len();
        start - run.len()..start
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_count_in_row_major_order() {
        let grid = Offsets::grid([2, 3, 4], [100, 10, 2]);
        let mut expected = Vec::new();
        for (i, j, k) in (0..24).map(|at| (at / 12, at / 4 % 3, at % 4)) {
            expected.push(100 * i + 10 * j + 2 * k);
        }
        assert_eq!(grid.list(0..24), expected);
        assert_eq!(grid.list(7..21), expected[7..21]);
        assert_eq!(grid.at(23), 126);
        assert!(Offsets::strided(0, 1).list(0..0).is_empty());
    }

    #[test]
    fn offsets_that_meet_twice_are_found() {
        assert!(Offsets::grid([2, 3, 4], [100, 10, 2]).increasing());
        assert!(Offsets::grid([2, 3, 4], [26, 7, 2]).increasing());
        assert!(!Offsets::grid([2, 3, 4], [20, 7, 2]).increasing());
        assert!(!Offsets::grid([2, 3, 4], [100, 6, 2]).increasing());
        assert!(Offsets::grid([1, 1, 4], [0, 0, 2]).increasing());
        assert!(!Offsets::strided(2, 0).increasing());
        assert!(!Offsets::Table(vec![0, 3, 3]).increasing());
    }

    #[test]
    fn runs_are_found() {
        let found: Vec<_> = runs(&[4, 5, 6, 9, 2, 3], 1).collect();
        assert_eq!(found, [0..3, 3..4, 4..6]);
        assert_eq!(runs(&[], 1).count(), 0);
    }
}

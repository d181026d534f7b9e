//! JPEG's coarser components at every pixel, to the bits of libjpeg's default ("fancy upsampling"): three parts
//! of the nearest sample and one of the next, down and across.

use super::frame::{Component, Frame};

/// A component's samples, of which some rows and columns at the end fill up blocks only.
pub(super) struct Samples {
    pub(super) bytes: Vec<u8>,
    /// Bytes from a row to the next.
    pub(super) stride: usize,
    /// The samples that are the image's, down and across.
    sides: [usize; 2],
    /// The pixels for each of them.
    factors: [usize; 2],
    /// Room for the sums of two rows.
    sums: Vec<u16>,
}

impl Samples {
    pub(super) fn new(component: &Component, frame: &Frame) -> Self {
        let [rows, columns] = component.padded;
        Self {
            bytes: vec![0; 64 * rows * columns],
            stride: 8 * columns,
            sides: component.samples,
            factors: [0, 1].map(|axis| frame.most[axis] / component.sampling[axis]),
            sums: vec![0; component.samples[1] + 2],
        }
    }

    /// Whether a row is there as it is.
    pub(super) fn is_full(&self) -> bool {
        self.factors == [1, 1]
    }

    /// The samples of a row.
    pub(super) fn line(&self, row: usize) -> &[u8] {
        &self.bytes[row * self.stride..][..self.sides[1]]
    }

    /// The row `y` of the image into `out`, which has room for all samples times the factor.
    pub(super) fn row(&mut self, y: usize, out: &mut [u8]) {
        let [down, across] = self.factors;
        let row = y / down;
        let next = if y.is_multiple_of(2) {
            row.saturating_sub(1)
        } else {
            (row + 1).min(self.sides[0] - 1)
        };
        let (first, size) = (row * self.stride, self.sides[1]);
        let near = &self.bytes[first..first + size];
        let far = &self.bytes[next * self.stride..][..size];
        match [down, across] {
            // As coarse down, or twice as coarse.
            [1 | 2, 2] if size > 2 => {
                let ([least, most], shift) = match down {
                    1 => ([1, 2], 2),
                    _ => ([8, 7], 4),
                };
                let sums = &mut self.sums[..size + 2];
                for (sum, (&near, &far)) in sums[1..].iter_mut().zip(near.iter().zip(far)) {
                    *sum = match down {
                        1 => near.into(),
                        _ => 3 * u16::from(near) + u16::from(far),
                    };
                }
                (sums[0], sums[size + 1]) = (sums[1], sums[size]);
                let threes = sums.iter().zip(&sums[1..]).zip(&sums[2..]);
                for (two, ((&left, &sum), &right)) in out.chunks_exact_mut(2).zip(threes) {
                    two[0] = ((3 * sum + left + least) >> shift) as u8;
                    two[1] = ((3 * sum + right + most) >> shift) as u8;
                }
            }
            [2, 1] => {
                let half = if y.is_multiple_of(2) { 1 } else { 2 };
                for (out, (&near, &far)) in out.iter_mut().zip(near.iter().zip(far)) {
                    *out = ((3 * u16::from(near) + u16::from(far) + half) >> 2) as u8;
                }
            }
            _ => {
                for (out, &sample) in out.chunks_exact_mut(across).zip(near) {
                    out.fill(sample);
                }
            }
        }
    }

    /// The length of a row that [`row`](Self::row) writes.
    pub(super) fn row_length(&self) -> usize {
        self.sides[1] * self.factors[1]
    }
}

//! The phases of an input: its rows by their number modulo the stride, and so its columns.

use crate::element::Float;
use crate::tensor::Tensor;
use crate::threads;

/// Some neighbouring phases of both axes, `[vertical, horizontal]`.
#[derive(Clone, Copy)]
pub(super) struct Phases {
    pub(super) first: [usize; 2],
    pub(super) count: [usize; 2],
    pub(super) stride: [usize; 2],
}

impl Phases {
    /// Writes `parts` `[N · C, phases, rows, columns]` to their places in `out` `[N, C, H, W]`, as far
    /// as it reaches.
    pub(super) fn deal_out<T: Float>(
        &self,
        parts: &[T],
        [rows, columns]: [usize; 2],
        out: &mut Tensor<T>,
    ) {
        let Self { first, count, stride } = *self;
        let [height, width] = [out.shape()[2], out.shape()[3]];
        let (phases, cost) = (count[0] * count[1], out.numel());
        threads::chunks_mut(out.as_mut_slice(), height * width, cost, |channel, out| {
            for phase in 0..phases {
                let part = &parts[(channel * phases + phase) * rows * columns..][..rows * columns];
                let (row, column) = (first[0] + phase / count[1], first[1] + phase % count[1]);
                let lines = out.chunks_exact_mut(width).skip(row).step_by(stride[0]);
                for (line, from) in lines.zip(part.chunks_exact(columns)) {
                    let pixels = line.iter_mut().skip(column).step_by(stride[1]);
                    pixels.zip(from).for_each(|(pixel, &x)| *pixel = x);
                }
            }
        });
    }
}

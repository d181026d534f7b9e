//! The gradient with respect to the input: a convolution of `dy` with the filters turned by 180°.
//!
//! With a stride, the input's rows fall into phases by their number modulo the stride, and each phase
//! is a convolution of stride 1 with every `stride`-th tap. With so few channels one phase would not
//! fill a tile, so phases count as channels, and those that look at the same rows of `dy` are computed
//! together:
//!
//! ```text
//!   rows of the input    0 1 0 1 0 1    7 taps, stride 2, padding 3:  phase 0  . 5 3 1
//!   by their phase                                                    phase 1  6 4 2 0
//! ```

use super::{FEW_OUTPUTS, FEW_TAPS, forward};
use crate::conv::Sizes;
use crate::conv::phases::Phases;
use crate::conv::planes::Planes;
use crate::tensor::Tensor;
use crate::window::Window;

/// Outputs that are computed in one go: beyond, what all taps read should stay in the first-level
/// cache.
const ONE_GO: usize = 12;

pub(super) fn input_grad(
    dy: &Tensor<f32>,
    weight: &Tensor<f32>,
    sizes: &Sizes,
) -> Option<Tensor<f32>> {
    let Sizes { images, c, o, input, window, .. } = *sizes;
    let Window { kernel, stride, dilation, .. } = window;
    if (0..2).any(|axis| stride[axis] > 1 && dilation[axis] > 1) {
        return None;
    }
    let [vertical, horizontal] =
        [Neighbours::of_axis(&window, 0)?, Neighbours::of_axis(&window, 1)?];
    let parts = || vertical.iter().flat_map(|v| horizontal.iter().map(move |h| [v, h]));
    let suits = |[v, h]: [&Neighbours; 2]| {
        let outputs = c * v.count * h.count;
        outputs <= ONE_GO || outputs <= FEW_OUTPUTS / 2 && o * v.taps * h.taps <= FEW_TAPS
    };
    if !parts().all(suits) {
        return None;
    }
    let weight = weight.as_slice();
    let mut dx = Tensor::full([images, c, input[0], input[1]], 0.0);
    for both @ [v, h] in parts() {
        let rows = [0, 1].map(|axis| input[axis].div_ceil(stride[axis]));
        let window = Window {
            kernel: both.map(|phases| phases.taps),
            stride: [1, 1],
            padding: both.map(|phases| phases.before),
            dilation,
        };
        let planes = Planes::split(dy, &window, rows).ok()?;
        let outputs = c * v.count * h.count;
        let (area, taps) = (kernel[0] * kernel[1], v.taps * h.taps);
        let mut turned = vec![0.0; outputs * o * taps];
        for (place, turned) in turned.iter_mut().enumerate() {
            let (output, depth) = (place / (o * taps), place % (o * taps));
            let (channel, phase) = (output / (v.count * h.count), output % (v.count * h.count));
            let (filter, tap) = (depth / taps, depth % taps);
            let tap_v = v.tap(phase / h.count, tap / h.taps);
            let tap_h = h.tap(phase % h.count, tap % h.taps);
            if let (Some(tap_v), Some(tap_h)) = (tap_v, tap_h) {
                *turned = weight[(filter * c + channel) * area + tap_v * kernel[1] + tap_h];
            }
        }
        let result = forward::convolve(&planes, &turned, None, outputs, rows);
        if stride == [1, 1] {
            return Some(result);
        }
        let [first, count] = [both.map(|phases| phases.first), both.map(|phases| phases.count)];
        Phases { first, count, stride }.deal_out(result.as_slice(), rows, &mut dx);
    }
    Some(dx)
}

/// Some neighbouring phases of one axis, which look at the same `taps` rows of `dy`: input row
/// `stride · y + phase` at the rows from `y − before` on.
struct Neighbours {
    first: usize,
    count: usize,
    taps: usize,
    before: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
}

impl Neighbours {
    /// All in one, unless that computes many products with zeros: then by where their rows begin.
    fn of_axis(window: &Window, axis: usize) -> Option<Vec<Self>> {
        let stride = window.stride[axis];
        let all = Self::new(window, axis, 0, stride)?;
        let turn = stride - window.padding[axis] % stride;
        if turn == stride {
            return Some(vec![all]);
        }
        let parts =
            [Self::new(window, axis, 0, turn)?, Self::new(window, axis, turn, stride - turn)?];
        let cost: usize = parts.iter().map(|part| part.count * part.taps).sum();
        if cost * 5 < all.count * all.taps * 4 { Some(parts.into()) } else { Some(vec![all]) }
    }

    fn new(window: &Window, axis: usize, first: usize, count: usize) -> Option<Self> {
        let [kernel, stride, padding, dilation] =
            [window.kernel, window.stride, window.padding, window.dilation].map(|pair| pair[axis]);
        let mut phases = Self { first, count, taps: kernel, before: 0, kernel, stride, padding };
        // The taps that are furthest from the last row that any phase begins with.
        let back = |phase: usize| {
            let reach = (first + phase + padding) % stride;
            (kernel > reach).then(|| phases.late(phase) + (kernel - 1 - reach) / stride)
        };
        let taps = (0..count).filter_map(back).max()? + 1;
        phases.taps = taps;
        phases.before =
            ((taps - 1) * dilation).checked_sub((first + count - 1 + padding) / stride)?;
        Some(phases)
    }

    /// How many rows earlier than the last phase a phase begins.
    fn late(&self, phase: usize) -> usize {
        let row = |phase: usize| (self.first + phase + self.padding) / self.stride;
        row(self.count - 1) - row(phase)
    }

    /// The filter's tap with which a phase sees the row number `at` of those it looks at.
    fn tap(&self, phase: usize, at: usize) -> Option<usize> {
        let steps = (self.taps - 1 - at).checked_sub(self.late(phase))?;
        let tap = (self.first + phase + self.padding) % self.stride + steps * self.stride;
        (tap < self.kernel).then_some(tap)
    }
}

//! The gradient with respect to the input: a convolution of `dy` with the filters turned by 180°.
//!
//! With a stride, the input's rows fall into phases by their number modulo the stride, and each phase
//! is a convolution of stride 1 with every `stride`-th tap. With a few channels one phase would not fill
//! a tile, so phases count as channels, and those that look at the same rows of `dy` are computed
//! together; with more, each is computed by itself:
//!
//! ```text
//!   rows of the input    0 1 0 1 0 1    7 taps, stride 2, padding 3:  phase 0  . 5 3 1
//!   by their phase                                                    phase 1  6 4 2 0
//! ```

use super::{FEW_OUTPUTS, FEW_TAPS, forward, little_lost};
use crate::conv::Sizes;
use crate::conv::phases::Phases;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads;
use crate::window::Window;

/// Outputs that are computed in one go: beyond, what all taps read should stay in the first-level
/// cache.
const ONE_GO: usize = 12;
/// Channels whose filters are turned by one task.
const CHANNELS: usize = 16;

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
    let suits = |parts: &[Vec<Neighbours>; 2]| {
        parts[0].iter().all(|v| {
            parts[1].iter().all(|h| {
                let outputs = c * v.count * h.count;
                outputs <= ONE_GO || outputs <= FEW_OUTPUTS / 2 && o * v.taps * h.taps <= FEW_TAPS
            })
        })
    };
    let together = [Neighbours::of_axis(&window, 0)?, Neighbours::of_axis(&window, 1)?];
    let [vertical, horizontal] = if suits(&together) {
        together
    } else {
        let behind = (kernel[1].div_ceil(stride[1]) - 1) * dilation[1];
        if c > FEW_OUTPUTS / 2 || !little_lost(behind, input[1] / stride[1]) {
            return None;
        }
        [Neighbours::one_by_one(&window, 0)?, Neighbours::one_by_one(&window, 1)?]
    };
    let parts = || vertical.iter().flat_map(|v| horizontal.iter().map(move |h| [v, h]));
    let mut dx = Tensor::build_or_raise([images, c, input[0], input[1]].into(), |dx| dx.fill(0.0));
    for both @ [v, h] in parts() {
        let rows = [0, 1].map(|axis| input[axis].div_ceil(stride[axis]));
        let window = Window {
            kernel: both.map(|phases| phases.taps),
            stride: [1, 1],
            padding: both.map(|phases| phases.before),
            dilation,
        };
        let outputs = c * v.count * h.count;
        let turned = turned(weight, both, window.kernel);
        let result = forward::convolve(dy, &window, &turned, None, outputs, rows)?;
        if stride == [1, 1] {
            return Some(result);
        }
        let [first, count] = [both.map(|phases| phases.first), both.map(|phases| phases.count)];
        Phases { first, count, stride }.deal_out(result.as_slice(), rows, &mut dx);
    }
    Some(dx)
}

/// The filters as some phases see them: `[C · phases, O · taps]`.
fn turned(weight: &Tensor<f32>, [v, h]: [&Neighbours; 2], taps: [usize; 2]) -> Storage<f32> {
    let &[o, c, kernel_h, kernel_w] = &weight.shape()[..] else { unreachable!("four axes") };
    let (phases, area, taps) = (v.count * h.count, kernel_h * kernel_w, taps[0] * taps[1]);
    // Where each tap of each phase lies in a filter.
    let places: Vec<Option<usize>> = (0..phases * taps)
        .map(|place| {
            let (phase, tap) = (place / taps, place % taps);
            let tap_v = v.tap(phase / h.count, tap / h.taps)?;
            Some(tap_v * kernel_w + h.tap(phase % h.count, tap % h.taps)?)
        })
        .collect();
    let (weight, depth) = (weight.as_slice(), o * taps);
    let mut turned = Storage::stale(c * phases * depth);
    // Some channels at a time: what lies side by side in the weight is read together.
    threads::chunks_mut(
        &mut turned,
        CHANNELS * phases * depth,
        c * phases * depth,
        |chunk, out| {
            for filter in 0..o {
                for (row, out) in out.chunks_exact_mut(depth).enumerate() {
                    let channel = chunk * CHANNELS + row / phases;
                    let from = &weight[(filter * c + channel) * area..][..area];
                    let places = &places[row % phases * taps..][..taps];
                    for (out, place) in out[filter * taps..][..taps].iter_mut().zip(places) {
                        *out = place.map_or(0.0, |place| from[place]);
                    }
                }
            }
        },
    );
    turned
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

    fn one_by_one(window: &Window, axis: usize) -> Option<Vec<Self>> {
        (0..window.stride[axis]).map(|first| Self::new(window, axis, first, 1)).collect()
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

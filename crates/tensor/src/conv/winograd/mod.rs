//! Convolutions of 3 × 3 and 5 × 5 by Winograd's algorithm, F(4 × 4, 3 × 3) and F(2 × 2, 5 × 5): a
//! quarter of the multiplications, or a little more than a third. A 3 × 3 with a stride of 2 is four
//! convolutions, one for each of the input's [phases], by F(5 × 5, 2 × 2): a little more than half.
//!
//! The result is cut into tiles of 4 × 4, 2 × 2 or 5 × 5 pixels, each of which sees 6 × 6 pixels of the
//! input, or of each phase.
//! Transformed to 36 [points], a convolution is one matrix product for each point:
//!
//! ```text
//!            channels c              outputs o                outputs o
//!         ┌────────────┐           ┌──────────┐            ┌──────────┐
//!   tiles │     V      │  ·      c │    U     │  =   tiles │    M     │     for each of 36 points
//!         └────────────┘           └──────────┘            └──────────┘
//!   V = Data(x)        U = weights(w)        y = outputs(M)           forward
//!   V = Data(dy)       U = weights(w rotated by 180°, c ↔ o)          input gradient
//!   dw = weights_grad(Vᵀ · OutputsGrad(dy))                          weight gradient
//! ```
//!
//! The phases are channels of their own: of `V` and `U`, or of `U` and `M` in the input's gradient.
//!
//! Vectors hold eight or sixteen channels, so every transform is plain arithmetic on whole vectors wherever a
//! tile lies; images are transposed to that order in registers when they are read, and back when
//! they are written.
//!
//! Rounding: let the result be sums of `n` independent products, and `u = 2⁻²⁴`. An element of `V`
//! has the variance of the input times the squares of its transform's row, and so on through `U`
//! and the sum that `outputs` makes: the terms that add up to a result are 5 times as large as those
//! of the direct sum in the middle of a tile or a filter, and up to 12 times at its corner (9 for
//! 3 × 3 with a stride of 1), and so is the error. A running sum of `n` and some 40 operations of the
//! transforms err by `u · √(n + 40)` of it, and six standard deviations of that are never seen:
//! `72 · u · √(n + 40)` of the result's root mean square bounds the largest error. Tests hold all three
//! products to it.
#![allow(unsafe_code, reason = "compiled for AVX2, and tasks write disjoint parts of one result")]
#![allow(clippy::needless_range_loop, reason = "a number runs through several arrays at once")]

mod forward;
mod phases;
mod points;
mod source;
mod weight_grad;
mod weights;

use std::ops::Range;

use super::{Conv2dOptions, Sizes};
use crate::downcast;
use crate::element::Float;
use crate::tensor::Tensor;

/// Points of a tile.
const POINTS: usize = 36;
/// Points along one axis: the taps of a filter and the pixels of a tile, less one.
const LINE: usize = 6;
/// Channels of a panel: what the products take at a time.
const PANEL: usize = crate::gemm::strided::COLUMNS;

/// Tasks to aim at, for the threads of a large machine to share.
const TASKS: usize = 16;
/// Panels of channels from which on these are shared out.
const ENOUGH: usize = 4;

/// Calls a product for the filters that [`suits`] lets through: `F` taps along an axis, a stride of `S`, `K`
/// taps in a phase, `Y` results of a tile.
macro_rules! for_filters {
    ($module:ident::$product:ident($($operand:expr),*), $sizes:ident) => {
        match ($sizes.window.kernel[0], $sizes.window.stride[0]) {
            (3, 1) => $module::$product::<3, 1, 3, 4>($($operand),*),
            (3, _) => $module::$product::<3, 2, 2, 5>($($operand),*),
            _ => $module::$product::<5, 1, 5, 2>($($operand),*),
        }
    };
}

/// As [`conv2d`](super::conv2d), if this algorithm suits.
pub(super) fn conv2d<T: Float>(
    x: &Tensor<T>,
    weight: &Tensor<T>,
    bias: Option<&Tensor<T>>,
    sizes: &Sizes,
    options: &Conv2dOptions,
) -> Option<Tensor<T>> {
    let (x, weight) = operands([x, weight], sizes, options, Product::Forward)?;
    let bias = bias.and_then(downcast::to_f32);
    Some(downcast::from_f32(for_filters!(forward::conv2d(x, weight, bias, sizes), sizes)))
}

/// As [`conv2d_input_grad`](super::conv2d_input_grad), if this algorithm suits.
pub(super) fn conv2d_input_grad<T: Float>(
    dy: &Tensor<T>,
    weight: &Tensor<T>,
    sizes: &Sizes,
    options: &Conv2dOptions,
) -> Option<Tensor<T>> {
    let (dy, weight) = operands([dy, weight], sizes, options, Product::InputGrad)?;
    Some(downcast::from_f32(for_filters!(forward::conv2d_input_grad(dy, weight, sizes), sizes)))
}

/// As [`conv2d_weight_grad`](super::conv2d_weight_grad), if this algorithm suits.
pub(super) fn conv2d_weight_grad<T: Float>(
    x: &Tensor<T>,
    dy: &Tensor<T>,
    sizes: &Sizes,
    options: &Conv2dOptions,
) -> Option<Tensor<T>> {
    let (x, dy) = operands([x, dy], sizes, options, Product::WeightGrad)?;
    Some(downcast::from_f32(for_filters!(weight_grad::conv2d_weight_grad(x, dy, sizes), sizes)))
}

fn operands<'a, T: Float>(
    [a, b]: [&'a Tensor<T>; 2],
    sizes: &Sizes,
    options: &Conv2dOptions,
    product: Product,
) -> Option<(&'a Tensor<f32>, &'a Tensor<f32>)> {
    if options.direct || !suits(sizes, product) {
        return None;
    }
    Some((downcast::to_f32(a)?, downcast::to_f32(b)?))
}

/// One of the three products.
#[derive(Clone, Copy, PartialEq)]
enum Product {
    Forward,
    InputGrad,
    WeightGrad,
}

/// Whether these convolutions can be computed here, and gain by it.
fn suits(sizes: &Sizes, product: Product) -> bool {
    let window = &sizes.window;
    let taps = window.kernel[0];
    let input_grad = product == Product::InputGrad;
    // Results of a tile along each axis, and its products.
    let (side, products) = match (window.kernel, window.stride) {
        ([3, 3], [1, 1]) => (4, POINTS),
        ([5, 5], [1, 1]) => (2, POINTS),
        // With other borders it is not the second tap that a phase of the input's gradient hasn't.
        ([3, 3], [2, 2]) if !input_grad || window.padding == [1, 1] => {
            (5, (0..POINTS).map(|point| phases::at_point::<2>(point).len()).sum())
        }
        _ => return false,
    };
    // Few tiles aren't worth the transformed filters, and tiles that reach beyond the image
    // compute what nobody wants: what share of the direct way's multiplications still pays depends
    // on how fast that is.
    let (fewest, percent) = match (window.stride, input_grad) {
        ([1, 1], _) => (4, 67),
        (_, false) => (16, 90),
        (_, true) => (9, 110),
    };
    let [height, width] = sizes.output;
    let tiles = height.div_ceil(side) * width.div_ceil(side);
    crate::simd::avx2()
        && window.dilation == [1, 1]
        && window.padding.iter().all(|&padding| padding < taps)
        && sizes.groups == 1
        && sizes.c.is_multiple_of(PANEL)
        && sizes.o.is_multiple_of(PANEL)
        && sizes.images * tiles >= fewest
        && tiles * products * 100 <= height * width * taps * taps * percent
}

/// The elements of one point of a panel's filters, `[inputs, PANEL]`. One line more than there are
/// inputs, for the reason that [`Layout`] gives.
fn panel_plane(inputs: usize) -> usize {
    (inputs + 1) * PANEL
}

/// How a batch of results is cut into tiles: row by row of tiles, image by image.
#[derive(Clone, Copy)]
struct Tiles {
    /// Pixels of a tile along each axis.
    side: usize,
    /// Tiles of an image.
    down: usize,
    across: usize,
    /// Rows of tiles of the whole batch.
    rows: usize,
}

impl Tiles {
    fn new(side: usize, images: usize, [height, width]: [usize; 2]) -> Self {
        let [down, across] = [height, width].map(|size| size.div_ceil(side));
        Self { side, down, across, rows: images * down }
    }

    fn count(&self) -> usize {
        self.rows * self.across
    }

    /// Rows of tiles for each task, so that there are about `tiles` tiles in one.
    fn rows_of(&self, tiles: usize) -> usize {
        tiles.div_ceil(self.across).clamp(1, self.rows)
    }
}

/// Rows of tiles, and channels.
type Share = (Range<usize>, Range<usize>);

/// Shares out the transformation of some rows of tiles: by channels, as whoever made the image will
/// often have done, or where these are few, by rows, neighbours to one task, since tiles overlap.
fn shares(rows: Range<usize>, channels: usize) -> Vec<Share> {
    let by_channels = channels / PANEL >= ENOUGH;
    let (all, unit) = if by_channels { (0..channels, PANEL) } else { (rows.clone(), 1) };
    let share = all.len().div_ceil(TASKS).next_multiple_of(unit).max(1);
    all.clone()
        .step_by(share)
        .map(|first| first..all.end.min(first + share))
        .map(|own| if by_channels { (rows.clone(), own) } else { (own, 0..channels) })
        .collect()
}

/// How transformed tiles lie in memory: the number for a point, a tile and a channel is at
/// `point · plane + tile · line + channel`.
#[derive(Clone, Copy)]
struct Layout {
    plane: usize,
    line: usize,
}

impl Layout {
    /// Lines and planes are an odd number of cache lines apart: at a power of two they would all
    /// fall into the same few sets of the cache.
    fn new(tiles: usize, channels: usize) -> Self {
        let odd = |elements: usize| (elements.div_ceil(PANEL) | 1) * PANEL;
        let line = odd(channels);
        Self { plane: odd(tiles * line), line }
    }

    fn len(&self) -> usize {
        POINTS * self.plane
    }
}

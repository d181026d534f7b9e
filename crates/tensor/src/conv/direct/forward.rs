//! The forward convolution.

use super::strips::Seen;
use crate::past_caches::Writer;
use crate::simd::{F32x8, F32x16, Vector};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};
use crate::window::Window;

/// Numbers that a task holds before it writes them: they stay in the second-level cache.
const HELD: usize = 56 << 10;
/// Taps that are gone through at a time, of whole channels: so many stretches of the image can be
/// followed at once.
const TAPS: usize = 160;
/// Tasks to aim at, where there are outputs enough to be shared out: whole tiles of them.
const TASKS: usize = 16;
const TILE: usize = 12;
/// Outputs up to which a tile is four vectors wide instead of two.
const THIN: usize = 3;

/// Convolves with `weight` `[outputs, taps]`: the result is `[N, outputs, H', W']`. `None` where the
/// padded image is larger than memory.
pub(super) fn convolve(
    x: &Tensor<f32>,
    window: &Window,
    weight: &[f32],
    bias: Option<&[f32]>,
    outputs: usize,
    [height, width]: [usize; 2],
) -> Option<Tensor<f32>> {
    let [images, channels] = [x.shape()[0], x.shape()[1]];
    let area = window.kernel[0] * window.kernel[1];
    // Channels that are gone through at a time.
    let share = channels.div_ceil(channels.div_ceil((TAPS / area).max(1)));
    let taps = channels * area;
    let bias = bias.map_or_else(|| vec![0.0; outputs], <[f32]>::to_vec);
    let tiles: &Tiles = match (crate::simd::avx512(), outputs <= THIN) {
        (true, false) => &WIDE,
        (true, true) => &WIDE_THIN,
        (false, false) => &NARROW,
        (false, true) => &NARROW_THIN,
    };
    let behind = (window.kernel[1] - 1) * window.dilation[1] / window.stride[1];
    let rows_for = |outputs: usize| (HELD / (outputs * (width + behind))).clamp(1, height);
    let few = TASKS.div_ceil(images * height.div_ceil(rows_for(outputs)));
    let at_once = outputs.div_ceil(few).next_multiple_of(TILE).min(outputs);
    let groups = outputs.div_ceil(at_once);
    let most = [share, rows_for(at_once)];
    let (seen, rows) = Seen::new(x, window, [height, width], most, groups);
    let bands = height.div_ceil(rows);
    let (line, places) = (seen.line(), seen.taps(share));
    let cost = images * height * width * outputs * taps;
    let band = |task: usize, out: Shared<f32>| {
        let (image, first) = (task / groups / bands, task / groups % bands * rows);
        let first_output = task % groups * at_once;
        let own = at_once.min(outputs - first_output);
        let weight = &weight[first_output * taps..][..own * taps];
        let bias = &bias[first_output..][..own];
        let rows = rows.min(height - first);
        // Pixels are counted through whole rows of the plane: those behind a row's end are
        // computed and dropped.
        let count = (rows - 1) * line + width;
        let most = count.next_multiple_of(tiles.pixels);
        let (mut held, mut room) = (Storage::stale(own * most), seen.room(share));
        for first_channel in (0..channels).step_by(share) {
            let some = first_channel..channels.min(first_channel + share);
            let first_tap = first_channel * area;
            let taps_of_some = &places[..some.len() * area];
            let (elements, start) = seen.part(&mut room, image, some, first..first + rows);
            let place = Place {
                elements,
                furthest: taps_of_some.iter().copied().max().unwrap_or(0),
                taps: taps_of_some,
                weights: taps,
                stride: most,
                add: first_channel > 0,
            };
            let mut output = 0;
            while output < own {
                let fitting = tiles.of.iter().find(|(rows, _)| *rows <= own - output);
                let (rows, tile) = fitting.expect("one of them has a single row");
                let (weight, bias) = (&weight[output * taps + first_tap..], &bias[output..]);
                for pixel in (0..count).step_by(tiles.pixels) {
                    // SAFETY: `suits` has looked for AVX2 and FMA, and the match above for AVX-512.
                    unsafe {
                        tile(
                            &place,
                            start + pixel,
                            weight,
                            bias,
                            &mut held[output * most + pixel..],
                        )
                    };
                }
                output += rows;
            }
        }
        let writer = Writer::of::<f32>(images * outputs * height * width);
        for (output, held) in (first_output..).zip(held.chunks_exact_mut(most)) {
            let start = ((image * outputs + output) * height + first) * width;
            // SAFETY: each task has its own rows of one image.
            let out = unsafe { out.part(start..start + rows * width) };
            if !writer.past_caches() {
                for (out, held) in out.chunks_exact_mut(width).zip(held.chunks(line)) {
                    out.copy_from_slice(&held[..width]);
                }
                continue;
            }
            // All rows at once: at a row's end two stores of different kinds would share a line.
            for row in 0..rows {
                held.copy_within(row * line..row * line + width, row * width);
            }
            writer.copy(&held[..rows * width], out);
        }
    };
    Some(Tensor::build_or_raise([images, outputs, height, width].into(), |out| {
        let out = Shared::new(out);
        threads::for_each(images * bands * groups, cost, |task| band(task, out));
    }))
}

/// Some taps of a convolution, and how its weights and results lie.
struct Place<'a> {
    elements: &'a [f32],
    taps: &'a [usize],
    /// The largest of them.
    furthest: usize,
    /// From one output's weights to the next one's.
    weights: usize,
    /// From one output's results to the next one's.
    stride: usize,
    /// Whether the products are added to the results, instead of to the bias.
    add: bool,
}

/// # Safety
/// The machine has the tile's instruction set.
type Tile = unsafe fn(&Place, at: usize, weight: &[f32], bias: &[f32], out: &mut [f32]);

/// Tiles by their outputs, and how many pixels they have.
struct Tiles {
    pixels: usize,
    of: &'static [(usize, Tile)],
}

macro_rules! tiles {
    ($name:ident: $features:literal, $vector:ident, $vectors:literal, $rows:tt) => {
        static $name: Tiles = {
            #[target_feature(enable = $features)]
            fn tile<const R: usize>(
                place: &Place,
                at: usize,
                weight: &[f32],
                bias: &[f32],
                out: &mut [f32],
            ) {
                product::<$vector, R, $vectors>(place, at, weight, bias, out);
            }
            Tiles { pixels: $vectors * $vector::LANES, of: &tiles!(@ $rows) }
        };
    };
    (@ [$($rows:literal),*]) => { [$(($rows, tile::<$rows>)),*] };
}

// Twelve of 16 registers have sums, or 24 of 32.
tiles!(NARROW: "avx2,fma", F32x8, 2, [6, 5, 4, 3, 2, 1]);
tiles!(WIDE: "avx512f,avx2,fma", F32x16, 2, [12, 8, 6, 4, 3, 2, 1]);
tiles!(NARROW_THIN: "avx2,fma", F32x8, 4, [3, 2, 1]);
tiles!(WIDE_THIN: "avx512f,avx2,fma", F32x16, 4, [3, 2, 1]);

/// `N` vectors of pixels of `R` outputs, from a place on.
#[inline(always)]
fn product<V: Vector<Element = f32>, const R: usize, const N: usize>(
    place: &Place,
    at: usize,
    weight: &[f32],
    bias: &[f32],
    out: &mut [f32],
) {
    let Place { elements, taps, furthest, weights, stride, add } = *place;
    assert!(at + furthest + N * V::LANES <= elements.len());
    assert!(weight.len() >= (R - 1) * weights + taps.len());
    assert!(bias.len() >= R && out.len() >= (R - 1) * stride + N * V::LANES);
    let (pixels, weight) = (&elements[at..], weight.as_ptr());
    let mut sums = [[V::splat(0.0); N]; R];
    for (row, sums) in sums.iter_mut().enumerate() {
        *sums = [V::splat(if add { 0.0 } else { bias[row] }); N];
    }
    for (at, &tap) in taps.iter().enumerate() {
        let mut right = [V::splat(0.0); N];
        for (vector, right) in right.iter_mut().enumerate() {
            // SAFETY: `N` vectors of pixels at the furthest tap, as was checked.
            *right = unsafe { V::load_at(pixels.as_ptr().add(tap + vector * V::LANES)) };
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: `R` rows of weights, as was checked.
            let left = V::splat(unsafe { *weight.add(row * weights + at) });
            for (sum, &right) in sums.iter_mut().zip(&right) {
                *sum = left.mul_add(right, *sum);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (vector, &sum) in sums.iter().enumerate() {
            // SAFETY: `R` rows of `N` vectors, as was checked.
            unsafe {
                let out = out.as_mut_ptr().add(row * stride + vector * V::LANES);
                let sum = if add { V::load_at(out) + sum } else { sum };
                sum.store_at(out);
            }
        }
    }
}

//! The forward convolution.

use std::arch::x86_64::*;

use super::Planes;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads;

/// Outputs and pixels of a tile: twelve registers of sums.
const ROWS: usize = 6;
const PIXELS: usize = 16;
/// Numbers that a task holds before it writes them: they stay in the second-level cache.
const HELD: usize = 32 << 10;

/// Convolves with `weight` `[outputs, taps]`: the result is `[N, outputs, H', W']`.
pub(super) fn convolve(
    planes: &Planes,
    weight: &[f32],
    bias: Option<&[f32]>,
    outputs: usize,
    [height, width]: [usize; 2],
) -> Tensor<f32> {
    let taps = planes.taps.len();
    let rows = (HELD / (outputs * planes.width)).clamp(1, height);
    let bands = height.div_ceil(rows);
    let cost = planes.images * height * width * outputs * taps;
    let bands_of_one = |image: usize, out: &mut [f32]| {
        // Pixels are counted through whole rows of the plane: those behind a row's end are
        // computed and dropped.
        let most = ((rows - 1) * planes.width + width).next_multiple_of(PIXELS);
        let mut held = Storage::stale(outputs * most);
        for band in 0..bands {
            let first = band * rows;
            let last = height.min(first + rows);
            let count = (last - first - 1) * planes.width + width;
            let start = image * planes.image + first * planes.width;
            for pixel in (0..count).step_by(PIXELS) {
                for output in (0..outputs).step_by(ROWS) {
                    let tile = match outputs - output {
                        1 => tile::<1>,
                        2 => tile::<2>,
                        3 => tile::<3>,
                        4 => tile::<4>,
                        5 => tile::<5>,
                        _ => tile::<ROWS>,
                    };
                    let held = &mut held[output * most + pixel..];
                    let weight = &weight[output * taps..];
                    // SAFETY: AVX2 and FMA were looked for before any plane was made.
                    unsafe { tile(planes, start + pixel, weight, held, most) };
                }
            }
            for (output, held) in held.chunks_exact(most).enumerate() {
                let bias = bias.map_or(0.0, |bias| bias[output]);
                let out = &mut out[output * height * width..][first * width..last * width];
                for (out, held) in out.chunks_exact_mut(width).zip(held.chunks(planes.width)) {
                    for (out, &y) in out.iter_mut().zip(held) {
                        *out = y + bias;
                    }
                }
            }
        }
    };
    Tensor::build([planes.images, outputs, height, width].into(), |out| {
        threads::chunks_mut(out, outputs * height * width, cost, bands_of_one);
    })
}

/// Sixteen pixels of `R` outputs.
#[target_feature(enable = "avx2,fma")]
fn tile<const R: usize>(
    planes: &Planes,
    place: usize,
    weight: &[f32],
    out: &mut [f32],
    stride: usize,
) {
    let taps = &planes.taps[..];
    assert!(place + planes.furthest + PIXELS <= planes.elements.len());
    assert!(weight.len() >= R * taps.len() && out.len() >= (R - 1) * stride + PIXELS);
    let (pixels, weight) = (&planes.elements[place..], weight.as_ptr());
    let mut sums = [[_mm256_setzero_ps(); 2]; R];
    for (at, &tap) in taps.iter().enumerate() {
        // SAFETY: sixteen pixels at the furthest tap, as was checked.
        let right = unsafe {
            let pixels = pixels.as_ptr().add(tap as usize);
            [_mm256_loadu_ps(pixels), _mm256_loadu_ps(pixels.add(8))]
        };
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: `R` rows of weights, as was checked.
            let left = _mm256_set1_ps(unsafe { *weight.add(row * taps.len() + at) });
            sums[0] = _mm256_fmadd_ps(left, right[0], sums[0]);
            sums[1] = _mm256_fmadd_ps(left, right[1], sums[1]);
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (half, &sum) in sums.iter().enumerate() {
            // SAFETY: `R` rows of sixteen, as was checked.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr().add(row * stride + half * 8), sum) };
        }
    }
}

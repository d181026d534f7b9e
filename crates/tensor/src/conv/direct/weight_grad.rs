//! The gradient with respect to the weight: for each output and tap, the product of the result's
//! gradient and the picture under that tap, summed over all pixels.

use std::arch::x86_64::*;

use super::Planes;
use crate::conv::Sizes;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads;

/// Outputs and taps of a tile: twelve registers of sums, each over every eighth pixel.
const OUTPUTS: usize = 2;
const TAPS: usize = 6;
/// Pixels of one output that are gone over at a time, so that what all taps read of the picture
/// stays in the caches.
const PIXELS: usize = 4096;
/// Tasks to aim at: each has some images, and sums of its own.
const TASKS: usize = 16;

pub(super) fn weight_grad(planes: &Planes, dy: &[f32], sizes: &Sizes) -> Tensor<f32> {
    let Sizes { images, c, o, output: [height, width], window, .. } = *sizes;
    let taps = planes.taps.len();
    let share = images.div_ceil(TASKS);
    let tasks = images.div_ceil(share);
    let rows = (PIXELS / width).clamp(1, height);
    let mut sums = Storage::stale(tasks * o * taps);
    let cost = images * height * width * o * taps;
    threads::chunks_mut(&mut sums, o * taps, cost, |task, sums| {
        sums.fill(0.0);
        for image in task * share..images.min((task + 1) * share) {
            for first in (0..height).step_by(rows) {
                let rows = rows.min(height - first);
                for output in (0..o).step_by(OUTPUTS) {
                    let start = ((image * o + output) * height + first) * width;
                    let band = Band {
                        x: &planes.elements[image * planes.image + first * planes.width..],
                        dy: &dy[start..],
                        rows,
                        width,
                        plane: height * width,
                        line: planes.width,
                    };
                    let sums = &mut sums[output * taps..];
                    let all = &planes.taps[..];
                    // SAFETY: AVX2 and FMA were looked for before any plane was made.
                    unsafe {
                        match o - output {
                            1 => band.tiles::<1>(all, sums),
                            _ => band.tiles::<OUTPUTS>(all, sums),
                        }
                    }
                }
            }
        }
    });
    let shape = [o, c, window.kernel[0], window.kernel[1]];
    Tensor::build(shape.into(), |out| {
        out.fill(0.0);
        for sums in sums.chunks_exact((o * taps).max(1)) {
            out.iter_mut().zip(sums).for_each(|(out, &sum)| *out += sum);
        }
    })
}

/// Some rows of an image, of the picture and of the result's gradient.
struct Band<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    rows: usize,
    width: usize,
    /// From one output of `dy` to the next.
    plane: usize,
    /// From one row of `x` to the next.
    line: usize,
}

impl Band<'_> {
    /// Adds the products of all taps and `O` outputs to `sums` `[O, taps]`.
    #[target_feature(enable = "avx2,fma")]
    fn tiles<const O: usize>(&self, taps: &[u32], sums: &mut [f32]) {
        for first in (0..taps.len()).step_by(TAPS) {
            let tile = match taps.len() - first {
                1 => Self::tile::<O, 1>,
                2 => Self::tile::<O, 2>,
                3 => Self::tile::<O, 3>,
                4 => Self::tile::<O, 4>,
                5 => Self::tile::<O, 5>,
                _ => Self::tile::<O, TAPS>,
            };
            tile(self, &taps[first..], &mut sums[first..], taps.len());
        }
    }

    #[target_feature(enable = "avx2,fma")]
    fn tile<const O: usize, const K: usize>(&self, taps: &[u32], out: &mut [f32], stride: usize) {
        let taps: &[u32; K] = taps[..K].try_into().expect("K taps");
        let furthest = taps.iter().max().copied().unwrap_or(0) as usize;
        let (rest, whole) = (self.width % 8, self.width - self.width % 8);
        assert!((self.rows - 1) * self.line + self.width + furthest <= self.x.len());
        assert!((O - 1) * self.plane + self.rows * self.width <= self.dy.len());
        let numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        let mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(rest as i32), numbers);
        let mut sums = [[_mm256_setzero_ps(); K]; O];
        for row in 0..self.rows {
            // SAFETY: `rows` rows of `width` pixels at each tap and output, as was checked; the
            // last vector of a row is read as far as it goes.
            unsafe {
                let x = self.x.as_ptr().add(row * self.line);
                let dy = self.dy.as_ptr().add(row * self.width);
                for pixel in (0..whole).step_by(8) {
                    let mut dys = [_mm256_setzero_ps(); O];
                    for (output, out) in dys.iter_mut().enumerate() {
                        *out = _mm256_loadu_ps(dy.add(output * self.plane + pixel));
                    }
                    for (tap, &offset) in taps.iter().enumerate() {
                        let x = _mm256_loadu_ps(x.add(offset as usize + pixel));
                        for (sums, &dy) in sums.iter_mut().zip(&dys) {
                            sums[tap] = _mm256_fmadd_ps(x, dy, sums[tap]);
                        }
                    }
                }
                if rest > 0 {
                    for (tap, &offset) in taps.iter().enumerate() {
                        let x = _mm256_maskload_ps(x.add(offset as usize + whole), mask);
                        for (output, sums) in sums.iter_mut().enumerate() {
                            let dy = dy.add(output * self.plane + whole);
                            let dy = _mm256_maskload_ps(dy, mask);
                            sums[tap] = _mm256_fmadd_ps(x, dy, sums[tap]);
                        }
                    }
                }
            }
        }
        for (output, sums) in sums.iter().enumerate() {
            for (tap, &sum) in sums.iter().enumerate() {
                let mut lanes = [0.0; 8];
                // SAFETY: eight lanes.
                unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), sum) };
                let [a, b, c, d, e, f, g, h] = lanes;
                out[output * stride + tap] += ((a + e) + (b + f)) + ((c + g) + (d + h));
            }
        }
    }
}

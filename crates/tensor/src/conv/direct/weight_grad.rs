//! The gradient with respect to the weight: for each output and tap, the product of the result's
//! gradient and the image under that tap, summed over all pixels.

use crate::conv::Sizes;
use crate::conv::planes::Planes;
use crate::simd::add_lanes;
use crate::simd::{F32x8, F32x16, Vector, prefetch};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads;

/// Taps of a tile of two outputs and of one of four: twelve or sixteen registers of sums, each over
/// every eighth or sixteenth pixel.
const TAPS_OF_TWO: usize = 6;
const TAPS_OF_FOUR: usize = 4;
/// Pixels of a tile's outputs that are gone over at a time, so that they and what all taps read of the
/// image stay in the caches.
const PIXELS: usize = 8192;
/// Tasks to aim at: each has some images, or some rows of one, and sums of its own.
const TASKS: usize = 16;

pub(super) fn weight_grad(planes: &Planes<f32>, dy: &[f32], sizes: &Sizes) -> Tensor<f32> {
    let Sizes { images, c, o, output: [height, width], window, .. } = *sizes;
    let places: Vec<usize> = planes.taps(c).collect();
    let taps = places.len();
    let share = images.div_ceil(TASKS);
    let tasks = images.div_ceil(share);
    let wide = crate::simd::avx512();
    let outputs = if wide { 4 } else { 2 };
    let pixels = PIXELS / outputs;
    let rows = (pixels / planes.width).clamp(1, height);
    let most = (rows * planes.width).next_multiple_of(F32x16::LANES);
    // Small images are gone over several at a time.
    let at_once = if rows == height { (pixels / most).clamp(1, share) } else { 1 };
    // From the first row of a task to the next one's.
    let strip = height.div_ceil(rows).div_ceil((TASKS / tasks).max(1)) * rows;
    let strips = height.div_ceil(strip);
    let mut sums = Storage::stale(tasks * strips * o * taps);
    let cost = images * height * width * o * taps;
    threads::chunks_mut(&mut sums, o * taps, cost, |task, sums| {
        sums.fill(0.0);
        let mut spread = Storage::stale(outputs * at_once * most);
        let (task, top) = (task / strips, task % strips * strip);
        let (own, bottom) = (task * share..images.min((task + 1) * share), height.min(top + strip));
        for image in own.clone().step_by(at_once) {
            let at_once = at_once.min(own.end - image);
            for first in (top..bottom).step_by(rows) {
                let rows = rows.min(bottom - first);
                for output in (0..o).step_by(outputs) {
                    let used = outputs.min(o - output);
                    for (place, spread) in spread.chunks_exact_mut(most).enumerate() {
                        let (output, image) = (output + place / at_once, image + place % at_once);
                        if place / at_once < used {
                            let start = ((image * o + output) * height + first) * width;
                            let lines = dy[start..start + rows * width].chunks_exact(width);
                            between_zeros(lines, width, planes.width, spread);
                            // The next outputs' rows are far away: the processor wouldn't guess it.
                            let next = start + outputs * height * width;
                            for at in (next..next + rows * width).step_by(16) {
                                prefetch(dy, at);
                            }
                        }
                    }
                    let band = Band {
                        x: &planes.elements()[image * planes.image + first * planes.width..],
                        dy: &spread,
                        images: at_once,
                        count: ((rows - 1) * planes.width + width).next_multiple_of(F32x16::LANES),
                        most,
                        image: planes.image,
                    };
                    let (taps, sums) = (&places[..], &mut sums[output * taps..]);
                    // SAFETY: `conv2d_weight_grad` has looked for AVX2 and FMA, and for more where
                    // it is used.
                    unsafe {
                        match (used, wide) {
                            (1, true) => band.wide_tiles::<1>(taps, sums),
                            (2, true) => band.wide_tiles::<2>(taps, sums),
                            (3, true) => band.wide_tiles::<3>(taps, sums),
                            (_, true) => band.wide_tiles::<4>(taps, sums),
                            (1, false) => band.narrow_tiles::<1>(taps, sums),
                            (_, false) => band.narrow_tiles::<2>(taps, sums),
                        }
                    }
                }
            }
        }
    });
    let shape = [o, c, window.kernel[0], window.kernel[1]];
    Tensor::build_or_raise(shape.into(), |out| {
        out.fill(0.0);
        for sums in sums.chunks_exact((o * taps).max(1)) {
            out.iter_mut().zip(sums).for_each(|(out, &sum)| *out += sum);
        }
    })
}

/// Writes the lines `step` apart, and zeros between and behind them.
fn between_zeros<'a>(
    lines: impl Iterator<Item = &'a [f32]>,
    width: usize,
    step: usize,
    out: &mut [f32],
) {
    let mut end = 0;
    for (line, out) in lines.zip(out.chunks_mut(step)) {
        let (inside, gap) = out.split_at_mut(width);
        inside.copy_from_slice(line);
        gap.fill(0.0);
        end += step;
    }
    if let Some(rest) = out.get_mut(end..) {
        rest.fill(0.0);
    }
}

/// Some rows of the images of some images and of the results' gradients. The gradients' rows are as
/// far apart as the images', with zeros between them, so that all of an image are one row.
struct Band<'a> {
    x: &'a [f32],
    dy: &'a [f32],
    images: usize,
    /// Pixels of an image's row, whole vectors.
    count: usize,
    /// From one image of `dy` to the next; its outputs are `images · most` apart.
    most: usize,
    /// From one image of `x` to the next.
    image: usize,
}

impl Band<'_> {
    #[target_feature(enable = "avx2,fma")]
    fn narrow_tiles<const O: usize>(&self, taps: &[usize], sums: &mut [f32]) {
        for first in (0..taps.len()).step_by(TAPS_OF_TWO) {
            let (all, taps, sums) = (taps.len(), &taps[first..], &mut sums[first..]);
            match taps.len() {
                1 => self.tile::<F32x8, 8, O, 1>(taps, sums, all),
                2 => self.tile::<F32x8, 8, O, 2>(taps, sums, all),
                3 => self.tile::<F32x8, 8, O, 3>(taps, sums, all),
                4 => self.tile::<F32x8, 8, O, 4>(taps, sums, all),
                5 => self.tile::<F32x8, 8, O, 5>(taps, sums, all),
                _ => self.tile::<F32x8, 8, O, TAPS_OF_TWO>(taps, sums, all),
            }
        }
    }

    #[target_feature(enable = "avx512f,avx2,fma")]
    fn wide_tiles<const O: usize>(&self, taps: &[usize], sums: &mut [f32]) {
        for first in (0..taps.len()).step_by(TAPS_OF_FOUR) {
            let (all, taps, sums) = (taps.len(), &taps[first..], &mut sums[first..]);
            match taps.len() {
                1 => self.tile::<F32x16, 16, O, 1>(taps, sums, all),
                2 => self.tile::<F32x16, 16, O, 2>(taps, sums, all),
                3 => self.tile::<F32x16, 16, O, 3>(taps, sums, all),
                _ => self.tile::<F32x16, 16, O, TAPS_OF_FOUR>(taps, sums, all),
            }
        }
    }

    /// `L` is the number of lanes.
    #[inline(always)]
    fn tile<V: Vector<Element = f32>, const L: usize, const O: usize, const K: usize>(
        &self,
        taps: &[usize],
        out: &mut [f32],
        stride: usize,
    ) {
        let taps: &[usize; K] = taps[..K].try_into().expect("K taps");
        let furthest = taps.iter().max().copied().unwrap_or(0);
        let last = self.images - 1;
        assert!(self.count.is_multiple_of(L) && self.count <= self.most);
        assert!(last * self.image + self.count + furthest <= self.x.len());
        let step = self.images * self.most;
        assert!(O * step <= self.dy.len());
        let mut sums = [[V::splat(0.0); O]; K];
        for image in 0..self.images {
            let x = self.x.as_ptr().wrapping_add(image * self.image);
            let dy = self.dy.as_ptr().wrapping_add(image * self.most);
            for pixel in (0..self.count).step_by(L) {
                let mut dys = [V::splat(0.0); O];
                for (output, out) in dys.iter_mut().enumerate() {
                    // SAFETY: `count` pixels of each image of `O` outputs, as was checked.
                    *out = unsafe { V::load_at(dy.add(output * step + pixel)) };
                }
                for (sums, &offset) in sums.iter_mut().zip(taps) {
                    // SAFETY: `count` pixels at the furthest tap, as was checked.
                    let x = unsafe { V::load_at(x.add(offset + pixel)) };
                    for (sum, &dy) in sums.iter_mut().zip(&dys) {
                        *sum = x.mul_add(dy, *sum);
                    }
                }
            }
        }
        let mut totals = [[[0.0; L]; O]; K];
        for (sum, lanes) in sums.iter().flatten().zip(totals.as_flattened_mut()) {
            // SAFETY: `L` lanes.
            unsafe { sum.store_at(lanes.as_mut_ptr()) };
        }
        for (tap, totals) in totals.into_iter().enumerate() {
            for (output, lanes) in totals.into_iter().enumerate() {
                out[output * stride + tap] += add_lanes(lanes);
            }
        }
    }
}

//! Average pooling: `y = mean over the window of x`; the gradient is spread evenly.

use super::{covered, pool2d_shape};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::memory;
use crate::polyphase::{LANES, Split, planes_of_a_task};
use crate::reduce::sum_slice;
use crate::shape::Shape;
use crate::simd::vectorized;
use crate::tensor::Tensor;
use crate::threads;
use crate::window::Window;

/// Windows of more pixels than this are summed one by one: going tap by tap pays for small ones.
const LARGE: usize = 64;

/// The mean of each window of images `[N, C, H, W]`. With `count_include_pad` (PyTorch's default)
/// a window at the border counts the padding as zeros; without, it is the mean of the pixels
/// alone.
///
/// # Errors
/// When the window doesn't fit.
pub fn avg_pool2d<T: Float>(
    x: &Tensor<T>,
    window: &Window,
    count_include_pad: bool,
) -> Result<Tensor<T>> {
    let shape = pool2d_shape(x.shape(), window).map_err(|e| e.operation("avg_pool2d"))?;
    if shape.numel() == 0 {
        return Tensor::try_full(shape, T::ZERO);
    }
    let image = [x.shape()[2], x.shape()[3]];
    let out = [shape[2], shape[3]];
    let (plane, out_plane) = (image[0] * image[1], out[0] * out[1]);
    let divisors = divisors(window, image, out, count_include_pad);
    let elements = x.as_slice();
    let taps = window.kernel[0].saturating_mul(window.kernel[1]);
    let planes = planes_of_a_task(image);
    Tensor::build(shape, |y| {
        let chunk = planes * out_plane;
        let cost = y.len().saturating_mul(taps.min(plane));
        threads::chunks_mut(y, chunk, cost, |index, y| {
            let planes = y.len() / out_plane;
            let pixels = &elements[index * chunk / out_plane * plane..][..planes * plane];
            if taps <= LARGE {
                small_windows(pixels, window, image, out, y);
            } else {
                for (pixels, y) in pixels.chunks(plane).zip(y.chunks_mut(out_plane)) {
                    large_windows(pixels, window, image, out, y);
                }
            }
            for y in y.chunks_mut(out_plane) {
                y.iter_mut().zip(&divisors).for_each(|(y, &divisor)| *y /= divisor);
            }
        });
    })
}

/// By what the sum of each window of a plane is divided.
fn divisors<T: Float>(
    window: &Window,
    image: [usize; 2],
    out: [usize; 2],
    count_include_pad: bool,
) -> Vec<T> {
    let [rows, columns] = [0, 1].map(|axis| -> Vec<f64> {
        let count = |index| match count_include_pad {
            true => window.kernel[axis],
            false => covered(window, axis, index, image[axis]).count(),
        };
        (0..out[axis]).map(|index| count(index) as f64).collect()
    });
    rows.iter().flat_map(|&row| columns.iter().map(move |&column| T::of(row * column))).collect()
}

/// The sums of all windows of some planes, tap by tap.
fn small_windows<T: Float>(
    pixels: &[T],
    window: &Window,
    image: [usize; 2],
    out: [usize; 2],
    sums: &mut [T],
) {
    let split = Split::new(window, image, out, sums.len() / (out[0] * out[1]));
    let mut parts = split.parts(T::ZERO);
    split.split(pixels, &mut parts);
    let mut all = memory::filled(T::ZERO, split.places());
    add_taps(&mut all, &parts, &split.taps);
    for (row, sums) in sums.chunks_mut(out[1]).enumerate() {
        sums.copy_from_slice(&all[split.row(row / out[0], row % out[0], out[1])]);
    }
}

vectorized! {
    /// For each place, the sum of the elements under all taps.
    fn add_taps<T: Float>(sums: &mut [T], parts: &[T], taps: &[usize]) {
        for (group, sums) in sums.chunks_exact_mut(LANES).enumerate() {
            let mut sum = [T::ZERO; LANES];
            for start in taps {
                let x = &parts[start + group * LANES..][..LANES];
                sum.iter_mut().zip(x).for_each(|(sum, &x)| *sum += x);
            }
            sums.copy_from_slice(&sum);
        }
    }
}

/// The sums of the windows of a plane, one by one.
fn large_windows<T: Float>(
    pixels: &[T],
    window: &Window,
    image: [usize; 2],
    out: [usize; 2],
    sums: &mut [T],
) {
    for (place, sum) in sums.iter_mut().enumerate() {
        let columns = covered(window, 1, place % out[1], image[1]);
        *sum = T::ZERO;
        for row in covered(window, 0, place / out[1], image[0]) {
            let pixels = &pixels[row * image[1]..][..image[1]];
            *sum += match (window.dilation[1], columns.clone().next()) {
                (1, Some(first)) => sum_slice(&pixels[first..][..columns.clone().count()]),
                _ => columns.clone().map(|column| pixels[column]).sum(),
            };
        }
    }
}

/// The gradient with respect to the input of shape `x`: each `dy` is spread evenly over its
/// window.
///
/// # Errors
/// When the shapes don't fit.
pub fn avg_pool2d_grad<T: Float>(
    dy: &Tensor<T>,
    x: Shape,
    window: &Window,
    count_include_pad: bool,
) -> Result<Tensor<T>> {
    let shape = pool2d_shape(x, window).map_err(|e| e.operation("avg_pool2d_grad"))?;
    if dy.shape() != shape {
        return Err(Error::shape(format!("dy {} should be {shape}", dy.shape()))
            .operation("avg_pool2d_grad"));
    }
    if shape.numel() == 0 {
        return Tensor::try_full(x, T::ZERO);
    }
    let image = [x[2], x[3]];
    let out = [shape[2], shape[3]];
    let (plane, out_plane) = (image[0] * image[1], out[0] * out[1]);
    let divisors = divisors(window, image, out, count_include_pad);
    let dy = dy.as_slice();
    let taps = window.kernel[0].saturating_mul(window.kernel[1]);
    Tensor::build(x, |dx| {
        let chunk = planes_of_a_task(image) * plane;
        let cost = dx.len().max(shape.numel().saturating_mul(taps.min(plane)));
        threads::chunks_mut(dx, chunk, cost, |index, dx| {
            let dy = &dy[index * chunk / plane * out_plane..][..dx.len() / plane * out_plane];
            let divisors = divisors.iter().cycle();
            let shares: Vec<T> = dy.iter().zip(divisors).map(|(&dy, &by)| dy / by).collect();
            if taps <= LARGE {
                small_windows_grad(&shares, window, image, out, dx);
            } else {
                for (shares, dx) in shares.chunks(out_plane).zip(dx.chunks_mut(plane)) {
                    large_windows_grad(shares, window, image, out, dx);
                }
            }
        });
    })
}

/// Adds the share of each window of some planes to its pixels, tap by tap.
fn small_windows_grad<T: Float>(
    shares: &[T],
    window: &Window,
    image: [usize; 2],
    out: [usize; 2],
    dx: &mut [T],
) {
    let split = Split::new(window, image, out, shares.len() / (out[0] * out[1]));
    let mut all = memory::filled(T::ZERO, split.places());
    for (row, shares) in shares.chunks(out[1]).enumerate() {
        all[split.row(row / out[0], row % out[0], out[1])].copy_from_slice(shares);
    }
    let mut parts = split.parts(T::ZERO);
    spread_taps(&mut parts, &all, &split.taps);
    split.join(&parts, dx);
}

vectorized! {
    /// Adds each share to the places of all taps.
    fn spread_taps<T: Float>(parts: &mut [T], shares: &[T], taps: &[usize]) {
        for &start in taps {
            parts[start..].iter_mut().zip(shares).for_each(|(sum, &share)| *sum += share);
        }
    }
}

/// Adds the share of each window of a plane to its pixels, window by window.
fn large_windows_grad<T: Float>(
    shares: &[T],
    window: &Window,
    image: [usize; 2],
    out: [usize; 2],
    dx: &mut [T],
) {
    dx.fill(T::ZERO);
    for (place, &share) in shares.iter().enumerate() {
        let columns = covered(window, 1, place % out[1], image[1]);
        for row in covered(window, 0, place / out[1], image[0]) {
            for column in columns.clone() {
                dx[row * image[1] + column] += share;
            }
        }
    }
}

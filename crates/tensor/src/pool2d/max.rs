//! Max pooling: `y = max over the window of x`; the gradient goes to the element that won.
#![allow(
    unsafe_code,
    reason = "kernels for an instruction set are called where the machine has it"
)]

#[cfg(target_arch = "x86_64")]
use super::two_apart::TwoApart;
use super::{covered, pool2d_shape};
#[cfg(target_arch = "x86_64")]
use crate::downcast;
use crate::element::{Float, is_nan};
use crate::error::{Error, Result};
use crate::memory;
use crate::polyphase::{LANES, Split, planes_of_a_task};
use crate::shape::Shape;
use crate::simd::vectorized;
use crate::tensor::Tensor;
use crate::threads;
use crate::window::Window;

/// The result of a [max pooling](max_pool2d).
///
/// ```
/// use plywood_tensor::{MaxPooled, Tensor, Window, max_pool2d};
///
/// let x = Tensor::from([[[[1.0, 5.0, 2.0, 4.0]]]]); // [N, C, H, W]: one row of four pixels
/// let window = Window { stride: [1, 2], ..Window::new([1, 2]) };
/// let MaxPooled { values, .. } = max_pool2d(&x, &window)?;
/// assert_eq!(values, Tensor::from([[[[5.0, 4.0]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MaxPooled<T: Float> {
    /// The largest elements, `[N, C, H', W']`.
    pub values: Tensor<T>,
    /// Where each of them was, for the gradient.
    pub places: MaxPlaces,
}

/// Where the winners of a max pooling were.
///
/// ```
/// use plywood_tensor::{Tensor, Window, max_pool2d, max_pool2d_grad};
///
/// let x = Tensor::from([[[[1.0, 5.0, 2.0, 4.0]]]]); // [N, C, H, W]: one row of four pixels
/// let window = Window { stride: [1, 2], ..Window::new([1, 2]) };
/// let places = max_pool2d(&x, &window)?.places;
/// let dx = max_pool2d_grad(&Tensor::from([[[[10.0, 20.0]]]]), &places)?;
/// assert_eq!(dx, Tensor::from([[[[0.0, 10.0, 0.0, 20.0]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MaxPlaces {
    window: Window,
    input: Shape,
    places: Places,
}

#[derive(Clone, Debug)]
enum Places {
    /// Which tap of its window has won, counted in rows: one byte for windows of at most
    /// [`MOST_TAPS`].
    Taps(Tensor<u8>),
    /// Which pixel of its plane has won.
    Pixels(Tensor<u32>),
}

/// Stands for none.
const NO_TAP: u8 = u8::MAX;
const MOST_TAPS: usize = NO_TAP as usize;

/// The largest element of each window of images `[N, C, H, W]`; the first of several equal ones,
/// and NaN if there is one, as in PyTorch.
///
/// # Errors
/// When the window doesn't fit.
pub fn max_pool2d<T: Float>(x: &Tensor<T>, window: &Window) -> Result<MaxPooled<T>> {
    let shape = pool2d_shape(x.shape(), window).map_err(|e| e.operation("max_pool2d"))?;
    let input = x.shape();
    let taps = window.kernel[0].saturating_mul(window.kernel[1]);
    let (values, places) = if shape.numel() == 0 {
        // Planes that nobody looks at may be of any size.
        (Tensor::try_full(shape, T::ZERO)?, Places::Taps(Tensor::try_full(shape, 0)?))
    } else if taps <= MOST_TAPS {
        let (values, taps) = small_windows(x, window, shape)?;
        (values, Places::Taps(taps))
    } else if u32::try_from(input[2] * input[3]).is_ok() {
        let (values, pixels) = large_windows(x, window, shape)?;
        (values, Places::Pixels(pixels))
    } else {
        return Err(Error::shape(format!("input {input} has planes of more than 2³² pixels"))
            .operation("max_pool2d"));
    };
    Ok(MaxPooled { values, places: MaxPlaces { window: *window, input, places } })
}

fn small_windows<T: Float>(
    x: &Tensor<T>,
    window: &Window,
    shape: Shape,
) -> Result<(Tensor<T>, Tensor<u8>)> {
    let image = [x.shape()[2], x.shape()[3]];
    let out = [shape[2], shape[3]];
    let (plane, out_plane) = (image[0] * image[1], out[0] * out[1]);
    let planes = planes_of_a_task(image);
    let cost = shape.numel() * window.kernel[0] * window.kernel[1];
    let chunk = planes * out_plane;
    #[cfg(target_arch = "x86_64")]
    if let Some(x) = downcast::to_f32(x)
        && let Some((pooling, forward, _)) = TwoApart::new(window, image, out)
    {
        let (values, taps) = Tensor::build_two(shape, |values, taps| {
            threads::chunks_of_two_mut(values, taps, [chunk; 2], cost, |index, values, taps| {
                let x = x.as_slice()[index * planes * plane..].chunks(plane);
                let results = values.chunks_mut(out_plane).zip(taps.chunks_mut(out_plane));
                for (x, (values, taps)) in x.zip(results) {
                    // SAFETY: the kernel was chosen for this machine.
                    unsafe { forward(&pooling, x, values, taps) };
                }
            });
        })?;
        return Ok((downcast::from_f32(values), taps));
    }
    let elements = x.as_slice();
    Tensor::build_two(shape, |values, taps| {
        threads::chunks_of_two_mut(values, taps, [chunk; 2], cost, |index, values, taps| {
            let planes = values.len() / out_plane;
            let split = Split::new(window, image, out, planes);
            let mut parts = split.parts(T::NEG_INFINITY);
            split.split(
                &elements[index * chunk / out_plane * plane..][..planes * plane],
                &mut parts,
            );
            let mut best = memory::filled(T::ZERO, split.places());
            let mut winners = memory::filled(0, split.places());
            keep_largest(&mut best, &mut winners, &parts, &split.taps);
            let rows = values.chunks_mut(out[1]).zip(taps.chunks_mut(out[1]));
            for (row, (values, taps)) in rows.enumerate() {
                let (plane, row) = (row / out[0], row % out[0]);
                let from = split.row(plane, row, out[1]);
                values.copy_from_slice(&best[from.clone()]);
                taps.iter_mut().zip(&winners[from]).for_each(|(tap, &won)| *tap = won as u8);
                if taps.contains(&NO_TAP) {
                    first_of_equals(taps, window, image, row);
                }
            }
        });
    })
}

vectorized! {
    /// For each place, the largest element under all taps, and the tap that it was under: the first
    /// that was larger than all before, [`NO_TAP`] if all are −∞.
    fn keep_largest<T: Float>(best: &mut [T], winners: &mut [u32], parts: &[T], taps: &[usize]) {
        let groups = best.chunks_exact_mut(LANES).zip(winners.chunks_exact_mut(LANES));
        for (group, (best, winners)) in groups.enumerate() {
            let mut largest = [T::NEG_INFINITY; LANES];
            let mut winner = [u32::from(NO_TAP); LANES];
            for (tap, start) in taps.iter().enumerate() {
                let x = &parts[start + group * LANES..][..LANES];
                for lane in 0..LANES {
                    let wins = (x[lane] > largest[lane]) | is_nan(x[lane]);
                    largest[lane] = if wins { x[lane] } else { largest[lane] };
                    winner[lane] = if wins { tap as u32 } else { winner[lane] };
                }
            }
            best.copy_from_slice(&largest);
            winners.copy_from_slice(&winner);
        }
    }
}

/// Windows of nothing but −∞ are won by their first pixel.
fn first_of_equals(taps: &mut [u8], window: &Window, image: [usize; 2], row: usize) {
    let tap = |axis: usize, index: usize| {
        let pixel = covered(window, axis, index, image[axis]).next();
        let pixel = pixel.expect("padding is at most half of the window");
        (pixel + window.padding[axis] - index * window.stride[axis]) / window.dilation[axis]
    };
    for (column, place) in taps.iter_mut().enumerate().filter(|(_, tap)| **tap == NO_TAP) {
        *place = (tap(0, row) * window.kernel[1] + tap(1, column)) as u8;
    }
}

fn large_windows<T: Float>(
    x: &Tensor<T>,
    window: &Window,
    shape: Shape,
) -> Result<(Tensor<T>, Tensor<u32>)> {
    let [height, width] = [x.shape()[2], x.shape()[3]];
    let [out_h, out_w] = [shape[2], shape[3]];
    let elements = x.as_slice();
    let cost = window.kernel.iter().fold(shape.numel(), |cost, &taps| cost.saturating_mul(taps));
    Tensor::build_two(shape, |values, pixels| {
        let chunk = out_h * out_w;
        threads::chunks_of_two_mut(values, pixels, [chunk; 2], cost, |index, values, pixels| {
            let image = &elements[index * height * width..][..height * width];
            for (place, (value, pixel)) in values.iter_mut().zip(pixels).enumerate() {
                let rows = covered(window, 0, place / out_w, height);
                let columns = covered(window, 1, place % out_w, width);
                *pixel = winner(image, width, rows, columns);
                *value = image[*pixel as usize];
            }
        });
    })
}

fn winner<T: Float>(
    image: &[T],
    width: usize,
    rows: impl Iterator<Item = usize>,
    columns: impl Iterator<Item = usize> + Clone,
) -> u32 {
    let (mut best, mut place) = (T::NEG_INFINITY, None);
    for row in rows {
        for column in columns.clone() {
            let here = row * width + column;
            let x = image[here];
            // Not `x <= best`: a NaN wins, and so does the first of a window of −∞.
            if place.is_none() || x > best || is_nan(x) {
                (best, place) = (x, Some(here));
            }
        }
    }
    place.expect("padding is at most half of the window") as u32
}

/// The gradient with respect to the input: each `dy` goes to the place that won; where windows
/// overlap, they add up.
///
/// # Errors
/// When `dy` has not the shape of the pooling's result.
pub fn max_pool2d_grad<T: Float>(dy: &Tensor<T>, places: &MaxPlaces) -> Result<Tensor<T>> {
    let MaxPlaces { window, input, places } = places;
    let shape = match places {
        Places::Taps(taps) => taps.shape(),
        Places::Pixels(pixels) => pixels.shape(),
    };
    if dy.shape() != shape {
        return Err(Error::shape(format!("dy {} should be {shape}", dy.shape()))
            .operation("max_pool2d_grad"));
    }
    if dy.numel() == 0 {
        return Tensor::try_full(*input, T::ZERO);
    }
    let image = [input[2], input[3]];
    let out = [shape[2], shape[3]];
    let (plane, out_plane) = (image[0] * image[1], out[0] * out[1]);
    let cost = window.kernel.iter().fold(dy.numel(), |cost, &taps| cost.saturating_mul(taps));
    #[cfg(target_arch = "x86_64")]
    if let (Places::Taps(taps), Some(dy)) = (places, downcast::to_f32(dy))
        && let Some((pooling, _, backward)) = TwoApart::new(window, image, out)
    {
        let dx = Tensor::build(*input, |dx| {
            let planes = planes_of_a_task(image);
            threads::chunks_mut(dx, planes * plane, cost, |index, dx| {
                let first = index * planes * out_plane;
                let dy = dy.as_slice()[first..].chunks(out_plane);
                let taps = taps.as_slice()[first..].chunks(out_plane);
                for ((dy, taps), dx) in dy.zip(taps).zip(dx.chunks_mut(plane)) {
                    // SAFETY: the kernel was chosen for this machine.
                    unsafe { backward(&pooling, dy, taps, dx) };
                }
            });
        })?;
        return Ok(downcast::from_f32(dx));
    }
    let dy = dy.as_slice();
    Tensor::build(*input, |dx| match places {
        Places::Taps(taps) => {
            let chunk = planes_of_a_task(image) * plane;
            threads::chunks_mut(dx, chunk, cost, |index, dx| {
                let planes = dx.len() / plane;
                let first = index * chunk / plane * out_plane;
                let split = Split::new(window, image, out, planes);
                let mut gradients = memory::filled(T::ZERO, split.places());
                let mut winners = memory::filled(u32::from(NO_TAP), split.places());
                for row in 0..planes * out[0] {
                    let to = split.row(row / out[0], row % out[0], out[1]);
                    let start = first + row * out[1];
                    gradients[to.clone()].copy_from_slice(&dy[start..][..out[1]]);
                    let taps = &taps.as_slice()[start..];
                    winners[to].iter_mut().zip(taps).for_each(|(to, &tap)| *to = u32::from(tap));
                }
                let mut parts = split.parts(T::ZERO);
                give_to_winners(&mut parts, &split.taps, &gradients, &winners);
                split.join(&parts, dx);
            });
        }
        Places::Pixels(pixels) => threads::chunks_mut(dx, plane, cost, |index, dx| {
            dx.fill(T::ZERO);
            let start = index * out_plane;
            for (&dy, &pixel) in dy[start..][..out_plane].iter().zip(&pixels.as_slice()[start..]) {
                dx[pixel as usize] += dy;
            }
        }),
    })
}

vectorized! {
    /// Adds each gradient to the place that its winner has in the parts.
    fn give_to_winners<T: Float>(parts: &mut [T], taps: &[usize], dy: &[T], winners: &[u32]) {
        for (tap, &start) in taps.iter().enumerate() {
            let sums = parts[start..].iter_mut().zip(dy).zip(winners);
            for ((sum, &dy), &winner) in sums {
                *sum += if winner == tap as u32 { dy } else { T::ZERO };
            }
        }
    }
}

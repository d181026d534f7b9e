//! Max pooling: `y = max over the window of x`; the gradient goes to the element that won.

use super::{covered, pool2d_shape};
use crate::element::{Float, is_nan};
use crate::error::{Error, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::threads;
use crate::window::{Window, nchw};

/// The result of a [max pooling](max_pool2d).
#[derive(Clone, Debug)]
pub struct MaxPooled<T: Float> {
    /// The largest elements, `[N, C, H', W']`.
    pub values: Tensor<T>,
    /// Where in its plane of `H · W` pixels each of them was.
    pub places: Tensor<u32>,
}

/// The largest element of each window of images `[N, C, H, W]`; the first of several equal ones,
/// and NaN if there is one, as in PyTorch.
///
/// # Errors
/// When the window doesn't fit.
pub fn max_pool2d<T: Float>(x: &Tensor<T>, window: &Window) -> Result<MaxPooled<T>> {
    let shape = pool2d_shape(x.shape(), window).map_err(|e| e.operation("max_pool2d"))?;
    let [height, width] = [x.shape()[2], x.shape()[3]];
    let [out_h, out_w] = [shape[2], shape[3]];
    let (plane, out_plane) = (height * width, out_h * out_w);
    if u32::try_from(plane).is_err() {
        return Err(Error::shape(format!(
            "input {} has planes of more than 2³² pixels",
            x.shape()
        ))
        .operation("max_pool2d"));
    }
    let elements = x.as_slice();
    let cost = shape.numel() * window.kernel[0] * window.kernel[1];
    let places = Tensor::build(shape, |out| {
        threads::chunks_mut(out, out_plane, cost, |index, out| {
            let image = &elements[index * plane..][..plane];
            for (row, out) in out.chunks_mut(out_w).enumerate() {
                let rows = covered(window, 0, row, height);
                for (column, out) in out.iter_mut().enumerate() {
                    *out = winner(image, width, rows.clone(), covered(window, 1, column, width));
                }
            }
        });
    });
    let winners = places.as_slice();
    let values = Tensor::build(shape, |out| {
        threads::chunks_mut(out, out_plane, winners.len(), |index, out| {
            let image = &elements[index * plane..][..plane];
            for (out, &place) in out.iter_mut().zip(&winners[index * out_plane..]) {
                *out = image[place as usize];
            }
        });
    });
    Ok(MaxPooled { values, places })
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

/// The gradient with respect to the input of shape `x`: each `dy` goes to the place that won;
/// where windows overlap, they add up.
///
/// # Errors
/// When `dy` has not the shape of `places`, or they don't belong to such an input.
pub fn max_pool2d_grad<T: Float>(
    dy: &Tensor<T>,
    places: &Tensor<u32>,
    x: Shape,
) -> Result<Tensor<T>> {
    let [plane, out_plane] =
        check_gradient(dy.shape(), places, x).map_err(|e| e.operation("max_pool2d_grad"))?;
    let (dy, places) = (dy.as_slice(), places.as_slice());
    Ok(Tensor::build(x, |out| {
        let cost = out.len();
        threads::chunks_mut(out, plane, cost, |index, out| {
            out.fill(T::ZERO);
            let start = index * out_plane;
            for (&dy, &place) in dy[start..][..out_plane].iter().zip(&places[start..]) {
                out[place as usize] += dy;
            }
        });
    }))
}

/// The pixels of a plane of the input and of the result.
fn check_gradient(dy: Shape, places: &Tensor<u32>, x: Shape) -> Result<[usize; 2]> {
    if dy != places.shape() {
        return Err(Error::shape(format!("dy {dy} should be {}, as the places", places.shape())));
    }
    let [_, _, height, width] = nchw(x)?;
    let [_, _, out_h, out_w] = nchw(dy)?;
    if dy[..2] != x[..2] {
        return Err(Error::shape(format!(
            "dy {dy} has other images or channels than the input {x}"
        )));
    }
    let plane = height * width;
    let largest = places.as_slice().iter().copied().max();
    match largest {
        Some(place) if place as usize >= plane => Err(Error::index(format!(
            "place {place} is outside the planes of {plane} pixels of the input {x}"
        ))),
        _ => Ok([plane, out_h * out_w]),
    }
}

//! The forward convolution.

use super::{Conv2dOptions, Sizes, conv2d_shape};
use crate::element::Float;
use crate::error::Result;
use crate::gemm::{self, Bias, Matrix, Offsets, Output};
use crate::tensor::Tensor;
use crate::window::pad;

/// Convolves images `x` `[N, C, H, W]` with `weight` `[O, C / groups, KH, KW]` and adds `bias`
/// `[O]`: the result is `[N, O, H', W']`.
///
/// ```
/// use plywood_tensor::{Conv2dOptions, Tensor, conv2d};
///
/// let picture = Tensor::ones([1, 3, 256, 256]);
/// let weight = Tensor::ones([64, 3, 3, 3]);
/// let padded = Conv2dOptions { padding: [1, 1], ..Default::default() };
/// assert_eq!(conv2d(&picture, &weight, None, &padded)?.shape(), [1, 64, 256, 256].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the shapes don't fit.
pub fn conv2d<T: Float>(
    x: &Tensor<T>,
    weight: &Tensor<T>,
    bias: Option<&Tensor<T>>,
    options: &Conv2dOptions,
) -> Result<Tensor<T>> {
    let (shape, _) = conv2d_shape(x.shape(), weight.shape(), bias.map(Tensor::shape), options)?;
    let sizes = Sizes::new(x.shape(), weight.shape(), options)?;
    if super::depthwise::suits(&sizes) {
        return Ok(super::depthwise::conv2d(x, weight, bias, &sizes));
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(y) = super::winograd::conv2d(x, weight, bias, &sizes, options) {
        return Ok(y);
    }
    #[cfg(target_arch = "x86_64")]
    if let Some(y) = super::direct::conv2d(x, weight, bias, &sizes) {
        return Ok(y);
    }
    let Sizes { images, groups, c, o, output, window, .. } = sizes;
    let padded = pad(x, window.padding, window.padding, T::ZERO)?;
    let taps = c * window.kernel[0] * window.kernel[1];
    let pixels = output[0] * output[1];
    Ok(Tensor::build(shape, |out| {
        for group in 0..groups {
            let w = Matrix {
                elements: &weight.as_slice()[group * o * taps..],
                lines: Offsets::strided(o, taps),
                depth: Offsets::strided(taps, 1),
            };
            let columns = columns(&padded, &sizes, group);
            let bias = bias.map_or(Bias::None, |bias| Bias::Rows(&bias.as_slice()[group * o..]));
            let out = Output::new(
                out.get_mut(group * o * pixels..).unwrap_or_default(),
                Offsets::strided(o, pixels),
                Offsets::grid([1, images, pixels], [0, groups * o * pixels, 1]),
            );
            gemm::multiply(&w, &columns, bias, &out);
        }
    }))
}

/// im2col of one group of a padded input: a line for each pixel of the output, through all
/// images, a depth for each tap of the window.
pub(super) fn columns<'a, T: Float>(
    padded: &'a Tensor<T>,
    sizes: &Sizes,
    group: usize,
) -> Matrix<'a, T> {
    let Sizes { images, groups, c, output, window, .. } = *sizes;
    let [height, width] = [padded.shape()[2], padded.shape()[3]];
    let plane = height * width;
    Matrix {
        elements: padded.as_slice().get(group * c * plane..).unwrap_or_default(),
        lines: Offsets::grid(
            [images, output[0], output[1]],
            [groups * c * plane, window.stride[0] * width, window.stride[1]],
        ),
        depth: Offsets::grid(
            [c, window.kernel[0], window.kernel[1]],
            [plane, window.dilation[0] * width, window.dilation[1]],
        ),
    }
}

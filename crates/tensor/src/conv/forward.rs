//! The forward convolution.

use super::planes::Planes;
use super::{Conv2dOptions, Sizes, conv2d_shape};
use crate::element::Float;
use crate::error::Result;
use crate::gemm::{self, Bias, Matrix, Offsets, Output};
use crate::memory;
use crate::tensor::Tensor;

/// Convolves images `x` `[N, C, H, W]` with `weight` `[O, C / groups, KH, KW]` and adds `bias`
/// `[O]`: the result is `[N, O, H', W']`.
///
/// ```
/// use plywood_tensor::{Conv2dOptions, Tensor, conv2d};
///
/// let image = Tensor::ones([1, 3, 256, 256]);
/// let weight = Tensor::ones([64, 3, 3, 3]);
/// let padded = Conv2dOptions { padding: [1, 1], ..Default::default() };
/// assert_eq!(conv2d(&image, &weight, None, &padded)?.shape(), [1, 64, 256, 256].into());
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
    if shape.numel() == 0 {
        return Tensor::try_full(shape, T::ZERO);
    }
    memory::guard(|| {
        memory::possible(shape.numel(), size_of::<T>())?;
        if super::depthwise::suits(&sizes) {
            return Ok(super::depthwise::conv2d(x, weight, bias, &sizes));
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(y) = super::winograd::conv2d(x, weight, bias, &sizes, options) {
            return Ok(y);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(y) = super::across::conv2d(x, weight, bias, &sizes) {
            return Ok(y);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(y) = super::direct::conv2d(x, weight, bias, &sizes) {
            return Ok(y);
        }
        let Sizes { images, groups, c, o, output, window, .. } = sizes;
        let planes = Planes::new(x, &sizes).map_err(|error| error.operation("conv2d"))?;
        let taps = c * window.kernel[0] * window.kernel[1];
        let pixels = output[0] * output[1];
        Tensor::build(shape, |out| {
            for group in 0..groups {
                let w = Matrix {
                    elements: &weight.as_slice()[group * o * taps..],
                    lines: Offsets::strided(o, taps),
                    depth: Offsets::strided(taps, 1),
                };
                let columns = planes.columns(c, group, output);
                let bias =
                    bias.map_or(Bias::None, |bias| Bias::Rows(&bias.as_slice()[group * o..]));
                let out = Output::new(
                    out.get_mut(group * o * pixels..).unwrap_or_default(),
                    Offsets::strided(o, pixels),
                    Offsets::grid([1, images, pixels], [0, groups * o * pixels, 1]),
                );
                gemm::multiply(&w, &columns, bias, &out);
            }
        })
    })
    .map_err(|error| error.operation("conv2d"))
}

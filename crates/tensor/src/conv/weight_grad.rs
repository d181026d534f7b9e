//! The gradient of a convolution with respect to its weight.

use super::planes::Planes;
use super::{Conv2dOptions, Sizes};
use crate::element::Float;
use crate::error::{Error, Result};
use crate::gemm::{self, Bias, Matrix, Offsets, Output};
use crate::memory;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The gradient of the loss with respect to the weight, from the input `x` `[N, C, H, W]` and the
/// gradient `dy` `[N, O, H', W']` with respect to the result.
///
/// # Errors
/// When the shapes don't fit.
pub fn conv2d_weight_grad<T: Float>(
    x: &Tensor<T>,
    dy: &Tensor<T>,
    weight: Shape,
    options: &Conv2dOptions,
) -> Result<Tensor<T>> {
    let named = |error: Error| error.operation("conv2d_weight_grad");
    let sizes = Sizes::new(x.shape(), weight, options).map_err(named)?;
    sizes.check_gradient(dy.shape()).map_err(named)?;
    if [x.numel(), dy.numel(), weight.numel()].contains(&0) {
        return Tensor::try_full(weight, T::ZERO);
    }
    memory::guard(|| {
        memory::possible(weight.numel(), size_of::<T>())?;
        if super::depthwise::suits(&sizes) {
            return Ok(super::depthwise::conv2d_weight_grad(x, dy, &sizes));
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(dw) = super::winograd::conv2d_weight_grad(x, dy, &sizes, options) {
            return Ok(dw);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(dw) = super::across::conv2d_weight_grad(x, dy, &sizes) {
            return Ok(dw);
        }
        #[cfg(target_arch = "x86_64")]
        if let Some(dw) = super::direct::conv2d_weight_grad(x, dy, &sizes) {
            return Ok(dw);
        }
        let Sizes { images, groups, c, o, output, window, .. } = sizes;
        // Whole vectors are read along the pixels, so those of a stride are brought together first.
        let planes = if window.stride == [1, 1] {
            Planes::new(x, &sizes)
        } else {
            Planes::split(x, &window, output)
        };
        let planes = planes.map_err(named)?;
        let taps = c * window.kernel[0] * window.kernel[1];
        let pixels = output[0] * output[1];
        Tensor::build(weight, |out| {
            for (group, out) in out.chunks_mut((o * taps).max(1)).enumerate() {
                let dy = Matrix {
                    elements: dy.as_slice().get(group * o * pixels..).unwrap_or_default(),
                    lines: Offsets::strided(o, pixels),
                    depth: Offsets::grid([1, images, pixels], [0, groups * o * pixels, 1]),
                };
                let columns = planes.columns(c, group, output);
                // The same addresses as in the forward product, summed over the pixels.
                let columns = Matrix { lines: columns.depth, depth: columns.lines, ..columns };
                let out = Output::new(out, Offsets::strided(o, taps), Offsets::strided(taps, 1));
                gemm::multiply(&dy, &columns, Bias::None, &out);
            }
        })
    })
    .map_err(named)
}

//! What several architectures are made of.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{BatchNorm2d, Conv2d, Module};
use plywood_tensor::{Error, Result};

/// A convolution whose result is normalised.
pub(crate) fn conv_bn(conv: &Conv2d, bn: &BatchNorm2d, x: &Var, pass: &mut Pass) -> Result<Var> {
    bn.forward(&conv.forward(x, pass)?, pass)
}

/// A convolution whose result is normalised and rectified.
pub(crate) fn conv_bn_relu(
    conv: &Conv2d,
    bn: &BatchNorm2d,
    x: &Var,
    pass: &mut Pass,
) -> Result<Var> {
    bn.forward_relu(&conv.forward(x, pass)?, pass)
}

/// The largest number of each map: `[N, C, H, W]` becomes `[N, C]`.
pub(crate) fn global_max_pool(x: &Var) -> Result<Var> {
    let shape = x.shape();
    x.reshape([shape[0], shape[1], shape[2] * shape[3]])?.max_axis(-1)
}

/// Whether an image `[C, H, W]` has channels, and is large enough that something is left of it.
pub(crate) fn check_image(model: &'static str, image: [usize; 3], least: usize) -> Result<()> {
    let [depth, height, width] = image;
    if height.min(width) < least {
        let pixels = if least == 1 { "pixel" } else { "pixels" };
        return Err(Error::shape(format!(
            "of an image [{depth}, {height}, {width}] (C, H, W) nothing would be left"
        ))
        .operation(model)
        .hint(format!("its sides must have {least} {pixels} at least")));
    }
    if depth == 0 {
        return Err(Error::shape(format!(
            "an image [{depth}, {height}, {width}] (C, H, W) has no channels"
        ))
        .operation(model));
    }
    Ok(())
}

/// The product of some sizes. One that can't be counted is the most that can: then whatever has that
/// size says that it is larger than memory.
pub(crate) fn product(sizes: &[usize]) -> usize {
    sizes.iter().fold(1, |product: usize, &size| product.saturating_mul(size))
}

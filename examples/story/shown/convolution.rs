//! A convolution with filters that were made by hand.

use plywood::prelude::*;

/// Where a grey picture `[1, 1, H, W]` gets brighter downwards and to the right,
/// `[1, 2, H, W]`: Sobel's filters.
pub(crate) fn edges(picture: &Tensor) -> Result<Tensor> {
    let mut conv = Conv2d::config(1, 2, 3) // 1 channel, 2 filters, each 3 pixels wide and high
        .stride(1) // they move on by 1 pixel
        .padding(1) // a rim of zeros, so that the picture keeps its size
        .bias(false)
        .init(&mut Rng::new(Seed(7)))?;
    *conv.weight.value_mut() = Tensor::from([
        [[[-1.0, -2.0, -1.0], [0.0, 0.0, 0.0], [1.0, 2.0, 1.0]]],
        [[[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]],
    ]);
    let picture = Var::constant(picture.clone());
    conv.forward(&picture, &mut Pass::eval(&conv))?.value().cloned()
}

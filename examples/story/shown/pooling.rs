//! Max pooling.

use plywood::prelude::*;

/// The picture `[1, C, H, W]` in half of its width and height, as often as `times` says:
/// of four neighbours the largest is kept.
pub(crate) fn pooled(picture: &Tensor, times: usize) -> Result<Tensor> {
    let mut picture = Var::constant(picture.clone());
    for _ in 0..times {
        picture = picture.max_pool2d(2)?;
    }
    picture.value().cloned()
}

//! A border around images.

use plywood_tensor::{Float, Result, Window, naive, pad2d, pad2d_shape};

use super::Pair;
use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Site, Var, record_at};

pub(crate) const PAD2D: Declaration = Declaration {
    name: "pad2d",
    equation: "y = x, with a border of one value",
    gradient: "dx = dy without the border",
    sample: |rng| {
        let mut side = || [whole(rng, 0, 2), whole(rng, 0, 2)];
        let (before, after) = (side(), side());
        let dims = [2, 2, whole(rng, 1, 4), whole(rng, 1, 4)];
        Sample::new(
            vec![normal(rng, &dims)],
            move |inputs, _| inputs[0].pad2d(before, after, 1.5),
            move |inputs| naive::pad2d(&inputs[0], before, after, 1.5).expect("small"),
        )
    },
};

impl<T: Float> Var<T> {
    /// Images `[N, C, H, W]` with a border of `value`: `before` and `after` pixels, each a number for
    /// both axes, or `[vertical, horizontal]`.
    ///
    /// ```
    /// use plywood_autodiff::Var;
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Var::constant(Tensor::zeros([1, 3, 224, 224]));
    /// assert_eq!(x.pad2d(0, [1, 2], 0.0)?.shape(), [1, 3, 225, 226].into());
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the value has not four axes, or the result is larger than memory.
    pub fn pad2d(&self, before: impl Pair, after: impl Pair, value: f64) -> Result<Self> {
        let (x_shape, before, after) = (self.shape(), before.pair(), after.pair());
        let shape = pad2d_shape(x_shape, before, after)?;
        let kernel = || Ok((pad2d(self.known(), before, after, T::of(value))?, ()));
        let window = Some(Window { padding: before, ..Window::new([1, 1]) });
        let site = Site { operation: "pad2d", inputs: &[self], shape, multiply_adds: 0, window };
        record_at(&site, kernel, move |(), dy, grads| {
            grads.accumulate(0, || {
                dy.narrow(2, before[0], x_shape[2])?.narrow(3, before[1], x_shape[3])
            })
        })
    }
}

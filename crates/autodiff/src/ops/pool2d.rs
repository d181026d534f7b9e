//! How a pooling moves over images.

use plywood_tensor::{Rng, Window};

use crate::attribute::Attribute;
use crate::declaration::whole;

/// How a pooling moves over its input. A number alone is a square window that moves by its own
/// size.
///
/// ```
/// use plywood_autodiff::{Pool2d, Var};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::zeros([1, 64, 256, 256]));
/// assert_eq!(x.max_pool2d(2)?.shape(), [1, 64, 128, 128].into());
/// assert_eq!(x.max_pool2d(Pool2d::new(3).stride(2).padding(1))?.shape(), [1, 64, 128, 128].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool2d {
    pub(crate) window: Window,
    pub(crate) count_include_pad: bool,
}

/// A size for both axes, or one for each: `[vertical, horizontal]`.
///
/// ```
/// use plywood_autodiff::Pair;
///
/// assert_eq!(3_usize.pair(), [3, 3]);
/// assert_eq!([1_usize, 2].pair(), [1, 2]);
/// ```
pub trait Pair {
    /// `[vertical, horizontal]`
    fn pair(self) -> [usize; 2];
}

impl Pair for usize {
    fn pair(self) -> [usize; 2] {
        [self, self]
    }
}

impl Pair for [usize; 2] {
    fn pair(self) -> [usize; 2] {
        self
    }
}

impl Pool2d {
    /// A window of this size that moves by its own size.
    pub fn new(kernel: impl Pair) -> Self {
        let kernel = kernel.pair();
        Self { window: Window { stride: kernel, ..Window::new(kernel) }, count_include_pad: true }
    }

    /// Pixels from one window to the next.
    #[must_use]
    pub fn stride(mut self, stride: impl Pair) -> Self {
        self.window.stride = stride.pair();
        self
    }

    /// Pixels that are added at each border, at most half of the kernel: −∞ to a maximum, zeros
    /// to an average.
    #[must_use]
    pub fn padding(mut self, padding: impl Pair) -> Self {
        self.window.padding = padding.pair();
        self
    }

    /// Pixels from one element of the window to the next.
    #[must_use]
    pub fn dilation(mut self, dilation: impl Pair) -> Self {
        self.window.dilation = dilation.pair();
        self
    }

    /// Whether an average counts the padding's zeros (the default).
    #[must_use]
    pub fn count_include_pad(mut self, count: bool) -> Self {
        self.count_include_pad = count;
        self
    }
}

impl<P: Pair> From<P> for Pool2d {
    fn from(kernel: P) -> Self {
        Self::new(kernel)
    }
}

/// A random pooling, and the size of an image that it fits.
pub(super) fn draw(rng: &mut Rng) -> (Pool2d, [usize; 2]) {
    let kernel = [whole(rng, 1, 3), whole(rng, 1, 3)];
    let pool = Pool2d::new(kernel)
        .stride([whole(rng, 1, 3), whole(rng, 1, 3)])
        .padding([whole(rng, 0, kernel[0] / 2), whole(rng, 0, kernel[1] / 2)])
        .dilation([whole(rng, 1, 2), whole(rng, 1, 2)]);
    (pool, [whole(rng, 5, 7), whole(rng, 5, 7)])
}

/// The settings of a window.
pub(super) fn attributes(window: &Window) -> Vec<(&'static str, Attribute)> {
    vec![
        ("kernel_size", Attribute::sizes(&window.kernel)),
        ("stride", Attribute::sizes(&window.stride)),
        ("padding", Attribute::sizes(&window.padding)),
        ("dilation", Attribute::sizes(&window.dilation)),
    ]
}

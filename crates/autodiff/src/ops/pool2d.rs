//! Max and average pooling.

use plywood_tensor::{
    Float, Result, Rng, Shape, Window, avg_pool2d, avg_pool2d_grad, max_pool2d, max_pool2d_grad,
    naive, pool2d_shape,
};

use crate::declaration::{Declaration, Sample, distinct, normal, whole};
use crate::var::{Site, Var, record_at};

pub(crate) const MAX_POOL2D: Declaration = Declaration {
    name: "max_pool2d",
    equation: "y = max x over a window",
    gradient: "dx += dy at the place of the maximum (the first of several)",
    sample: |rng| {
        let (pool, size) = draw(rng);
        Sample::new(
            vec![distinct(rng, &[2, 2, size[0], size[1]])],
            move |inputs, _| inputs[0].max_pool2d(pool),
            move |inputs| naive::max_pool2d(&inputs[0], &pool.window).expect("drawn to fit"),
        )
    },
};

pub(crate) const AVG_POOL2D: Declaration = Declaration {
    name: "avg_pool2d",
    equation: "y = mean x over a window",
    gradient: "dx += dy / size of the window, throughout the window",
    sample: |rng| {
        let (pool, size) = draw(rng);
        let pool = if rng.unit() < 0.5 { pool.count_include_pad(false) } else { pool };
        // With dilation a window's last taps may miss the image; average pooling has none.
        let pool = pool.dilation([1, 1]);
        Sample::new(
            vec![normal(rng, &[2, 2, size[0], size[1]])],
            move |inputs, _| inputs[0].avg_pool2d(pool),
            move |inputs| {
                naive::avg_pool2d(&inputs[0], &pool.window, pool.count_include_pad)
                    .expect("drawn to fit")
            },
        )
    },
};

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
    window: Window,
    count_include_pad: bool,
}

/// A size for both axes, or one for each: `[vertical, horizontal]`.
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

fn draw(rng: &mut Rng) -> (Pool2d, [usize; 2]) {
    let kernel = [whole(rng, 1, 3), whole(rng, 1, 3)];
    let pool = Pool2d::new(kernel)
        .stride([whole(rng, 1, 3), whole(rng, 1, 3)])
        .padding([whole(rng, 0, kernel[0] / 2), whole(rng, 0, kernel[1] / 2)])
        .dilation([whole(rng, 1, 2), whole(rng, 1, 2)]);
    (pool, [whole(rng, 5, 7), whole(rng, 5, 7)])
}

fn sliding<'s, T: Float>(
    operation: &'static str,
    inputs: &'s [&'s Var<T>],
    shape: Shape,
    window: Window,
) -> Site<'s, T> {
    Site { operation, inputs, shape, multiply_adds: 0, window: Some(window) }
}

impl<T: Float> Var<T> {
    /// The largest element of each window of images `[N, C, H, W]`.
    ///
    /// # Errors
    /// When the window doesn't fit.
    pub fn max_pool2d(&self, pool: impl Into<Pool2d>) -> Result<Self> {
        let Pool2d { window, .. } = pool.into();
        let x_shape = self.shape();
        let shape = pool2d_shape(x_shape, &window).map_err(|e| e.operation("max_pool2d"))?;
        let kernel = || {
            let pooled = max_pool2d(self.known(), &window)?;
            Ok((pooled.values, pooled.places))
        };
        record_at(
            &sliding("max_pool2d", &[self], shape, window),
            kernel,
            move |places, dy, grads| grads.accumulate(0, || max_pool2d_grad(&dy, &places)),
        )
    }

    /// The mean of each window of images `[N, C, H, W]`.
    ///
    /// # Errors
    /// When the window doesn't fit.
    pub fn avg_pool2d(&self, pool: impl Into<Pool2d>) -> Result<Self> {
        let Pool2d { window, count_include_pad } = pool.into();
        let x_shape = self.shape();
        let shape = pool2d_shape(x_shape, &window).map_err(|e| e.operation("avg_pool2d"))?;
        let kernel = || Ok((avg_pool2d(self.known(), &window, count_include_pad)?, ()));
        record_at(&sliding("avg_pool2d", &[self], shape, window), kernel, move |(), dy, grads| {
            grads.accumulate(0, || avg_pool2d_grad(&dy, x_shape, &window, count_include_pad))
        })
    }
}

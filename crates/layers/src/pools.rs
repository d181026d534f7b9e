//! Pooling as layers.

use plywood_autodiff::{Pair, Pass, Pool2d, Var};
use plywood_tensor::{Float, Result};

use crate::Params;
use crate::module::Module;

macro_rules! pool {
    ($(#[$doc:meta])* $layer:ident $method:ident) => {
        $(#[$doc])*
        #[derive(Debug, Params)]
        #[params(any_element)]
        pub struct $layer {
            #[params(setting)]
            pool: Pool2d,
        }

        impl $layer {
            /// A window of this size, one number or `[height, width]`, that moves by its own size.
            pub fn new(kernel: impl Pair) -> Self {
                Self { pool: Pool2d::new(kernel) }
            }

            /// Pixels from one window to the next; the kernel size by default.
            #[must_use]
            pub fn stride(mut self, stride: impl Pair) -> Self {
                self.pool = self.pool.stride(stride);
                self
            }

            /// Pixels that are added at each border, at most half of the kernel; none by default.
            #[must_use]
            pub fn padding(mut self, padding: impl Pair) -> Self {
                self.pool = self.pool.padding(padding);
                self
            }

            /// Pixels from one element of the window to the next; 1 by default.
            #[must_use]
            pub fn dilation(mut self, dilation: impl Pair) -> Self {
                self.pool = self.pool.dilation(dilation);
                self
            }
        }

        impl<T: Float> Module<Var<T>, T> for $layer {
            fn forward(&self, x: &Var<T>, _: &mut Pass<T>) -> Result<Var<T>> {
                x.$method(self.pool)
            }
        }
    };
}

pool!(
    /// Takes the largest element of each window of `[N, C, H, W]`.
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{MaxPool2d, Module};
    /// use plywood_tensor::Tensor;
    ///
    /// let pool = MaxPool2d::new(2);
    /// let x = Var::constant(Tensor::from([[[[1.0, 2.0, 5.0, 0.0], [3.0, 4.0, 0.0, 1.0]]]]));
    /// let y = pool.forward(&x, &mut Pass::eval(&pool))?;
    /// assert_eq!(y.value()?, &Tensor::from([[[[4.0, 5.0]]]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    MaxPool2d max_pool2d
);

pool!(
    /// Takes the mean of each window of `[N, C, H, W]`.
    ///
    /// ```
    /// use plywood_autodiff::{Pass, Var};
    /// use plywood_layers::{AvgPool2d, Module};
    /// use plywood_tensor::Tensor;
    ///
    /// let pool = AvgPool2d::new(2);
    /// let x = Var::constant(Tensor::from([[[[1.0, 2.0, 5.0, 0.0], [3.0, 4.0, 0.0, 1.0]]]]));
    /// let y = pool.forward(&x, &mut Pass::eval(&pool))?;
    /// assert_eq!(y.value()?, &Tensor::from([[[[2.5, 1.5]]]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    AvgPool2d avg_pool2d
);

impl AvgPool2d {
    /// Whether the mean counts the padding's zeros; it does by default.
    #[must_use]
    pub fn count_include_pad(mut self, count: bool) -> Self {
        self.pool = self.pool.count_include_pad(count);
        self
    }
}

//! Sums of numbers of half size, in `f32`.

use crate::half::{bf16, f16};

use crate::tensor::Tensor;

macro_rules! half_sums {
    ($($type:ident),*) => { $(
        impl Tensor<$type> {
            /// The sum of all elements, in `f32`: in their own type, a sum of many would stop growing.
            ///
            /// ```
            #[doc = concat!("use plywood_tensor::{Tensor, ", stringify!($type), "};")]
            ///
            #[doc = concat!("let x = Tensor::full([1000], ", stringify!($type), "::from_f32(0.5));")]
            /// assert_eq!(x.sum(), 500.0);
            /// ```
            pub fn sum(&self) -> f32 {
                self.cast::<f32>().sum()
            }

            /// The mean of all elements, in `f32`; NaN of none.
            pub fn mean(&self) -> f32 {
                self.cast::<f32>().mean()
            }
        }
    )* };
}

half_sums!(bf16, f16);

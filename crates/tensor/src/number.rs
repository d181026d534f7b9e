//! The numbers that tensors add, subtract, multiply and divide.

use std::ops::{Add, Div, Mul, Sub};

use crate::element::{Element, Float};

/// A type of elements with arithmetic: `f32`, `f64`, `i32`, `i64`, `u8` or `u32`.
///
/// Arithmetic of whole numbers is exact or refused: a result that the type can't hold, and a division by 0, are
/// errors that say where. Division rounds towards 0, as Rust's does and PyTorch's with `rounding_mode="trunc"`.
///
/// ```
/// use plywood_tensor::Tensor;
///
/// let counts = Tensor::from([7_u8, 250]);
/// assert_eq!(&counts / 2, Tensor::from([3, 125]));
/// assert_eq!(
///     counts.add(&Tensor::scalar(10)).unwrap_err().to_string(),
///     "add: 250 + 10 at [1] is not of type u8 (0 to 255); \
///      `try_cast::<i64>()` or `cast::<f64>()` makes room",
/// );
/// ```
pub trait Number: Element {
    /// Whether results may be refused.
    #[doc(hidden)]
    const WHOLE: bool;

    /// The sum, and whether the type holds it.
    #[doc(hidden)]
    fn plus(self, other: Self) -> (Self, bool);
    /// The difference, and whether the type holds it.
    #[doc(hidden)]
    fn minus(self, other: Self) -> (Self, bool);
    /// The product, and whether the type holds it.
    #[doc(hidden)]
    fn times(self, other: Self) -> (Self, bool);
    /// The quotient, and whether there is one that the type holds.
    #[doc(hidden)]
    fn over(self, other: Self) -> (Self, bool);
}

impl<T: Float> Number for T {
    const WHOLE: bool = false;

    #[inline(always)]
    fn plus(self, other: Self) -> (Self, bool) {
        (Add::add(self, other), true)
    }

    #[inline(always)]
    fn minus(self, other: Self) -> (Self, bool) {
        (Sub::sub(self, other), true)
    }

    #[inline(always)]
    fn times(self, other: Self) -> (Self, bool) {
        (Mul::mul(self, other), true)
    }

    #[inline(always)]
    fn over(self, other: Self) -> (Self, bool) {
        (Div::div(self, other), true)
    }
}

macro_rules! whole_numbers {
    ($($type:ident),*) => { $(
        impl Number for $type {
            const WHOLE: bool = true;

            #[inline(always)]
            fn plus(self, other: Self) -> (Self, bool) {
                let (sum, overflows) = self.overflowing_add(other);
                (sum, !overflows)
            }

            #[inline(always)]
            fn minus(self, other: Self) -> (Self, bool) {
                let (difference, overflows) = self.overflowing_sub(other);
                (difference, !overflows)
            }

            #[inline(always)]
            fn times(self, other: Self) -> (Self, bool) {
                let (product, overflows) = self.overflowing_mul(other);
                (product, !overflows)
            }

            #[inline(always)]
            fn over(self, other: Self) -> (Self, bool) {
                self.checked_div(other).map_or((0, false), |quotient| (quotient, true))
            }
        }
    )* };
}

whole_numbers!(i32, i64, u8, u32);

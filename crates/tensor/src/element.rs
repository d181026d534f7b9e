//! What a tensor can hold, and the floating-point numbers that kernels compute with.

use crate::functions;
use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// A type that a tensor can hold: `f32`, `f64`, `i32`, `i64`, `u8`, `u32` or `bool`.
///
/// The trait is sealed: storage relies on what it says about bytes.
pub trait Element:
    Copy + Default + PartialEq + PartialOrd + Debug + Display + Send + Sync + sealed::Sealed + 'static
{
    /// Whether every pattern of bytes is a valid value, so that recycled memory may be handed out
    /// without clearing it.
    #[doc(hidden)]
    const ANY_BYTES: bool = true;
}

mod sealed {
    /// Keeps [`Element`](super::Element) to the types of this crate.
    pub trait Sealed: crate::conversion::Convert {}
}

macro_rules! elements {
    ($($type:ty),*) => { $(impl sealed::Sealed for $type {} impl Element for $type {})* };
}

elements!(f32, f64, i32, i64, u8, u32);

impl sealed::Sealed for bool {}
impl Element for bool {
    const ANY_BYTES: bool = false;
}

/// A floating-point number: everything that has gradients is generic over it, so that gradients
/// can be checked in `f64` to many digits.
pub trait Float:
    Element
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + std::iter::Sum
    + nalgebra::RealField
{
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// −∞, where a running maximum begins.
    const NEG_INFINITY: Self;
    /// The distance between 1 and the next larger number.
    const EPSILON: Self;

    /// The nearest number to `value`.
    fn of(value: f64) -> Self;
    /// This number as an `f64`, exactly.
    fn to_f64(self) -> f64;
    /// The larger of two; NaN if either is, as in PyTorch, so that no NaN hides behind a maximum.
    fn maximum(self, other: Self) -> Self {
        if self > other || is_nan(self) { self } else { other }
    }
    /// The smaller of two; NaN if either is.
    fn minimum(self, other: Self) -> Self {
        if self < other || is_nan(self) { self } else { other }
    }
    /// Whether it is neither infinite nor NaN.
    fn finite(self) -> bool {
        self.to_f64().is_finite()
    }
    /// eˣ. Unlike `exp`, which is the standard library's, this and the functions below are made for
    /// loops: those of `f32` are computed eight at a time.
    fn exponential(self) -> Self {
        self.exp()
    }
    /// eˣ − 1, also where eˣ is close to 1.
    fn exponential_minus_one(self) -> Self {
        self.exp_m1()
    }
    /// The natural logarithm.
    fn logarithm(self) -> Self {
        self.ln()
    }
    /// ln(1 + x), also where 1 + x is close to 1.
    fn logarithm_plus_one(self) -> Self {
        self.ln_1p()
    }
    /// The hyperbolic tangent.
    fn hyperbolic_tangent(self) -> Self {
        self.tanh()
    }
    /// The logistic function 1 / (1 + exp(−x)).
    fn logistic(self) -> Self {
        // `exp` sees negative numbers only, and doesn't overflow.
        let e = (-self.abs()).exp();
        if self < Self::ZERO { e / (Self::ONE + e) } else { Self::ONE / (Self::ONE + e) }
    }
    /// The normal distribution: the probability of less than this number, and the density at it.
    fn normal_distribution(self) -> (Self, Self) {
        let (probability, density) = functions::normal_in_double(self.to_f64());
        (Self::of(probability), Self::of(density))
    }
}

#[expect(clippy::eq_op, reason = "NaN is the value that doesn't equal itself")]
pub(crate) fn is_nan<T: Element>(x: T) -> bool {
    x != x
}

macro_rules! floats {
    ($($type:ident { $($own:tt)* })*) => { $(
        impl Float for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NEG_INFINITY: Self = $type::NEG_INFINITY;
            const EPSILON: Self = $type::EPSILON;

            fn of(value: f64) -> Self {
                value as Self
            }

            fn to_f64(self) -> f64 {
                self as f64
            }

            $($own)*
        }
    )* };
}

/// The methods of `f32` that are one of our own functions.
macro_rules! own {
    ($($method:ident $function:ident $result:ty),*) => { $(
        #[inline(always)]
        fn $method(self) -> $result {
            functions::$function(self)
        }
    )* };
}

floats! {
    f32 {
        own! {
            exponential exp f32, exponential_minus_one exp_minus_one f32, logarithm ln f32,
            logarithm_plus_one ln_plus_one f32, hyperbolic_tangent tanh f32, logistic logistic f32,
            normal_distribution normal (f32, f32)
        }
    }
    f64 {}
}

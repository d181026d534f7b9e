//! What a tensor can hold, and the floating-point numbers that kernels compute with.

use crate::dtype::Dtype;
use crate::functions;
use crate::half::{bf16, f16};
use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// A type that a tensor can hold: `f32`, `f64`, the integers of up to 32 bits and `i64`, `bool`, and the half-size
/// [`bf16`](crate::bf16) and [`f16`](crate::f16), which are kept, cast and summed, and computed with in `f32`.
///
/// The trait is sealed: storage relies on what it says about bytes.
///
/// ```
/// use plywood_tensor::{Element, Tensor};
///
/// fn first<T: Element>(x: &Tensor<T>) -> Option<T> {
///     x.as_slice().first().copied()
/// }
/// assert_eq!(first(&Tensor::from([7_u8, 9])), Some(7));
/// assert_eq!(first(&Tensor::from([true, false])), Some(true));
/// ```
pub trait Element:
    Copy + Default + PartialEq + PartialOrd + Debug + Display + Send + Sync + sealed::Sealed + 'static
{
    /// Whether every pattern of bytes is a valid value, so that recycled memory may be handed out
    /// without clearing it.
    #[doc(hidden)]
    const ANY_BYTES: bool = true;

    /// The type as a value.
    const DTYPE: Dtype;
}

mod sealed {
    /// Keeps [`Element`](super::Element) to the types of this crate.
    pub trait Sealed: crate::conversion::Convert {}
}

macro_rules! elements {
    ($($type:ty: $dtype:ident),*) => { $(
        impl sealed::Sealed for $type {}
        impl Element for $type {
            const DTYPE: Dtype = Dtype::$dtype;
        }
    )* };
}

elements!(
    f32: F32, f64: F64, bf16: BF16, f16: F16, i8: I8, i16: I16, i32: I32, i64: I64, u8: U8, u16: U16, u32: U32
);

impl sealed::Sealed for bool {}
impl Element for bool {
    const ANY_BYTES: bool = false;
    const DTYPE: Dtype = Dtype::Bool;
}

/// A floating-point number: everything that has gradients is generic over it, so that gradients
/// can be checked in `f64` to many digits.
///
/// ```
/// use plywood_tensor::Float;
///
/// /// The area under `y = x` from 0 to `x`.
/// fn area<T: Float>(x: T) -> T {
///     T::of(0.5) * x * x
/// }
/// assert_eq!(area(3.0_f32), 4.5);
/// assert_eq!(area(3.0_f64), 4.5);
/// assert!(Float::maximum(f32::NAN, 1.0).is_nan()); // not 1, as `f32::max` has it
/// ```
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
{
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// −∞, where a running maximum begins.
    const NEG_INFINITY: Self;
    /// The distance between 1 and the next larger number.
    const EPSILON: Self;
    /// The smallest positive number that has all its digits.
    const MIN_POSITIVE: Self;

    /// Calls the body of a function that is compiled for this type.
    #[doc(hidden)]
    fn by_element<F: ByElement>(given: F::Given<Self>) -> F::Result<Self>;
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
    /// Its distance from 0.
    fn abs(self) -> Self;
    /// 1 with the sign of this number, also of a 0.
    fn signum(self) -> Self;
    /// The largest whole number that isn't larger.
    fn floor(self) -> Self;
    /// The nearest whole number; of two, the one further from 0.
    fn round(self) -> Self;
    /// √x
    fn sqrt(self) -> Self;
    /// xⁿ
    fn powi(self, n: i32) -> Self;
    /// xʸ
    fn powf(self, y: Self) -> Self;
    /// The sine of an angle in radians.
    fn sin(self) -> Self;
    /// The cosine of an angle in radians.
    fn cos(self) -> Self;
    /// eˣ. This and the functions below are made for loops: those of `f32` are computed eight at a time, and
    /// may differ from the standard library's in the last digit.
    fn exp(self) -> Self;
    /// eˣ − 1, also where eˣ is close to 1.
    fn exp_m1(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + x), also where 1 + x is close to 1.
    fn ln_1p(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
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

/// A function that has a compiled body for each type of numbers: what [`compiled_here`](crate::compiled_here) writes.
#[doc(hidden)]
pub trait ByElement {
    /// What it is called with.
    type Given<T: Float>;
    /// What it gives.
    type Result<T: Float>;

    /// The body for `f32`.
    fn single(given: Self::Given<f32>) -> Self::Result<f32>;
    /// The body for `f64`.
    fn double(given: Self::Given<f64>) -> Self::Result<f64>;
}

#[expect(clippy::eq_op, reason = "NaN is the value that doesn't equal itself")]
pub(crate) fn is_nan<T: Element>(x: T) -> bool {
    x != x
}

macro_rules! floats {
    ($($type:ident by $body:ident { $($own:tt)* })*) => { $(
        impl Float for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NEG_INFINITY: Self = $type::NEG_INFINITY;
            const EPSILON: Self = $type::EPSILON;
            const MIN_POSITIVE: Self = $type::MIN_POSITIVE;

            #[inline]
            fn by_element<F: ByElement>(given: F::Given<Self>) -> F::Result<Self> {
                F::$body(given)
            }

            #[inline]
            fn of(value: f64) -> Self {
                value as Self
            }

            #[inline]
            fn to_f64(self) -> f64 {
                self as f64
            }

            forward!($type: abs, signum, floor, round, sqrt, sin, cos);

            #[inline]
            fn powi(self, n: i32) -> Self {
                $type::powi(self, n)
            }

            #[inline]
            fn powf(self, y: Self) -> Self {
                $type::powf(self, y)
            }

            $($own)*
        }
    )* };
}

/// The standard library's functions of one number.
macro_rules! forward {
    ($type:ident: $($function:ident),*) => { $(
        #[inline]
        fn $function(self) -> Self {
            $type::$function(self)
        }
    )* };
}

/// The functions of `f32` that are our own.
macro_rules! own {
    ($($method:ident $function:ident $result:ty),*) => { $(
        #[inline(always)]
        fn $method(self) -> $result {
            functions::$function(self)
        }
    )* };
}

floats! {
    f32 by single {
        own! {
            exp exp f32, exp_m1 exp_minus_one f32, ln ln f32, ln_1p ln_plus_one f32, tanh tanh f32,
            logistic logistic f32, normal_distribution normal (f32, f32)
        }
    }
    f64 by double { forward!(f64: exp, exp_m1, ln, ln_1p, tanh); }
}

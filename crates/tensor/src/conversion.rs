//! How a number of one type becomes one of another.

use crate::half::{bf16, f16};

/// A number of any type, exactly.
#[derive(Clone, Copy, Debug)]
pub enum Wide {
    /// A whole number, or a truth value as 0 or 1.
    Whole(i64),
    /// A floating-point number.
    Real(f64),
}

/// What converts: every type that a tensor can hold.
pub trait Convert: Copy {
    /// The number, exactly.
    fn widen(self) -> Wide;

    /// The nearest number of this type; none where it has no number as large or as small.
    fn from_whole(whole: i64) -> Option<Self>;

    /// The nearest number of this type, for whole numbers that on the way to 0; none where it has no number as
    /// large or as small, and none for NaN in a whole number.
    fn from_real(real: f64) -> Option<Self>;

    /// The same, of a number of any type.
    #[inline(always)]
    fn narrow_from(wide: Wide) -> Option<Self> {
        match wide {
            Wide::Whole(whole) => Self::from_whole(whole),
            Wide::Real(real) => Self::from_real(real),
        }
    }

    /// The smallest and the largest number of this type.
    fn range() -> String;
}

macro_rules! whole_numbers {
    ($($type:ident),*) => { $(
        impl Convert for $type {
            #[inline(always)]
            fn widen(self) -> Wide {
                Wide::Whole(i64::from(self))
            }

            #[inline(always)]
            fn from_whole(whole: i64) -> Option<Self> {
                whole.try_into().ok()
            }

            #[inline(always)]
            fn from_real(real: f64) -> Option<Self> {
                // The largest `i64` rounds to 2⁶³, which is the first that doesn't fit; adding 1 leaves it there.
                let end = $type::MAX as f64 + 1.0;
                let whole = real.trunc();
                (whole >= $type::MIN as f64 && whole < end).then_some(real as $type)
            }

            fn range() -> String {
                format!("{} to {}", $type::MIN, $type::MAX)
            }
        }
    )* };
}

whole_numbers!(i8, i16, i32, i64, u8, u16, u32);

macro_rules! real_numbers {
    ($($type:ident),*) => { $(
        impl Convert for $type {
            #[inline(always)]
            fn widen(self) -> Wide {
                Wide::Real(f64::from(self))
            }

            #[inline(always)]
            fn from_whole(whole: i64) -> Option<Self> {
                Some(whole as $type)
            }

            #[inline(always)]
            fn from_real(real: f64) -> Option<Self> {
                Some(real as $type)
            }

            fn range() -> String {
                format!("{:e} to {:e}", $type::MIN, $type::MAX)
            }
        }
    )* };
}

real_numbers!(f32, f64);

/// The numbers of half size, by way of an `f32` that rounds nothing that they don't.
macro_rules! half_numbers {
    ($($type:ident),*) => { $(
        impl Convert for $type {
            #[inline(always)]
            fn widen(self) -> Wide {
                Wide::Real(f64::from(self.to_f32()))
            }

            #[inline(always)]
            fn from_whole(whole: i64) -> Option<Self> {
                // What is beyond the 53 bits of an `f64` is far below the digits of a half number: whether there is
                // something is all that counts.
                let exact = match whole.unsigned_abs() >> f64::MANTISSA_DIGITS {
                    0 => whole,
                    _ => whole & !0x7FF | if whole & 0x7FF == 0 { 0 } else { 0x800 },
                };
                Self::from_real(exact as f64)
            }

            #[inline(always)]
            fn from_real(real: f64) -> Option<Self> {
                Some($type::from_f32(to_odd(real)))
            }

            fn range() -> String {
                format!("{} to {}", $type::MIN, $type::MAX)
            }
        }
    )* };
}

half_numbers!(bf16, f16);

/// A number as an `f32` that is exact or, of the two around it, the one whose last bit is 1: rounded once more, to
/// fewer digits, it gives what the number itself would.
///
/// Source: Boldo and Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to
/// odd" (2008).
#[inline(always)]
fn to_odd(real: f64) -> f32 {
    let nearest = real as f32;
    if f64::from(nearest) == real || real.is_nan() {
        return nearest;
    }
    let away = f64::from(nearest.abs()) > real.abs();
    let towards_zero = nearest.to_bits() - u32::from(away);
    f32::from_bits(towards_zero | 1)
}

impl Convert for bool {
    #[inline(always)]
    fn widen(self) -> Wide {
        Wide::Whole(i64::from(self))
    }

    #[inline(always)]
    fn from_whole(whole: i64) -> Option<Self> {
        Some(whole != 0)
    }

    #[inline(always)]
    fn from_real(real: f64) -> Option<Self> {
        Some(real != 0.0)
    }

    fn range() -> String {
        "false to true".to_owned()
    }
}

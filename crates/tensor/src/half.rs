//! Floating-point numbers of half size, to keep and to cast: `bf16` and `f16`.
//!
//! The crate `half` has them too, and takes four packages and a derive macro more for what isn't needed here.

use std::cmp::Ordering;
use std::fmt;

macro_rules! half_number {
    ($(#[$doc:meta])* $name:ident, $max:literal) => {
        $(#[$doc])*
        #[expect(non_camel_case_types, reason = "a number is called as those of Rust")]
        #[derive(Clone, Copy, Default)]
        #[repr(transparent)]
        pub struct $name(u16);

        impl $name {
            /// The largest finite number.
            pub const MAX: Self = Self($max);
            /// The smallest finite number.
            pub const MIN: Self = Self($max | SIGN);

            /// The number of these bits.
            pub const fn from_bits(bits: u16) -> Self {
                Self(bits)
            }

            /// Its bits.
            pub const fn to_bits(self) -> u16 {
                self.0
            }

            /// The number of these bytes, the lower first.
            pub const fn from_le_bytes(bytes: [u8; 2]) -> Self {
                Self(u16::from_le_bytes(bytes))
            }

            /// Its bytes, the lower first.
            pub const fn to_le_bytes(self) -> [u8; 2] {
                self.0.to_le_bytes()
            }
        }

        impl From<$name> for f32 {
            fn from(number: $name) -> Self {
                number.to_f32()
            }
        }

        impl From<$name> for f64 {
            fn from(number: $name) -> Self {
                number.to_f32().into()
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.to_f32() == other.to_f32()
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                self.to_f32().partial_cmp(&other.to_f32())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.to_f32(), f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.to_f32(), f)
            }
        }
    };
}

const SIGN: u16 = 0x8000;

half_number!(
    /// The upper half of an `f32`: its range, with 8 binary digits.
    bf16, 0x7F7F
);

half_number!(
    /// IEEE's half precision: 11 binary digits, up to 65,504.
    f16, 0x7BFF
);

impl bf16 {
    /// The nearest number, the even one of two that are as near; infinite beyond the largest.
    #[inline]
    pub const fn from_f32(number: f32) -> Self {
        let bits = number.to_bits();
        if number.is_nan() {
            // A NaN whose digits are all in the lower half would become infinite.
            return Self((bits >> 16) as u16 | 0x40);
        }
        Self((shifted_to_even(bits, 16)) as u16)
    }

    /// This number, exactly.
    #[inline]
    pub const fn to_f32(self) -> f32 {
        f32::from_bits((self.0 as u32) << 16)
    }
}

/// The bits of the smallest `f32` that rounds beyond [`f16::MAX`], 65,520.
const BEYOND_F16: u32 = 0x477F_F000;
/// The bits of the smallest `f16` with all its digits, 2⁻¹⁴, as an `f32`.
const SMALLEST_NORMAL: u32 = 0x3880_0000;
/// The difference of the exponents' biases, 127 − 15, in the place of an `f32`'s exponent.
const BIASES: u32 = 112 << 23;

impl f16 {
    /// The nearest number, the even one of two that are as near; infinite beyond the largest.
    #[inline]
    pub fn from_f32(number: f32) -> Self {
        let (sign, size) = ((number.to_bits() >> 16) as u16 & SIGN, number.abs().to_bits());
        Self(
            sign | match size {
                _ if number.is_nan() => 0x7E00,
                BEYOND_F16.. => 0x7C00,
                // The 14 bits between the ends of both types' fractions fall away.
                SMALLEST_NORMAL.. => shifted_to_even(size - BIASES, 13) as u16,
                // Below, numbers are multiples of 2⁻²⁴.
                _ => (number.abs() * 2.0_f32.powi(24)).round_ties_even() as u16,
            },
        )
    }

    /// This number, exactly.
    #[inline]
    pub fn to_f32(self) -> f32 {
        let sign = u32::from(self.0 & SIGN) << 16;
        let size = u32::from(self.0 & !SIGN);
        f32::from_bits(
            sign | match size >> 10 {
                0 => (size as f32 * 2.0_f32.powi(-24)).to_bits(),
                31 => 0x7F80_0000 | (size & 0x3FF) << 13,
                _ => (size << 13) + BIASES,
            },
        )
    }
}

/// `bits` / 2ⁿ, rounded to the nearest, to the even one between two.
const fn shifted_to_even(bits: u32, n: u32) -> u32 {
    let half = (1 << (n - 1)) - 1;
    (bits + half + (bits >> n & 1)) >> n
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number comes back, and what lies between two goes to the nearer one, from the middle to the even one.
    #[test]
    fn every_number_and_the_middle_to_the_next() {
        fn check(from: fn(f32) -> u16, to: fn(u16) -> f32, max: u16) {
            for bits in 0..max {
                let (low, high) = (f64::from(to(bits)), f64::from(to(bits + 1)));
                assert_eq!(from(low as f32), bits);
                assert_eq!(from(-low as f32), bits | SIGN);
                let middle = (low + high) / 2.0;
                // A number of half size and the middle to the next are exact in an `f32`.
                assert_eq!(from(middle as f32), bits + (bits & 1), "{middle:e}");
                assert_eq!(from((middle as f32).next_down()), bits, "{middle:e}");
                assert_eq!(from((middle as f32).next_up()), bits + 1, "{middle:e}");
            }
        }
        check(|x| bf16::from_f32(x).to_bits(), |b| bf16::from_bits(b).to_f32(), 0x7F7F);
        check(|x| f16::from_f32(x).to_bits(), |b| f16::from_bits(b).to_f32(), 0x7BFF);
    }

    #[test]
    fn ends_and_what_is_no_number() {
        assert_eq!((f16::MAX.to_f32(), f16::MIN.to_f32()), (65504.0, -65504.0));
        assert_eq!(bf16::MAX.to_f32(), 3.389_531_4e38);
        assert_eq!(f16::from_f32(65519.996), f16::MAX);
        for x in [f32::MAX, f32::INFINITY] {
            assert_eq!(bf16::from_f32(x).to_f32(), f32::INFINITY);
            assert_eq!(f16::from_f32(-x).to_f32(), f32::NEG_INFINITY);
        }
        for nan in [f32::NAN, f32::from_bits(0x7F80_0001), f32::from_bits(0xFFFF_FFFF)] {
            assert!(bf16::from_f32(nan).to_f32().is_nan() && f16::from_f32(nan).to_f32().is_nan());
        }
        assert_eq!(f16::from_f32(0.333_251_95).to_le_bytes(), [0x55, 0x35]);
        assert_eq!(f16::from_le_bytes([0x55, 0x35]).to_string(), "0.33325195");
        assert!(
            f16::from_f32(-1.0) < f16::from_f32(0.5) && bf16::default() == bf16::from_f32(-0.0)
        );
    }
}

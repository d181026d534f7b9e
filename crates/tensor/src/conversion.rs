//! How a number of one type becomes one of another.

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

whole_numbers!(i32, i64, u8, u32);

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
                format!("{} to {}", $type::MIN, $type::MAX)
            }
        }
    )* };
}

real_numbers!(f32, f64);

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

//! The operators `+`, `-`, `*`, `/`: of owned and borrowed tensors, and of tensors and numbers.
//!
//! They panic with the text of the method's error, at the line of the caller. A tensor that is given up is worked on
//! in place where nobody else holds it; the bits are the same.

use std::borrow::Cow;
use std::ops::{Add, Div, Mul, Neg, Sub};

use crate::combine::{Minus, Over, Plus, Times, combine_owned, negative, number_with, with_number};
use crate::number::Number;
use crate::or_panic::or_panic;
use crate::tensor::Tensor;

macro_rules! between_tensors {
    ($trait:ident $method:ident $operation:ident) => {
        impl<T: Number> $trait for Tensor<T> {
            type Output = Self;

            #[track_caller]
            fn $method(self, other: Self) -> Self {
                or_panic(combine_owned::<T, $operation>(Cow::Owned(self), Cow::Owned(other)))
            }
        }

        impl<T: Number> $trait<&Self> for Tensor<T> {
            type Output = Self;

            #[track_caller]
            fn $method(self, other: &Self) -> Self {
                or_panic(combine_owned::<T, $operation>(Cow::Owned(self), Cow::Borrowed(other)))
            }
        }

        impl<T: Number> $trait<Tensor<T>> for &Tensor<T> {
            type Output = Tensor<T>;

            #[track_caller]
            fn $method(self, other: Tensor<T>) -> Tensor<T> {
                or_panic(combine_owned::<T, $operation>(Cow::Borrowed(self), Cow::Owned(other)))
            }
        }

        impl<T: Number> $trait for &Tensor<T> {
            type Output = Tensor<T>;

            #[track_caller]
            fn $method(self, other: Self) -> Tensor<T> {
                or_panic(combine_owned::<T, $operation>(Cow::Borrowed(self), Cow::Borrowed(other)))
            }
        }
    };
}

macro_rules! with_a_number {
    ($trait:ident $method:ident $operation:ident) => {
        impl<T: Number> $trait<T> for Tensor<T> {
            type Output = Self;

            #[track_caller]
            fn $method(self, number: T) -> Self {
                or_panic(with_number::<T, $operation>(Cow::Owned(self), number))
            }
        }

        impl<T: Number> $trait<T> for &Tensor<T> {
            type Output = Tensor<T>;

            #[track_caller]
            fn $method(self, number: T) -> Tensor<T> {
                or_panic(with_number::<T, $operation>(Cow::Borrowed(self), number))
            }
        }
    };
}

/// A number on the left: Rust allows it of types that are known, not of any number.
macro_rules! after_a_number {
    ($trait:ident $method:ident $operation:ident, $($number:ident),*) => { $(
        impl $trait<Tensor<$number>> for $number {
            type Output = Tensor<$number>;

            #[track_caller]
            fn $method(self, x: Tensor<$number>) -> Tensor<$number> {
                or_panic(number_with::<$number, $operation>(self, Cow::Owned(x)))
            }
        }

        impl $trait<&Tensor<$number>> for $number {
            type Output = Tensor<$number>;

            #[track_caller]
            fn $method(self, x: &Tensor<$number>) -> Tensor<$number> {
                or_panic(number_with::<$number, $operation>(self, Cow::Borrowed(x)))
            }
        }
    )* };
}

macro_rules! operators {
    ($($trait:ident $method:ident $operation:ident;)*) => { $(
        between_tensors!($trait $method $operation);
        with_a_number!($trait $method $operation);
        after_a_number!($trait $method $operation, f32, f64, i32, i64, u8, u32);
    )* };
}

operators! {
    Add add Plus;
    Sub sub Minus;
    Mul mul Times;
    Div div Over;
}

impl<T: Number + Neg<Output = T>> Neg for Tensor<T> {
    type Output = Self;

    #[track_caller]
    fn neg(self) -> Self {
        or_panic(negative(Cow::Owned(self)))
    }
}

impl<T: Number + Neg<Output = T>> Neg for &Tensor<T> {
    type Output = Tensor<T>;

    #[track_caller]
    fn neg(self) -> Tensor<T> {
        or_panic(negative(Cow::Borrowed(self)))
    }
}

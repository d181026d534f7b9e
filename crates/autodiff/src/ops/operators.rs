//! The operators `+`, `-`, `*`, `/` and `-x`: of owned and borrowed values, and of values and numbers.
//!
//! They panic with the text of the method's error, at the line of the caller. A value on the left that is given up is
//! worked on in place where nobody else holds it, the tape for its gradient neither; the bits are the same.

use plywood_tensor::{Float, Tensor, or_panic};

use crate::record::{record_first_in_place, record_function};
use crate::var::Var;

macro_rules! between_values {
    ($($trait:ident $method:ident;)*) => { $(
        impl<T: Float> std::ops::$trait for Var<T> {
            type Output = Self;

            #[track_caller]
            fn $method(self, other: Self) -> Self {
                or_panic(record_first_in_place(super::$trait, self, &[&other]))
            }
        }

        impl<T: Float> std::ops::$trait<&Self> for Var<T> {
            type Output = Self;

            #[track_caller]
            fn $method(self, other: &Self) -> Self {
                or_panic(record_first_in_place(super::$trait, self, &[other]))
            }
        }

        impl<T: Float> std::ops::$trait<Var<T>> for &Var<T> {
            type Output = Var<T>;

            #[track_caller]
            fn $method(self, other: Var<T>) -> Var<T> {
                or_panic(Var::$method(self, &other))
            }
        }

        impl<T: Float> std::ops::$trait for &Var<T> {
            type Output = Var<T>;

            #[track_caller]
            fn $method(self, other: Self) -> Var<T> {
                or_panic(Var::$method(self, other))
            }
        }
    )* };
}

between_values! {
    Add add;
    Sub sub;
    Mul mul;
    Div div;
}

/// A number beside a value: on the right, then on the left. Each is one operation of one value.
macro_rules! with_number {
    ($($trait:ident $method:ident |$x:ident, $number:ident| $right:expr, $left:expr;)*) => { $(
        impl<T: Float> std::ops::$trait<f64> for Var<T> {
            type Output = Self;

            #[track_caller]
            fn $method(self, $number: f64) -> Self {
                let $x = self;
                $right
            }
        }

        impl<T: Float> std::ops::$trait<f64> for &Var<T> {
            type Output = Var<T>;

            #[track_caller]
            fn $method(self, $number: f64) -> Var<T> {
                let $x = self.clone();
                $right
            }
        }

        impl<T: Float> std::ops::$trait<Var<T>> for f64 {
            type Output = Var<T>;

            #[track_caller]
            fn $method(self, $x: Var<T>) -> Var<T> {
                let $number = self;
                $left
            }
        }

        impl<T: Float> std::ops::$trait<&Var<T>> for f64 {
            type Output = Var<T>;

            #[track_caller]
            fn $method(self, x: &Var<T>) -> Var<T> {
                let ($number, $x) = (self, x.clone());
                $left
            }
        }
    )* };
}

with_number! {
    Add add |x, number| x.affine(1.0, number), x.affine(1.0, number);
    Sub sub |x, number| x.affine(1.0, -number), x.affine(-1.0, number);
    Mul mul |x, number| x.affine(number, 0.0), x.affine(number, 0.0);
    Div div |x, number| x.affine(1.0 / number, 0.0), constant(number) / x;
}

fn constant<T: Float>(number: f64) -> Var<T> {
    Var::constant(Tensor::scalar(T::of(number)))
}

/// The negative of each element: `-x`.
impl<T: Float> std::ops::Neg for Var<T> {
    type Output = Self;

    #[track_caller]
    fn neg(self) -> Self {
        record_function(super::Neg, self)
    }
}

impl<T: Float> std::ops::Neg for &Var<T> {
    type Output = Var<T>;

    #[track_caller]
    fn neg(self) -> Var<T> {
        -self.clone()
    }
}

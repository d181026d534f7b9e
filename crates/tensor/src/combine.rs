//! Two tensors of numbers as one, element by element: what the arithmetic methods and operators are made of.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::error::{Error, Result};
use crate::number::Number;
use crate::tensor::Tensor;

/// One of the four operations.
pub(crate) trait Arithmetic<T> {
    /// The method's name.
    const NAME: &'static str;
    /// How it is written between numbers.
    const SIGN: char;

    /// The result, and whether there is one that the type holds.
    fn of(a: T, b: T) -> (T, bool);
}

macro_rules! operations {
    ($($name:ident $method:literal $sign:literal $function:ident;)*) => { $(
        pub(crate) enum $name {}

        impl<T: Number> Arithmetic<T> for $name {
            const NAME: &'static str = $method;
            const SIGN: char = $sign;

            #[inline(always)]
            fn of(a: T, b: T) -> (T, bool) {
                T::$function(a, b)
            }
        }
    )* };
}

operations! {
    Plus "add" '+' plus;
    Minus "sub" '-' minus;
    Times "mul" '·' times;
    Over "div" '/' over;
}

/// `a ∘ b`, with broadcasting.
pub(crate) fn combine<T: Number, A: Arithmetic<T>>(
    a: &Tensor<T>,
    b: &Tensor<T>,
) -> Result<Tensor<T>> {
    let refused = AtomicBool::new(false);
    let y = a.zip(b, |a, b| {
        let (y, holds) = A::of(a, b);
        // Of floating-point numbers the compiler sees that this is never so.
        if !holds {
            refused.store(true, Relaxed);
        }
        y
    });
    let y = y.map_err(|error| error.operation(A::NAME))?;
    if refused.into_inner() {
        return Err(first_refused::<T, A>(a, b)?.operation(A::NAME));
    }
    Ok(y)
}

/// `a ∘ b`, in the memory of one that was given up, where nobody else holds it and it has the result's shape.
pub(crate) fn combine_owned<T: Number, A: Arithmetic<T>>(
    a: Cow<'_, Tensor<T>>,
    b: Cow<'_, Tensor<T>>,
) -> Result<Tensor<T>> {
    let fits = !T::WHOLE && a.shape() == b.shape();
    let free = |x: &Cow<'_, Tensor<T>>| matches!(x, Cow::Owned(x) if fits && !x.is_shared());
    if free(&a) {
        return a.into_owned().zip_into(&b, |a, b| A::of(a, b).0);
    }
    if free(&b) {
        return b.into_owned().zip_into(&a, |b, a| A::of(a, b).0);
    }
    combine::<T, A>(&a, &b)
}

/// `x ∘ number`, in place where nobody else holds `x`.
pub(crate) fn with_number<T: Number, A: Arithmetic<T>>(
    x: Cow<'_, Tensor<T>>,
    number: T,
) -> Result<Tensor<T>> {
    if T::WHOLE {
        return combine::<T, A>(&x, &Tensor::scalar(number));
    }
    Ok(apply(x, |x| A::of(x, number).0))
}

/// `number ∘ x`, in place where nobody else holds `x`.
pub(crate) fn number_with<T: Number, A: Arithmetic<T>>(
    number: T,
    x: Cow<'_, Tensor<T>>,
) -> Result<Tensor<T>> {
    if T::WHOLE {
        return combine::<T, A>(&Tensor::scalar(number), &x);
    }
    Ok(apply(x, |x| A::of(number, x).0))
}

/// The negative, in place where nobody else holds `x`.
pub(crate) fn negative<T: Number + std::ops::Neg<Output = T>>(
    x: Cow<'_, Tensor<T>>,
) -> Result<Tensor<T>> {
    if T::WHOLE {
        return combine::<T, Minus>(&Tensor::scalar(T::default()), &x);
    }
    Ok(apply(x, |x| -x))
}

fn apply<T: Number>(x: Cow<'_, Tensor<T>>, f: impl Fn(T) -> T + Sync) -> Tensor<T> {
    match x {
        Cow::Owned(x) => x.into_map(f),
        Cow::Borrowed(x) => x.map(f),
    }
}

/// What is wrong with the first pair whose result was refused.
fn first_refused<T: Number, A: Arithmetic<T>>(a: &Tensor<T>, b: &Tensor<T>) -> Result<Error> {
    let shape = a.shape().broadcast(&b.shape())?;
    let (a, b) = (a.broadcast_to(shape)?, b.broadcast_to(shape)?);
    let mut pairs = a.as_slice().iter().copied().zip(b.as_slice().iter().copied());
    let place = pairs.position(|(a, b)| !A::of(a, b).1).unwrap_or_default();
    let (x, y) = (a.as_slice()[place], b.as_slice()[place]);
    let index = shape.index_of(place);
    if A::SIGN == '/' && y == T::default() {
        return Ok(Error::value(format!("{x} / {y} at {index:?} is a division by 0")));
    }
    let (name, range) = (T::DTYPE, T::range());
    Ok(Error::value(format!("{x} {} {y} at {index:?} is not of type {name} ({range})", A::SIGN))
        .hint("`try_cast::<i64>()` or `cast::<f64>()` makes room"))
}

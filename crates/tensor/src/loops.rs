//! The loops of elementwise operations, compiled for each instruction set with whatever function
//! they apply.

use crate::element::Element;
use crate::simd::vectorized;

vectorized! {
    /// `out = f(x)`
    pub(crate) fn map<T: Element, U: Element, F: Fn(T) -> U>(f: &F, x: &[T], out: &mut [U]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = f(x);
        }
    }
}

vectorized! {
    /// `x = f(x)`
    pub(crate) fn map_in_place<T: Element, F: Fn(T) -> T>(f: &F, x: &mut [T]) {
        for x in x {
            *x = f(*x);
        }
    }
}

vectorized! {
    /// `out = f(x, y)`
    pub(crate) fn zip<T: Element, U: Element, V: Element, F: Fn(T, U) -> V>(
        f: &F,
        x: &[T],
        y: &[U],
        out: &mut [V],
    ) {
        for (out, (&x, &y)) in out.iter_mut().zip(x.iter().zip(y)) {
            *out = f(x, y);
        }
    }
}

vectorized! {
    /// `x = f(x, y)`
    pub(crate) fn zip_in_place<T: Element, U: Element, F: Fn(T, U) -> T>(
        f: &F,
        x: &mut [T],
        y: &[U],
    ) {
        for (x, &y) in x.iter_mut().zip(y) {
            *x = f(*x, y);
        }
    }
}

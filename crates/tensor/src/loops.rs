//! The loops of elementwise operations, compiled for each instruction set with whatever function
//! they apply. They are called by the methods of trait objects, so that what is around them (shapes, memory, tasks)
//! is compiled once for a type of elements instead of once for each function.

use crate::element::Element;
use crate::simd::vectorized;

vectorized! {
    /// `out = f(x)`
    fn map<T: Element, U: Element, F: Fn(T) -> U>(f: &F, x: &[T], out: &mut [U]) {
        for (out, &x) in out.iter_mut().zip(x) {
            *out = f(x);
        }
    }
}

vectorized! {
    /// `x = f(x)`
    fn map_in_place<T: Element, F: Fn(T) -> T>(f: &F, x: &mut [T]) {
        for x in x {
            *x = f(*x);
        }
    }
}

vectorized! {
    /// `out = f(x, y)`
    fn zip<T: Element, U: Element, V: Element, F: Fn(T, U) -> V>(
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
    fn zip_in_place<T: Element, U: Element, F: Fn(T, U) -> T>(
        f: &F,
        x: &mut [T],
        y: &[U],
    ) {
        for (x, &y) in x.iter_mut().zip(y) {
            *x = f(*x, y);
        }
    }
}

/// A function of one number, over slices.
pub(crate) trait Map<T, U>: Sync {
    fn map(&self, x: &[T], out: &mut [U]);
}

impl<T: Element, U: Element, F: Fn(T) -> U + Sync> Map<T, U> for F {
    fn map(&self, x: &[T], out: &mut [U]) {
        map(self, x, out);
    }
}

/// A function of one number, in place.
pub(crate) trait MapInPlace<T>: Sync {
    fn map_in_place(&self, x: &mut [T]);
}

impl<T: Element, F: Fn(T) -> T + Sync> MapInPlace<T> for F {
    fn map_in_place(&self, x: &mut [T]) {
        map_in_place(self, x);
    }
}

/// A function of two numbers, over slices.
pub(crate) trait Zip<T, U, V>: Sync {
    fn zip(&self, x: &[T], y: &[U], out: &mut [V]);
    /// The first number is the same everywhere.
    fn zip_with_first(&self, x: T, y: &[U], out: &mut [V]);
    /// The second number is the same everywhere.
    fn zip_with_second(&self, x: &[T], y: U, out: &mut [V]);
    fn of(&self, x: T, y: U) -> V;
}

impl<T: Element, U: Element, V: Element, F: Fn(T, U) -> V + Sync> Zip<T, U, V> for F {
    fn zip(&self, x: &[T], y: &[U], out: &mut [V]) {
        zip(self, x, y, out);
    }

    fn zip_with_first(&self, x: T, y: &[U], out: &mut [V]) {
        map(&|y| self(x, y), y, out);
    }

    fn zip_with_second(&self, x: &[T], y: U, out: &mut [V]) {
        map(&|x| self(x, y), x, out);
    }

    fn of(&self, x: T, y: U) -> V {
        self(x, y)
    }
}

/// A function of two numbers, in the place of the first.
pub(crate) trait ZipInPlace<T, U>: Sync {
    fn zip_in_place(&self, x: &mut [T], y: &[U]);
}

impl<T: Element, U: Element, F: Fn(T, U) -> T + Sync> ZipInPlace<T, U> for F {
    fn zip_in_place(&self, x: &mut [T], y: &[U]) {
        zip_in_place(self, x, y);
    }
}

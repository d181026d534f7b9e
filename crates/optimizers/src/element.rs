//! Loops over elements that are compiled in this crate, for both types of numbers, and not in each crate that trains.

use std::any::Any;

use plywood_tensor::{Float, Result, Tensor};

/// `slow ← slow + part · (fast − slow)`
pub(crate) fn move_towards<T: Float>(
    slow: &mut Tensor<T>,
    fast: &Tensor<T>,
    part: T,
) -> Result<()> {
    let (slow, fast, part): (&mut dyn Any, &dyn Any, &dyn Any) = (slow, fast, &part);
    match part.downcast_ref::<f32>() {
        Some(&part) => single(same(slow.downcast_mut()), same(fast.downcast_ref()), part),
        None => {
            let part = *same(part.downcast_ref());
            double(same(slow.downcast_mut()), same(fast.downcast_ref()), part)
        }
    }
}

/// What is known to be of a type.
pub(crate) fn same<A>(known: Option<A>) -> A {
    known.expect("numbers are `f32` or `f64`")
}

fn single(slow: &mut Tensor, fast: &Tensor, part: f32) -> Result<()> {
    step(slow, fast, part)
}

fn double(slow: &mut Tensor<f64>, fast: &Tensor<f64>, part: f64) -> Result<()> {
    step(slow, fast, part)
}

fn step<T: Float>(slow: &mut Tensor<T>, fast: &Tensor<T>, part: T) -> Result<()> {
    slow.update([], fast, |slow, [], fast| *slow += part * (fast - *slow))
}

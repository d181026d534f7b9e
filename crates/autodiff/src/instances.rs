//! What goes forward and back in `f32` and `f64`, compiled in this crate.
//!
//! Up to `opt-level = 1` a crate takes the instances of generic functions that a crate below it has compiled.
//! Without these, every test, example and program that is built without optimisation would compile the walk over the
//! tape. Operations and their kernels are compiled here in any case (`record::by_element`).

use plywood_tensor::{Float, Result, Tensor};

use crate::pass::Pass;
use crate::var::Var;

type Caller<T> = fn(&Var<T>, Pass<T>) -> Result<()>;

#[used]
static F32: Caller<f32> = everything;
#[used]
static F64: Caller<f64> = everything;

/// Calls what goes back; it is compiled and never run.
fn everything<T: Float>(x: &Var<T>, mut pass: Pass<T>) -> Result<()> {
    let y = pass.recompute(|_| Ok(x.sum()))?;
    let input = pass.input(Tensor::try_full([1], T::ZERO)?);
    pass.gradients(&y, &[&input])?;
    pass.backward_and_keep(&y)?;
    pass.backward(&y).map(drop)
}

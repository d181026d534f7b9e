//! What a variable holds.

use plywood_tensor::{Float, Shape, Tensor};

/// A value's place on its tape.
pub(crate) type Node = usize;

#[derive(Clone)]
pub(crate) enum Value<T: Float> {
    Known(Tensor<T>),
    /// In a dry run.
    ShapeOnly(Shape),
}

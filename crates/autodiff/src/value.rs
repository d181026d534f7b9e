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

/// A value and its place on the tape, if it has one: a variable without its tape, for what the tape holds
/// itself.
#[derive(Clone)]
pub(crate) struct Placed<T: Float> {
    pub(crate) value: Value<T>,
    pub(crate) node: Option<Node>,
}

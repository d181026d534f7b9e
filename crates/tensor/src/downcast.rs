//! From tensors of any floating-point type to those of `f32`, for which there are more algorithms to
//! convolve and to pool, and back.

use std::any::Any;

use crate::element::Float;
use crate::tensor::Tensor;

/// The tensor, if its elements are `f32`.
pub(crate) fn to_f32<T: Float>(tensor: &Tensor<T>) -> Option<&Tensor<f32>> {
    (tensor as &dyn Any).downcast_ref()
}

/// A result in the type of the operands, which are known to be `f32`.
pub(crate) fn from_f32<T: Float>(tensor: Tensor<f32>) -> Tensor<T> {
    (&tensor as &dyn Any).downcast_ref::<Tensor<T>>().expect("the operands' type").clone()
}

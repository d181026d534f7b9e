//! The differentiable operations, one file each: settings, equation, shape rule, kernel, gradient, and the
//! random problem and reference that test them.
//!
//! Each is a value of a public type, whose fields are its settings. [`Var`]'s methods call them;
//! [`Var::apply`] calls any of them, or [one of your own](crate::Operation).
//!
//! ```
//! use plywood_autodiff::{Var, ops};
//! use plywood_tensor::Tensor;
//!
//! let x = Var::constant(Tensor::from([-2.0, 3.0]));
//! let y = Var::apply(ops::LeakyRelu { negative_slope: 0.1 }, &[&x])?;
//! assert_eq!(y.value()?, x.leaky_relu(0.1).value()?);
//! # Ok::<(), plywood_tensor::Error>(())
//! ```

mod abs;
mod adaptive_pool;
mod affine;
mod arithmetic;
mod attention;
mod avg_pool2d;
mod batch_norm;
mod batch_norm_eval;
mod binary_cross_entropy;
mod broadcast_to;
mod clamp;
mod concat;
mod conv2d;
mod conv2d_grads;
mod conv_transpose2d;
mod cross_entropy;
mod dropout;
mod elu;
mod exp;
mod gelu;
mod gelu_tanh;
mod hardsigmoid;
mod hardswish;
mod identity;
mod index_add;
mod index_select;
mod layer_norm;
mod leaky_relu;
mod linear;
mod ln;
mod local_response_norm;
mod logsigmoid;
mod map;
mod matmul;
mod max_axis;
mod max_pool2d;
mod maximum;
mod mish;
mod narrow;
mod ndtr;
mod neg;
mod operators;
mod pad2d;
mod permute;
mod pick;
mod pool2d;
mod powi;
mod recurrent;
mod relu;
mod relu6;
mod reshape;
mod rotary;
mod selu;
mod sigmoid;
mod silu;
mod softmax;
mod softplus;
mod softsign;
mod sqrt;
mod square;
mod sum;
mod tanh;
mod unpick;

#[cfg(test)]
mod tests;

pub use map::Map;
pub use matmul::{TransposedVar, VarOperand};
pub use pool2d::{Pair, Pool2d};
pub(crate) use sum::kept;

use std::rc::Rc;

use plywood_tensor::{Float, compiled_here};

use crate::declaration::{Declaration, Declared};
use crate::operation::Operation;
use crate::record::Listed;
use crate::tape::Recorded;
#[expect(unused_imports, reason = "the documentation links to it")]
use crate::var::Var;

/// Exports the operations and lists their declarations: what isn't here can't be recorded. `<T>` stands after
/// those whose settings hold a tensor.
macro_rules! operations {
    ($($module:ident::$name:ident $(<$element:ident>)?;)*) => {
        $(pub use $module::$name;)*

        $(impl<T: Float> Listed<T> for $name $(<$element>)? {
            fn recorded(self) -> Rc<dyn Recorded<T>> {
                compiled_here! {
                    fn held<T>(operation: $name $(<$element>)?) -> Rc<dyn Recorded<T>> {
                        Rc::new(operation)
                    }
                }
                held(self)
            }
        })*

        /// Every differentiable operation there is.
        pub const OPERATIONS: &[Declaration] = {
            type T = f64;
            &[$(<$name $(<$element>)? as Declared>::DECLARATION,)* <Map<(), ()>>::DECLARATION]
        };
    };
}

operations! {
    abs::Abs;
    adaptive_pool::AdaptiveAvgPool2d;
    adaptive_pool::AdaptiveAvgPool2dGrad;
    affine::Affine;
    arithmetic::Add;
    arithmetic::Sub;
    arithmetic::Mul;
    arithmetic::Div;
    attention::ScaledDotProductAttention<T>;
    attention::SelfAttention<T>;
    attention::CrossAttention<T>;
    avg_pool2d::AvgPool2d;
    avg_pool2d::AvgPool2dGrad;
    batch_norm::BatchNorm;
    batch_norm::BatchNormRelu;
    batch_norm_eval::BatchNormEval<T>;
    binary_cross_entropy::BinaryCrossEntropyWithLogits<T>;
    broadcast_to::BroadcastTo;
    clamp::Clamp;
    concat::Concat;
    conv2d::Conv2d;
    conv2d_grads::Conv2dInputGrad;
    conv2d_grads::Conv2dWeightGrad;
    conv_transpose2d::ConvTranspose2d;
    cross_entropy::CrossEntropy;
    dropout::Dropout;
    elu::Elu;
    exp::Exp;
    gelu::Gelu;
    gelu_tanh::GeluTanh;
    hardsigmoid::Hardsigmoid;
    hardswish::Hardswish;
    identity::Identity;
    index_add::IndexAdd;
    index_select::IndexSelect;
    layer_norm::LayerNorm;
    layer_norm::RmsNorm;
    leaky_relu::LeakyRelu;
    linear::Linear;
    ln::Ln;
    local_response_norm::LocalResponseNorm;
    logsigmoid::Logsigmoid;
    matmul::MatMul;
    max_axis::MaxAxis;
    max_pool2d::MaxPool2d;
    maximum::Maximum;
    maximum::Minimum;
    mish::Mish;
    narrow::Narrow;
    ndtr::Ndtr;
    neg::Neg;
    pad2d::Pad2d;
    permute::Permute;
    pick::Pick;
    powi::Powi;
    recurrent::Lstm;
    recurrent::Gru;
    relu::Relu;
    relu6::Relu6;
    reshape::Reshape;
    rotary::Rotary;
    selu::Selu;
    sigmoid::Sigmoid;
    silu::Silu;
    softmax::Softmax;
    softmax::LogSoftmax;
    softplus::Softplus;
    softsign::Softsign;
    sqrt::Sqrt;
    square::Square;
    sum::Sum;
    sum::Mean;
    tanh::Tanh;
    unpick::Unpick;
}

/// Of any two functions.
impl<T: Float, F: 'static, S: 'static> Listed<T> for Map<F, S>
where
    Self: Operation<T>,
{
    fn recorded(self) -> Rc<dyn Recorded<T>> {
        Rc::new(self)
    }
}

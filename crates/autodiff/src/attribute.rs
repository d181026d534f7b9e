//! A setting of an operation, as others see it.

use plywood_tensor::{Float, Tensor};

/// A setting of an operation: see [`Operation::attributes`](crate::Operation::attributes).
///
/// ```
/// use plywood_autodiff::{Attribute, Pass};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut pass = Pass::without_model(&mut Rng::new(Seed(7)));
/// let x = pass.input(Tensor::from([-3.0, 0.5]));
/// let _y = x.clamp(-1.0, 1.0);
/// let [_input, clamp] = &pass.graph().nodes[..] else { panic!("an input and an operation") };
/// assert_eq!(
///     clamp.attributes,
///     [("low", Attribute::Float(-1.0)), ("high", Attribute::Float(1.0))],
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Attribute {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Several whole numbers.
    Ints(Vec<i64>),
    /// A number.
    Float(f64),
    /// A tensor that isn't an operand, in double precision.
    Tensor(Tensor<f64>),
    /// Labels, or places along an axis.
    Indices(Tensor<u32>),
}

impl Attribute {
    /// Sizes, strides and the like.
    pub fn sizes(sizes: &[usize]) -> Self {
        Self::Ints(sizes.iter().map(|&size| size.try_into().unwrap_or(i64::MAX)).collect())
    }

    /// A tensor of any precision.
    pub fn tensor<T: Float>(values: &Tensor<T>) -> Self {
        let wide = values.to_vec().into_iter().map(Float::to_f64).collect();
        Self::Tensor(Tensor::from_vec(wide, values.shape()).expect("as many elements"))
    }
}

impl From<bool> for Attribute {
    fn from(setting: bool) -> Self {
        Self::Bool(setting)
    }
}

impl From<i64> for Attribute {
    fn from(setting: i64) -> Self {
        Self::Int(setting)
    }
}

impl From<f64> for Attribute {
    fn from(setting: f64) -> Self {
        Self::Float(setting)
    }
}

impl From<usize> for Attribute {
    fn from(setting: usize) -> Self {
        Self::Int(setting.try_into().unwrap_or(i64::MAX))
    }
}

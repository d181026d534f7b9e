//! Addition, subtraction, multiplication, division, and the functions of one number, as methods.

use crate::combine::{Minus, Over, Plus, Times, combine};
use crate::element::Float;
use crate::error::Result;
use crate::number::Number;
use crate::tensor::Tensor;

impl<T: Number> Tensor<T> {
    /// `self + other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast. Of whole numbers also when a sum is not of their type.
    pub fn add(&self, other: &Self) -> Result<Self> {
        combine::<T, Plus>(self, other)
    }

    /// `self − other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast. Of whole numbers also when a difference is not of their type.
    #[doc(alias = "subtract")]
    pub fn sub(&self, other: &Self) -> Result<Self> {
        combine::<T, Minus>(self, other)
    }

    /// `self · other`, elementwise, with broadcasting.
    ///
    /// # Errors
    /// When the shapes don't broadcast. Of whole numbers also when a product is not of their type.
    #[doc(alias = "multiply")]
    pub fn mul(&self, other: &Self) -> Result<Self> {
        combine::<T, Times>(self, other)
    }

    /// `self / other`, elementwise, with broadcasting. Whole numbers are rounded towards 0.
    ///
    /// # Errors
    /// When the shapes don't broadcast. Of whole numbers also when one is divided by 0, or a quotient is not of
    /// their type.
    #[doc(alias = "divide")]
    pub fn div(&self, other: &Self) -> Result<Self> {
        combine::<T, Over>(self, other)
    }

    /// Adds a tensor of the same shape in place.
    ///
    /// # Errors
    /// When the shapes differ. Of whole numbers also when a sum is not of their type; then nothing is changed.
    #[doc(alias = "add_")]
    pub fn add_assign(&mut self, other: &Self) -> Result<()> {
        if self.shape() != other.shape() {
            return Err(crate::Error::shape(format!(
                "{} can't be added to {} in place",
                other.shape(),
                self.shape()
            ))
            .operation("add_assign"));
        }
        if T::WHOLE {
            *self = self.add(other)?;
            return Ok(());
        }
        let this = std::mem::replace(self, Self::scalar(T::default()));
        *self = this.zip_into(other, |a, b| a.plus(b).0)?;
        Ok(())
    }
}

impl<T: Float> Tensor<T> {
    /// The larger of each pair, with broadcasting; NaN if either is.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn maximum(&self, other: &Self) -> Result<Self> {
        self.zip(other, T::maximum).map_err(|error| error.operation("maximum"))
    }

    /// The smaller of each pair, with broadcasting; NaN if either is.
    ///
    /// # Errors
    /// When the shapes don't broadcast.
    pub fn minimum(&self, other: &Self) -> Result<Self> {
        self.zip(other, T::minimum).map_err(|error| error.operation("minimum"))
    }

    /// e to the power of each element.
    pub fn exp(&self) -> Self {
        self.map(T::exp)
    }

    /// The natural logarithm of each element.
    #[doc(alias = "log")]
    pub fn ln(&self) -> Self {
        self.map(T::ln)
    }

    /// The square root of each element.
    pub fn sqrt(&self) -> Self {
        self.map(|x| x.sqrt())
    }

    /// The absolute value of each element.
    pub fn abs(&self) -> Self {
        self.map(|x| x.abs())
    }

    /// Each element, not below `low` and not above `high`.
    #[doc(alias = "clip")]
    pub fn clamp(&self, low: T, high: T) -> Self {
        self.map(|x| x.maximum(low).minimum(high))
    }
}

#[cfg(test)]
mod tests {
    use crate::tensor::Tensor;

    #[test]
    fn operators_and_methods_agree() {
        let a = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
        let b = Tensor::from([10.0, 20.0]);
        assert_eq!(&a + &b, Tensor::from([[11.0, 22.0], [13.0, 24.0]]));
        assert_eq!(a.clone() / &b, a.div(&b).unwrap());
        assert_eq!(a.clone() - &a, Tensor::zeros([2, 2]));
        assert_eq!(&a * 2.0, Tensor::from([[2.0, 4.0], [6.0, 8.0]]));
        assert_eq!(-&b, Tensor::from([-10.0, -20.0]));
    }

    #[test]
    fn errors_name_the_operation_and_both_shapes() {
        let (a, b) = (Tensor::zeros([2, 3]), Tensor::zeros([2]));
        assert_eq!(
            a.mul(&b).unwrap_err().to_string(),
            "mul: [2, 3] and [2] don't broadcast: 3 and 2 at axis -1; \
             sizes must be equal or 1, counted from the last axis",
        );
    }

    #[test]
    fn writing_leaves_other_holders_alone() {
        let a = Tensor::from([1.0, 2.0]);
        let mut b = a.clone();
        b.add_assign(&a).unwrap();
        assert_eq!((a, b), (Tensor::from([1.0, 2.0]), Tensor::from([2.0, 4.0])));
    }

    #[test]
    fn nan_wins_every_maximum() {
        let nan = Tensor::from([f32::NAN, 1.0, f32::NAN]);
        let other = Tensor::from([1.0, f32::NAN, f32::NAN]);
        assert!(nan.maximum(&other).unwrap().as_slice().iter().all(|x| x.is_nan()));
        assert!(nan.minimum(&other).unwrap().as_slice().iter().all(|x| x.is_nan()));
    }
}

//! What there is for whole numbers alone.

use crate::error::{Error, Result};
use crate::number::Number;
use crate::tensor::Tensor;

impl<T: Number + Into<i64>> Tensor<T> {
    /// The sum of all elements, which are whole numbers.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let pixels = Tensor::from([200_u8, 100]);
    /// assert_eq!(pixels.sum_i64()?, 300);
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When it is not of type `i64`.
    #[doc(alias = "sum")]
    pub fn sum_i64(&self) -> Result<i64> {
        let sum: i128 = self.as_slice().iter().map(|&x| i128::from(x.into())).sum();
        sum.try_into().map_err(|_| {
            Error::value(format!("the sum {sum} is not of type i64"))
                .hint("`cast::<f64>()` makes room")
                .operation("sum_i64")
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::tensor::Tensor;

    #[test]
    fn sums_are_exact() {
        assert_eq!(Tensor::from([u32::MAX; 3]).sum_i64().unwrap(), 12_884_901_885);
        assert_eq!(Tensor::from([i64::MAX, 1, -1]).sum_i64().unwrap(), i64::MAX);
        assert_eq!(Tensor::from([0_i32; 0]).sum_i64().unwrap(), 0);
        assert_eq!(
            Tensor::from([i64::MAX, 1]).sum_i64().unwrap_err().to_string(),
            "sum_i64: the sum 9223372036854775808 is not of type i64; `cast::<f64>()` makes room",
        );
    }
}

//! The elements as numbers of another type.

use std::any::Any;

use crate::conversion::Wide;
use crate::element::{Element, Float};
use crate::error::{Error, Result};
use crate::tensor::Tensor;
use crate::threads::{self, CHUNK};

impl<T: Element> Tensor<T> {
    /// The elements as floating-point numbers: the nearest ones, and 1 for `true`, 0 for `false`. A tensor that has
    /// the type already is shared. [`try_cast`](Self::try_cast) makes whole numbers.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let right = Tensor::from([true, false, true, true]);
    /// assert_eq!(right.cast::<f32>().mean(), 0.75);
    /// ```
    #[doc(alias("to", "type", "astype", "float", "double"))]
    pub fn cast<U: Float>(&self) -> Tensor<U> {
        if let Some(same) = (self as &dyn Any).downcast_ref::<Tensor<U>>() {
            return same.clone();
        }
        self.map(|x| U::narrow_from(x.widen()).expect("a floating-point number is near any number"))
    }

    /// The elements as numbers of any type. On the way to whole numbers, fractions are cut off, as in PyTorch and
    /// Rust; on the way to `bool`, all but 0 is `true`.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Tensor::from([1.75, -2.5, 300.0]);
    /// assert_eq!(x.try_cast::<i64>()?, Tensor::from([1, -2, 300]));
    /// assert_eq!(
    ///     x.try_cast::<u8>().unwrap_err().to_string(),
    ///     "try_cast: -2.5 at [1] is not of type u8 (0 to 255); `clamp` cuts off what is outside",
    /// );
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an element is outside the range of the other type, or NaN on the way to whole numbers.
    #[doc(alias("to", "type", "astype", "long", "int", "byte", "bool"))]
    pub fn try_cast<U: Element>(&self) -> Result<Tensor<U>> {
        if let Some(same) = (self as &dyn Any).downcast_ref::<Tensor<U>>() {
            return Ok(same.clone());
        }
        let elements = self.as_slice();
        let convert = |x: T| U::narrow_from(x.widen());
        if let Some(place) = elements.iter().position(|&x| convert(x).is_none()) {
            let (x, index) = (elements[place], self.shape().index_of(place));
            let (name, range) = (U::DTYPE, U::range());
            let error = Error::value(format!("{x:?} at {index:?} is not of type {name} ({range})"));
            let error = match x.widen() {
                Wide::Real(_) => error.hint("`clamp` cuts off what is outside"),
                Wide::Whole(_) => error,
            };
            return Err(error.operation("try_cast"));
        }
        Tensor::build(self.shape(), |out| {
            threads::chunks_mut(out, CHUNK, elements.len(), |index, out| {
                for (out, &x) in out.iter_mut().zip(&elements[index * CHUNK..]) {
                    *out = convert(x).unwrap_or_default();
                }
            });
        })
        .map_err(|error| error.operation("try_cast"))
    }
}

#[cfg(test)]
mod tests {
    use crate::half::{bf16, f16};

    use super::*;

    #[test]
    fn whole_numbers_go_everywhere_and_back() {
        let x = Tensor::from([0_u8, 1, 200]);
        assert_eq!(x.try_cast::<i32>().unwrap(), Tensor::from([0_i32, 1, 200]));
        assert_eq!(x.try_cast::<u32>().unwrap().try_cast::<u8>().unwrap(), x);
        assert_eq!(x.try_cast::<bool>().unwrap(), Tensor::from([false, true, true]));
        assert_eq!(x.cast::<f64>().try_cast::<u8>().unwrap(), x);
        assert_eq!(
            Tensor::from([true, false]).try_cast::<i64>().unwrap(),
            Tensor::from([1_i64, 0])
        );
    }

    #[test]
    fn floats_are_the_nearest_ones() {
        // By way of `f64` this would be rounded twice, and end at 2⁶⁰.
        let x = Tensor::from([(1_i64 << 60) + (1 << 36) + 1]);
        assert_eq!(x.cast::<f32>().item().unwrap(), ((1_i64 << 60) + (1 << 37)) as f32);
        assert_eq!(Tensor::from([0.1_f64]).cast::<f32>(), Tensor::from([0.1_f32]));
        assert_eq!(Tensor::from([1e300_f64]).cast::<f32>(), Tensor::from([f32::INFINITY]));
    }

    #[test]
    fn half_numbers_are_the_nearest_ones_and_even_between_two() {
        let cast = |x: f64| Tensor::from([x]).try_cast::<bf16>().unwrap().item().unwrap().to_f32();
        // bf16 has 8 digits: between 1 and 1 + 2⁻⁷.
        let (step, tiny) = (2.0_f64.powi(-7), 2.0_f64.powi(-50));
        assert_eq!(cast(1.0 + step / 2.0), 1.0);
        assert_eq!(cast(1.0 + step * 1.5), (1.0 + 2.0 * step) as f32);
        // Rounded to an `f32` first, these would be ties.
        assert_eq!(cast(1.0 + step / 2.0 + tiny), (1.0 + step) as f32);
        assert_eq!(cast(-1.0 - step * 1.5 + tiny), (-1.0 - step) as f32);
        assert_eq!(cast(1e300), f32::INFINITY);
        assert!(cast(f64::NAN).is_nan());
        let half = |x: f64| Tensor::from([x]).try_cast::<f16>().unwrap().item().unwrap();
        assert_eq!(half(65519.9).to_f32(), 65504.0);
        assert_eq!(half(65520.0).to_f32(), f32::INFINITY);
        assert_eq!(half(2.0_f64.powi(-25)).to_f32(), 0.0);
        assert_eq!(half(2.0_f64.powi(-25) + tiny).to_f32(), 2.0_f32.powi(-24));
        // A whole number one above a tie, which an `f64` can't tell from it.
        let tie = (1_i64 << 62) + (1 << 54);
        let whole =
            |x: i64| Tensor::from([x]).try_cast::<bf16>().unwrap().cast::<f64>().item().unwrap();
        assert_eq!(whole(tie), (1_i64 << 62) as f64);
        assert_eq!(whole(tie + 1), ((1_i64 << 62) + (1 << 55)) as f64);
        let x = Tensor::from([1.5_f32, -0.25, 1024.0]);
        assert_eq!(x.try_cast::<bf16>().unwrap().cast::<f32>(), x);
        assert_eq!(x.try_cast::<f16>().unwrap().cast::<f32>(), x);
        assert_eq!(
            (-x).try_cast::<f16>().unwrap().try_cast::<u8>().unwrap_err().to_string(),
            "try_cast: -1.5 at [0] is not of type u8 (0 to 255); `clamp` cuts off what is outside",
        );
    }

    #[test]
    fn ranges_end_where_the_type_ends() {
        let ends = Tensor::from([-2_147_483_648.9_f64, 2_147_483_647.9]);
        assert_eq!(ends.try_cast::<i32>().unwrap(), Tensor::from([i32::MIN, i32::MAX]));
        let beyond = |x: f64| Tensor::from([[0.0, x]]).try_cast::<i64>().unwrap_err().to_string();
        assert_eq!(
            beyond(9_223_372_036_854_775_808.0),
            "try_cast: 9.223372036854776e18 at [0, 1] is not of type i64 \
             (-9223372036854775808 to 9223372036854775807); `clamp` cuts off what is outside",
        );
        assert!(beyond(f64::NAN).starts_with("try_cast: NaN at [0, 1] is not of type i64"));
        assert_eq!(
            Tensor::from([5_i64, -1]).try_cast::<u32>().unwrap_err().to_string(),
            "try_cast: -1 at [1] is not of type u32 (0 to 4294967295)",
        );
        assert!(Tensor::from([f64::NAN]).try_cast::<bool>().unwrap().item().unwrap());
    }
}

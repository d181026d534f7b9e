//! Numbers at equal distances, of any type.

use crate::conversion::Wide;
use crate::error::{Error, Result};
use crate::number::Number;
use crate::tensor::Tensor;

impl<T: Number> Tensor<T> {
    /// `start`, `start + step`, … up to but without `end`: PyTorch's `arange` with three arguments, of numbers of any
    /// type.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// assert_eq!(Tensor::arange_step(10_i64, 0, -4)?, Tensor::from([10, 6, 2]));
    /// assert_eq!(Tensor::arange_step(0.0, 1.0, 0.25)?, Tensor::from([0.0, 0.25, 0.5, 0.75]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When steps of that size don't lead from `start` to `end`, a number is not finite, or there is not enough
    /// memory.
    #[doc(alias("arange", "range"))]
    pub fn arange_step(start: T, end: T, step: T) -> Result<Self> {
        let refuse = |error: Error| error.operation("arange_step");
        let count = count(start, end, step).map_err(refuse)?;
        let at = |place: usize| match (start.widen(), step.widen()) {
            // Between start and end, and so of their type.
            (Wide::Whole(start), Wide::Whole(step)) => {
                T::from_whole(start.wrapping_add(step.wrapping_mul(place as i64)))
            }
            (start, step) => T::from_real(real(start) + real(step) * place as f64),
        };
        Self::try_from_fn([count], |index| at(index[0]).unwrap_or_default()).map_err(refuse)
    }
}

/// How many numbers there are.
fn count<T: Number>(start: T, end: T, step: T) -> Result<usize> {
    if step == T::default() {
        return Err(Error::value("the step is 0"));
    }
    let astray = || Error::value(format!("steps of {step:?} don't lead from {start:?} to {end:?}"));
    if let (Wide::Whole(start), Wide::Whole(end), Wide::Whole(step)) =
        (start.widen(), end.widen(), step.widen())
    {
        let (distance, step) = (i128::from(end) - i128::from(start), i128::from(step));
        if distance * step.signum() < 0 {
            return Err(astray());
        }
        let (distance, step) = (distance.unsigned_abs(), step.unsigned_abs());
        return Ok(usize::try_from(distance.div_ceil(step)).unwrap_or(usize::MAX));
    }
    let steps = (real(end.widen()) - real(start.widen())) / real(step.widen());
    if !steps.is_finite() {
        return Err(Error::value(format!("{start:?} to {end:?} by {step:?} is not finite")));
    }
    if steps < 0.0 {
        return Err(astray());
    }
    Ok(steps.ceil() as usize)
}

fn real(number: Wide) -> f64 {
    match number {
        Wide::Whole(number) => number as f64,
        Wide::Real(number) => number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_type() {
        assert_eq!(Tensor::arange_step(0, 5, 2).unwrap(), Tensor::from([0_i32, 2, 4]));
        assert_eq!(Tensor::arange_step(250_u8, 255, 1).unwrap().numel(), 5);
        assert_eq!(Tensor::arange_step(0_u32, 0, 1).unwrap().numel(), 0);
        assert_eq!(Tensor::arange_step(1.0_f32, 0.0, -0.5).unwrap(), Tensor::from([1.0, 0.5]));
        assert_eq!(
            Tensor::arange_step(i64::MIN, i64::MAX, i64::MAX).unwrap(),
            Tensor::from([i64::MIN, -1, i64::MAX - 1]),
        );
    }

    #[test]
    fn steps_that_lead_nowhere() {
        fn says<T: Number>(start: T, end: T, step: T) -> String {
            Tensor::arange_step(start, end, step).unwrap_err().to_string()
        }
        assert_eq!(says(0, 5, 0), "arange_step: the step is 0");
        assert_eq!(says(5_u8, 0, 1), "arange_step: steps of 1 don't lead from 5 to 0");
        assert_eq!(says(0.0, 1.0, -0.5), "arange_step: steps of -0.5 don't lead from 0.0 to 1.0");
        assert_eq!(says(0.0, f64::NAN, 1.0), "arange_step: 0.0 to NaN by 1.0 is not finite");
        assert_eq!(
            says(0.0_f64, 1e300, 1e-300),
            "arange_step: 0.0 to 1e300 by 1e-300 is not finite"
        );
        assert!(says(0, i64::MAX, 1).starts_with("arange_step: "));
    }
}

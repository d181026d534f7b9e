//! Settings that know the ranges of their values.

use std::fmt;
use std::ops::{Bound, RangeBounds};

use crate::error::{Error, Result};

/// Of each setting that has a range: what errors call it, its numbers, and the range.
type Ranges = Vec<(&'static str, Vec<f64>, (Bound<f64>, Bound<f64>))>;

/// The settings of a layer, a model, a transform or an optimizer, each of which has a default and may have a
/// range.
///
/// `#[derive(Settings)]` of `plywood-derive` writes this trait, a constructor that takes what has no default, and
/// for every other field a setter with the field's documentation. Their `Debug` text is what a checkpoint
/// compares, so no setting can change unnoticed between a run and its continuation.
///
/// ```
/// use std::ops::Bound;
/// use plywood_tensor::Settings;
///
/// #[derive(Debug)]
/// struct Blur {
///     sigma: f64,
/// }
///
/// // What `#[setting(range = 0.1..=2.0)]` above `sigma` makes the derive write:
/// impl Settings for Blur {
///     fn ranges(&self) -> Vec<(&'static str, Vec<f64>, (Bound<f64>, Bound<f64>))> {
///         vec![("sigma", Self::numbers(&self.sigma), Self::bounds(0.1..=2.0))]
///     }
/// }
///
/// let error = Blur { sigma: 3.0 }.check().unwrap_err();
/// assert_eq!(error.to_string(), "the sigma is 3; it should be between 0.1 and 2");
/// ```
pub trait Settings: fmt::Debug {
    /// Of each setting that has a range: what errors call it, its numbers, and the range that each of them must
    /// lie in.
    fn ranges(&self) -> Ranges;

    /// Refuses settings that are out of range.
    ///
    /// # Errors
    /// When a number is NaN, infinite or out of its setting's range. The error names the first such setting.
    fn check(&self) -> Result<()> {
        self.ranges()
            .into_iter()
            .try_for_each(|(name, numbers, range)| check_numbers(name, &numbers, range))
    }

    /// The numbers of a value, for [`ranges`](Self::ranges).
    fn numbers(value: &impl Numbers) -> Vec<f64>
    where
        Self: Sized,
    {
        value.numbers()
    }

    /// The ends of a range, for [`ranges`](Self::ranges).
    fn bounds(range: impl RangeBounds<f64>) -> (Bound<f64>, Bound<f64>)
    where
        Self: Sized,
    {
        (range.start_bound().cloned(), range.end_bound().cloned())
    }
}

/// Refuses a setting that is NaN, infinite or out of its range, where the range follows from another setting or
/// a caller's argument; those that are known beforehand stand above their fields ([`Settings`]).
///
/// ```
/// use plywood_tensor::check_setting;
///
/// check_setting("momentum", 0.9, 0.0..=1.0)?;
/// let error = check_setting("momentum", 1.5, 0.0..=1.0).unwrap_err();
/// assert_eq!(error.to_string(), "the momentum is 1.5; it should be between 0 and 1");
/// let error = check_setting("stride", [1_usize, 0], 1.0..).unwrap_err();
/// assert_eq!(error.to_string(), "the stride is [1, 0]; each should be 1 or more");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When it is.
pub fn check_setting(name: &str, value: impl Numbers, range: impl RangeBounds<f64>) -> Result<()> {
    check_numbers(
        name,
        &value.numbers(),
        (range.start_bound().cloned(), range.end_bound().cloned()),
    )
}

fn check_numbers(name: &str, numbers: &[f64], range: (Bound<f64>, Bound<f64>)) -> Result<()> {
    let fits = |number: &f64| number.is_finite() && range.contains(number);
    if numbers.iter().all(fits) {
        return Ok(());
    }
    let (value, subject) = match numbers {
        [number] => (number.to_string(), "it"),
        several => {
            let several: Vec<String> = several.iter().map(f64::to_string).collect();
            (format!("[{}]", several.join(", ")), "each")
        }
    };
    // Any number of an open range would do, but for its end.
    let endless = |number: &f64| number.is_infinite() && range.contains(number);
    let range = match (range, numbers.iter().any(endless)) {
        ((Bound::Unbounded, Bound::Unbounded), _) => "finite".to_owned(),
        (_, true) => format!("finite, and {}", described(range)),
        (_, false) => described(range),
    };
    Err(Error::value(format!("the {name} is {value}; {subject} should be {range}")))
}

/// A range in words.
fn described(range: (Bound<f64>, Bound<f64>)) -> String {
    use Bound::{Excluded, Included, Unbounded};
    match range {
        (Included(low), Included(high)) => format!("between {low} and {high}"),
        (Included(low), Excluded(high)) => format!("{low} or more, and less than {high}"),
        (Excluded(low), Included(high)) => format!("more than {low}, and at most {high}"),
        (Excluded(low), Excluded(high)) => format!("more than {low} and less than {high}"),
        (Included(low), Unbounded) => format!("{low} or more"),
        (Excluded(low), Unbounded) => format!("more than {low}"),
        (Unbounded, Included(high)) => format!("at most {high}"),
        (Unbounded, Excluded(high)) => format!("less than {high}"),
        (Unbounded, Unbounded) => "any number".to_owned(),
    }
}

/// A value that a [range](Settings::ranges) can be asked of: one number or several.
///
/// ```
/// use plywood_tensor::Numbers;
///
/// assert_eq!(3_usize.numbers(), [3.0]);
/// assert_eq!([0.5, 2.0].numbers(), [0.5, 2.0]);
/// assert!(None::<f64>.numbers().is_empty());
/// ```
pub trait Numbers {
    /// Its numbers; none of an option that is not set.
    fn numbers(&self) -> Vec<f64>;
}

macro_rules! one_number {
    ($($type:ty),*) => { $(
        impl Numbers for $type {
            fn numbers(&self) -> Vec<f64> {
                vec![*self as f64]
            }
        }
    )* };
}

one_number!(f64, f32, usize, u64, u32, i64);

impl<N: Numbers, const COUNT: usize> Numbers for [N; COUNT] {
    fn numbers(&self) -> Vec<f64> {
        self.iter().flat_map(Numbers::numbers).collect()
    }
}

impl<N: Numbers> Numbers for Vec<N> {
    fn numbers(&self) -> Vec<f64> {
        self.iter().flat_map(Numbers::numbers).collect()
    }
}

impl<N: Numbers> Numbers for (N, N) {
    fn numbers(&self) -> Vec<f64> {
        [self.0.numbers(), self.1.numbers()].concat()
    }
}

impl<N: Numbers> Numbers for Option<N> {
    fn numbers(&self) -> Vec<f64> {
        self.as_ref().map_or_else(Vec::new, Numbers::numbers)
    }
}

/// Above 0: a range that Rust's operators can't write.
pub const POSITIVE: (Bound<f64>, Bound<f64>) = (Bound::Excluded(0.0), Bound::Unbounded);

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(value: impl Numbers, range: impl RangeBounds<f64>) -> String {
        check_setting("step", value, range).unwrap_err().to_string()
    }

    #[test]
    fn each_kind_of_range_has_its_text() {
        assert_eq!(refused(2.0, 0.0..=1.0), "the step is 2; it should be between 0 and 1");
        assert_eq!(
            refused(1.0, 0.0..1.0),
            "the step is 1; it should be 0 or more, and less than 1"
        );
        assert_eq!(refused(0_usize, 1.0..), "the step is 0; it should be 1 or more");
        assert_eq!(refused(-0.0, POSITIVE), "the step is -0; it should be more than 0");
        assert_eq!(refused((0.5, 3.0), ..=1.0), "the step is [0.5, 3]; each should be at most 1");
        assert_eq!(refused([2_usize, 1], ..2.0), "the step is [2, 1]; each should be less than 2");
        assert_eq!(
            refused(0.0, (Bound::Excluded(0.0), Bound::Included(1.0))),
            "the step is 0; it should be more than 0, and at most 1"
        );
        assert_eq!(
            refused(1.0, (Bound::Excluded(0.0), Bound::Excluded(1.0))),
            "the step is 1; it should be more than 0 and less than 1"
        );
    }

    #[test]
    fn what_is_no_finite_number_is_in_no_range() {
        assert_eq!(refused(f64::NAN, ..), "the step is NaN; it should be finite");
        assert_eq!(
            refused(f64::INFINITY, 0.0..),
            "the step is inf; it should be finite, and 0 or more"
        );
        check_setting("step", Option::<f64>::None, 0.0..=1.0).unwrap();
    }
}

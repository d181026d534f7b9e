//! Assertions that two lists of numbers are close, which name the worst place when they aren't.

/// Asserts that each `|actual − expected| ≤ tolerance · max(1, |expected|)`.
///
/// NaN is close to NaN, and an infinity to itself, only.
///
/// # Panics
/// When they aren't; says where the worst of them is, and how many there are.
#[track_caller]
pub fn assert_close<A, E>(actual: &[A], expected: &[E], tolerance: f64)
where
    A: Copy + Into<f64>,
    E: Copy + Into<f64>,
{
    check(actual, expected, tolerance, |expected| expected.abs().max(1.0));
}

/// Asserts that each `|actual − expected| ≤ tolerance · rms`, the root mean square of all that is
/// expected: for sums of many terms, whose rounding errors go by the terms' size, not by how
/// nearly they cancel.
///
/// # Panics
/// When they aren't; says where the worst of them is, and how many there are.
#[track_caller]
pub fn assert_close_to_rms<A, E>(actual: &[A], expected: &[E], tolerance: f64)
where
    A: Copy + Into<f64>,
    E: Copy + Into<f64>,
{
    let squares = expected.iter().map(|&e| e.into().powi(2));
    let rms = (squares.sum::<f64>() / expected.len().max(1) as f64).sqrt();
    check(actual, expected, tolerance, |_| rms);
}

/// Asserts that all bits are the same: −0 differs from 0, and one NaN from another.
///
/// # Panics
/// When they aren't; says where the first difference is.
#[track_caller]
pub fn assert_same_bits<T: Copy + Into<f64>>(actual: &[T], expected: &[T]) {
    same_length(actual.len(), expected.len());
    for (place, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        let (a, e) = (a.into(), e.into());
        assert!(
            a.to_bits() == e.to_bits(),
            "place {place} of {}: {a:e} ({:#x}) has not the bits of {e:e} ({:#x})",
            actual.len(),
            a.to_bits(),
            e.to_bits()
        );
    }
}

#[track_caller]
fn check<A, E>(actual: &[A], expected: &[E], tolerance: f64, scale: impl Fn(f64) -> f64)
where
    A: Copy + Into<f64>,
    E: Copy + Into<f64>,
{
    same_length(actual.len(), expected.len());
    let mut outside = 0;
    // (difference in units of the scale, place, actual, expected)
    let mut worst = (0.0, 0, 0.0, 0.0);
    for (place, (&a, &e)) in actual.iter().zip(expected).enumerate() {
        let (a, e) = (a.into(), e.into());
        let error = error(a, e, scale(e));
        // A NaN is worse than anything.
        outside += usize::from(error > tolerance);
        if error > worst.0 {
            worst = (error, place, a, e);
        }
    }
    let (error, place, a, e) = worst;
    assert!(
        outside == 0,
        "{outside} of {} numbers are not close; the worst, at place {place}: \
         {a:e} should be {e:e}, off by {error:.2e} where {tolerance:.0e} is allowed",
        actual.len(),
    );
}

/// The difference in units of `scale`; infinite where one of them is not finite and the other
/// isn't the same.
fn error(actual: f64, expected: f64, scale: f64) -> f64 {
    if actual == expected || (actual.is_nan() && expected.is_nan()) {
        return 0.0;
    }
    let error = (actual - expected).abs() / scale;
    if error.is_nan() || !expected.is_finite() { f64::INFINITY } else { error }
}

#[track_caller]
fn same_length(actual: usize, expected: usize) {
    assert!(actual == expected, "there are {actual} numbers, {expected} were expected");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_numbers_pass() {
        assert_close(&[1.0, 1000.0], &[1.0 + 1e-9, 1000.0 + 1e-6], 1e-8);
        assert_close(&[f64::NAN, f64::INFINITY], &[f32::NAN, f32::INFINITY], 0.0);
        assert_close_to_rms(&[100.0, 1e-4], &[100.0, 0.0], 1e-5);
        assert_close::<f64, f64>(&[], &[], 0.0);
        assert_close_to_rms::<f64, f64>(&[], &[], 0.0);
    }

    #[test]
    #[should_panic(
        expected = "2 of 3 numbers are not close; the worst, at place 2: 1e0 should be 3e0, \
                    off by 6.67e-1 where 1e-3 is allowed"
    )]
    fn the_worst_place_is_named() {
        assert_close(&[1.0, 2.0, 1.0], &[1.0, 2.01, 3.0], 1e-3);
    }

    #[test]
    #[should_panic(expected = "NaN should be 1e0, off by inf")]
    fn nan_is_never_close_to_a_number() {
        assert_close(&[f64::NAN], &[1.0], 1e9);
    }

    #[test]
    #[should_panic(expected = "off by inf")]
    fn an_infinity_is_only_close_to_itself() {
        assert_close(&[1.0], &[f64::INFINITY], 1e9);
    }

    #[test]
    #[should_panic(expected = "there are 1 numbers, 2 were expected")]
    fn lengths_differ() {
        assert_close(&[1.0], &[1.0, 1.0], 1.0);
    }

    #[test]
    #[should_panic(expected = "place 1 of 2")]
    fn signs_of_zeros_are_bits() {
        assert_same_bits(&[1.0, 0.0], &[1.0, -0.0]);
    }
}

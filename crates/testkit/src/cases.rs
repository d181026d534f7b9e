//! How many random cases a property is tried on.

use proptest::test_runner::Config;

/// The configuration of a property test: `fewer` cases, so that the everyday run stays quick, or
/// as many as the environment variable `PROPTEST_CASES` asks for.
///
/// No seeds are written beside the sources: a failure prints its smallest input, to be pinned as
/// a test of its own.
///
/// ```
/// use plywood_testkit::{cases, numbers};
/// use proptest::prelude::*;
///
/// proptest! {
///     #![proptest_config(cases(32))]
///
///     # /*
///     #[test]
///     # */
///     fn prop_squares_are_positive(x in numbers(1)) {
///         prop_assert!(x[0] * x[0] >= 0.0);
///     }
/// }
/// # prop_squares_are_positive();
/// ```
pub fn cases(fewer: u32) -> Config {
    let asked = Config::default();
    let cases = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => asked.cases,
        None => fewer,
    };
    Config { cases, failure_persistence: None, ..asked }
}

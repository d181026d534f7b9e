//! Borders against their definition.

use plywood_tensor::{naive, pad2d};
use plywood_testkit::cases;
use proptest::prelude::*;

use crate::support::noise;

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_borders(
        size in prop::array::uniform4(0_usize..=4),
        before in prop::array::uniform2(0_usize..=3),
        after in prop::array::uniform2(0_usize..=3),
    ) {
        let x = noise::<f32>(1, &size);
        let expected = naive::pad2d(&x, before, after, 7.5).unwrap();
        prop_assert_eq!(pad2d(&x, before, after, 7.5).unwrap(), expected);
    }
}

#[test]
fn what_doesnt_fit_is_said() {
    let error = pad2d(&noise::<f32>(1, &[2, 3]), [1, 1], [1, 1], 0.0).unwrap_err().to_string();
    assert_eq!(
        error,
        "pad2d: input [2, 3] should have four axes (N, C, H, W); \
         `reshape` the flat images to (N, C, H, W)",
    );
    let x = noise::<f32>(1, &[1, 1, 1, 1]);
    let error = pad2d(&x, [usize::MAX, 1], [1, 1], 0.0).unwrap_err().to_string();
    assert!(error.ends_with("has more elements than memory can address"), "{error}");
}

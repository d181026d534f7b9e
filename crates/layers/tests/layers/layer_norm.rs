//! Layer and root mean square normalisation as layers: names, first values, errors.

use plywood_layers::{LayerNorm, RMSNorm};

use crate::support::{error_of, eval, names};

#[test]
fn names_are_pytorchs() {
    let norm = LayerNorm::config([4, 5]).init().unwrap();
    assert_eq!(names(&norm), ["weight", "bias"]);
    assert_eq!(names(&LayerNorm::config([4]).bias(false).init().unwrap()), ["weight"]);
    assert_eq!(names(&RMSNorm::config([4]).init().unwrap()), ["weight"]);
    assert_eq!(norm.weight.shape(), [4, 5].into());
}

#[test]
fn rows_of_ones_have_no_deviation_and_a_root_mean_square_of_one() {
    let norm = LayerNorm::config([6]).init().unwrap();
    assert!(eval(&norm, &[2, 6]).unwrap().value().unwrap().as_slice().iter().all(|&y| y == 0.0));
    let norm = RMSNorm::config([6]).init().unwrap();
    let y = eval(&norm, &[2, 6]).unwrap();
    assert!(y.value().unwrap().as_slice().iter().all(|&y| (y - 1.0).abs() < 1e-6));
}

#[test]
fn senseless_settings_are_refused() {
    assert_eq!(
        error_of(LayerNorm::config([4]).epsilon(0.0).init()),
        "layer_norm: the ε is 0; it should be more than 0",
    );
    assert_eq!(
        error_of(RMSNorm::config([]).init()),
        "rms_norm: a row should have at least one axis",
    );
    let norm = LayerNorm::config([4]).init().unwrap();
    assert_eq!(
        error_of(eval(&norm, &[2, 6])),
        "layer_norm: the last axes of the input [2, 6] should be those of the weight [4]",
    );
}

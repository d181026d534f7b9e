//! The sound and the numbers of `fixtures/audio.json`.

use plywood_tensor::{Tensor, threads};
use serde_json::Value;

use super::recording::Recording;

/// The sound that the fixture is made of: a triangle wave with noise.
pub(super) fn sound(len: usize, rate: u32) -> Recording {
    let samples = Tensor::from_fn([len], |at| {
        let i = at[0] as i64;
        let triangle = ((i * 887) % 32768 - 16384).abs() - 8192;
        let noise = (i * i * 7919 + 12345) % 4001 - 2000;
        (triangle + noise) as f32 / 32768.0
    });
    Recording::new(samples, rate).unwrap()
}

pub(super) fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../fixtures/audio.json")).unwrap()
}

pub(super) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The largest difference, as a part of `relative` of the expected number and `absolute` of the largest: 1 is the limit.
#[track_caller]
pub(super) fn assert_close(made: &[f32], expected: &[f64], relative: f64, absolute: f64) {
    assert_eq!(made.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    for (place, (&made, &expected)) in made.iter().zip(expected).enumerate() {
        let difference = (f64::from(made) - expected).abs();
        assert!(
            difference <= relative * expected.abs() + absolute * largest,
            "number {place} is {made}, expected {expected}, the largest is {largest}"
        );
    }
}

/// Asserts that 1, 2 and 8 threads compute the same bits.
#[track_caller]
pub(super) fn assert_same_on_any_threads(compute: impl Fn() -> Tensor + Send + Sync) {
    let bits = |threads| {
        let made = threads::with(threads, &compute).unwrap();
        made.as_slice().iter().map(|x| x.to_bits()).collect::<Vec<u32>>()
    };
    let one = bits(1);
    assert_eq!(one, bits(2));
    assert_eq!(one, bits(8));
}

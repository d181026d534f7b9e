//! Resampling against torchaudio's formula.

use super::super::reference::{assert_close, assert_same_on_any_threads, fixture, numbers, sound};
use super::*;

#[test]
fn samples_are_those_of_the_formula() {
    let fixture = fixture();
    let cases = fixture["resampled"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let rates = numbers(&case["rates"]);
        let resample = Resample::new(rates[1] as u32)
            .lowpass_filter_width(case["width"].as_u64().unwrap() as usize)
            .rolloff(case["rolloff"].as_f64().unwrap());
        let made = resample.apply(&sound(200, rates[0] as u32)).unwrap();
        assert_eq!(made.rate(), rates[1] as u32);
        // Sums are in f64, and results are rounded to f32.
        assert_close(made.samples().as_slice(), &numbers(&case["values"]), 1e-7, 1e-8);
    }
}

#[test]
fn the_same_rate_changes_nothing() {
    let sound = sound(50, 8000);
    let same = Resample::new(8000).apply(&sound).unwrap();
    assert_eq!(same, sound);
    assert_eq!(same.notes(), []);
    let other = Resample::new(4000).apply(&sound).unwrap();
    assert_eq!(other.notes(), [RecordingNote::Resampled { from: 8000, to: 4000 }]);
}

#[test]
fn rates_without_a_common_divisor_take_no_more_filters_than_samples() {
    let short = sound(3, 4_000_000_007);
    assert_eq!(Resample::new(16_000).apply(&short).unwrap().len(), 1);
    let long = Resample::new(47_999).apply(&sound(5, 7)).unwrap();
    assert_eq!(long.len(), (5 * 47_999_usize).div_ceil(7));
}

#[test]
fn settings_out_of_range_are_refused() {
    let refused = |resample: Resample| resample.apply(&sound(5, 7)).unwrap_err().to_string();
    assert_eq!(refused(Resample::new(0)), "resample: the rate is 0; it should be 1 or more");
    assert_eq!(
        refused(Resample::new(8).rolloff(1.5)),
        "resample: the rolloff is 1.5; it should be between 0.01 and 1",
    );
}

#[test]
fn bits_are_the_same_on_any_threads() {
    assert_same_on_any_threads(|| {
        Resample::new(16_000).apply(&sound(3000, 44_100)).unwrap().into_samples()
    });
}

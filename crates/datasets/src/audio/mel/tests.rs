//! Mel spectrograms against librosa's.

use serde_json::Value;

use super::super::log::Decibels;
use super::super::reference::{assert_close, assert_same_on_any_threads, fixture, numbers, sound};
use super::*;

/// The settings of a case, in librosa's names.
fn config(settings: &Value) -> MelSpectrogramConfig {
    let whole = |name: &str| settings[name].as_u64().map(|x| x as usize);
    let mut config = MelSpectrogram::config()
        .sample_rate(whole("sr").unwrap() as u32)
        .n_fft(whole("n_fft").unwrap())
        .hop_length(whole("hop_length").unwrap())
        .n_mels(whole("n_mels").unwrap())
        .mel_scale(if settings["htk"] == true { MelScale::Htk } else { MelScale::Slaney })
        .norm(if settings["norm"] == "slaney" { MelNorm::Slaney } else { MelNorm::None })
        .power(settings["power"].as_f64().unwrap_or(2.0))
        .center(settings["center"] != false)
        .f_min(settings["fmin"].as_f64().unwrap_or(0.0));
    if let Some(win_length) = whole("win_length") {
        config = config.win_length(win_length);
    }
    if let Some(f_max) = settings["fmax"].as_f64() {
        config = config.f_max(f_max);
    }
    config
}

#[test]
fn numbers_are_librosas() {
    let fixture = fixture();
    let cases = fixture["mels"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let settings = &case["settings"];
        let mel = config(settings).build().unwrap();
        let samples = settings["samples"].as_u64().unwrap() as usize;
        let made = mel.apply(&sound(samples, mel.sample_rate())).unwrap();
        let shape: Vec<f64> = made.shape().iter().map(|&size| size as f64).collect();
        assert_eq!(shape, numbers(&case["shape"]));
        // The transform is in f32.
        assert_close(made.as_slice(), &numbers(&case["values"]), 2e-6, 2e-7);
    }
}

#[test]
fn logarithms_are_librosas() {
    let fixture = fixture();
    let powers: Vec<f32> = numbers(&fixture["power"]).into_iter().map(|x| x as f32).collect();
    let logs = &fixture["logs"];
    let check = |scale: LogScale, exponent: f64, name: &str| {
        let mut made = powers.clone();
        if exponent == 1.0 {
            made.iter_mut().for_each(|x| *x = x.sqrt());
        }
        scale.apply(&mut made, exponent);
        assert_close(&made, &numbers(&logs[name]), 1e-6, 1e-7);
    };
    let decibels = Decibels::new();
    check(LogScale::Decibels(decibels.clone()), 2.0, "power_to_db");
    let other = decibels.clone().reference(2.0).amin(1.0).top_db(Some(20.0));
    check(LogScale::Decibels(other), 2.0, "power_to_db_ref_2_amin_1_top_20");
    check(LogScale::Decibels(decibels.amin(1e-5)), 1.0, "amplitude_to_db");
    check(LogScale::Natural { floor: 1e-3 }, 2.0, "ln_floor_1e-3");
}

#[test]
fn pitches_are_librosas() {
    let fixture = fixture();
    let hertz = numbers(&fixture["hertz"]);
    for (scale, name) in [(MelScale::Htk, "htk"), (MelScale::Slaney, "slaney")] {
        for (&hertz, expected) in hertz.iter().zip(numbers(&fixture["scale"][name])) {
            let mel = scale.mel(hertz);
            assert!((mel - expected).abs() <= 1e-8 * expected.max(1.0), "{hertz} Hz: {mel}");
            assert!((scale.hertz(mel) - hertz).abs() < 1e-8, "{hertz} Hz");
        }
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |config: MelSpectrogramConfig| config.build().unwrap_err().to_string();
    let config = MelSpectrogram::config;
    assert_eq!(
        refused(config().f_min(9000.0)),
        "mel_spectrogram: the bands are from 9000 Hz to 8000 Hz, the rate is 16000 Hz; \
         f_min should be below f_max, and that at most half of the rate",
    );
    assert_eq!(
        refused(config().f_max(8001.0)),
        "mel_spectrogram: the bands are from 0 Hz to 8001 Hz, the rate is 16000 Hz; \
         f_min should be below f_max, and that at most half of the rate",
    );
    assert_eq!(
        refused(config().log(LogScale::Natural { floor: 0.0 })),
        "mel_spectrogram: the floor is 0; it should be more than 0",
    );
    assert_eq!(
        refused(config().log(LogScale::Decibels(Decibels::new().amin(0.0)))),
        "mel_spectrogram: the amin is 0; it should be more than 0",
    );
    assert_eq!(
        config().build().unwrap().apply(&sound(500, 8000)).unwrap_err().to_string(),
        "mel_spectrogram: the recording has a rate of 8000 Hz, the mel spectrogram one of 16000 Hz; \
         bring it there by Resample::new(16000)",
    );
}

#[test]
fn bits_are_the_same_on_any_threads() {
    let mel = MelSpectrogram::config().log(LogScale::Decibels(Decibels::new())).build().unwrap();
    assert_same_on_any_threads(|| mel.apply(&sound(4000, 16_000)).unwrap());
}

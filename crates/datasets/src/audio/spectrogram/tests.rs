//! Spectrograms against the sum that defines them.

use super::super::reference::{assert_close, assert_same_on_any_threads, sound};
use super::*;

/// The sum over a frame for each frequency, in `f64`.
fn naive(samples: &[f32], n_fft: usize, win_length: usize, hop: usize, center: bool) -> Vec<f64> {
    let x: Vec<f64> = samples.iter().map(|&x| f64::from(x)).collect();
    let padded: Vec<f64> = match center {
        true => {
            let half = n_fft / 2;
            let before = (1..=half).rev().map(|i| x[i]);
            let after = (1..=half).map(|i| x[x.len() - 1 - i]);
            before.chain(x.iter().copied()).chain(after).collect()
        }
        false => x,
    };
    let frames = (padded.len() - n_fft) / hop + 1;
    let offset = (n_fft - win_length) / 2;
    let mut picture = Vec::new();
    for bin in 0..=n_fft / 2 {
        for frame in 0..frames {
            let (mut re, mut im) = (0.0, 0.0);
            for i in 0..win_length {
                let weight = 0.5 - 0.5 * (2.0 * PI * i as f64 / win_length as f64).cos();
                let value = padded[frame * hop + offset + i] * weight;
                let angle = -2.0 * PI * (bin * (offset + i)) as f64 / n_fft as f64;
                re += value * angle.cos();
                im += value * angle.sin();
            }
            picture.push(re * re + im * im);
        }
    }
    picture
}

#[test]
fn powers_are_those_of_the_sum() {
    for (len, n_fft, win_length, hop, center) in [
        (200, 64, 64, 32, true),
        (150, 60, 40, 25, true),
        (90, 37, 36, 10, true),
        (130, 128, 128, 64, false),
        (20, 2, 2, 3, true),
    ] {
        let sound = sound(len, 8000);
        let config = Spectrogram::config().n_fft(n_fft).win_length(win_length);
        let made = config.hop_length(hop).center(center).build().unwrap().apply(&sound).unwrap();
        let expected = naive(sound.samples().as_slice(), n_fft, win_length, hop, center);
        // The transform is in f32.
        assert_close(made.as_slice(), &expected, 1e-5, 1e-6);
    }
}

#[test]
fn the_exponent_is_that_of_magnitudes() {
    let sound = sound(100, 8000);
    let of = |power: f64| {
        Spectrogram::config().n_fft(32).power(power).build().unwrap().apply(&sound).unwrap()
    };
    let squares: Vec<f64> = of(2.0).as_slice().iter().map(|&x| f64::from(x)).collect();
    for power in [1.0, 0.5, 3.0] {
        let expected: Vec<f64> = squares.iter().map(|x| x.powf(power / 2.0)).collect();
        assert_close(of(power).as_slice(), &expected, 1e-6, 0.0);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |config: SpectrogramConfig| config.build().unwrap_err().to_string();
    assert_eq!(
        refused(Spectrogram::config().n_fft(1)),
        "spectrogram: the n_fft is 1; it should be between 2 and 1048576",
    );
    assert_eq!(
        refused(Spectrogram::config().win_length(401)),
        "spectrogram: the win_length is 401; it should be between 1 and 400",
    );
    assert_eq!(
        refused(Spectrogram::config().hop_length(0)),
        "spectrogram: the hop_length is 0; it should be 1 or more",
    );
    let plan = Spectrogram::config().build().unwrap();
    assert_eq!(plan.apply(&sound(201, 8000)).unwrap().shape(), [201, 2].into());
    assert_eq!(
        plan.apply(&sound(200, 8000)).unwrap_err().to_string(),
        "spectrogram: 200 samples are too few for an n_fft of 400, which needs 201; \
         take a smaller n_fft, or leave the recording out",
    );
    let plan = Spectrogram::config().center(false).build().unwrap();
    assert_eq!(
        plan.apply(&sound(399, 8000)).unwrap_err().to_string(),
        "spectrogram: 399 samples are too few for an n_fft of 400, which needs 400; \
         take a smaller n_fft, or leave the recording out",
    );
}

#[test]
fn bits_are_the_same_on_any_threads_and_when_a_plan_serves_again() {
    let plan = Spectrogram::config().n_fft(375).build().unwrap();
    assert_same_on_any_threads(|| plan.apply(&sound(2000, 8000)).unwrap());
    let first = plan.apply(&sound(1000, 8000)).unwrap();
    plan.apply(&sound(900, 8000)).unwrap();
    assert_eq!(plan.apply(&sound(1000, 8000)).unwrap(), first);
    assert_eq!(
        Spectrogram::config().n_fft(375).build().unwrap().apply(&sound(1000, 8000)).unwrap(),
        first
    );
}

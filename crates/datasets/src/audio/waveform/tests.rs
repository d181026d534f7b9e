//! What augmentation makes of recordings.

use plywood_tensor::{Result, Seed, Tensor};

use super::*;
use crate::audio::log::LogScale;
use crate::audio::mel::MelSpectrogram;
use crate::draw::Draw;

fn recording() -> Recording {
    let samples = Tensor::from_fn([800], |at| (at[0] as f32 * 0.3).sin() / 2.0);
    Recording::new(samples, 8000).unwrap()
}

fn all() -> [Box<dyn WaveformTransform>; 4] {
    [
        Box::new(SpeedPerturbation::new(0.8, 1.25)),
        Box::new(Gain::new()),
        Box::new(AddGaussianSnr::new().p(1.0)),
        Box::new(Shift::new()),
    ]
}

fn in_epoch(transform: &dyn WaveformTransform, epoch: usize) -> Result<Recording> {
    transform.apply(recording(), &mut Draw::training(Seed(7), epoch).context(0))
}

#[test]
fn each_epoch_has_its_own_and_evaluation_has_none() {
    for transform in all() {
        let [first, again, next] = [0, 0, 1].map(|epoch| in_epoch(&*transform, epoch).unwrap());
        assert_eq!(first, again, "{transform:?}");
        assert_ne!(first, next, "{transform:?}");
        assert_ne!(first, recording(), "{transform:?}");
        assert_eq!(first.rate(), 8000);
        let unchanged = transform.apply(recording(), &mut Context::evaluation()).unwrap();
        assert_eq!(unchanged, recording(), "{transform:?}");
    }
}

#[test]
fn speeds_stay_in_their_range() {
    let lengths: Vec<usize> = (0..50)
        .map(|epoch| in_epoch(&SpeedPerturbation::new(0.8, 1.25), epoch).unwrap().len())
        .collect();
    assert!(lengths.iter().all(|len| (640..=1000).contains(len)), "{lengths:?}");
    assert!(lengths.iter().any(|&len| len < 720) && lengths.iter().any(|&len| len > 900));
}

/// Published figures rest on these bits: what makes this faster must keep them.
#[test]
fn a_spectrogram_at_another_speed_keeps_its_bits() {
    let wave =
        Tensor::from_fn([3000], |at| ((at[0] * at[0] * 7 + at[0] * 31) % 997) as f32 / 997.0 - 0.5);
    let recording = Recording::new(wave, 8000).unwrap();
    let mel = MelSpectrogram::config().sample_rate(8000).n_fft(256).hop_length(128).n_mels(40);
    let mel = mel.log(LogScale::Natural { floor: 1e-5 }).build().unwrap();
    let mut hasher = crc32fast::Hasher::new();
    for epoch in 0..8 {
        let mut context = Draw::training(Seed(7), epoch).context(0);
        let faster = SpeedPerturbation::new(0.8, 1.25).apply(recording.clone(), &mut context);
        for x in mel.apply(&faster.unwrap()).unwrap().as_slice() {
            hasher.update(&x.to_le_bytes());
        }
    }
    assert_eq!(hasher.finalize(), 0xbcfe_047a);
}

#[test]
fn a_faster_recording_is_higher() {
    let crossings = |recording: &Recording| {
        let samples = recording.samples().as_slice();
        samples.windows(2).filter(|pair| pair[0] <= 0.0 && pair[1] > 0.0).count()
    };
    let faster = in_epoch(&SpeedPerturbation::new(1.25, 1.25), 0).unwrap();
    // As many waves in four fifths of the time.
    assert!(crossings(&faster).abs_diff(crossings(&recording())) <= 1);
    assert_eq!(faster.len(), 640);
}

#[test]
fn a_shift_rolls_over_or_leaves_silence() {
    let total =
        |recording: &Recording| recording.samples().as_slice().iter().map(|x| x * x).sum::<f32>();
    let rolled = in_epoch(&Shift::new(), 0).unwrap();
    assert!((total(&rolled) - total(&recording())).abs() < 1e-3);
    let silent = in_epoch(&Shift::new().rollover(false), 0).unwrap();
    assert!(total(&silent) < total(&recording()) - 1.0);
}

#[test]
fn noise_leaves_silence_and_others_alone() {
    let silence = Recording::new(Tensor::zeros([100]), 8000).unwrap();
    let mut context = Draw::training(Seed(7), 0).context(0);
    let noise = AddGaussianSnr::new().p(1.0);
    assert_eq!(noise.apply(silence.clone(), &mut context).unwrap(), silence);
    assert_eq!(in_epoch(&AddGaussianSnr::new().p(0.0), 0).unwrap(), recording());
}

#[test]
fn senseless_settings_are_named() {
    let text = |transform: &dyn WaveformTransform| transform.check().unwrap_err().to_string();
    assert_eq!(
        text(&SpeedPerturbation::new(0.0, 1.0)),
        "speed_perturbation: the lowest speed is 0; it should be between 0.1 and 10",
    );
    assert_eq!(
        text(&SpeedPerturbation::new(1.2, 0.8)),
        "speed_perturbation: from 1.2 to 0.8 there is nothing to draw; the first should be the lesser, and both \
         finite",
    );
    assert_eq!(
        text(&Gain::new().min_gain_in_db(f64::NAN)),
        "gain: the min_gain_in_db is NaN; it should be between -200 and 200",
    );
    assert_eq!(
        text(&Shift::new().max_shift(2.0)),
        "shift: the max_shift is 2; it should be between 0 and 1"
    );
    assert_eq!(
        text(&AddGaussianSnr::new().p(-1.0)),
        "add_gaussian_snr: the p is -1; it should be between 0 and 1",
    );
}

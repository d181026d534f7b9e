//! Silence before and after a sound.

use std::ops::Range;

/// The samples from the first frame to the last whose mean power is at most `top_db` decibels below that of the loudest.
/// Frames are `frame_length` samples long, a quarter of that apart, and the first lies around the first sample, with zeros
/// before it. Of a recording that is nowhere louder than elsewhere all is kept.
///
/// That is librosa's `effects.trim` with a hop of a quarter of its frame.
pub(super) fn without_silence(samples: &[f32], top_db: f64, frame_length: usize) -> Range<usize> {
    let hop = (frame_length / 4).max(1);
    let half = frame_length / 2;
    // Sums of squares of all samples before each, so that a frame costs two look-ups.
    let mut squares = Vec::with_capacity(samples.len() + 1);
    squares.push(0.0_f64);
    for &x in samples {
        squares.push(squares[squares.len() - 1] + f64::from(x) * f64::from(x));
    }
    let power = |frame: usize| {
        let start = (frame * hop).saturating_sub(half).min(samples.len());
        let end = (frame * hop + frame_length - half).min(samples.len());
        squares[end] - squares[start]
    };
    let frames = 1 + samples.len() / hop;
    let loudest = (0..frames).map(power).fold(0.0, f64::max);
    let least = loudest * libm::pow(10.0, -top_db / 10.0);
    let is_loud = |&frame: &usize| power(frame) > least;
    let (Some(first), Some(last)) = ((0..frames).find(is_loud), (0..frames).rev().find(is_loud))
    else {
        return 0..samples.len();
    };
    (first * hop).min(samples.len() - 1)..((last + 1) * hop).min(samples.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::reference::{fixture, sound};
    use super::*;

    #[test]
    fn librosa_trims_to_the_same_samples() {
        for case in fixture()["trims"].as_array().unwrap() {
            let number = |name: &str| case[name].as_u64().unwrap() as usize;
            // The sound fades in and out, as the script makes it.
            let (len, frame_length) = (number("samples"), number("frame_length"));
            let fading = |(at, x): (usize, &f32)| {
                let part = at as f64 / len as f64;
                (f64::from(*x) * (4.0 * part * (1.0 - part)).powi(4)) as f32
            };
            let samples: Vec<f32> =
                sound(len, 8000).samples().as_slice().iter().enumerate().map(fading).collect();
            let kept = without_silence(&samples, case["top_db"].as_f64().unwrap(), frame_length);
            assert_eq!(kept, number("start")..number("end"), "{case}");
        }
    }

    #[test]
    fn silence_and_a_steady_tone_stay_whole() {
        for level in [0.0, 0.5] {
            assert_eq!(without_silence(&[level; 1000], 20.0, 64), 0..1000);
            assert_eq!(without_silence(&[level], 20.0, 64), 0..1);
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_as_loud_as_a_naive_search_finds(
            samples in proptest::collection::vec(prop_oneof![Just(0.0_f32), -1.0_f32..1.0], 1..300),
            top_db in 0.0..80.0, frame_length in 1_usize..80,
        ) {
            let hop = (frame_length / 4).max(1);
            let power = |frame: usize| -> f64 {
                let inside = |at: &usize| {
                    let from = at + frame_length / 2;
                    from >= frame * hop && from < frame * hop + frame_length
                };
                (0..samples.len()).filter(inside).map(|at| f64::from(samples[at]).powi(2)).sum()
            };
            let powers: Vec<f64> = (0..=samples.len() / hop).map(power).collect();
            let loudest = powers.iter().copied().fold(0.0, f64::max);
            let kept = without_silence(&samples, top_db, frame_length);
            prop_assert!(!kept.is_empty() && kept.end <= samples.len());
            for (frame, &power) in powers.iter().enumerate() {
                // Sums in another order differ in the last digits.
                if power > 1.000_001 * loudest * 10_f64.powf(-top_db / 10.0) {
                    prop_assert!(kept.start <= frame * hop, "{frame}");
                    prop_assert!(kept.end >= ((frame + 1) * hop).min(samples.len()), "{frame}");
                }
            }
        }
    }
}

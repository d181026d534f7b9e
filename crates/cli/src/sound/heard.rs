//! What is shown of a recording: its spectrogram, and the sound to play.

use plywood::datasets::{
    AudioFolder, Dataset, Draw, Image, Normalize, Recording, Resample, RowTarget,
};
use plywood::look::{Lens, Place, grad_cam, heat, overlay};
use plywood::tensor::{Result, Tensor};
use plywood::training::Sound;

/// The longest piece that a page has to play, in seconds.
const MOST_SECONDS: f64 = 8.0;
/// The highest rate of it, in Hz.
const MOST_RATE: u32 = 16_000;
/// Spectrograms of at most so many frames are shown twice as large.
const FEW_FRAMES: usize = 200;

/// The picture `[1, bands, frames]` that a network is given of a recording of a set.
pub(crate) fn picture<T: RowTarget>(set: &AudioFolder<T>, place: usize) -> Result<Tensor> {
    set.batch(&[place], &Draw::evaluation())?.input.squeeze(0)
}

/// A picture `[1, bands, frames]` as an image: low frequencies at its bottom, bright where it is loud.
pub(crate) fn spectrogram(picture: &Tensor) -> Result<Image> {
    heat(&flipped(&unit(picture)?.0)?)
}

/// A recording of a set to see and to hear, with what is written below it.
pub(crate) fn sound<T: RowTarget>(
    set: &AudioFolder<T>,
    place: usize,
    text: impl Into<String>,
) -> Result<Sound> {
    let wav = playable(&set.recording(place)?)?;
    Sound::new(wav, spectrogram(&picture(set, place)?)?, text)
}

/// A WAV file of the recording's middle, small enough for a page.
pub(crate) fn playable(recording: &Recording) -> Result<Vec<u8>> {
    let most = (MOST_SECONDS * f64::from(recording.rate())) as usize;
    let samples = recording.samples().as_slice();
    let start = samples.len().saturating_sub(most) / 2;
    let piece = samples[start..].iter().copied().take(most.max(1)).collect::<Vec<f32>>();
    let piece = Recording::new(Tensor::from(piece), recording.rate())?;
    match piece.rate() > MOST_RATE {
        true => Resample::new(MOST_RATE).apply(&piece)?.encode_wav_16(),
        false => piece.encode_wav_16(),
    }
}

/// A picture's numbers from 0 to 1, and what brings them back.
pub(crate) fn unit(picture: &Tensor) -> Result<(Tensor, Normalize)> {
    let numbers = picture.as_slice();
    let start = (f32::INFINITY, f32::NEG_INFINITY);
    let (low, high) = numbers.iter().fold(start, |(low, high), &x| (low.min(x), high.max(x)));
    let range = (high - low).max(1e-6);
    let normalize = Normalize::new([-low / range], [1.0 / range])?;
    Ok((picture.map(|x| (x - low) / range), normalize))
}

/// Where in the picture a network sees what speaks for a class, as an image: Grad-CAM of the last maps that tell both
/// frequencies and times apart; none where there are no such.
pub(crate) fn what_decided(lens: &Lens<'_>, unit: &Tensor, class: usize) -> Result<Option<Image>> {
    let &[channels, bands, frames] = &unit.shape()[..] else { return Ok(None) };
    let tells_both = |place: &&Place| matches!(place.shape[..], [_, _, rows, columns] if rows > 1 && columns > 1);
    let places = lens.places([channels, bands, frames])?;
    let Some(place) = places.iter().rfind(tells_both) else { return Ok(None) };
    let map = grad_cam(lens, unit, &place.name, class)?;
    let map = flipped(&map.unsqueeze(0)?)?;
    overlay(&flipped(unit)?.unsqueeze(0)?, &map).map(Some)
}

/// The rows of a picture `[1, bands, frames]`, the last one first, as `[bands, frames]`; larger if it is small.
fn flipped(picture: &Tensor) -> Result<Tensor> {
    let &[_, bands, frames] = &picture.shape()[..] else { return Ok(picture.clone()) };
    let scale = if frames <= FEW_FRAMES { 2 } else { 1 };
    let numbers = picture.as_slice();
    Tensor::try_from_fn([scale * bands, scale * frames], |at| {
        numbers[(bands - 1 - at[0] / scale) * frames + at[1] / scale]
    })
}

#[cfg(test)]
mod tests {
    use plywood::datasets::{Context, Transform};

    use super::*;

    #[test]
    fn what_is_played_is_small_and_from_the_middle() {
        let long = Tensor::from_fn([48_000 * 20], |at| if at[0] < 200_000 { 0.5 } else { 0.25 });
        let wav = playable(&Recording::new(long, 48_000).unwrap()).unwrap();
        assert_eq!(wav.len(), 44 + 2 * 8 * 16_000);
        let played = Recording::decode(&wav).unwrap();
        assert!((played.samples().as_slice()[64_000] - 0.25).abs() < 0.01);
        let one = Recording::new(Tensor::from([0.5_f32]), 1).unwrap();
        assert_eq!(Recording::decode(&playable(&one).unwrap()).unwrap(), one);
    }

    #[test]
    fn a_picture_comes_back_from_its_unit() {
        let picture = Tensor::from([[[-2.0_f32, 0.0, 1.0], [2.0, 1.5, -1.0]]]);
        let (unit, normalize) = unit(&picture).unwrap();
        assert_eq!((unit.min(), unit.max()), (Some(0.0), Some(1.0)));
        let back = normalize.apply(unit, &mut Context::evaluation()).unwrap();
        for (a, b) in back.as_slice().iter().zip(picture.as_slice()) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
        // Low frequencies are at the bottom, twice as large.
        let rows = flipped(&picture).unwrap();
        assert_eq!(rows.shape(), [4, 6].into());
        assert_eq!((rows.as_slice()[0], rows.as_slice()[18]), (2.0, -2.0));
    }
}

//! What is shown of a recording: its spectrogram, and the sound to play.

use plywood::datasets::{
    AudioFolder, Dataset, Draw, Image, Normalize, Recording, Resample, RowTarget,
};
use plywood::look::{Lens, grad_cam, heat, last_maps, overlay};
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

/// Where in the picture a network sees what speaks for a class (Grad-CAM), as an image; none where it has no maps.
pub(crate) fn what_decided(lens: &Lens<'_>, unit: &Tensor, class: usize) -> Result<Option<Image>> {
    let &[channels, bands, frames] = &unit.shape()[..] else { return Ok(None) };
    let Some(place) = last_maps(lens, [channels, bands, frames])? else { return Ok(None) };
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

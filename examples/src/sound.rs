//! What the examples of sound share: their command line, small sets for a smoke run, and sounds for a report.

use std::path::{Path, PathBuf};

use plywood::datasets::{AudioFolder, Draw, Image, Recording};
use plywood::prelude::*;
use plywood::training::Sound;

use crate::command_line::{read_options, sets};

/// What the command line of an example of sound asks for.
#[derive(Debug, PartialEq)]
pub struct SoundChoice {
    /// The folder of the set.
    pub data: PathBuf,
    /// The seed of all folds.
    pub seed: Seed,
    /// The one fold to train, counted from 1; all of them, and what they come to together, if nothing is said.
    pub fold: Option<usize>,
}

impl SoundChoice {
    /// Reads `--data DIR`, `--seed N` and `--fold K`, in any order. Without, the data are `PLYWOOD_DATA/SET` or `data/SET`.
    ///
    /// # Errors
    /// When the command line says something else.
    pub fn parse(arguments: &[String], example: &str, set: &str) -> Result<Self> {
        let hint =
            "`--data DIR` names the folder of the set, `--seed N` and `--fold K` are whole numbers";
        let mut choice = Self { data: sets().join(set), seed: Seed(7), fold: None };
        read_options(arguments, example, hint, |name, value| {
            match name {
                "--data" => choice.data = value.into(),
                "--seed" => choice.seed = Seed(value.parse().ok()?),
                "--fold" => choice.fold = Some(value.parse().ok()?),
                _ => return None,
            }
            Some(())
        })?;
        Ok(choice)
    }
}

/// Writes recordings of a tone each, half a second long, under these names: a small set for a smoke run.
///
/// # Errors
/// When a file can't be written.
pub fn write_tones(folder: &Path, names: impl IntoIterator<Item = String>) -> Result<()> {
    for (place, name) in names.into_iter().enumerate() {
        let period = 20 + place % 60;
        let wave = Tensor::from_fn([4000], |at| (at[0] % period) as f32 / period as f32 - 0.5);
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))
            .map_err(|error| Error::io("make the folder of", &path, error))?;
        Recording::new(wave, 8000)?.write_wav(path)?;
    }
    Ok(())
}

/// A recording of a data set to see and to hear, with what is written below it.
///
/// # Errors
/// When it can't be read, or is too long for a page.
pub fn sound(set: &AudioFolder, place: usize, text: String) -> Result<Sound> {
    let wav = set.recording(place)?.encode_wav_16()?;
    let picture = set.batch(&[place], &Draw::evaluation())?.input;
    Sound::new(wav, spectrogram(&picture)?, text)
}

/// The spectrogram `[1, 1, bands, frames]` as an image: low frequencies at its bottom, dark where it is quiet.
///
/// # Errors
/// When it is larger than memory.
pub fn spectrogram(picture: &Tensor) -> Result<Image> {
    /// From quiet to loud, red, green and blue.
    const COLORS: [[f32; 3]; 5] = [
        [6.0, 8.0, 30.0],
        [60.0, 20.0, 110.0],
        [180.0, 50.0, 100.0],
        [250.0, 150.0, 60.0],
        [255.0, 250.0, 200.0],
    ];
    let (bands, frames) = (picture.shape()[2], picture.shape()[3]);
    // A short sound isn't higher than long.
    let wide = (6 * bands).div_ceil(frames).max(2);
    let numbers = picture.as_slice();
    let (low, high) =
        numbers.iter().fold((f32::MAX, f32::MIN), |(low, high), &x| (x.min(low), x.max(high)));
    let image = Tensor::from_fn([3, 2 * bands, wide * frames], |at| {
        let x = numbers[(bands - 1 - at[1] / 2) * frames + at[2] / wide];
        let place = (x - low) / (high - low).max(1e-6) * (COLORS.len() - 1) as f32;
        let first = (place as usize).min(COLORS.len() - 2);
        let part = place - first as f32;
        let [a, b] = [COLORS[first][at[0]], COLORS[first + 1][at[0]]];
        (a + part * (b - a)) as u8
    });
    Image::new(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_understood_in_any_order() {
        let parse = |line: &str| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            SoundChoice::parse(&words, "voice", "ravdess")
        };
        let choice = parse("--seed 8 --data there").unwrap();
        assert_eq!(choice, SoundChoice { data: "there".into(), seed: Seed(8), fold: None });
        assert_eq!(parse("").unwrap().seed, Seed(7));
        assert_eq!(
            parse("--data").unwrap_err().to_string(),
            "voice: `--data` isn't understood; `--data DIR` names the folder of the set, `--seed N` and `--fold K` are \
             whole numbers",
        );
    }
}

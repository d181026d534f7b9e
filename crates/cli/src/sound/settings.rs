//! What a network is given of recordings: which rate, how many seconds, which bands.

use plywood::datasets::transforms::BandNorm;
use plywood::datasets::{
    AudioFolder, AudioInput, Dataset, LogScale, MelScale, MelSpectrogram, RowTarget,
};
use plywood::tensor::{Error, Result};
use plywood::zoo::SoundPreprocess;

#[derive(clap::Args)]
#[group(skip)]
pub(crate) struct InputOptions {
    /// How many seconds of a recording the network is given at a time: of a longer one training takes a
    /// random piece, validation and test take that in the middle, `predict` the mean over pieces; shorter
    /// ones are repeated [default: what nine of ten recordings have, from 0.5 to 5]
    #[arg(long, value_name = "S", requires = "audio")]
    seconds: Option<f64>,
    /// The rate that recordings are brought to, in Hz [default: that of most recordings, at most 16000]
    #[arg(long, value_name = "HZ", requires = "audio")]
    rate: Option<u32>,
}

/// How long recordings are, and which rates they have.
pub(crate) struct Measured {
    /// Sorted.
    pub(crate) seconds: Vec<f64>,
    /// Each rate, with how many recordings have it, the lowest first.
    pub(crate) rates: Vec<(u32, usize)>,
    pub(crate) broken: Vec<(usize, Error)>,
}

/// More say little more to a network, and take longer.
const MOST_RATE: u32 = 16_000;
const MOST_SECONDS: f64 = 5.0;
const LEAST_SECONDS: f64 = 0.5;

impl Measured {
    /// Reads all recordings.
    pub(crate) fn of<T: RowTarget>(files: &AudioFolder<T>) -> Self {
        let mut measured = Self { seconds: Vec::new(), rates: Vec::new(), broken: Vec::new() };
        for place in 0..files.len() {
            match files.recording(place) {
                Ok(recording) => {
                    measured.seconds.push(recording.seconds());
                    let rate = recording.rate();
                    match measured.rates.binary_search_by_key(&rate, |(own, _)| *own) {
                        Ok(at) => measured.rates[at].1 += 1,
                        Err(at) => measured.rates.insert(at, (rate, 1)),
                    }
                }
                Err(error) => measured.broken.push((place, error)),
            }
        }
        measured.seconds.sort_by(f64::total_cmp);
        measured
    }

    /// The bytes of all recordings at a rate.
    pub(crate) fn bytes(&self, rate: u32) -> usize {
        (self.seconds.iter().sum::<f64>() * f64::from(rate)) as usize * size_of::<f32>()
    }

    /// The shortest and the longest.
    pub(crate) fn range(&self) -> String {
        let [first, last] =
            [self.seconds.first(), self.seconds.last()].map(|s| s.copied().unwrap_or(0.0));
        format!("{first:.2} to {last:.2} s")
    }

    /// The rate that most recordings have; of two that equally many have, the lower one.
    fn usual_rate(&self) -> u32 {
        let most = self.rates.iter().map(|(_, count)| *count).max();
        let usual = self.rates.iter().find(|(_, count)| Some(*count) == most);
        usual.map_or(MOST_RATE, |(rate, _)| *rate)
    }

    /// What nine of ten have, or more.
    fn usual_seconds(&self) -> f64 {
        let nine_of_ten = self.seconds.len().saturating_sub(1) * 9 / 10;
        let seconds = self.seconds.get(nine_of_ten).copied().unwrap_or(1.0);
        seconds.clamp(LEAST_SECONDS, MOST_SECONDS)
    }
}

impl InputOptions {
    /// What a network is given of these recordings, and at which rate.
    pub(crate) fn preprocess(&self, measured: &Measured) -> Result<(SoundPreprocess, u32)> {
        let rate = self.rate.unwrap_or_else(|| measured.usual_rate().clamp(1000, MOST_RATE));
        if !(1000..=192_000).contains(&rate) {
            return Err(Error::value(format!("a rate of {rate} Hz"))
                .hint("it is from 1000 to 192000; 8000 and 16000 are common for speech"));
        }
        let seconds = self.seconds.unwrap_or_else(|| measured.usual_seconds());
        if !(0.2..=60.0).contains(&seconds) {
            return Err(Error::value(format!("{seconds} seconds for the network"))
                .hint("they are from 0.2 to 60; longer recordings are cut into pieces"));
        }
        // Frames of 32 ms, 16 ms apart; as many bands as low frequencies leave none empty.
        let hop = (f64::from(rate) * 0.016).round() as usize;
        let mel = MelSpectrogram::config()
            .sample_rate(rate)
            .n_fft(2 * hop)
            .hop_length(hop)
            .n_mels((hop / 2).clamp(8, 64))
            .mel_scale(MelScale::Slaney)
            .log(LogScale::Natural { floor: 1e-5 });
        // How loud a recording is goes, how loud a band is beside another stays.
        let norm = BandNorm::new().together(true);
        Ok((SoundPreprocess { input: AudioInput::new(mel, seconds).repeat(true), norm }, rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_follow_from_the_recordings() {
        let of = |seconds: &[f64], rates: &[(u32, usize)]| {
            let measured =
                Measured { seconds: seconds.to_vec(), rates: rates.to_vec(), broken: Vec::new() };
            let options = InputOptions { seconds: None, rate: None };
            let (preprocess, rate) = options.preprocess(&measured).unwrap();
            let [_, bands, _] = preprocess.input.shape().unwrap();
            (preprocess.input.seconds(), rate, bands)
        };
        let tenths: Vec<f64> = (1..=10).map(|tenth| f64::from(tenth) / 10.0).collect();
        assert_eq!(of(&tenths, &[(8000, 5), (44_100, 5)]), (0.9, 8000, 64));
        assert_eq!(of(&[0.1], &[(8000, 1), (48_000, 5)]), (0.5, 16_000, 64));
        assert_eq!(of(&[100.0], &[(500, 1)]), (5.0, 1000, 8));
    }
}

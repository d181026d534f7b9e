//! `plywood translate`: sentences through a network that has learnt to translate.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use plywood::tensor::{Error, Result, Seed};
use plywood::zoo::{BeamSearch, Sampling, Translator};

use crate::missing;
use crate::say::Output;

/// The most bytes of standard input.
const MOST: u64 = 64 << 20;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of a run of `plywood train translation`
    run: PathBuf,
    /// Sentences, each in quotes; without any, or with `-`, the lines of standard input
    #[arg(value_name = "SENTENCE")]
    sentences: Vec<String>,
    /// The translations that are kept at each word; with 1 the most probable word is taken each time
    #[arg(long, value_name = "N", default_value_t = 5, conflicts_with = "temperature")]
    beams: usize,
    /// The power of the length that a translation's score is divided by: more prefers longer ones
    #[arg(long, value_name = "A", default_value_t = 1.0, conflicts_with = "temperature")]
    length_penalty: f64,
    /// Draw each word by chance: below 1 mostly probable ones, above 1 improbable ones, too
    #[arg(long, value_name = "T")]
    temperature: Option<f64>,
    /// What chance follows from
    #[arg(long, value_name = "N", default_value_t = 7, requires = "temperature")]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let Arguments { run, beams, length_penalty, temperature, seed, .. } = arguments;
    let translator = Translator::load(run).map_err(|error| missing::hinted(error, run))?;
    let sentences = sentences(arguments)?;
    let translations = match *temperature {
        Some(temperature) => {
            let sampling = Sampling::new().temperature(temperature);
            translator.sample(&sentences, &sampling, Seed(*seed))?
        }
        None => {
            let search = BeamSearch::new().beams(*beams).length_penalty(*length_penalty);
            translator.translate(&sentences, &search)?
        }
    };
    for translation in translations {
        out.data(&translation);
    }
    Ok(())
}

/// The sentences of the command line, or of standard input.
fn sentences(arguments: &Arguments) -> Result<Vec<String>> {
    let told = &arguments.sentences[..];
    if !told.is_empty() && told != ["-"] {
        return Ok(told.to_vec());
    }
    if told.is_empty() && io::stdin().is_terminal() {
        return Err(Error::value("there is nothing to translate")
            .hint("give a sentence in quotes, or `-` for the lines of standard input"));
    }
    let failed = |error| Error::io("read", Path::new("standard input"), error);
    let mut text = String::new();
    io::stdin().take(MOST).read_to_string(&mut text).map_err(failed)?;
    match text.lines().count() {
        0 => Err(Error::value("standard input has no lines")),
        _ => Ok(text.lines().map(str::to_owned).collect()),
    }
}

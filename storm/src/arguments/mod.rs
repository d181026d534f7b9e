//! Random and senseless arguments for the public functions. What returns a `Result` must refuse
//! them with an error: a panic, an abort, an overflow or a hang is a failure. Functions that are
//! documented to panic, such as operators, are called with what they accept.

mod audio;
#[cfg(test)]
mod complete;
mod damage;
mod derivatives;
mod draw;
mod files;
mod generative;
mod image_files;
mod images;
mod kernels;
mod layers;
mod look;
mod losses;
mod metrics;
mod operations;
mod optimizers;
mod passes;
mod pixels;
mod readers;
mod rules;
mod schedules;
mod sequences;
mod sets;
mod sound;
mod tables;
mod tensors;
mod text;
mod training;
mod transforms;
mod zoo;

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, MutexGuard, PoisonError};

use draw::Draw;
use plywood::tensor::Result;

/// A part of the API: functions with what is drawn for them.
struct Area {
    name: &'static str,
    calls: &'static [Call],
}

/// A function's name, and one case of it: draws arguments and calls it. What it returns only says
/// whether the arguments made sense.
type Call = (&'static str, fn(&mut Draw) -> Result<()>);

const AREAS: &[Area] = &[
    Area { name: "tensors", calls: tensors::CALLS },
    Area { name: "kernels", calls: kernels::CALLS },
    Area { name: "operations", calls: operations::CALLS },
    Area { name: "derivatives", calls: derivatives::CALLS },
    Area { name: "passes", calls: passes::CALLS },
    Area { name: "layers", calls: layers::CALLS },
    Area { name: "sequences", calls: sequences::CALLS },
    Area { name: "losses", calls: losses::CALLS },
    Area { name: "optimizers", calls: optimizers::CALLS },
    Area { name: "schedules", calls: schedules::CALLS },
    Area { name: "transforms", calls: transforms::CALLS },
    Area { name: "sets", calls: sets::CALLS },
    Area { name: "tables", calls: tables::CALLS },
    Area { name: "images", calls: images::CALLS },
    Area { name: "audio", calls: audio::CALLS },
    Area { name: "sound", calls: sound::CALLS },
    Area { name: "text", calls: text::CALLS },
    Area { name: "readers", calls: readers::CALLS },
    Area { name: "pixels", calls: pixels::CALLS },
    Area { name: "rules", calls: rules::CALLS },
    Area { name: "files", calls: files::CALLS },
    Area { name: "metrics", calls: metrics::CALLS },
    Area { name: "training", calls: training::CALLS },
    Area { name: "look", calls: look::CALLS },
    Area { name: "zoo", calls: zoo::CALLS },
    Area { name: "generative", calls: generative::CALLS },
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which cases there are
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The first case of each area
    #[arg(long, value_name = "CASE", default_value_t = 0)]
    from: u64,
    /// The case to stop before
    #[arg(long, value_name = "N", default_value_t = 100)]
    cases: u64,
    /// One area only
    #[arg(long, value_name = "AREA")]
    only: Option<String>,
    /// One case only, with each argument written to standard error as it is drawn
    #[arg(long, value_name = "CASE")]
    case: Option<u64>,
    /// Print the areas' names and stop
    #[arg(long)]
    areas: bool,
}

/// Runs the cases of all areas, and says on standard output how each goes, one line each with tabs
/// between its parts: `begin CASE CALL`, then `accepted`, `refused` or `panic PLACE MESSAGE
/// ARGUMENTS`; `done` after the last.
pub(crate) fn run(args: &Args) {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let message = text.unwrap_or("a panic without a text");
        *last_panic() = [place, message.to_owned()];
    }));
    if args.areas {
        AREAS.iter().for_each(|area| println!("{}", area.name));
        return;
    }
    let wanted = |area: &&Area| args.only.as_deref().is_none_or(|only| only == area.name);
    for area in AREAS.iter().filter(wanted) {
        let cases = args.case.map_or(args.from..args.cases, |case| case..case + 1);
        for case in cases {
            let (name, call) = area.calls[(case % area.calls.len() as u64) as usize];
            println!("begin\t{case}\t{name}");
            let mut draw = Draw::new(args.seed, area.name, case, args.case.is_some());
            match panic::catch_unwind(AssertUnwindSafe(|| call(&mut draw))) {
                Ok(Ok(())) => println!("accepted"),
                Ok(Err(error)) => {
                    println!("refused");
                    if args.case.is_some() {
                        eprintln!("refused: {error}");
                    }
                }
                Err(_) => {
                    let [place, message] = std::mem::take(&mut *last_panic());
                    let line = ["panic", &place, &message, draw.noted()];
                    println!("{}", line.map(one_line).join("\t"));
                }
            }
        }
    }
    println!("done");
}

/// Place and text of the last panic, of whichever thread.
fn last_panic() -> MutexGuard<'static, [String; 2]> {
    static PANIC: Mutex<[String; 2]> = Mutex::new([String::new(), String::new()]);
    PANIC.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A part of a line: without tabs and line breaks.
fn one_line(text: &str) -> String {
    text.replace(['\t', '\n', '\r'], " ")
}

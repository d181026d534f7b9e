//! `plywood models`: the zoo's models, and which of them come trained.

use plywood::tensor::Result;
use plywood::zoo::{MODELS, PRETRAINED};

use crate::say::Output;

pub(crate) fn run(out: &mut Output) -> Result<()> {
    let widest = MODELS.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    for entry in MODELS {
        let trained = PRETRAINED.iter().any(|pretrained| pretrained.name == entry.name);
        let mark = if trained { "; ImageNet weights" } else { "" };
        let (name, about, source) = (entry.name, entry.about, entry.source);
        out.say(format!("{name:<widest$}  {about} ({source}{mark})"));
    }
    Ok(())
}

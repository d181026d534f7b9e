//! `plywood models`: the zoo's models, and which of them come trained.

use plywood::tensor::Result;
use plywood::zoo::{MODELS, PRETRAINED};

use crate::names::WIDE_AND_DEEP;
use crate::say::Output;
use crate::wrap::{WIDTH, lines};

pub(crate) fn run(out: &mut Output) -> Result<()> {
    let names = MODELS.iter().map(|entry| entry.name).chain([WIDE_AND_DEEP]);
    let widest = names.map(str::len).max().unwrap_or(0);
    let indent = format!("\n{:widest$}  ", "");
    let mut say = |name: &str, about: &str, source: String| {
        let text = lines(&format!("{about} ({source})"), WIDTH - widest - 2);
        out.say(format!("{name:<widest$}  {}", text.replace('\n', &indent)));
    };
    for entry in MODELS {
        let trained = PRETRAINED.iter().any(|pretrained| pretrained.name == entry.name);
        let mark = if trained { "; ImageNet weights" } else { "" };
        say(entry.name, entry.about, format!("{}{mark}", entry.source));
    }
    let source = "after Cheng et al., 2016".to_owned();
    say(WIDE_AND_DEEP, "a linear model and a network, for tables alone", source);
    Ok(())
}

//! `plywood fetch`: brings data sets and weights, by the clients of the registries that have them.

use plywood::tensor::{Error, ErrorKind, Result, did_you_mean};
use plywood_fetch::{DATA_SETS, DataSet, Outcome, command::causes};

use crate::names;
use crate::options::Weights;
use crate::say::{Output, progress};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to bring; without it, the sets and weights that there are are listed
    #[arg(value_parser = names::data_sets(), hide_possible_values = true)]
    name: Option<String>,
    /// Fetch it again, and replace what is there
    #[arg(long, requires = "name")]
    replace: bool,
    #[command(flatten)]
    weights: Weights,
}

pub(crate) fn run(arguments: &Arguments, out: &mut Output) -> Result<()> {
    let folders = arguments.weights.folders();
    let Some(name) = &arguments.name else {
        out.say(folders.list(DATA_SETS).trim_end());
        out.say(format!("\n`plywood fetch NAME` brings one into {}", folders.home().display()));
        return Ok(());
    };
    let set = DataSet::named(name).ok_or_else(|| {
        let meant = did_you_mean(name, DATA_SETS.iter().map(|set| set.name));
        Error::value(format!("there is nothing to fetch that is called `{name}`"))
            .hint(format!("{meant}`plywood fetch` lists what there is"))
    })?;
    // What is replaced is in the folder where it would be looked for.
    let data = folders.with(set.name);
    let again = format!("plywood fetch {name}");
    let outcome = set
        .fetch(data, &again, arguments.replace, &mut |line| progress(line))
        .map_err(|error| Error::new(ErrorKind::Io, causes(&error)))?;
    let folder = data.join(set.name);
    match outcome {
        Outcome::Here => out.say(format!("{} is already here and whole", folder.display())),
        Outcome::Fetched => {
            out.say(format!("{} is here and whole ({})", folder.display(), set.package()))
        }
    }
    Ok(())
}

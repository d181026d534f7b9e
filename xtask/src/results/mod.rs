//! `cargo xtask results`: trains on real data, records what came of it, and writes README's table.

mod record;
mod row;
mod table;

use crate::command::{cargo, run as run_command};
use crate::data;
use crate::workspace::{self, EXAMPLES};
use anyhow::{Context, Result, bail};
use record::Records;
use row::{ROWS, Row};
use std::fs;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these rows; all whose data are here without a name
    names: Vec<String>,
    /// Only say whether README's table is what results.json records
    #[arg(long, conflicts_with_all = ["names", "seeds", "collect"])]
    check: bool,
    /// From how many seeds to train, where each is a run of its own
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=20))]
    seeds: u64,
    /// Train nothing: record what is in runs/ already
    #[arg(long)]
    collect: bool,
}

/// The first seed of runs that have one each.
const FIRST_SEED: u64 = 7;

pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let (readme_path, records_path) = (root.join("README.md"), root.join("results.json"));
    let readme = fs::read_to_string(&readme_path).context("can't read README.md")?;
    let mut records = Records::read(&records_path)?;
    if args.check {
        if table::inserted(&readme, &records)? != readme {
            bail!(
                "README.md's table of results isn't what results.json records; \
                 `cargo xtask results --collect` writes it anew"
            );
        }
        println!("README.md's table of results is what results.json records");
        return Ok(());
    }

    let rows = chosen(&args.names)?;
    let seeds: Vec<u64> = (FIRST_SEED..FIRST_SEED + args.seeds).collect();
    if !args.collect {
        run_command(&mut cargo(["build", "--release", "--package", EXAMPLES, "--examples"]))?;
    }
    for row in rows {
        if let Some(data) = row.data.filter(|data| !root.join("data").join(data).exists()) {
            if !args.names.is_empty() {
                bail!("{} needs data/{data}: {}", row.name, data::how_to_get(data));
            }
            println!("{}: left out, data/{data} isn't here", row.name);
            continue;
        }
        if !args.collect {
            train(row, &seeds)?;
        }
        // What was never run is left as it was recorded.
        match record::collected(row, &root.join("runs"), &seeds)? {
            Some(record) => {
                println!("{}: {}", row.name, record.describe(row.decimals));
                records.set(row.name, record);
            }
            None if args.names.is_empty() => println!("{}: nothing in runs/", row.name),
            None => bail!("{}: there is nothing in runs/ of the example {}", row.name, row.example),
        }
    }
    records.write(&records_path)?;
    fs::write(&readme_path, table::inserted(&readme, &records)?).context("can't write README.md")
}

/// The rows with these names; all of them if there is none.
fn chosen(names: &[String]) -> Result<Vec<&'static Row>> {
    if names.is_empty() {
        return Ok(ROWS.iter().collect());
    }
    let row = |name: &String| {
        ROWS.iter().find(|row| row.name == name).with_context(|| {
            let all: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
            format!("there is no row `{name}`; there are: {}", all.join(", "))
        })
    };
    names.iter().map(row).collect()
}

/// Runs a row's example: once, or once for each seed. A run that is in `runs/` is loaded by the
/// trainer, not repeated.
fn train(row: &Row, seeds: &[u64]) -> Result<()> {
    let target = workspace::metadata()?.target_directory;
    let program = target.join("release/examples").join(row.example);
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    let seeds: Vec<Option<u64>> = match row.each_seed {
        true => seeds.iter().copied().map(Some).collect(),
        false => vec![None],
    };
    for seed in seeds {
        let mut command = Command::new(&program);
        command.current_dir(workspace::root());
        if let Some(seed) = seed {
            command.arg("--seed").arg(seed.to_string());
        }
        run_command(&mut command).with_context(|| format!("{} failed", row.name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_chosen_by_name() {
        assert_eq!(chosen(&[]).unwrap().len(), ROWS.len());
        assert_eq!(chosen(&["fashion".into()]).unwrap()[0].example, "fashion");
        let error = chosen(&["fasion".into()]).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("there is no row `fasion`; there are: digits, "), "{error}");
    }

    #[test]
    fn the_readme_is_what_was_recorded() {
        let readme = fs::read_to_string(workspace::root().join("README.md")).unwrap();
        let records = Records::read(&workspace::root().join("results.json")).unwrap();
        // Whole pages would be no help to a reader.
        let agrees = table::inserted(&readme, &records).unwrap() == readme;
        assert!(agrees, "`cargo xtask results --collect` writes the table anew");
    }
}

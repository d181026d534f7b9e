//! `cargo xtask budget`: how many packages each crate pulls in, its limit, and its cold build time.

use crate::command::{capture, cargo, run as run_command, seconds};
use crate::workspace::{self, EXAMPLES};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

/// The most packages that a build of each crate may take, itself included.
///
/// A user pays for each of them with build time and trust. The limits stand a little above what is
/// needed today: whoever raises one says why in the same change.
const LIMITS: [(&str, usize); 17] = [
    ("plywood-tensor", 24),
    ("plywood-autodiff", 26),
    ("plywood-derive", 5),
    ("plywood-layers", 53),
    // With what the macro of settings is made of.
    ("plywood-optimizers", 32),
    ("plywood-datasets", 41),
    ("plywood-training", 79),
    ("plywood-look", 82),
    ("plywood-zoo", 80),
    ("plywood", 84),
    // With SHA-256 as a crate of its own that needs no other.
    ("plywood-fetch", 12),
    // With images of all usual formats, which the library leaves to a feature, with what brings data, and with
    // colours and suggestions for mistyped options, and with WAV files and the Fourier transform of spectrograms.
    ("plywood-cli", 111),
    (EXAMPLES, 87),
    ("plywood-benchmarks", 81),
    // With every decoder, those of sound too.
    ("plywood-storm", 98),
    ("plywood-testkit", 37),
    ("xtask", 37),
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Look at this crate only
    name: Option<String>,
    /// Count the packages and build nothing, as CI does
    #[arg(long)]
    packages_only: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    budget(args.name.as_deref(), !args.packages_only)
}

/// The part that CI runs: the packages against their limits.
pub(crate) fn check() -> Result<()> {
    budget(None, false)
}

fn budget(only: Option<&str>, time: bool) -> Result<()> {
    let metadata = workspace::metadata()?;
    let mut names = in_order(metadata.packages.iter().map(|package| package.name.as_str()));
    if let Some(only) = only {
        if !names.contains(&only) {
            bail!("there is no crate `{only}`; there are:\n{}", names.join("\n"));
        }
        names.retain(|name| *name == only);
    }
    let mut heading = format!("{:<20}{:>10}{:>8}", "crate", "packages", "limit");
    if time {
        // A cold build is timed without what the network takes.
        run_command(&mut cargo(["fetch"]))?;
        heading.push_str("  cold release build");
    }
    println!("{heading}");

    let mut problems = Vec::new();
    for name in names {
        let packages = packages(name)?;
        let limit = limit(name);
        let shown = limit.map_or("none".to_string(), |limit| limit.to_string());
        let mut row = format!("{name:<20}{packages:>10}{shown:>8}");
        if time {
            row.push_str(&format!("{:>20}", seconds(cold_build(name, &metadata)?)));
        }
        println!("{row}");
        problems.extend(problem(name, packages, limit));
    }
    if !problems.is_empty() {
        bail!("over budget (limits: xtask/src/budget.rs)\n{}", problems.join("\n"));
    }
    Ok(())
}

/// The crates in the order of their limits, then those that have none.
fn in_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let place = |name: &str| LIMITS.iter().position(|(other, _)| *other == name);
    let mut names: Vec<&str> = names.collect();
    names.sort_by_key(|name| (place(name).unwrap_or(LIMITS.len()), *name));
    names
}

fn limit(name: &str) -> Option<usize> {
    LIMITS.iter().find(|(other, _)| *other == name).map(|(_, limit)| *limit)
}

fn problem(name: &str, packages: usize, limit: Option<usize>) -> Option<String> {
    let Some(limit) = limit else {
        return Some(format!("{name} has no limit: give it a row in LIMITS"));
    };
    let edges = edges(name);
    (packages > limit).then(|| {
        format!(
            "{name} takes {packages} packages, its limit is {limit}.\n  \
             Drop a dependency or a feature, or raise the limit and say why; to see them:\n  \
             cargo tree --package {name} --edges {edges}"
        )
    })
}

/// The kinds of dependencies that a build of a package takes. Examples are built with the
/// development dependencies of their package.
fn edges(name: &str) -> &'static str {
    if name == EXAMPLES { "normal,build,dev" } else { "normal,build" }
}

/// How many packages a build of `name` takes on this machine's platform.
fn packages(name: &str) -> Result<usize> {
    let arguments = ["tree", "--package", name, "--edges", edges(name), "--prefix", "none"];
    let tree = capture(&mut cargo(arguments)).context("`cargo tree` can't count the packages")?;
    Ok(count(&tree))
}

/// Counts the packages of a `cargo tree`, which ends the line of one seen before with ` (*)`.
fn count(tree: &str) -> usize {
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.filter(|line| !line.is_empty()).collect::<BTreeSet<_>>().len()
}

/// The time of a release build of `name` that finds nothing built before.
fn cold_build(name: &str, metadata: &cargo_metadata::Metadata) -> Result<Duration> {
    let folder = metadata.target_directory.join("budget");
    if folder.exists() {
        fs::remove_dir_all(&folder).context(format!("can't empty {folder}"))?;
    }
    let mut command = cargo([
        "build",
        "--release",
        "--quiet",
        "--package",
        name,
        "--target-dir",
        folder.as_str(),
    ]);
    if name == EXAMPLES {
        command.args(["--example", "digits"]);
    }
    let start = Instant::now();
    run_command(&mut command)?;
    let time = start.elapsed();
    fs::remove_dir_all(&folder).context(format!("can't remove {folder}"))?;
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_counts_once() {
        let tree = "a v1.0.0\nb v1.0.0\nc v2.0.0 (proc-macro)\nb v1.0.0 (*)\nb v2.0.0\n\n";
        assert_eq!(count(tree), 4);
    }

    #[test]
    fn a_crate_over_its_limit_says_what_to_do() {
        assert_eq!(problem("plywood-tensor", 24, Some(24)), None);
        let text = problem("plywood-tensor", 25, Some(24)).unwrap();
        assert!(text.starts_with("plywood-tensor takes 25 packages, its limit is 24.\n"));
        assert!(text.ends_with("cargo tree --package plywood-tensor --edges normal,build"));
    }

    #[test]
    fn a_crate_without_a_limit_comes_last_and_is_named() {
        let names = ["plywood-new", "xtask", "plywood-tensor"];
        assert_eq!(in_order(names.into_iter()), ["plywood-tensor", "xtask", "plywood-new"]);
        let text = problem("plywood-new", 3, limit("plywood-new")).unwrap();
        assert_eq!(text, "plywood-new has no limit: give it a row in LIMITS");
    }
}

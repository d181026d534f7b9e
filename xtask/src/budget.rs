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
const LIMITS: [(&str, usize); 13] = [
    ("plywood-tensor", 24),
    ("plywood-autodiff", 25),
    ("plywood-derive", 6),
    ("plywood-layers", 52),
    ("plywood-optimizers", 26),
    ("plywood-datasets", 46),
    ("plywood-training", 76),
    ("plywood-zoo", 78),
    ("plywood", 80),
    ("plywood-cli", 90),
    (EXAMPLES, 90),
    ("plywood-testkit", 20),
    ("xtask", 44),
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Count the packages and build nothing, as CI does
    #[arg(long)]
    packages_only: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    budget(!args.packages_only)
}

/// The part that CI runs: the packages against their limits.
pub(crate) fn check() -> Result<()> {
    budget(false)
}

fn budget(time: bool) -> Result<()> {
    let metadata = workspace::metadata()?;
    let members: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    if time {
        // A cold build is timed without what the network takes.
        run_command(&mut cargo(["fetch"]))?;
    }
    let mut problems: Vec<String> = members
        .iter()
        .filter(|member| LIMITS.iter().all(|(name, _)| name != *member))
        .map(|member| format!("{member} has no limit: give it a row in LIMITS"))
        .collect();

    println!(
        "{:<20}{:>10}{:>8}{}",
        "crate",
        "packages",
        "limit",
        heading(time)
    );
    for (name, limit) in LIMITS
        .into_iter()
        .filter(|(name, _)| members.contains(name))
    {
        let packages = packages(name)?;
        let time = if time {
            format!("{:>20}", seconds(cold_build(name, &metadata)?))
        } else {
            String::new()
        };
        println!("{name:<20}{packages:>10}{limit:>8}{time}");
        problems.extend(over(name, packages, limit));
    }
    if !problems.is_empty() {
        bail!(
            "over budget (limits: xtask/src/budget.rs):\n  {}",
            problems.join("\n  ")
        );
    }
    Ok(())
}

fn heading(time: bool) -> String {
    if time {
        format!("{:>20}", "cold release build")
    } else {
        String::new()
    }
}

fn over(name: &str, packages: usize, limit: usize) -> Option<String> {
    (packages > limit).then(|| {
        format!(
            "{name} takes {packages} packages, its limit is {limit}: \
             drop a dependency or a feature\n  (see `cargo tree --package {name} --edges {}`), \
             or raise the limit and say why",
            edges(name)
        )
    })
}

/// The kinds of dependencies that a build of a package takes. Examples are built with the
/// development dependencies of their package.
fn edges(name: &str) -> &'static str {
    if name == EXAMPLES {
        "normal,build,dev"
    } else {
        "normal,build"
    }
}

/// How many packages a build of `name` takes on this machine's platform.
fn packages(name: &str) -> Result<usize> {
    let arguments = [
        "tree",
        "--package",
        name,
        "--edges",
        edges(name),
        "--prefix",
        "none",
    ];
    let tree = capture(&mut cargo(arguments)).context("`cargo tree` can't count the packages")?;
    Ok(count(&tree))
}

/// Counts the packages of a `cargo tree`, which ends the line of one seen before with ` (*)`.
fn count(tree: &str) -> usize {
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    lines
        .filter(|line| !line.is_empty())
        .collect::<BTreeSet<_>>()
        .len()
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
        assert_eq!(over("plywood-tensor", 24, 24), None);
        let problem = over("plywood-tensor", 25, 24).unwrap();
        assert!(problem.starts_with("plywood-tensor takes 25 packages, its limit is 24: drop a"));
        assert!(problem.contains("cargo tree --package plywood-tensor --edges normal,build"));
    }
}

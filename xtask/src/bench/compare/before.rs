//! The other revision: its files, and its build.

use crate::command::{capture, cargo, run as run_command};
use crate::workspace;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds a revision's side in a folder, beside its files, and gives its target folder. Both are kept: the
/// next revision is built from what differs.
pub(super) fn build(revision: &str, folder: &Path) -> Result<PathBuf> {
    let commit = commit(revision)?;
    let (tree, target) = (folder.join("tree"), folder.join("target"));
    fs::create_dir_all(folder).context(format!("can't create {}", folder.display()))?;
    if !tree.join(".git").exists() {
        // It shares this repository's objects, also those of later commits.
        let mut clone = Command::new("git");
        clone.args(["clone", "--quiet", "--shared", "--no-checkout"]);
        run_command(clone.arg(workspace::root()).arg(&tree))?;
    }
    let mut checkout = Command::new("git");
    checkout.arg("-C").arg(&tree).args(["checkout", "--quiet", "--force", "--detach", &commit]);
    run_command(&mut checkout)?;
    let mut build = cargo(crate::bench::BUILD);
    run_command(build.current_dir(&tree).env("CARGO_TARGET_DIR", &target))
        .context(format!("{revision} has no benchmarks that can be built"))?;
    Ok(target)
}

/// The commit that a revision names.
fn commit(revision: &str) -> Result<String> {
    let mut git = Command::new("git");
    git.current_dir(workspace::root()).args([
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
    ]);
    let commit = capture(git.arg(format!("{revision}^{{commit}}")))
        .context(format!("`{revision}` names no commit of this repository"))?;
    Ok(commit.trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_commit_is_named() {
        let error = commit("no-such-branch").unwrap_err().to_string();
        assert_eq!(error, "`no-such-branch` names no commit of this repository");
        assert!(commit("--version").is_err());
    }
}

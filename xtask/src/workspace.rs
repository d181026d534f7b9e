//! Where the workspace is, and what Cargo knows about it.

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package, TargetKind};
use std::env;
use std::path::{Path, PathBuf};

/// The package of the tour.
pub(crate) const EXAMPLES: &str = "plywood-examples";

/// The workspace's root folder.
///
/// Cargo says at run time where this package is; the path from build time serves a call without
/// Cargo, and would be wrong in a checkout that was moved.
pub(crate) fn root() -> PathBuf {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let xtask = xtask.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    xtask.parent().map(Path::to_path_buf).unwrap_or(xtask)
}

/// The workspace's packages, with the dependencies that their manifests declare.
pub(crate) fn metadata() -> Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("`cargo metadata` can't read the workspace")
}

/// The names of a package's targets of one kind, sorted.
pub(crate) fn targets(package: &Package, kind: TargetKind) -> Vec<&str> {
    let wanted = package.targets.iter().filter(|target| target.kind.contains(&kind));
    let mut names: Vec<&str> = wanted.map(|target| target.name.as_str()).collect();
    names.sort_unstable();
    names
}

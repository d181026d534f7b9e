//! `cargo xtask sanitize`: the tensor crate's tests where mistakes of `unsafe` code are seen. The
//! kernels and the storage are where it is.
//!
//! AddressSanitizer runs all of them, vectors included, and sees every access outside of what was
//! allocated. Miri interprets, some thousand times slower, and also sees aliasing, uninitialised
//! memory, alignment and data races; it runs storage, pool, threads and the portable kernels.

use crate::command::run as run_command;
use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};

/// Miri is one of the toolchain's components, and builds a standard library of its own.
const NO_MIRI: &str = "Miri isn't installed: rustup component add miri --toolchain nightly \
    (and rust-src, from which Miri builds its standard library)";

/// The unit tests that Miri runs, by the beginnings of their paths: the allocator, what tasks share,
/// and products, which all larger kernels are made of. Tests that only repeat those on larger sizes
/// would take hours, and those of `threads::awake` count microseconds.
const UNDER_MIRI: [&str; 7] =
    ["memory::", "storage::", "pool::", "threads::split::", "simd::", "gemm::", "permute::"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Under Miri instead, which also sees aliasing and data races, of portable code only
    #[arg(long)]
    miri: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let target = host()?;
    if !args.miri {
        return run_command(&mut address_sanitizer(&target));
    }
    let mut probe = nightly(["cargo", "miri", "--version"]);
    let probe = probe.stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !probe.context("can't start rustup, which finds the nightly toolchain")?.success() {
        bail!(NO_MIRI);
    }
    run_command(&mut miri())
}

fn nightly<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", "nightly"]).args(arguments);
    command
}

fn address_sanitizer(target: &str) -> Command {
    let mut command = nightly(["cargo", "test", "--package", "plywood-tensor"]);
    // A target of its own, or build scripts and macros would be instrumented too.
    command.args(["--lib", "--tests", "--target", target]);
    command.env("CARGO_TARGET_DIR", "target/sanitize");
    command.env("RUSTFLAGS", "-Zsanitizer=address --cfg plywood_sanitize");
    // Threads of a pool keep what they have until the process ends.
    command.env("ASAN_OPTIONS", "detect_leaks=0");
    command.env("PROPTEST_CASES", "16");
    command
}

fn miri() -> Command {
    let mut command = nightly(["cargo", "miri", "test", "--package", "plywood-tensor", "--lib"]);
    command.arg("--").args(UNDER_MIRI);
    command.env("CARGO_TARGET_DIR", "target/miri");
    // Tree Borrows, because crossbeam-epoch, which hands out rayon's jobs, breaks the stricter Stacked
    // Borrows. Leaks are those of rayon's threads, which keep what they have until the process ends.
    // The tests read the environment and the machine's memory, so they aren't isolated from it.
    let flags = "-Zmiri-tree-borrows -Zmiri-ignore-leaks -Zmiri-disable-isolation";
    command.env("MIRIFLAGS", flags);
    command.env("PLYWOOD_INSTRUCTIONS", "portable");
    command.env("PROPTEST_CASES", "2");
    // Two are enough for a race, and each costs time.
    command.env("RAYON_NUM_THREADS", "2");
    command
}

/// The triple of this machine, as nightly's compiler names it.
fn host() -> Result<String> {
    let version = nightly(["rustc", "--version", "--verbose"])
        .output()
        .context("can't start rustup, which finds the nightly toolchain")?;
    if !version.status.success() {
        bail!("there is no nightly toolchain: rustup toolchain install nightly");
    }
    let text = String::from_utf8_lossy(&version.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc says no host")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;
    use std::fs;

    #[test]
    fn what_miri_runs_is_there_and_has_tests() {
        let folder = workspace::root().join("crates/tensor/src");
        for module in UNDER_MIRI {
            let name = module.trim_end_matches("::").replace("::", "/");
            let files = fs::read_dir(folder.join(&name)).into_iter().flatten().flatten();
            let paths = files.map(|file| file.path()).chain([folder.join(format!("{name}.rs"))]);
            let texts = paths.filter_map(|path| fs::read_to_string(path).ok());
            assert!(texts.into_iter().any(|text| text.contains("#[test]")), "{module}");
        }
    }
}

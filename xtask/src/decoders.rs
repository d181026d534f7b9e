//! `cargo xtask decoders`: thousands of small images of every sort, decoded here and by Pillow.

use crate::command::{capture, cargo, run as run_command};
use crate::workspace;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A Python that has Pillow
    #[arg(long, value_name = "PATH", default_value = "python3")]
    python: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    has_pillow(&args.python)?;
    let folder = workspace::metadata()?.target_directory.join("decoders");
    let script = workspace::root().join("fixtures/decoders.py");
    run_command(Command::new(&args.python).arg("-B").arg(script).arg(&folder))?;
    let example = ["run", "--quiet", "--package", "plywood-datasets", "--features", "formats"];
    let mut compare = cargo(example);
    run_command(compare.args(["--example", "decoders", "--"]).arg(&folder))
        .context("the decoders differ from Pillow's, or couldn't be compared")
}

fn has_pillow(python: &Path) -> Result<()> {
    capture(Command::new(python).args(["-c", "import PIL"])).map(drop).with_context(|| {
        format!(
            "{} can't serve: it needs Pillow\ninstall it (`python3 -m venv VENV`, then `VENV/bin/pip \
             install Pillow`) and name its Python: --python VENV/bin/python",
            python.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::causes;

    #[test]
    fn a_python_without_pillow_says_how_to_install_it() {
        let error = has_pillow(Path::new("no-such-python")).unwrap_err();
        let text = causes(&error);
        assert!(
            text.starts_with("no-such-python can't serve: it needs Pillow\ninstall it ("),
            "{text}"
        );
    }
}

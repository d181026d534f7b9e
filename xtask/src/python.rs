//! A Python with PyTorch in it: one that is there, or one set up in target/.

use crate::command::{capture, run as run_command};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGES: [&str; 2] = ["torch", "torchvision"];
/// For the fixtures, and for the rows beside onnxruntime, which are refused without.
const SOMETIMES: [&str; 5] = ["numpy", "safetensors", "scikit-learn", "onnx", "onnxruntime"];
const OTHERWISE: &str = "name a Python that has torch and torchvision: --python PATH";

/// The interpreter to use: the given one, or that of `target/peers-venv`, which is made the first
/// time.
///
/// # Errors
/// When PyTorch isn't there and can't be brought there; the error says what failed.
pub(crate) fn interpreter(given: Option<&Path>, target: &Path) -> Result<PathBuf> {
    if let Some(python) = given {
        // Found from any folder, also where the name is that of a link into an environment.
        let python = std::path::absolute(python)?;
        has_packages(&python).context(format!(
            "{} can't serve: it needs torch and torchvision\ninstall them with its pip, or leave \
             --python out",
            python.display()
        ))?;
        return Ok(python);
    }
    let folder = target.join("peers-venv");
    let python = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let python = folder.join(python);
    if has_packages(&python).is_err() {
        println!("setting up PyTorch in {} (once, some GB)", folder.display());
        set_up(&folder, &python).context(format!("can't set up PyTorch\n{OTHERWISE}"))?;
    }
    Ok(python)
}

fn has_packages(python: &Path) -> Result<()> {
    let import = format!("import {}", PACKAGES.join(", "));
    capture(Command::new(python).args(["-c", &import])).map(drop)
}

fn set_up(folder: &Path, python: &Path) -> Result<()> {
    run_command(Command::new("python3").args(["-m", "venv"]).arg(folder))
        .context("Python makes its environments with the packages python3 and python3-venv")?;
    let mut pip = Command::new(python);
    run_command(
        pip.args(["-m", "pip", "install", "--disable-pip-version-check"])
            .args(PACKAGES)
            .args(SOMETIMES),
    )
    .context("pip needs the network, or an index or cache that has torch and torchvision")?;
    has_packages(python)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::causes;

    #[test]
    fn a_python_without_pytorch_says_what_it_needs() {
        let target = Path::new("no-such-folder");
        let error = interpreter(Some(Path::new("no-such-python")), target).unwrap_err();
        let text = causes(&error);
        assert!(text.contains("no-such-python can't serve: it needs torch"), "{text}");
        assert!(text.contains("didn't start"), "{text}");
    }
}

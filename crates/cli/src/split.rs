//! Which samples are learnt from, validated on and tested on.

use std::path::{Path, PathBuf};

use plywood::datasets::Split;
use plywood::tensor::{Error, Result, Seed};

/// How data are parted.
#[derive(Default, PartialEq, clap::Args)]
#[group(skip)]
pub(crate) struct Splitting {
    /// Other data to test on [default: a part of those that are given is kept for that]
    #[arg(long, value_name = "PATH")]
    test: Option<PathBuf>,
    /// Which shares are learnt from, validated on and, without `--test`, tested on [default: 0.7,0.1,0.2;
    /// with `--test` 0.9,0.1]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    split: Vec<f64>,
}

/// The parts of data: to learn from, to validate on, to test on.
pub(crate) struct Parts<D> {
    pub(crate) train: D,
    pub(crate) valid: D,
    pub(crate) test: D,
}

impl<D> Parts<D> {
    /// All three, in this order.
    pub(crate) fn each(&self) -> [&D; 3] {
        [&self.train, &self.valid, &self.test]
    }
}

impl Splitting {
    /// What is tested on, if it is told.
    pub(crate) fn test(&self) -> Option<&Path> {
        self.test.as_deref()
    }

    /// The parts of `all`, or those and what was told to test on.
    pub(crate) fn parts<D: Split>(&self, all: &D, test: Option<D>, seed: Seed) -> Result<Parts<D>> {
        let shares = match (&self.split[..], &test) {
            ([], None) => &[0.7, 0.1, 0.2][..],
            ([], Some(_)) => &[0.9, 0.1][..],
            (shares, _) => shares,
        };
        match (shares, test) {
            (&[train, valid, rest], None) => {
                let [train, valid, test] = all.split([train, valid, rest], seed)?;
                Ok(Parts { train, valid, test })
            }
            (&[train, valid], Some(test)) => {
                let [train, valid] = all.split([train, valid], seed)?;
                Ok(Parts { train, valid, test })
            }
            (shares, test) => {
                let (hint, wanted) = match test {
                    None => (
                        "`--split 0.7,0.1,0.2` is the default; `--test` gives other data to test on",
                        3,
                    ),
                    Some(_) => ("with `--test` there are two, such as `--split 0.9,0.1`", 2),
                };
                Err(Error::value(format!(
                    "`--split` has {} shares, it should have {wanted}",
                    shares.len()
                ))
                .hint(hint))
            }
        }
    }
}

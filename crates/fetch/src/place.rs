//! Putting a data set in its place: as a whole, or not at all.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::catalog::{DataSet, Source};
use crate::digest::sha256;

/// What [`DataSet::fetch`] has found or done.
///
/// ```no_run
/// use plywood_fetch::{DATA_SETS, Outcome};
///
/// let outcome = DATA_SETS[0].fetch("data".as_ref(), "this program", false, &mut |_| ())?;
/// assert_ne!(outcome, Outcome::Here); // the first time
/// # Ok::<(), plywood_fetch::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was here already, whole.
    Here,
    /// It was fetched, and is whole.
    Fetched,
}

/// Brings a data set into a folder below `data`, unless it is there. `again` is the command that does it, for errors.
///
/// `download` gets the package and an empty folder, and returns the folder with the package's
/// files. All work is done in a folder beside the target, which takes its place in one step: an
/// interrupted fetch leaves no half data set behind.
pub(crate) fn bring(
    set: &DataSet,
    data: &Path,
    again: &str,
    replace: bool,
    download: impl FnOnce(&Source, &Path) -> Result<PathBuf>,
) -> Result<Outcome> {
    fs::create_dir_all(data).context(format!("can't create {}", data.display()))?;
    let lock = data.join(".lock");
    let lock = File::create(&lock).context(format!("can't create {}", lock.display()))?;
    lock.lock().context("can't lock the data folder against a second fetch")?;

    let target = data.join(set.name);
    if target.exists() && !replace {
        let advice = format!(
            "{} is there and isn't what it should be; to fetch it anew:\n  {again} --replace",
            target.display()
        );
        verify(set, &target).context(advice)?;
        return Ok(Outcome::Here);
    }

    // One left by a fetch that was killed is worth nothing: the lock says that nobody uses it.
    let partial = data.join(format!(".{}.partial", set.name));
    remove(&partial)?;
    let fetched = fetch(set, &partial, &target, download);
    let removed = remove(&partial);
    fetched.and(removed).map(|()| Outcome::Fetched)
}

fn fetch(
    set: &DataSet,
    partial: &Path,
    target: &Path,
    download: impl FnOnce(&Source, &Path) -> Result<PathBuf>,
) -> Result<()> {
    let new = partial.join("new");
    fs::create_dir_all(&new).context(format!("can't create {}", new.display()))?;
    let unpacked = download(&set.source, partial)?;
    for kept in set.kept {
        let from = unpacked.join(kept.from);
        if !from.exists() {
            bail!("{} has no `{}`", set.source, kept.from);
        }
        fs::rename(&from, new.join(kept.to)).context(format!("can't move {}", from.display()))?;
    }
    verify(set, &new).with_context(|| format!("{} isn't what it was", set.source))?;
    if target.exists() {
        let old = partial.join("old");
        fs::rename(target, &old).context(format!("can't move {}", target.display()))?;
    }
    fs::rename(&new, target).context(format!("can't move it to {}", target.display()))
}

/// Checks every file of a data set, and names all that are missing or different.
fn verify(set: &DataSet, folder: &Path) -> Result<()> {
    let mut problems = Vec::new();
    for kept in set.kept {
        let path = folder.join(kept.to);
        if !path.exists() {
            problems.push(format!("{} is missing", kept.to));
            continue;
        }
        match sha256(&path) {
            Ok(sum) if sum == kept.sha256 => {}
            Ok(sum) => problems.push(format!(
                "{} has another checksum:\n  it is        {sum}\n  it should be {}",
                kept.to, kept.sha256
            )),
            Err(error) => problems.push(format!("{} is damaged: {error:#}", kept.to)),
        }
    }
    if !problems.is_empty() {
        bail!("{}", problems.join("\n"));
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).context(format!("can't remove {}", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Kept;
    use std::cell::Cell;
    use tempfile::TempDir;

    const AGAIN: &str = "plywood fetch letters";
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const SET: DataSet = DataSet {
        name: "letters",
        what: "three letters",
        licence: "none",
        source: Source::Npm { name: "letters", version: "1.0.0" },
        kept: &[
            Kept { from: "package/a", to: "a", sha256: ABC },
            Kept { from: "package/b", to: "b", sha256: ABC },
        ],
    };

    /// A package with these contents of `a` and `b`.
    fn package(a: &str, b: &str) -> impl FnOnce(&Source, &Path) -> Result<PathBuf> {
        let (a, b) = (a.to_string(), b.to_string());
        move |_, folder| {
            fs::create_dir(folder.join("package"))?;
            fs::write(folder.join("package/a"), a)?;
            fs::write(folder.join("package/b"), b)?;
            Ok(folder.to_path_buf())
        }
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_set_is_fetched_once() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(
            bring(&SET, data.path(), AGAIN, false, package("abc", "abc")).unwrap(),
            Outcome::Fetched
        );
        assert_eq!(names(&data), [".lock", "letters"]);
        let called = Cell::new(false);
        let outcome = bring(&SET, data.path(), AGAIN, false, |_, folder| {
            called.set(true);
            Ok(folder.to_path_buf())
        });
        assert_eq!(outcome.unwrap(), Outcome::Here);
        assert!(!called.get());
    }

    #[test]
    fn a_wrong_checksum_leaves_nothing_behind() {
        let data = tempfile::tempdir().unwrap();
        let error = bring(&SET, data.path(), AGAIN, false, package("abc", "xyz")).unwrap_err();
        let text = format!("{error:#}");
        assert!(
            text.contains("npm package letters 1.0.0 isn't what it was: b has another checksum"),
            "{text}"
        );
        assert!(text.contains(&format!("it should be {ABC}")), "{text}");
        assert_eq!(names(&data), [".lock"]);
    }

    #[test]
    fn a_file_that_the_package_lacks_is_named() {
        let data = tempfile::tempdir().unwrap();
        let error = bring(&SET, data.path(), AGAIN, false, |_, folder| Ok(folder.to_path_buf()))
            .unwrap_err();
        assert_eq!(error.to_string(), "npm package letters 1.0.0 has no `package/a`");
        assert_eq!(names(&data), [".lock"]);
    }

    #[test]
    fn a_damaged_set_is_kept_until_told_otherwise() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("letters")).unwrap();
        fs::write(data.path().join("letters/a"), "ab").unwrap();
        let error = bring(&SET, data.path(), AGAIN, false, package("abc", "abc")).unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains("plywood fetch letters --replace"), "{text}");
        assert!(text.contains("a has another checksum"), "{text}");
        assert!(text.contains("b is missing"), "{text}");
        assert_eq!(fs::read_to_string(data.path().join("letters/a")).unwrap(), "ab");

        assert_eq!(
            bring(&SET, data.path(), AGAIN, true, package("abc", "abc")).unwrap(),
            Outcome::Fetched
        );
        assert_eq!(fs::read_to_string(data.path().join("letters/a")).unwrap(), "abc");
        assert_eq!(names(&data), [".lock", "letters"]);
    }

    #[test]
    fn a_failed_replacement_keeps_the_old_set() {
        let data = tempfile::tempdir().unwrap();
        bring(&SET, data.path(), AGAIN, false, package("abc", "abc")).unwrap();
        assert!(bring(&SET, data.path(), AGAIN, true, package("abc", "")).is_err());
        assert_eq!(bring(&SET, data.path(), AGAIN, false, package("", "")).unwrap(), Outcome::Here);
    }

    #[test]
    fn what_a_killed_fetch_left_is_swept_away() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir_all(data.path().join(".letters.partial/package")).unwrap();
        bring(&SET, data.path(), AGAIN, false, package("abc", "abc")).unwrap();
        assert_eq!(names(&data), [".lock", "letters"]);
    }
}

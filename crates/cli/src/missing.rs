//! What was meant by a path that isn't there.

use std::path::{Path, PathBuf};

use plywood::tensor::{Error, nearest};

/// The most neighbours that are looked at: a folder may have millions.
const MOST_NEIGHBOURS: usize = 10_000;

/// An error about a path, with the one that was probably meant as its hint where there is none at that path.
pub(crate) fn hinted(error: Error, path: &Path) -> Error {
    match meant(path) {
        Some(other) => error.hint(format!("did you mean `{}`?", other.display())),
        None => error,
    }
}

/// What is in the same folder under nearly the same name, if nothing is at the path.
pub(crate) fn meant(path: &Path) -> Option<PathBuf> {
    if path.exists() {
        return None;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names = entries.flatten().take(MOST_NEIGHBOURS);
    let mut names: Vec<String> =
        names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable(); // systems list them in any order
    let name = nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(path.with_file_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["houses.csv", "horses.csv", "unsold"] {
            std::fs::write(at(name), "").unwrap();
        }
        assert_eq!(meant(&at("house.csv")), Some(at("houses.csv")));
        assert_eq!(meant(&at("Unsold")), Some(at("unsold")));
        assert_eq!(meant(&at("houses.csv")), None);
        assert_eq!(meant(&at("photos")), None);
        assert_eq!(meant(&at("none/houses.csv")), None);
        let error = || Error::data("there is no such file");
        assert_eq!(hinted(error(), &at("photos")).to_string(), "there is no such file");
        assert_eq!(
            hinted(error(), &at("horse.csv")).to_string(),
            format!("there is no such file; did you mean `{}`?", at("horses.csv").display()),
        );
    }
}

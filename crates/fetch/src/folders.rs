//! Where fetched sets lie, so that programs find them from any folder.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::catalog::DataSet;

/// The variable that names the folder of data sets.
const VARIABLE: &str = "PLYWOOD_DATA";

/// The folder of a clone of Plywood, and of a project that keeps its data beside it.
const BESIDE: &str = "data";

/// The folders in which sets are looked for.
///
/// That is one folder alone if it is given; else that of the variable `PLYWOOD_DATA`, or `plywood` in the
/// user's folder of data, and after it `data` in the working directory.
///
/// ```
/// use plywood_fetch::{DataSet, Folders};
///
/// let folders = Folders::new(Some("data".as_ref()));
/// let mnist = DataSet::named("mnist").expect("it is in the catalogue");
/// assert_eq!(folders.with(mnist.name), std::path::Path::new("data"));
/// let _anywhere = Folders::new(None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    home: PathBuf,
    beside: Option<PathBuf>,
}

impl Folders {
    /// The folders where `chosen` is what the user has asked for.
    pub fn new(chosen: Option<&Path>) -> Self {
        match chosen {
            Some(folder) => Self { home: folder.to_owned(), beside: None },
            None => Self { home: home(env::consts::OS, env::var_os), beside: Some(BESIDE.into()) },
        }
    }

    /// The folder that sets are brought into.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The folder that has a set, or into which it would be brought.
    pub fn with(&self, set: &str) -> &Path {
        let others = self.beside.iter().map(PathBuf::as_path);
        let mut all = std::iter::once(self.home()).chain(others);
        all.find(|folder| folder.join(set).is_dir()).unwrap_or(&self.home)
    }

    /// The names of all sets, what each is, its licence and package, and where it is.
    pub fn list(&self, sets: &[DataSet]) -> String {
        let mut text = String::new();
        for set in sets {
            let DataSet { name, what, licence, source, .. } = set;
            let folder = self.with(name);
            let here = if folder.join(name).is_dir() { "  (here)" } else { "" };
            text += &format!("{name}{here}\n    {what}\n    licence: {licence}; {source}\n");
        }
        text
    }
}

/// The folder that sets are brought into where none is asked for, on a system of this name and with these
/// variables; without any of them `data` in the working directory.
fn home(system: &str, variable: impl Fn(&'static str) -> Option<OsString>) -> PathBuf {
    let named = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = named(VARIABLE) {
        return folder;
    }
    let users = match system {
        "windows" => named("APPDATA"),
        "macos" => named("HOME").map(|home| home.join("Library/Application Support")),
        // The XDG Base Directory Specification: a relative path is to be ignored.
        _ => named("XDG_DATA_HOME")
            .filter(|folder| folder.is_absolute())
            .or_else(|| named("HOME").map(|home| home.join(".local/share"))),
    };
    users.map_or_else(|| BESIDE.into(), |folder| folder.join("plywood"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::DATA_SETS;

    #[test]
    fn each_system_has_a_folder_for_data() {
        let folder = |system: &str, variables: &[(&str, &str)]| {
            let variable = |name| {
                let found = variables.iter().find(|(other, _)| *other == name);
                found.map(|(_, value)| OsString::from(value))
            };
            home(system, variable)
        };
        let xdg = ("XDG_DATA_HOME", "/xdg");
        let user = ("HOME", "/me");
        assert_eq!(folder("linux", &[xdg, user]), Path::new("/xdg/plywood"));
        assert_eq!(folder("linux", &[user]), Path::new("/me/.local/share/plywood"));
        for ignored in ["", "relative"] {
            let variables = [("XDG_DATA_HOME", ignored), user];
            assert_eq!(folder("linux", &variables), Path::new("/me/.local/share/plywood"));
        }
        assert_eq!(
            folder("macos", &[xdg, user]),
            Path::new("/me/Library/Application Support/plywood")
        );
        assert_eq!(folder("windows", &[("APPDATA", "roaming")]), Path::new("roaming/plywood"));
        assert_eq!(folder("linux", &[("PLYWOOD_DATA", "sets"), xdg]), Path::new("sets"));
        assert_eq!(folder("linux", &[]), Path::new("data"));
    }

    #[test]
    fn a_set_is_found_where_it_is() {
        let root = tempfile::tempdir().unwrap();
        let [home, beside] = ["home", "beside"].map(|name| root.path().join(name));
        let folders = Folders { home: home.clone(), beside: Some(beside.clone()) };
        assert_eq!(folders.with("mnist"), home);
        std::fs::create_dir_all(beside.join("mnist")).unwrap();
        assert_eq!(folders.with("mnist"), beside);
        std::fs::create_dir_all(home.join("mnist")).unwrap();
        assert_eq!(folders.with("mnist"), home);
        assert_eq!(Folders::new(Some(&home)), Folders { home, beside: None });
    }

    #[test]
    fn the_list_names_every_set_its_licence_and_its_package() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("fashion")).unwrap();
        let text = Folders::new(Some(folder.path())).list(DATA_SETS);
        assert!(text.contains("mnist\n    MNIST"), "{text}");
        assert!(text.contains("fashion  (here)\n"), "{text}");
        assert!(
            text.contains("    licence: MIT; Debian package dataset-fashion-mnist\n"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}

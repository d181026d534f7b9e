//! The files of a folder with a sub-folder for each class.

use std::path::{Path, PathBuf};

use plywood_tensor::{Error, Result};

use super::passed_over::PassedOver;

/// What sort of files is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    /// What errors call one of them.
    pub(crate) one: &'static str,
    pub(crate) many: &'static str,
    /// What their names end in.
    pub(crate) extensions: &'static [&'static str],
}

/// Files of one kind, each with its class.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) labels: Vec<u32>,
    pub(crate) class_names: Vec<String>,
    passed_over: PassedOver,
}

impl Listing {
    /// The files of a kind below a folder. Classes are the sub-folders' names in alphabetical order, and so are the
    /// files within a class.
    pub(crate) fn of(folder: &Path, kind: Kind) -> Result<Self> {
        let mut files = Self {
            paths: Vec::new(),
            labels: Vec::new(),
            class_names: Vec::new(),
            passed_over: PassedOver::new(folder),
        };
        for class in entries(folder)? {
            if !class.is_dir() {
                files.passed_over.add(class);
                continue;
            }
            let label = files.class_names.len() as u32;
            let name = class.file_name().map(|name| name.to_string_lossy().into_owned());
            files.class_names.extend(name);
            let mut own = PassedOver::new(&class);
            files.paths.extend(files_of(kind, &class, &mut own)?);
            if files.labels.len() == files.paths.len() {
                let others = own.kinds().map(|kinds| format!(", of other files {kinds}"));
                let others = others.unwrap_or_default();
                let Kind { one, many, extensions } = kind;
                let ends = extensions.join(", .");
                return Err(Error::data(format!("no {one} is in this folder of a class{others}"))
                    .at(class.display())
                    .hint(format!("{many} are files that end in .{ends}")));
            }
            files.labels.resize(files.paths.len(), label);
            files.passed_over.join(own);
        }
        let is_part = |name: &String| PARTS.contains(&&*name.to_lowercase());
        if !files.class_names.is_empty() && files.class_names.iter().all(is_part) {
            return Err(Error::data(format!(
                "its sub-folders {} are parts of a data set, and no classes",
                files.class_names.join(", ")
            ))
            .at(folder.display())
            .hint(format!("open one of them: {}", kind.where_they_are())));
        }
        if files.paths.is_empty() {
            return Err(Error::data("it has no sub-folders")
                .at(folder.display())
                .hint(kind.where_they_are()));
        }
        Ok(files)
    }

    /// A line for the user about files of other kinds, if there are any.
    pub(crate) fn passed_over(&self) -> Option<String> {
        self.passed_over.text()
    }
}

impl Kind {
    fn where_they_are(self) -> String {
        format!("each class has its {} in a sub-folder with its name", self.many)
    }

    pub(crate) fn has(self, path: &Path) -> bool {
        let extension = path.extension().and_then(|extension| extension.to_str());
        extension.is_some_and(|own| self.extensions.iter().any(|e| e.eq_ignore_ascii_case(own)))
            && path.is_file()
    }
}

/// The usual names of parts: whoever opens the folder above them wants no network that tells what is
/// for training from what is for the test.
const PARTS: [&str; 8] =
    ["train", "training", "val", "valid", "validation", "test", "testing", "eval"];

/// The files of a kind in a folder and in those below it, sorted by name. Links to folders are passed over:
/// they may lead back up.
fn files_of(kind: Kind, folder: &Path, passed_over: &mut PassedOver) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if kind.has(&path) {
                found.push(path);
            } else if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                folders.push(path);
            } else if path.is_file() {
                passed_over.add(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// What is in a folder, sorted by name: systems list it in any order.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = || -> std::io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
        entries.collect()
    };
    let mut entries = list().map_err(|error| Error::io("list", folder, error))?;
    // Hidden folders and files are nobody's classes and samples.
    entries.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        name.is_some_and(|name| !name.starts_with('.'))
    });
    entries.sort();
    Ok(entries)
}

//! Recordings from a folder or a list, and what is said of those that can't be read, or were read in another way than
//! they were written.

use std::path::{Path, PathBuf};

use plywood::datasets::{
    AudioFolder, AudioInput, Csv, Dataset, MelSpectrogram, Recording, RowTarget, Split,
};
use plywood::tensor::{Error, Result, Tensor, memory};

use crate::image_files::{NAMED, listed};
use crate::missing;
use crate::say;
use crate::table_file::Columns;

/// The columns of a list that have files, where there is one of these names.
const USUAL: [&str; 8] =
    ["file", "files", "filename", "file_name", "path", "audio", "wav", "recording"];

/// The part of the memory budget that recordings are kept in: those of larger sets are read in every epoch.
const PART: usize = 4;

/// What `--audio` names.
#[derive(Clone)]
pub(crate) enum Source {
    /// A folder with a sub-folder of recordings for each class.
    Folder(PathBuf),
    /// A CSV file of recordings with a class or a number each.
    List {
        path: PathBuf,
        /// Of the files, and of the classes or numbers.
        columns: [String; 2],
        is_score: bool,
    },
}

/// What a list's options say.
#[derive(Default, PartialEq, clap::Args)]
#[group(skip)]
pub(crate) struct ListOptions {
    /// The column of a list of recordings that has their files [default: that which is called file, path
    /// or the like, or the only one besides the target]
    #[arg(long, value_name = "COLUMN", requires = "audio")]
    files: Option<String>,
}

impl Source {
    /// The folder or the list of this name, of which `target` is learnt.
    pub(crate) fn of(
        path: &Path,
        target: Option<&str>,
        options: &ListOptions,
        columns: &Columns,
    ) -> Result<Self> {
        if path.is_dir() {
            let plain =
                target.is_none() && options.files.is_none() && *columns == Columns::default();
            return match plain {
                true => Ok(Self::Folder(path.to_owned())),
                false => Err(Error::value("a folder of recordings has no columns")
                    .at(path.display())
                    .hint(
                        "its sub-folders are the classes: leave out `--target`, `--files` and `--column`, or give \
                         a list",
                    )),
            };
        }
        let Some(target) = target else {
            let error = match path.exists() {
                true => Error::value("a list of recordings needs to know what is learnt")
                    .hint("`--target COLUMN` says it; a folder has a sub-folder for each class"),
                false => Error::data("there is no such folder or file"),
            };
            return Err(missing::hinted(error.at(path.display()), path));
        };
        let csv = columns.declare(Csv::new())?;
        let table = csv.read_file(path).map_err(|error| missing::hinted(error, path))?;
        let file = match &options.files {
            Some(file) => file.clone(),
            None => files_column(&table.names(), target).map_err(|e| e.at(path.display()))?,
        };
        let is_score = table.is_numeric(target).map_err(|e| e.at(path.display()))?;
        Ok(Self::List { path: path.to_owned(), columns: [file, target.to_owned()], is_score })
    }

    /// The same columns of another list, or another folder.
    pub(crate) fn like(&self, other: &Path) -> Self {
        match self {
            Self::Folder(_) => Self::Folder(other.to_owned()),
            Self::List { columns, is_score, .. } => {
                let columns = columns.clone();
                Self::List { path: other.to_owned(), columns, is_score: *is_score }
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::List { path, .. } => path,
        }
    }

    /// What the score is called, if recordings have one.
    pub(crate) fn score(&self) -> Option<&str> {
        match self {
            Self::List { columns: [_, target], is_score: true, .. } => Some(target),
            _ => None,
        }
    }

    /// The recordings with their classes.
    pub(crate) fn classes(&self, input: &AudioInput) -> Result<AudioFolder> {
        let opened = match self {
            Self::Folder(folder) => AudioFolder::open(folder, input),
            Self::List { path, columns: [file, target], .. } => {
                AudioFolder::from_csv(path, [file.as_str(), target.as_str()], input)
            }
        };
        opened.map_err(|error| missing::hinted(error, self.path()))
    }

    /// The recordings with their scores.
    pub(crate) fn scores(&self, input: &AudioInput) -> Result<AudioFolder<Tensor>> {
        let Self::List { path, columns: [file, target], .. } = self else {
            return Err(Error::value("a folder of recordings has no scores")
                .at(self.path().display())
                .hint("give a list of files and scores, and `--target COLUMN`"));
        };
        AudioFolder::scores_from_csv(path, [file.as_str(), target.as_str()], input)
            .map_err(|error| missing::hinted(error, path))
    }
}

/// The column of a list that has the files.
fn files_column(names: &[&str], target: &str) -> Result<String> {
    let others: Vec<&str> = names.iter().copied().filter(|name| *name != target).collect();
    let usual = |name: &&&str| USUAL.iter().any(|usual| name.eq_ignore_ascii_case(usual));
    match (others.iter().find(usual), &others[..]) {
        (Some(name), _) => Ok((*name).to_owned()),
        (None, [only]) => Ok((*only).to_owned()),
        (None, _) => Err(Error::value("it isn't known which column has the files")
            .hint(format!("`--files COLUMN` says it; there are {}", others.join(", ")))),
    }
}

/// Any input: for what is asked of recordings before it is known how the network will be given them.
pub(crate) fn any_input() -> AudioInput {
    AudioInput::new(MelSpectrogram::config(), 1.0)
}

/// The recording in a file; says in what it differs from what the file has.
pub(crate) fn read(path: &Path) -> Result<Recording> {
    let recording = Recording::read(path).map_err(|error| missing::hinted(error, path))?;
    for note in recording.notes() {
        say::note(format!("{}: {note}", path.display()));
    }
    Ok(recording)
}

/// These recordings, in memory if they are to be kept there. Those that can't be read are an error, or are left out.
pub(crate) fn readable<T: RowTarget>(
    files: &AudioFolder<T>,
    keep: bool,
    skip_broken: bool,
) -> Result<AudioFolder<T>> {
    let (readable, broken) = if keep {
        files.load_readable()?
    } else {
        let broken = files.broken();
        let mut places: Vec<usize> = (0..files.len()).collect();
        places.retain(|place| broken.binary_search_by_key(place, |(other, _)| *other).is_err());
        (files.subset(&places)?, broken)
    };
    tell(files);
    settle(&broken, files.len(), skip_broken)?;
    Ok(readable)
}

/// Whether so many bytes of recordings are few enough to be kept in memory.
pub(crate) fn fit(bytes: usize) -> bool {
    bytes <= memory::budget() / PART
}

/// Tells of what is known of recordings once they were read.
pub(crate) fn tell<T: RowTarget>(files: &AudioFolder<T>) {
    for note in files.notes() {
        say::note(note);
    }
}

/// What the samples of a set are called.
pub(crate) fn sample_names<T: RowTarget>(files: &AudioFolder<T>) -> Vec<String> {
    files.paths().into_iter().map(|path| path.display().to_string()).collect()
}

/// Refuses recordings that can't be read, or says that they are left out.
pub(crate) fn settle(broken: &[(usize, Error)], all: usize, skip: bool) -> Result<()> {
    let errors: Vec<&Error> = broken.iter().map(|(_, error)| error).collect();
    let count = errors.len();
    if count == 0 {
        return Ok(());
    }
    if !skip || count == all {
        return Err(Error::data(format!(
            "{count} of {all} recordings can't be read, which `--skip-broken` leaves out:{}",
            listed(&errors)
        )));
    }
    for error in errors.iter().take(NAMED) {
        say::note(format!("left out: {error}"));
    }
    if let Some(more @ 1..) = count.checked_sub(NAMED) {
        say::note(format!("left out: {more} more recordings that can't be read"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_files_is_found() {
        let of = |names: &[&str]| files_column(names, "score").map_err(|error| error.to_string());
        assert_eq!(of(&["score", "speaker", "File"]), Ok("File".to_owned()));
        assert_eq!(of(&["clip", "score"]), Ok("clip".to_owned()));
        assert_eq!(
            of(&["clip", "speaker", "score"]),
            Err("it isn't known which column has the files; `--files COLUMN` says it; there are clip, speaker".to_owned()),
        );
    }
}

//! What a model has learnt from, which its folder keeps: so that nobody takes what it does on that for how
//! good it is.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use plywood::datasets::{ColumnType, Csv, Split, Table};
use plywood::layers::replace_file;
use plywood::tensor::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::say;
use crate::split::Parts;
use crate::table_file::field;

/// Each sample and the part that it is in: a table's rows by their lines, images by their paths.
const SPLIT: &str = "split.csv";

/// Which file a table was.
const DATA: &str = "data.json";

/// A part of the samples.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
pub(crate) enum Part {
    Train,
    Validation,
    Test,
}

impl Part {
    const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// What tells a file from others, wherever it lies.
#[derive(PartialEq, Serialize, Deserialize)]
struct Identity {
    file: PathBuf,
    bytes: u64,
    checksum: u32,
}

impl Identity {
    fn of(path: &Path) -> Result<Self> {
        let failed = |error| Error::io("read", path, error);
        let mut file = File::open(path).map_err(failed)?;
        let (mut hasher, mut bytes) = (crc32fast::Hasher::new(), 0);
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                read => {
                    hasher.update(&buffer[..read]);
                    bytes += read as u64;
                }
            }
        }
        Ok(Self { file: path.to_owned(), bytes, checksum: hasher.finalize() })
    }
}

/// Writes which rows of a table's file were in which part; what was tested on is of another file if
/// `tested_elsewhere`.
pub(crate) fn keep_rows(
    folder: &Path,
    path: &Path,
    parts: &Parts<Table>,
    tested_elsewhere: bool,
) -> Result<()> {
    let Parts { train, valid, test } = parts;
    let mut all = vec![(Part::Train, train.lines()), (Part::Validation, valid.lines())];
    if !tested_elsewhere {
        all.push((Part::Test, test.lines()));
    }
    let lines = all.iter().flat_map(|(part, lines)| lines.iter().map(|line| (*line, *part)));
    let mut lines: Vec<(u64, Part)> = lines.collect();
    lines.sort_unstable_by_key(|&(line, _)| line);
    let lines = lines.into_iter().map(|(line, part)| (line.to_string(), part));
    write(folder, lines)?;
    let json = serde_json::to_vec_pretty(&Identity::of(path)?)
        .map_err(|error| Error::data(format!("what was learnt from can't be written: {error}")))?;
    replace_file(folder.join(DATA), &json)
}

/// Writes which images or recordings were in which part.
pub(crate) fn keep_images(folder: &Path, parts: [Vec<String>; 3]) -> Result<()> {
    let all = parts.into_iter().zip(Part::ALL);
    write(folder, all.flat_map(|(names, part)| names.into_iter().map(move |name| (name, part))))
}

fn write(folder: &Path, samples: impl Iterator<Item = (String, Part)>) -> Result<()> {
    let mut text = "sample,part\n".to_owned();
    for (sample, part) in samples {
        text += &format!("{},{}\n", field(sample), part.name());
    }
    replace_file(folder.join(SPLIT), text.as_bytes())
}

/// Which samples a model has seen.
pub(crate) struct LearntFrom {
    samples: Table,
    folder: PathBuf,
}

impl LearntFrom {
    /// What a folder keeps, if anything.
    pub(crate) fn of(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(SPLIT);
        if !path.exists() {
            return Ok(None);
        }
        let texts = ["sample", "part"].into_iter();
        let csv = texts.fold(Csv::new(), |csv, name| csv.column(name, ColumnType::Category));
        let samples = csv.read_file(&path)?;
        Ok(Some(Self { samples, folder: folder.to_owned() }))
    }

    /// Whether a file is the one whose rows it has learnt from.
    pub(crate) fn is_file(&self, path: &Path) -> Result<bool> {
        let kept = self.folder.join(DATA);
        let Ok(json) = std::fs::read(&kept) else { return Ok(false) };
        let kept: Identity = serde_json::from_slice(&json).map_err(|error| {
            Error::data(format!("this doesn't say what was learnt from: {error}"))
                .at(kept.display())
        })?;
        let own = Identity::of(path)?;
        Ok((kept.bytes, kept.checksum) == (own.bytes, own.checksum))
    }

    /// The samples in a part.
    fn samples(&self, part: Part) -> Result<impl Iterator<Item = &str>> {
        let samples = self.samples.categories("sample")?.into_iter();
        let parts = self.samples.categories("part")?;
        let own = samples.zip(parts).filter(move |(_, name)| *name == Some(part.name()));
        Ok(own.filter_map(|(sample, _)| sample))
    }

    /// The lines of the rows in a part.
    pub(crate) fn lines(&self, part: Part) -> Result<HashSet<u64>> {
        Ok(self.samples(part)?.filter_map(|line| line.parse().ok()).collect())
    }

    /// The files of the images or recordings in a part, whatever way leads to them.
    pub(crate) fn files(&self, part: Part) -> Result<HashSet<PathBuf>> {
        Ok(self.samples(part)?.filter_map(|file| std::fs::canonicalize(file).ok()).collect())
    }
}

/// The rows of a table that are in a part of what a model has learnt from: all if no part is asked for, and
/// then how many of them it learnt from.
pub(crate) fn rows_of(
    folder: &Path,
    path: &Path,
    table: Table,
    part: Option<Part>,
) -> Result<(Table, Option<String>)> {
    let learnt_from = LearntFrom::of(folder)?;
    let same = match &learnt_from {
        Some(kept) if kept.is_file(path)? => learnt_from,
        _ => None,
    };
    match (same, part) {
        (None, None) => Ok((table, None)),
        (None, Some(_)) => Err(Error::value("this isn't the file that the model learnt from")
            .at(path.display())
            .hint("leave out `--part`: all its rows are unknown to the model")),
        (Some(kept), None) => {
            let seen = kept.lines(Part::Train)?.len();
            let all = table.len();
            let note = format!(
                "the model learnt from {seen} of these {all} rows, which flatters it; `--part test` looks at \
                 rows that it hasn't seen"
            );
            Ok((table, Some(note)))
        }
        (Some(kept), Some(part)) => {
            let lines = kept.lines(part)?;
            let own =
                table.lines().into_iter().enumerate().filter(|(_, line)| lines.contains(line));
            let own: Vec<usize> = own.map(|(row, _)| row).collect();
            if own.is_empty() {
                return Err(Error::value(format!("no row of it is in the part `{}`", part.name()))
                    .at(path.display())
                    .hint("the run was tested on another file"));
            }
            Ok((table.subset(&own)?, None))
        }
    }
}

/// The places of those of some files, which are called `what`, that are in a part of what a model has been given: none
/// if no part is asked for, and then it is said how many of them it learnt from.
pub(crate) fn places_of(
    folder: &Path,
    files: &[&Path],
    part: Option<Part>,
    what: &str,
) -> Result<Option<Vec<usize>>> {
    let kept = LearntFrom::of(folder)?;
    let places = |part| -> Result<Vec<usize>> {
        let known = kept.as_ref().map_or(Ok(HashSet::new()), |kept| kept.files(part))?;
        let is_known = |file: &Path| file.canonicalize().is_ok_and(|file| known.contains(&file));
        Ok((0..files.len()).filter(|&place| is_known(files[place])).collect())
    };
    let Some(part) = part else {
        let seen = places(Part::Train)?.len();
        if seen > 0 {
            say::note(format!(
                "the model learnt from {seen} of these {} {what}, which flatters it; `--part test` looks at \
                 {what} that it hasn't seen",
                files.len()
            ));
        }
        return Ok(None);
    };
    let places = places(part)?;
    match places.is_empty() {
        false => Ok(Some(places)),
        true => Err(Error::value(format!(
            "none of these {what} is in that part of what the model was given"
        ))
        .hint("leave out `--part` to look at all")),
    }
}

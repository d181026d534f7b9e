//! What is to be known of the files that were read until now.

use std::collections::BTreeMap;
use std::fmt;
use std::mem::{Discriminant, discriminant};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::Kind;

/// Notes of files, by their places among all files. `N` is an enum, each of whose variants is one sort of note.
#[derive(Debug)]
pub(crate) struct Seen<N>(Mutex<BTreeMap<usize, Vec<N>>>);

impl<N> Default for Seen<N> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<N: Copy + fmt::Display> Seen<N> {
    /// Keeps the notes of a file; what is kept of it already stays.
    pub(crate) fn add(&self, file: usize, notes: &[N]) {
        if !notes.is_empty() {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.entry(file).or_insert_with(|| notes.to_vec());
        }
    }

    /// For each sort a line with the first file that has such a note, and how many more there are.
    pub(crate) fn lines(&self, paths: &[PathBuf], kind: Kind) -> Vec<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sorts: Vec<(N, Discriminant<N>, usize, usize)> = Vec::new();
        for (&file, note) in
            seen.iter().flat_map(|(file, notes)| notes.iter().map(move |n| (file, n)))
        {
            let sort = discriminant(note);
            match sorts.iter_mut().find(|(_, other, ..)| *other == sort) {
                Some((.., more)) => *more += 1,
                None => sorts.push((*note, sort, file, 0)),
            }
        }
        let line = |(note, _, file, more): (N, Discriminant<N>, usize, usize)| {
            let line = format!("{}: {note}", paths[file].display());
            match more {
                0 => line,
                1 => format!("{line}; another {} like it", kind.one),
                _ => format!("{line}; {more} more {} like it", kind.many),
            }
        };
        sorts.into_iter().map(line).collect()
    }
}

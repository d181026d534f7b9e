//! Files among a folder's images that aren't read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files that were passed over, by what their names end in.
#[derive(Debug)]
pub(super) struct PassedOver {
    folder: PathBuf,
    /// How many there are, and the first.
    kinds: BTreeMap<String, (usize, PathBuf)>,
}

impl PassedOver {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), kinds: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, path: PathBuf) {
        let extension = path.extension().map(|end| end.to_string_lossy().to_lowercase());
        let kind = extension.map_or("without an ending".to_owned(), |end| format!(".{end}"));
        self.count(kind, 1, path);
    }

    /// Adds those of a folder below.
    pub(super) fn join(&mut self, other: Self) {
        for (kind, (count, first)) in other.kinds {
            self.count(kind, count, first);
        }
    }

    fn count(&mut self, kind: String, count: usize, path: PathBuf) {
        let (all, first) = self.kinds.entry(kind).or_insert_with(|| (0, path.clone()));
        *all += count;
        if path < *first {
            *first = path;
        }
    }

    /// "3 .tif (such as a/1.tif), 1 .txt (b/notes.txt)", the most frequent kinds first.
    pub(super) fn kinds(&self) -> Option<String> {
        /// More kinds than this only make the line longer.
        const MOST: usize = 4;
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        let mut texts: Vec<String> = kinds
            .iter()
            .take(MOST)
            .map(|(kind, (count, first))| {
                let first = first.strip_prefix(&self.folder).unwrap_or(first).display();
                let such = if *count > 1 { "such as " } else { "" };
                format!("{count} {kind} ({such}{first})")
            })
            .collect();
        match kinds.len().saturating_sub(MOST) {
            0 => {}
            more => texts.push(format!("and {more} kinds more")),
        }
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    /// A line for the user, if there are any.
    pub(super) fn text(&self) -> Option<String> {
        let kinds = self.kinds()?;
        Some(format!("{}: files that aren't read were passed over: {kinds}", self.folder.display()))
    }
}

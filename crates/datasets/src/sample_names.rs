//! What samples are called in errors.

use std::sync::Arc;

/// The name of each sample: the file or line that it comes from, or its place in the data set that it
/// was split from.
#[derive(Clone, Debug, Default)]
pub(crate) struct SampleNames {
    /// Of the whole set.
    names: Names,
    /// The place of each sample in the whole set, unless this is it.
    places: Option<Arc<[usize]>>,
}

#[derive(Clone, Debug, Default)]
enum Names {
    /// Places are all that is known.
    #[default]
    Places,
    Texts(Arc<[String]>),
    /// The line of each sample in a file, and what errors call the file if it has a name.
    Lines(Option<Arc<str>>, Arc<[u64]>),
}

impl SampleNames {
    /// Of a whole data set.
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self { names: Names::Texts(names.into()), places: None }
    }

    /// Of a whole data set, whose samples are lines of a file.
    pub(crate) fn lines(file: Option<Arc<str>>, lines: Arc<[u64]>) -> Self {
        Self { names: Names::Lines(file, lines), places: None }
    }

    /// Of the samples at `indices`, which are there.
    pub(crate) fn subset(&self, indices: &[usize]) -> Self {
        let places = indices.iter().map(|&index| self.place(index)).collect();
        Self { names: self.names.clone(), places: Some(places) }
    }

    pub(crate) fn of(&self, index: usize) -> String {
        let place = self.place(index);
        let name = match &self.names {
            Names::Places => None,
            Names::Texts(names) => names.get(place).cloned(),
            Names::Lines(file, lines) => lines.get(place).map(|line| match file {
                Some(file) => format!("{file}: line {line}"),
                None => format!("line {line}"),
            }),
        };
        name.unwrap_or_else(|| format!("sample {place}"))
    }

    fn place(&self, index: usize) -> usize {
        self.places.as_ref().and_then(|places| places.get(index)).copied().unwrap_or(index)
    }
}

//! What samples are called in errors.

use std::sync::Arc;

/// The name of each sample: the file or line that it comes from, or its place in the data set that it
/// was split from.
#[derive(Clone, Debug, Default)]
pub(crate) struct SampleNames {
    /// Of the whole set; empty when places are all that is known.
    names: Arc<[String]>,
    /// The place of each sample in the whole set, unless this is it.
    places: Option<Arc<[usize]>>,
}

impl SampleNames {
    /// Of a whole data set.
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self { names: names.into(), places: None }
    }

    /// Of the samples at `indices`, which are there.
    pub(crate) fn subset(&self, indices: &[usize]) -> Self {
        let places = indices.iter().map(|&index| self.place(index)).collect();
        Self { names: Arc::clone(&self.names), places: Some(places) }
    }

    pub(crate) fn of(&self, index: usize) -> String {
        let place = self.place(index);
        self.names.get(place).cloned().unwrap_or_else(|| format!("sample {place}"))
    }

    fn place(&self, index: usize) -> usize {
        self.places.as_ref().and_then(|places| places.get(index)).copied().unwrap_or(index)
    }
}

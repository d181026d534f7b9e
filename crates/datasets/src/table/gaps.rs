//! What of a table's rows a network isn't given as it is.

use plywood_tensor::visible_line;

use super::shown::shown;

/// Numbers that are missing and categories that the training rows don't have, counted over as many
/// tables as are [added](Self::add): see [`Encoding::gaps`](super::Encoding::gaps).
///
/// ```
/// use plywood_datasets::{Encoding, Gaps, Table};
///
/// let sold = Table::read(&b"rooms,town,price\n2,Ames,100\n4,Gilbert,300\n"[..])?;
/// let encoding = Encoding::measured_on(&sold, "price")?;
/// let mut gaps = Gaps::default();
/// for rows in [&b"rooms,town\n,Ames\n"[..], &b"rooms,town\n,Paris\n"[..]] {
///     gaps.add(encoding.gaps(&Table::read(rows)?)?);
/// }
/// assert_eq!(
///     gaps.notes(),
///     [
///         "missing numbers, for which the mean of the training rows stands: `rooms` (2)",
///         "categories that the training rows don't have, which count as unknown: `town` (1 such as \
///          `Paris`)",
///     ],
/// );
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gaps {
    /// How many numbers of each column are missing.
    pub(super) missing: Vec<(String, usize)>,
    /// How many categories of each column are unknown, and the first of them.
    pub(super) unknown: Vec<(String, usize, String)>,
}

impl Gaps {
    /// Counts those of other rows too.
    pub fn add(&mut self, other: Self) {
        for (name, count) in other.missing {
            match self.missing.iter_mut().find(|(own, _)| *own == name) {
                Some((_, own)) => *own += count,
                None => self.missing.push((name, count)),
            }
        }
        for (name, count, first) in other.unknown {
            match self.unknown.iter_mut().find(|(own, ..)| *own == name) {
                Some((_, own, _)) => *own += count,
                None => self.unknown.push((name, count, first)),
            }
        }
    }

    /// What there is to tell, in at most two lines. Programs should show it.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.missing.is_empty() {
            let listed = self.missing.iter().map(|(name, count)| format!("`{name}` ({count})"));
            notes.push(format!(
                "missing numbers, for which the mean of the training rows stands: {}",
                listed.collect::<Vec<_>>().join(", ")
            ));
        }
        if !self.unknown.is_empty() {
            let listed = self.unknown.iter();
            let listed = listed.map(|(name, count, first)| {
                format!("`{name}` ({count} such as `{}`)", shown(first))
            });
            notes.push(format!(
                "categories that the training rows don't have, which count as unknown: {}",
                listed.collect::<Vec<_>>().join(", ")
            ));
        }
        notes.iter().map(|note| visible_line(note).into_owned()).collect()
    }
}

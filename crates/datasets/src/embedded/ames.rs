//! House sales.

use plywood_tensor::Result;

use crate::table::Table;

static FILE: &[u8] = include_bytes!("../../data/ames.csv.gz");

/// 2,930 house sales in Ames, Iowa, from 2006 to 2010: 73 columns about the house, and its
/// `Sale_Price` in dollars.
///
/// Some names of categories end in a space in the file (`"WD "`), which tables trim.
///
/// Source: D. De Cock, "Ames, Iowa: alternative to the Boston housing data as an end of semester
/// regression project" (2011), as prepared in the R package modeldata; MIT.
///
/// ```
/// use plywood_datasets::Ames;
///
/// let houses = Ames::embedded()?;
/// assert_eq!((houses.len(), houses.names().len()), (2930, 74));
/// assert_eq!(houses.numbers("Sale_Price")?[0], 215_000.0);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Ames;

impl Ames {
    /// The table.
    ///
    /// # Errors
    /// Never, unless the crate's own file was changed.
    pub fn embedded() -> Result<Table> {
        Table::read(FILE).map_err(|e| e.at("the embedded houses"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_their_types() {
        let houses = Ames::embedded().unwrap();
        let names = houses.names();
        let numeric = names.iter().filter(|name| houses.is_numeric(name).unwrap()).count();
        assert_eq!((numeric, names.len() - numeric), (34, 40));
        assert!(names.iter().all(|name| houses.missing(name).unwrap() == 0));
        let sale_types = houses.categories("Sale_Type").unwrap();
        assert!(sale_types.iter().all(|name| name.is_some_and(|name| name == name.trim())));
    }
}

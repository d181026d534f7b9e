//! A medical table.

use plywood_tensor::{Error, Result};

use crate::table::{ColumnType, Csv, Table};

static FILE: &[u8] = include_bytes!("../../data/breast_cancer.csv");

/// 569 breast masses: 30 measurements of the cells' nuclei, and the `diagnosis`, malignant (class
/// 0, 212 of them) or benign (class 1).
///
/// Of each of ten features there are the mean, the standard error, and the mean of the three
/// largest ("worst").
///
/// Source: W. Wolberg, O. Mangasarian, N. Street and W. Street, "Breast Cancer Wisconsin
/// (Diagnostic)", UCI Machine Learning Repository (1995), as in scikit-learn; CC BY 4.0.
///
/// ```
/// use plywood_datasets::BreastCancer;
///
/// let masses = BreastCancer::embedded()?;
/// assert_eq!((masses.len(), masses.names().len()), (569, 31));
/// assert_eq!(masses.categories("diagnosis")?[0], Some("malignant"));
/// assert_eq!(masses.numbers("mean radius")?[0], 17.99);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct BreastCancer;

const FEATURES: [&str; 10] = [
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
];

impl BreastCancer {
    /// The table. Splits keep the diagnoses in proportion.
    ///
    /// # Errors
    /// Never, unless the crate's own file was changed.
    pub fn embedded() -> Result<Table> {
        read(FILE).map_err(|e| e.at("the embedded masses"))
    }
}

/// Reads a line with the numbers of rows and columns and the two classes' names, and then the
/// rows: measurements and a class.
fn read(file: &[u8]) -> Result<Table> {
    let cut_short = || Error::data("it is only a line");
    let end = file.iter().position(|&byte| byte == b'\n').ok_or_else(cut_short)?;
    let (header, rows) = file.split_at(end);
    let header = String::from_utf8_lossy(header);
    let [count, columns, classes @ ..] = &header.trim().split(',').collect::<Vec<_>>()[..] else {
        return Err(Error::data("the first line should have four values"));
    };
    let measures = ["mean ", "", "worst "].iter().flat_map(|prefix| {
        let suffix = if prefix.is_empty() { " error" } else { "" };
        FEATURES.map(|feature| format!("{prefix}{feature}{suffix}"))
    });
    let names: Vec<String> = measures.chain(["diagnosis".into()]).collect();
    let table = Csv::new()
        .names(names.clone())
        .delimiter(b',')
        .column("diagnosis", ColumnType::Category)
        .read(rows)?
        .rename_categories("diagnosis", classes)?
        .stratified_by("diagnosis")?;
    let sizes = (table.len().to_string(), (names.len() - 1).to_string());
    if (sizes.0.as_str(), sizes.1.as_str()) != (*count, *columns) {
        return Err(Error::data(format!(
            "the first line says {count} rows of {columns} measurements, {} of {} are there",
            sizes.0, sizes.1
        )));
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_are_in_order() {
        let masses = BreastCancer::embedded().unwrap();
        let diagnoses = masses.categories("diagnosis").unwrap();
        let malignant = diagnoses.iter().filter(|name| **name == Some("malignant"));
        assert_eq!(malignant.count(), 212);
        assert_eq!(masses.names()[7], "mean concave points");
        assert_eq!(masses.names()[10], "radius error");
        assert_eq!(masses.names()[29], "worst fractal dimension");
        let error = read(&FILE[..FILE.len() - 150]).unwrap_err().to_string();
        assert!(error.contains("values, there are 31 columns"), "{error}");
    }
}

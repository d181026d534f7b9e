//! A column of numbers, and what is said of it.

use plywood_tensor::Result;

use super::column::{Column, check_range};
use super::number::{self, Cell};
use super::schema::Reading;
use super::shown::shown;
use super::tally::Doubt;
use super::texts::{Texts, Wanted};

/// Single precision has each whole number up to this one.
const SINGLE_WHOLE: f64 = 16_777_216.0;

/// Fewer numbers may differ, and have equally many digits, by chance.
const LEAST_IDENTIFIERS: usize = 10;

impl Texts<'_> {
    /// The column as numbers.
    pub(super) fn numbers(
        self,
        mut reading: Reading,
        wanted: &Wanted,
        doubt: Doubt,
        notes: &mut Vec<String>,
    ) -> Result<Column> {
        let cells: Vec<Option<Cell>> =
            self.texts.iter().map(|text| number::parse(text, reading.decimal)).collect();
        for (place, cell) in cells.iter().enumerate() {
            if let Some(cell) = cell {
                let text = shown(&self.texts[place]);
                check_range(cell.value, format_args!("`{text}`"), &self.name, || self.line(place))?;
            }
        }
        let unit = self.unit(&cells, notes)?;
        match wanted {
            Wanted::Learnt(_) => self.check_unit(&cells, reading.unit.as_deref(), unit)?,
            _ => reading.unit = unit.map(str::to_owned),
        }
        notes.extend(self.notation(&cells, reading.decimal, doubt));
        let zeros = cells.iter().position(|cell| cell.is_some_and(|cell| cell.zeros));
        if let (Some(place), Wanted::Inferred) = (zeros, wanted) {
            notes.push(format!(
                "column `{0}`: numbers that begin with 0, such as `{1}`; if they are identifiers, such as \
                 postcodes, declare `--column {0}=category`",
                self.name,
                shown(&self.texts[place])
            ));
        }
        notes.extend(self.rounded(&cells, wanted));
        let values: Vec<Option<f64>> =
            cells.iter().map(|cell| cell.map(|cell| cell.value)).collect();
        self.numeric(&values, reading, wanted, ["number", "numbers"], notes)
    }

    /// What is said of whole numbers that lose digits, which identifiers can't do without.
    fn rounded(&self, cells: &[Option<Cell>], wanted: &Wanted) -> Option<String> {
        let inferred = matches!(wanted, Wanted::Inferred);
        let name = &self.name;
        let declare = format!("if they are identifiers, declare `--column {name}=category`");
        if let Some(place) = cells.iter().position(|cell| cell.is_some_and(|cell| cell.rounded)) {
            let hint = if inferred { format!("; {declare}") } else { String::new() };
            return Some(format!(
                "column `{name}`: {} is read as {}: whole numbers beyond 2^53 are rounded{hint}",
                self.with_line(place),
                cells[place]?.value
            ));
        }
        let digits = self.texts.first()?.len();
        let is_identifier = |place: usize, cell: &Option<Cell>| {
            let text = &self.texts[place];
            let whole = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
            whole && self.rows(place) == 1 && cell.is_some_and(|cell| cell.value > SINGLE_WHOLE)
        };
        let alike = cells.len() >= LEAST_IDENTIFIERS
            && cells.iter().enumerate().all(|(place, cell)| is_identifier(place, cell));
        (inferred && alike).then(|| {
            format!(
                "column `{name}`: whole numbers of {digits} digits, in each row another one, such as {}; \
                 networks tell about 7 digits apart; {declare}",
                self.with_line(0)
            )
        })
    }
}

//! A column of numbers: which is its decimal separator, by the whole column and the whole file, and
//! what is said of it.

use plywood_tensor::Result;

use super::column::{Column, check_range};
use super::number::{self, Cell, Decimal};
use super::schema::Reading;
use super::shown::shown;
use super::texts::{Texts, Wanted};

/// Single precision has each whole number up to this one.
const SINGLE_WHOLE: f64 = 16_777_216.0;

/// Fewer numbers may differ, and have equally many digits, by chance.
const LEAST_IDENTIFIERS: usize = 10;

/// How many values of a column are numbers, with a decimal point and with a decimal comma.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// All that are there.
    pub(super) present: usize,
    pub(super) either: usize,
    /// Numbers only with a decimal point.
    point: usize,
    /// Numbers only with a decimal comma.
    comma: usize,
    /// The one of both signs in a number that is another one with the other sign: `1,234`.
    doubtful: Option<Decimal>,
}

/// What a choice of the decimal separator rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The column, or the user.
    None,
    /// Nothing in the column.
    Guessed,
}

impl Tally {
    /// Whether a column of this has numbers if nothing else is said.
    pub(super) fn is_numeric(&self) -> bool {
        self.either > 0 && 2 * self.either >= self.present
    }

    /// The decimal separator that the column itself shows.
    fn shown(&self) -> Option<Decimal> {
        match (self.point, self.comma) {
            (0, 0) => None,
            (point, comma) => Some(if comma > point { Decimal::Comma } else { Decimal::Point }),
        }
    }

    /// The decimal separator of a column. Where the column doesn't show it `others` do, those of its file
    /// that [agree](agreed), or the delimiter: semicolons are there because commas are in the numbers.
    pub(super) fn decimal(
        &self,
        declared: Option<Decimal>,
        others: Option<Decimal>,
        delimiter: u8,
    ) -> (Decimal, Doubt) {
        if let Some(decimal) = declared.or(self.shown()) {
            return (decimal, Doubt::None);
        }
        let Some(sign) = self.doubtful else { return (Decimal::Point, Doubt::None) };
        let decimal = match others {
            Some(decimal) => decimal,
            None if sign == Decimal::Comma && delimiter == b';' => Decimal::Comma,
            None => Decimal::Point,
        };
        // A point before three digits is as programs write fractions.
        let usual = sign == Decimal::Point && decimal == Decimal::Point;
        (decimal, if usual { Doubt::None } else { Doubt::Guessed })
    }
}

/// The decimal separator of all columns of a file that show one, if it is one.
pub(super) fn agreed(tallies: &[Tally]) -> Option<Decimal> {
    let mut shown = tallies.iter().filter(|tally| tally.is_numeric()).filter_map(Tally::shown);
    let first = shown.next()?;
    shown.all(|other| other == first).then_some(first)
}

impl Texts<'_> {
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for (text, rows) in self.present() {
            tally.present += rows;
            let [point, comma] =
                [Decimal::Point, Decimal::Comma].map(|decimal| number::parse(text, decimal));
            match (point, comma) {
                (None, None) => continue,
                (Some(_), None) => tally.point += rows,
                (None, Some(_)) => tally.comma += rows,
                (Some(point), Some(comma)) if point.value != comma.value => {
                    let sign = if text.contains(',') { Decimal::Comma } else { Decimal::Point };
                    tally.doubtful = tally.doubtful.filter(|s| *s == Decimal::Comma).or(Some(sign));
                }
                (Some(_), Some(_)) => {}
            }
            tally.either += rows;
        }
        tally
    }

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

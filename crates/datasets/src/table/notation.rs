//! Units of a column of numbers, and the line that says how its numbers are written.

use plywood_tensor::{Error, Result};

use super::number::{Cell, Decimal};
use super::shown::shown;
use super::tally::Doubt;
use super::texts::Texts;

impl Texts<'_> {
    /// The unit of a column's numbers, of which there may be one. A currency may be left out.
    pub(super) fn unit(
        &self,
        cells: &[Option<Cell>],
        notes: &mut Vec<String>,
    ) -> Result<Option<&'static str>> {
        // The first place of each unit, and of a number without one.
        let mut units: Vec<(Option<&'static str>, usize)> = Vec::new();
        for (place, cell) in cells.iter().enumerate() {
            match cell {
                Some(cell) if units.iter().all(|(unit, _)| *unit != cell.unit) => {
                    units.push((cell.unit, place));
                }
                _ => {}
            }
        }
        // Numbers without a unit go with any one, so the contradiction is between the others.
        if units.len() > 2 {
            units.retain(|(unit, _)| unit.is_some());
        }
        match units[..] {
            [] => Ok(None),
            [(unit, _)] => Ok(unit),
            [(None, bare), (Some(unit), _)] | [(Some(unit), _), (None, bare)] if unit != "%" => {
                notes.push(format!(
                    "column `{}`: numbers without `{unit}` count as if they had it, such as {}",
                    self.name,
                    self.with_line(bare)
                ));
                Ok(Some(unit))
            }
            [(_, first), (_, second), ..] => Err(Error::data(format!(
                "column `{}`: {} and {} have different units",
                self.name,
                self.with_line(first),
                self.with_line(second)
            ))
            .at(self.line(second))
            .hint(format!(
                "write them in one, or declare `--column {0}=category` or `--column {0}=ignored`",
                self.name
            ))),
        }
    }

    /// Refuses another unit than that of the numbers which a model has learnt from.
    pub(super) fn check_unit(
        &self,
        cells: &[Option<Cell>],
        learnt: Option<&str>,
        unit: Option<&str>,
    ) -> Result<()> {
        let left_out = unit.is_none() && learnt != Some("%");
        let Some(place) = cells.iter().position(Option::is_some) else { return Ok(()) };
        if unit == learnt || left_out {
            return Ok(());
        }
        let name =
            |unit: Option<&str>| unit.map_or("no unit".to_owned(), |unit| format!("`{unit}`"));
        Err(Error::data(format!(
            "column `{}` has {}, and had {} where it was learnt",
            self.name,
            name(unit),
            name(learnt)
        ))
        .at(self.line(place))
        .hint("convert the numbers"))
    }

    /// What is said of numbers that aren't written as programs write them.
    pub(super) fn notation(
        &self,
        cells: &[Option<Cell>],
        decimal: Decimal,
        doubt: Doubt,
    ) -> Option<String> {
        let read = || cells.iter().enumerate().filter_map(|(place, cell)| Some((place, (*cell)?)));
        let has_comma = |place: usize| self.texts[place].contains(',');
        let mut signs: Vec<String> = Vec::new();
        let mut example = None;
        let mut add = |sign: String, place: usize| {
            if !signs.contains(&sign) {
                example.get_or_insert(place);
                signs.push(sign);
            }
        };
        for (place, cell) in read() {
            if let Some(group) = cell.group {
                add(format!("{} between thousands", name(group)), place);
            }
            if decimal == Decimal::Comma && has_comma(place) {
                add("a decimal comma".to_owned(), place);
            }
            if let Some(unit) = cell.unit {
                add(format!("`{unit}`"), place);
            }
            if cell.parentheses {
                add("parentheses for a minus".to_owned(), place);
            }
        }
        let place = example?;
        let (last, others) = signs.split_last()?;
        let signs = match others {
            [] => last.clone(),
            others => format!("{} and {last}", others.join(", ")),
        };
        let otherwise = match (doubt, decimal) {
            (Doubt::None, _) => "",
            (Doubt::Guessed, Decimal::Point) => {
                "; if commas are decimal separators, declare `--decimal ,`"
            }
            (Doubt::Guessed, Decimal::Comma) => {
                "; if points are decimal separators, declare `--decimal .`"
            }
        };
        Some(format!(
            "column `{}`: numbers with {signs}: `{}` is {}{otherwise}",
            self.name,
            shown(&self.texts[place]),
            cells[place]?.value
        ))
    }
}

/// What a separator of thousands is called.
fn name(separator: char) -> String {
    match separator {
        ' ' => "a space".to_owned(),
        letter if letter.is_whitespace() => "a no-break space".to_owned(),
        letter => format!("`{letter}`"),
    }
}

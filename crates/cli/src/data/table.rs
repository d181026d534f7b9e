//! What the columns of a table hold.

use std::collections::HashMap;

use plywood::datasets::{ColumnType, Table};
use plywood::tensor::{Error, Result, visible_line};

use crate::amount::short;
use crate::doubts;
use crate::say::Output;
use crate::split::Parts;
use crate::target::LEAST_ROWS;
use crate::wrap::{self, WIDTH};

/// The most letters of a column's name.
const NAME: usize = 24;

/// The most classes of a target that are counted one by one.
const MOST_CLASSES: usize = 20;

/// What is learnt, and which rows for what.
pub(super) struct Target<'a> {
    pub(super) name: &'a str,
    /// Whether its logarithm is learnt.
    pub(super) log: bool,
    /// None of too few rows.
    pub(super) parts: Option<Parts<Table>>,
}

pub(super) fn show(table: &Table, target: Option<&Target<'_>>, out: &mut Output) -> Result<()> {
    let names = table.names();
    out.say(format!("{}, {}", many(table.len(), "row"), many(names.len(), "column")));
    let widest = names.iter().map(|name| cut(name, NAME).chars().count()).max().unwrap_or(0);
    for name in names {
        let missing = match table.missing(name)? {
            0 => String::new(),
            missing => format!("; {missing} missing"),
        };
        let room = WIDTH - 4 - widest - missing.chars().count();
        let what = column(table, name, room)?;
        out.say(format!("  {:<widest$}  {what}{missing}", cut(name, NAME)));
    }
    if let Some(target) = target {
        for line in of_target(table, target)? {
            out.say(line);
        }
    }
    for line in odd(table, target.map(|target| target.name))? {
        out.say(line);
    }
    Ok(())
}

/// What a column has, in so many letters where that can be.
fn column(table: &Table, name: &str, room: usize) -> Result<String> {
    let kind = table.column_type(name)?;
    if table.is_numeric(name)? {
        let mut numbers = table.numbers(name)?;
        numbers.retain(|number| !number.is_nan());
        let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        return Ok(match (least <= most, kind) {
            (false, _) => "nothing".to_owned(),
            (true, ColumnType::Number) => {
                let whole = of_numbers(&numbers);
                match whole.chars().count() <= room {
                    true => whole,
                    false => format!(
                        "{} to {}, mean {}",
                        short(least),
                        short(most),
                        short(mean(&numbers))
                    ),
                }
            }
            (true, _) => format!("dates from {} to {}", kind.text(least), kind.text(most)),
        });
    }
    let classes = doubts::classes(table, name)?;
    let mut text = match classes.len() {
        0 => return Ok("nothing".to_owned()),
        1 => "1 category".to_owned(),
        count => format!("{count} categories"),
    };
    for (place, (class, count)) in classes.iter().enumerate() {
        let sign = if place == 0 { ": " } else { ", " };
        let more = format!("{sign}{} ({count})", cut(class, NAME));
        // Room for the sign that some are left out.
        let rest = if place + 1 == classes.len() { 0 } else { 3 };
        if text.chars().count() + more.chars().count() + rest > room {
            if place > 0 {
                text += ", …";
            }
            break;
        }
        text += &more;
    }
    Ok(text)
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / numbers.len() as f64
}

/// Range, mean and standard deviation of some numbers.
fn of_numbers(numbers: &[f64]) -> String {
    let mean = mean(numbers);
    let squares = numbers.iter().map(|number| (number - mean).powi(2));
    let std = (squares.sum::<f64>() / numbers.len() as f64).sqrt();
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let [least, most, mean, std] = [least, most, mean, std].map(short);
    format!("numbers from {least} to {most}, mean {mean}, std {std}")
}

/// The classes of a target, or what its numbers are, and which rows are for what.
fn of_target(table: &Table, target: &Target<'_>) -> Result<Vec<String>> {
    let (name, shown) = (target.name, cut(target.name, NAME));
    let parts = target.parts.as_ref().map(Parts::each);
    let rows = match parts.map(|parts| parts.map(Table::len)) {
        Some([train, valid, test]) => {
            format!("{train} rows to learn from, {valid} to validate, {test} to test")
        }
        None => format!("fewer than {LEAST_ROWS} rows are too few to learn from"),
    };
    if table.is_numeric(name)? {
        let mut lines = vec![format!("`{shown}` is a number to predict")];
        if target.log {
            lines.push(logarithm(&table.numbers(name)?));
        }
        lines.push(rows);
        return Ok(lines);
    }
    if target.log {
        return Err(Error::data(format!("`{name}` has categories, which have no logarithm"))
            .hint("`--log` is for numbers above 0, such as prices"));
    }
    let classes = doubts::classes(table, name)?;
    if classes.len() == 1 {
        return Ok(vec![format!("`{shown}` has 1 class: there is nothing to tell apart")]);
    }
    let all: usize = classes.iter().map(|(_, count)| count).sum();
    let mut counts = Vec::new();
    for part in parts.into_iter().flatten() {
        counts.push(doubts::classes(part, name)?.into_iter().collect::<HashMap<_, _>>());
    }
    let mut lines = vec![
        format!("`{shown}` has {} classes to tell apart", classes.len()),
        rows,
        format!("{:>9}{:>9}{:>9}{:>10}{:>8}", "rows", "", "learn", "validate", "test"),
    ];
    for (class, count) in classes.iter().take(MOST_CLASSES) {
        let share = 100.0 * *count as f64 / all as f64;
        let [train, valid, test] = [0, 1, 2].map(|part| {
            counts.get(part).and_then(|counts| counts.get(class)).copied().unwrap_or(0)
        });
        lines.push(format!(
            "{count:>9}{share:>7.1} %{train:>9}{valid:>10}{test:>8}  {}",
            cut(class, WIDTH - 47)
        ));
    }
    if let Some(more @ 1..) = classes.len().checked_sub(MOST_CLASSES) {
        lines.push(format!("{:>9}  and {more} more", ""));
    }
    Ok(lines)
}

/// What the logarithms of a target's numbers are.
fn logarithm(numbers: &[f64]) -> String {
    let present = numbers.iter().filter(|number| !number.is_nan());
    let logs: Vec<f64> = present.clone().filter(|&&number| number > 0.0).map(|x| x.ln()).collect();
    match present.count() - logs.len() {
        0 => format!("its logarithm: {}", of_numbers(&logs)),
        1 => "1 number of it has no logarithm, being 0 or below: leave `--log` out".to_owned(),
        none => {
            format!("{none} numbers of it have no logarithm, being 0 or below: leave `--log` out")
        }
    }
}

/// What is to be looked at before training, in lines.
fn odd(table: &Table, target: Option<&str>) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    let found = [
        ("the same in every row", doubts::constant(table, target)?),
        ("nearly every row has its own text", doubts::own_texts(table, target)?),
        ("counts the rows", doubts::row_numbers(table, target)?),
    ];
    for (what, names) in found {
        lines.extend(names.iter().map(|name| format!("{}: {what}", cut(name, NAME))));
    }
    if let Some(target) = target
        && !table.is_numeric(target)?
    {
        lines.extend(doubts::rare_classes(target, &doubts::classes(table, target)?));
    }
    if lines.is_empty() {
        return Ok(lines);
    }
    let indented = lines
        .iter()
        .map(|line| format!("  {}", wrap::lines(line, WIDTH - 2).replace('\n', "\n  ")));
    Ok(std::iter::once("to look at:".to_owned()).chain(indented).collect())
}

/// A number of things.
fn many(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A text of a file in so many letters.
fn cut(text: &str, most: usize) -> String {
    wrap::cut(&visible_line(text), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut() {
        assert_eq!(cut("größe", 5), "größe");
        assert_eq!(cut("größen", 5), "größ…");
        assert_eq!(cut("a\nb", 5), "a\\nb");
    }

    #[test]
    fn categories_fill_the_room_and_no_more() {
        let file: String = (0..50).map(|row| format!("{row},town {}\n", row % 25)).collect();
        let table = Table::read(format!("x,town\n{file}").as_bytes()).unwrap();
        let text = column(&table, "town", 60).unwrap();
        assert_eq!(text, "25 categories: town 0 (2), town 1 (2), town 10 (2), …");
        assert_eq!(column(&table, "town", 13).unwrap(), "25 categories");
        assert_eq!(column(&table, "x", 60).unwrap(), "numbers from 0 to 49, mean 24.5, std 14.431");
    }
}

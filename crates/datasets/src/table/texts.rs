//! A column while it is read: each different text once, however many rows there are.

use std::borrow::Cow;
use std::collections::HashMap;

use plywood_tensor::{Error, Result};

use super::column::{Column, MISSING, Values};
use super::date::{self, Order};
use super::number::{self, Decimal};
use super::schema::{ColumnType, Reading};
use super::shown::shown;
use super::tally::{Doubt, Tally};

/// Texts that stand for a missing number or date, in small letters. Among categories they are some.
const MARKS: [&str; 15] = [
    "null", "none", "nan", "na", "n/a", "n.a.", "#n/a", "#na", "<na>", "nil", "?", "-", "--", "–",
    "—",
];

pub(super) struct Texts<'a> {
    pub(super) name: String,
    codes: Vec<u32>,
    pub(super) texts: Vec<Cow<'a, str>>,
    /// The line where each text was seen first, and how often it was.
    seen_in: Vec<(u64, usize)>,
    seen: HashMap<Cow<'a, str>, u32>,
}

/// What is known of a column's type before its texts are looked at.
pub(super) enum Wanted {
    Inferred,
    Declared(ColumnType),
    /// As a column of this name was read before.
    Learnt(Reading),
}

impl<'a> Texts<'a> {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            codes: Vec::new(),
            texts: Vec::new(),
            seen_in: Vec::new(),
            seen: HashMap::new(),
        }
    }

    /// Adds the text of the next row; `None` is missing.
    pub(super) fn push(&mut self, text: Option<Cow<'a, str>>, line: u64) {
        let code = text.map_or(MISSING, |text| {
            let code = self.seen.get(&text).copied().unwrap_or_else(|| {
                let code = self.texts.len() as u32;
                self.seen.insert(text.clone(), code);
                self.texts.push(text);
                self.seen_in.push((line, 0));
                code
            });
            self.seen_in[code as usize].1 += 1;
            code
        });
        self.codes.push(code);
    }

    pub(super) fn rows(&self, place: usize) -> usize {
        self.seen_in[place].1
    }

    /// A text with the line where it stands first.
    pub(super) fn with_line(&self, place: usize) -> String {
        format!("`{}` ({})", shown(&self.texts[place]), self.line(place))
    }

    pub(super) fn line(&self, place: usize) -> String {
        format!("line {}", self.seen_in[place].0)
    }

    /// The texts that are no marks of missing values, and how many rows have them.
    pub(super) fn present(&self) -> impl Iterator<Item = (&str, usize)> {
        let present = self.texts.iter().zip(&self.seen_in).filter(|(text, _)| !is_mark(text));
        present.map(|(text, &(_, rows))| (&**text, rows))
    }

    /// The column as it is wanted, or as most of its values are. `decimal` is the sign before its
    /// fractions, if it has numbers.
    pub(super) fn finish(
        mut self,
        wanted: &Wanted,
        tally: &Tally,
        decimal: (Decimal, Doubt),
        notes: &mut Vec<String>,
    ) -> Result<Column> {
        // No more texts come.
        self.seen = HashMap::new();
        let reading = match wanted {
            Wanted::Learnt(reading) => reading.clone(),
            Wanted::Declared(kind) => Reading {
                decimal: decimal.0,
                others_missing: *kind != ColumnType::Category,
                ..Reading::plain(*kind)
            },
            Wanted::Inferred => {
                Reading { decimal: decimal.0, ..Reading::plain(self.infer(tally, notes)?) }
            }
        };
        let declared = matches!(wanted, Wanted::Declared(_));
        let column = match reading.kind {
            ColumnType::Number => self.numbers(reading, wanted, decimal.1, notes)?,
            ColumnType::Date | ColumnType::DateDmy | ColumnType::DateMdy => {
                self.dates(reading, wanted, notes)?
            }
            ColumnType::Category | ColumnType::Ignored => self.categories(reading),
        };
        Ok(Column { declared, ..column })
    }

    /// The type of most values.
    fn infer(&self, tally: &Tally, notes: &mut Vec<String>) -> Result<ColumnType> {
        if tally.is_numeric() || self.texts.is_empty() {
            return Ok(ColumnType::Number);
        }
        let count = |order: Order| {
            let dates = self.present().filter(|(text, _)| date::parse(text, order).is_some());
            dates.map(|(_, rows)| rows).sum::<usize>()
        };
        let mostly = |rows: usize| rows > 0 && 2 * rows >= tally.present;
        if mostly(count(Order::Ymd)) {
            return Ok(ColumnType::Date);
        }
        let (day_first, month_first) = (count(Order::Dmy), count(Order::Mdy));
        if mostly(day_first.max(month_first)) {
            return self.order_of_dates(day_first, month_first, notes);
        }
        if 10 * tally.either >= tally.present && tally.either > 0 {
            notes.push(format!(
                "column `{}`: categories, though {} of {} values are numbers",
                self.name, tally.either, tally.present
            ));
        }
        Ok(ColumnType::Category)
    }

    /// Which of its dates' numbers is the day: told by a number above 12, else asked.
    fn order_of_dates(
        &self,
        day_first: usize,
        month_first: usize,
        notes: &mut Vec<String>,
    ) -> Result<ColumnType> {
        let days = |text: &str, order| date::parse(text, order).map(|moment| moment.days);
        let differs = |place: &usize| {
            let text = &self.texts[*place];
            days(text, Order::Dmy) != days(text, Order::Mdy)
        };
        let example = (0..self.texts.len()).find(differs);
        let (kind, first) = match day_first.cmp(&month_first) {
            std::cmp::Ordering::Greater => (ColumnType::DateDmy, "day"),
            std::cmp::Ordering::Less => (ColumnType::DateMdy, "month"),
            std::cmp::Ordering::Equal => match example {
                None => return Ok(ColumnType::DateDmy),
                Some(place) => {
                    return Err(Error::data(format!(
                        "column `{}` has dates such as `{}`, which may begin with the day or the month",
                        self.name,
                        shown(&self.texts[place])
                    ))
                    .at(self.line(place))
                    .hint(format!(
                        "write them as 2021-03-14, or declare `--column {0}=date-dmy`, `--column \
                         {0}=date-mdy` or `--column {0}=category`",
                        self.name
                    )));
                }
            },
        };
        let order = kind.order();
        let proof = order.and_then(|order| {
            let other = match order {
                Order::Dmy => Order::Mdy,
                _ => Order::Dmy,
            };
            let proves = |text: &&Cow<str>| {
                date::parse(text, order).is_some() && date::parse(text, other).is_none()
            };
            self.texts.iter().find(proves)
        });
        if let Some(proof) = proof {
            let name = &self.name;
            notes.push(format!(
                "column `{name}`: dates that begin with the {first}, such as `{}`",
                shown(proof)
            ));
        }
        Ok(kind)
    }

    fn dates(self, reading: Reading, wanted: &Wanted, notes: &mut Vec<String>) -> Result<Column> {
        let order = reading.kind.order().unwrap_or(Order::Ymd);
        let moments: Vec<_> = self.texts.iter().map(|text| date::parse(text, order)).collect();
        if let Some(zoned) = moments.iter().position(|m| m.is_some_and(|moment| moment.zoned)) {
            let local = moments.iter().flatten().any(|moment| !moment.zoned);
            let also = if local { ", also where no zone is written" } else { "" };
            notes.push(format!(
                "column `{}`: times are in UTC{also}: `{}` is {}",
                self.name,
                shown(&self.texts[zoned]),
                moments[zoned].map(|m| date::text(m.days)).unwrap_or_default()
            ));
        }
        let days: Vec<_> = moments.iter().map(|moment| moment.map(|moment| moment.days)).collect();
        self.numeric(&days, reading, wanted, ["date", "dates"], notes)
    }

    /// The column with the number of each different text. What has none is missing if it looks so or
    /// the type was declared, and asked about otherwise.
    pub(super) fn numeric(
        self,
        values: &[Option<f64>],
        reading: Reading,
        wanted: &Wanted,
        what: [&str; 2],
        notes: &mut Vec<String>,
    ) -> Result<Column> {
        let places = || (0..self.texts.len()).filter(|&place| values[place].is_none());
        let marks: Vec<usize> = places().filter(|&place| is_mark(&self.texts[place])).collect();
        let others: Vec<usize> = places().filter(|&place| !is_mark(&self.texts[place])).collect();
        if !(others.is_empty() || reading.others_missing) {
            return Err(self.asked(&others, reading.kind, wanted, what));
        }
        for missing in [marks, others].iter().filter(|places| !places.is_empty()) {
            let rows: usize = missing.iter().map(|&place| self.rows(place)).sum();
            notes.push(format!(
                "column `{}`: {} counted as missing, in {rows} {}",
                self.name,
                self.listed(missing),
                if rows == 1 { "row" } else { "rows" }
            ));
        }
        let value = |&code: &u32| values.get(code as usize).copied().flatten();
        let numbers = self.codes.iter().map(|code| value(code).unwrap_or(f64::NAN));
        let values = Values::Numbers(numbers.collect());
        Ok(Column { name: self.name, values, reading, declared: false })
    }

    /// The error for texts, at least one, that are no numbers, or no dates, in a column where others are.
    fn asked(
        &self,
        others: &[usize],
        kind: ColumnType,
        wanted: &Wanted,
        [one, several]: [&str; 2],
    ) -> Error {
        let (name, first) = (&self.name, others[0]);
        let error = match wanted {
            Wanted::Inferred => {
                let all: usize = self.present().map(|(_, rows)| rows).sum();
                let wrong: usize = others.iter().map(|&place| self.rows(place)).sum();
                Error::data(format!(
                    "column `{name}`: {} of {all} values are {several}, but {} not",
                    all - wrong,
                    self.listed(others)
                ))
                .hint(format!(
                    "mend it, or declare `--column {name}={kind}`, which makes the rest missing, or \
                     `--column {name}=category`"
                ))
            }
            _ => Error::data(format!(
                "column `{name}`: `{}` is not a {one}, which the column has where it was learnt",
                shown(&self.texts[first])
            ))
            .hint("mend it, or declare the text missing"),
        };
        error.at(self.line(first))
    }

    /// At most three texts with their lines and how many more there are, as the subject of a sentence.
    fn listed(&self, places: &[usize]) -> String {
        let some: Vec<String> = places.iter().take(3).map(|&place| self.with_line(place)).collect();
        match places.len() {
            1 => format!("{} is", some[0]),
            2 | 3 => format!("{} are", some.join(", ")),
            many => format!("{} and {} more are", some.join(", "), many - 3),
        }
    }

    /// The column with its texts as categories, in an order that doesn't depend on the rows': by
    /// number if all are numbers, else by name.
    fn categories(self, reading: Reading) -> Column {
        let number = |text: &Cow<str>| number::parse(text, Decimal::Point).map(|cell| cell.value);
        let numbers: Option<Vec<f64>> = self.texts.iter().map(number).collect();
        let mut order: Vec<usize> = (0..self.texts.len()).collect();
        order.sort_by(|&a, &b| {
            let by_name = self.texts[a].cmp(&self.texts[b]);
            match &numbers {
                Some(numbers) => numbers[a].total_cmp(&numbers[b]).then(by_name),
                None => by_name,
            }
        });
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new as u32;
        }
        let code = |&code: &u32| place.get(code as usize).copied().unwrap_or(MISSING);
        let values = Values::Categories {
            codes: self.codes.iter().map(code).collect(),
            names: order.iter().map(|&old| self.texts[old].to_string()).collect(),
        };
        Column { name: self.name, values, reading, declared: false }
    }
}

/// Whether a text stands for a missing number or date.
pub(super) fn is_mark(text: &str) -> bool {
    MARKS.iter().any(|mark| mark.eq_ignore_ascii_case(text))
}

//! A column: from the texts of a file to numbers or categories.

use std::collections::HashMap;

use plywood_tensor::{Error, Result};

use super::date;

/// The code of a category that is missing.
pub(super) const MISSING: u32 = u32::MAX;

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Values,
}

#[derive(Clone, Debug)]
pub(super) enum Values {
    /// NaN where one is missing.
    Numbers(Vec<f64>),
    /// Places in `names`, or [`MISSING`].
    Categories { codes: Vec<u32>, names: Vec<String> },
}

impl Column {
    pub(super) fn numbers(&self) -> Result<&[f64]> {
        match &self.values {
            Values::Numbers(numbers) => Ok(numbers),
            Values::Categories { .. } => Err(Error::value(format!(
                "column `{}` has categories, numbers are expected",
                self.name
            ))),
        }
    }

    pub(super) fn categories(&self) -> Result<(&[u32], &[String])> {
        match &self.values {
            Values::Categories { codes, names } => Ok((codes, names)),
            Values::Numbers(_) => Err(Error::value(format!(
                "column `{}` has numbers, categories are expected",
                self.name
            ))
            .hint(format!("read it with Csv::new().categorical([\"{}\"])", self.name))),
        }
    }

    /// Gives the categories other names, in order.
    pub(super) fn rename(&mut self, new: &[&str]) -> Result<()> {
        match &mut self.values {
            Values::Categories { names, .. } if names.len() == new.len() => {
                *names = new.iter().map(|&name| name.to_owned()).collect();
                Ok(())
            }
            _ => Err(Error::data(format!(
                "column `{}` should have {} categories",
                self.name,
                new.len()
            ))),
        }
    }
}

/// What the user says of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Numeric,
    Categorical,
}

/// A column while it is read: each different text once, however many rows there are.
pub(super) struct Texts {
    pub(super) name: String,
    codes: Vec<u32>,
    texts: Vec<String>,
    /// The line where each text was seen first.
    lines: Vec<u64>,
    seen: HashMap<String, u32>,
}

impl Texts {
    pub(super) fn new(name: String) -> Self {
        Self { name, codes: Vec::new(), texts: Vec::new(), lines: Vec::new(), seen: HashMap::new() }
    }

    /// Adds the text of the next row; `None` is missing.
    pub(super) fn push(&mut self, text: Option<&str>, line: u64) {
        let code = text.map_or(MISSING, |text| {
            self.seen.get(text).copied().unwrap_or_else(|| {
                let code = self.texts.len() as u32;
                self.seen.insert(text.to_owned(), code);
                self.texts.push(text.to_owned());
                self.lines.push(line);
                code
            })
        });
        self.codes.push(code);
    }

    /// The finished column. Without a `kind` it has numbers if at least half of its texts are
    /// numbers, and then all must be: so a stray word in a column of numbers is found, and doesn't
    /// turn them into categories. The same goes for dates, which become numbers of days.
    pub(super) fn finish(self, kind: Option<Kind>) -> Result<Column> {
        let numbers: Vec<Option<f64>> = self.texts.iter().map(|text| number(text)).collect();
        if kind.is_none() && !self.mostly(&numbers) {
            let days: Vec<Option<f64>> = self.texts.iter().map(|text| date::days(text)).collect();
            if self.mostly(&days) {
                return self.numeric(&days, "date such as 2021-03-14");
            }
            self.check_dates()?;
        }
        let numeric = kind.map_or_else(|| self.mostly(&numbers), |kind| kind == Kind::Numeric);
        if numeric {
            return self.numeric(&numbers, "number");
        }
        Ok(Column { values: sorted(&self.codes, self.texts, &numbers), name: self.name })
    }

    /// Whether at least half of what is there has a value.
    fn mostly(&self, values: &[Option<f64>]) -> bool {
        let present = self.codes.iter().filter(|&&code| code != MISSING);
        let (mut all, mut good) = (0, 0);
        for &code in present {
            all += 1;
            good += usize::from(values[code as usize].is_some());
        }
        2 * good >= all
    }

    /// The column with the value of each different text, all of which must have one.
    fn numeric(self, values: &[Option<f64>], what: &str) -> Result<Column> {
        if let Some(wrong) = values.iter().position(Option::is_none) {
            return Err(Error::data(format!(
                "column `{}`: `{}` is not a {what}",
                self.name, self.texts[wrong]
            ))
            .at(format!("line {}", self.lines[wrong]))
            .hint("mend it, or declare the text `missing` or the column `categorical`"));
        }
        let value = |&code: &u32| values.get(code as usize).copied().flatten();
        let numbers = self.codes.iter().map(|code| value(code).unwrap_or(f64::NAN));
        Ok(Column { name: self.name, values: Values::Numbers(numbers.collect()) })
    }

    /// Refuses dates that have another meaning in another country.
    fn check_dates(&self) -> Result<()> {
        let doubtful = |text: &String| date::is_doubtful(text);
        match self.texts.iter().position(doubtful) {
            Some(place) if self.texts.iter().all(doubtful) => Err(Error::data(format!(
                "column `{}` has dates such as `{}`, which may begin with the day or the month",
                self.name, self.texts[place]
            ))
            .at(format!("line {}", self.lines[place]))
            .hint("write them as 2021-03-14, or declare the column `categorical`")),
            _ => Ok(()),
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|x: &f64| x.is_finite())
}

/// Categories in an order that doesn't depend on the rows': by number if all are numbers, else by
/// name.
fn sorted(codes: &[u32], texts: Vec<String>, numbers: &[Option<f64>]) -> Values {
    let by_number = numbers.iter().all(Option::is_some);
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by(|&a, &b| {
        let by_name = texts[a].cmp(&texts[b]);
        match (numbers[a], numbers[b]) {
            (Some(x), Some(y)) if by_number => x.total_cmp(&y).then(by_name),
            _ => by_name,
        }
    });
    let mut place = vec![0; texts.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old] = new as u32;
    }
    Values::Categories {
        codes: codes
            .iter()
            .map(|&code| place.get(code as usize).copied().unwrap_or(MISSING))
            .collect(),
        names: order.iter().map(|&old| texts[old].clone()).collect(),
    }
}

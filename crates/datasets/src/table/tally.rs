//! What the values of a column say of its decimal separator, and which it is, by the whole column and the
//! whole file.

use super::number::{self, Decimal};

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
    /// Of values, and how many rows have each.
    pub(super) fn of<'t>(present: impl Iterator<Item = (&'t str, usize)>) -> Self {
        let mut tally = Self::default();
        for (text, rows) in present {
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

//! What of a date comes again: its month, and its day of the week.

/// A part of dates that is a category of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub(super) enum DatePart {
    Month,
    Weekday,
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const WEEKDAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl DatePart {
    pub(super) const ALL: [Self; 2] = [Self::Month, Self::Weekday];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Weekday => "weekday",
        }
    }

    /// What the parts are called, in their order.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Month => &MONTHS,
            Self::Weekday => &WEEKDAYS,
        }
    }

    /// The part of a day since 1970, counted from 0; nothing of a day that is missing.
    pub(super) fn of(self, days: f64) -> Option<usize> {
        if days.is_nan() {
            return None;
        }
        let day = days.floor() as i64;
        Some(match self {
            // 1 January 1970 was a Thursday.
            Self::Weekday => (day + 3).rem_euclid(7) as usize,
            Self::Month => month(day),
        })
    }
}

/// The month of a day since 1970, 0 for January: Hinnant, "chrono-compatible low-level date algorithms".
fn month(day: i64) -> usize {
    // Years begin in March, so that the leap day is the last.
    let since_march = day + 719_468;
    let day_of_era = since_march.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    ((from_march + 2) % 12) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::date::{Order, parse};

    #[test]
    fn months_and_weekdays() {
        let known = [
            ("1970-01-01", "January", "Thursday"),
            ("2000-02-29", "February", "Tuesday"),
            ("2000-03-01", "March", "Wednesday"),
            ("1969-12-31 23:00", "December", "Wednesday"),
            ("2026-11-28 06:30", "November", "Saturday"),
            ("1900-07-04", "July", "Wednesday"),
        ];
        for (text, month, weekday) in known {
            let days = parse(text, Order::Ymd).unwrap().days;
            let name = |part: DatePart| part.names()[part.of(days).unwrap()];
            assert_eq!(
                (name(DatePart::Month), name(DatePart::Weekday)),
                (month, weekday),
                "{text}"
            );
        }
        assert_eq!(DatePart::Month.of(f64::NAN), None);
    }

    /// Against the dates' own texts.
    #[test]
    fn each_day_of_two_leap_years_apart() {
        for year in [1999, 2000, 2001, 2100] {
            for month in 1..=12 {
                for day in 1..=28 {
                    let text = format!("{year}-{month:02}-{day:02}");
                    let days = parse(&text, Order::Ymd).unwrap().days;
                    assert_eq!(DatePart::Month.of(days), Some(month - 1), "{text}");
                }
            }
        }
    }
}

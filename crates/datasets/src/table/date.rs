//! Dates in tables: as numbers of days, which a network can learn from.

/// What the three numbers of a date are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// 2021-03-14
    Ymd,
    /// 14.03.2021, 14-Mar-2021, 14 March 2021
    Dmy,
    /// 3/14/2021, Mar 14, 2021
    Mdy,
}

/// A moment, and whether its text says in which time zone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    /// Since 1970, in UTC where there is a zone.
    pub(super) days: f64,
    pub(super) zoned: bool,
}

/// The moment that a text is: a date with hyphens, slashes or points between its numbers, and a
/// time, `2021-03-14 15:09:26` or with a T, which is a part of a day. The zone is `Z`, `UTC`, `GMT`
/// or an offset such as `+02:00`, `+0200` or `+02`. Years of two digits are from 1970 to 2069.
///
/// Months may be English words: `14-Mar-2021`, `14 March 2021`, `March 14, 2021`.
pub(super) fn parse(text: &str, order: Order) -> Option<Moment> {
    let hyphens = spelled(text);
    let text = hyphens.as_deref().unwrap_or(text);
    // A month may be a word with a T.
    let time = text
        .as_bytes()
        .windows(2)
        .position(|pair| pair[0].is_ascii_digit() && matches!(pair[1], b'T' | b't' | b' '));
    let (date, time) = match time {
        Some(last) => (&text[..=last], Some(text[last + 2..].trim())),
        None => (text, None),
    };
    let day = f64::from(day(date, order)?);
    let (seconds, zoned) = time.map_or(Some((0.0, false)), seconds)?;
    Some(Moment { days: day + seconds / 86_400.0, zoned })
}

/// A date whose month is a word between blanks and commas, with hyphens instead.
fn spelled(text: &str) -> Option<String> {
    let blank = |c: char| c == ' ' || c == ',';
    let first = text.split(blank).next()?;
    // Most texts of a column begin with neither.
    let begins = first.bytes().all(|byte| byte.is_ascii_digit()) || month_named(first).is_some();
    if !begins || first.len() == text.len() {
        return None;
    }
    let mut words = text.splitn(4, blank).filter(|word| !word.is_empty());
    let (a, b) = (words.next()?, words.next()?);
    month_named(a).or(month_named(b))?;
    let rest = text[text.find(b)? + b.len()..].trim_start_matches(blank);
    let (year, time) = rest.split_once(blank).unwrap_or((rest, ""));
    Some(format!("{a}-{b}-{year} {}", time.trim_start()).trim_end().to_owned())
}

/// The days from 1970 to a date.
fn day(date: &str, order: Order) -> Option<i32> {
    let separators: &[char] = match order {
        Order::Ymd => &['-', '/'],
        Order::Dmy | Order::Mdy => &['-', '/', '.'],
    };
    let separator = *separators.iter().find(|&&separator| date.contains(separator))?;
    let parts: Vec<&str> = date.split(separator).collect();
    let &[first, second, third] = &parts[..] else { return None };
    let (year, month, day) = match order {
        Order::Ymd => (first, second, third),
        Order::Dmy => (third, second, first),
        Order::Mdy => (third, first, second),
    };
    let short = order != Order::Ymd && year.len() == 2;
    let named = month_named(month);
    if !(year.len() == 4 || short) || named.is_none() && month.len() > 2 || day.len() > 2 {
        return None;
    }
    let (year, month, day) = (number(year)?, named.or(number(month))?, number(day)?);
    let year = match (short, year) {
        (true, 70..) => 1900 + year,
        (true, _) => 2000 + year,
        (false, _) => year,
    };
    let real = (1..=12).contains(&month) && (1..=length(year, month)).contains(&day);
    real.then(|| before(year, month) + day - 1)
}

/// The month of an English name, or of its first three letters.
fn month_named(name: &str) -> Option<i32> {
    let names = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let name = name.to_ascii_lowercase();
    let place = names.iter().position(|full| *full == name || full[..3] == name)?;
    Some(place as i32 + 1)
}

fn number(digits: &str) -> Option<i32> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The days of a month.
fn length(year: i32, month: i32) -> i32 {
    match month {
        2 => 28 + i32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days from 1970 to the first of a month.
fn before(year: i32, month: i32) -> i32 {
    let leap_days = |year: i32| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let years = 365 * (year - 1970) + leap_days(year - 1) - leap_days(1969);
    years + (1..month).map(|month| length(year, month)).sum::<i32>()
}

/// The seconds of a day until `15:09`, `15:09:26`, `15:09:26.5` or `3:09 PM`, in UTC if it has a zone,
/// and whether it has.
fn seconds(time: &str) -> Option<(f64, bool)> {
    let (time, offset) = without_zone(time)?;
    let half = |half: &str| {
        time.get(time.len().checked_sub(2)?..)?.eq_ignore_ascii_case(half).then_some(())
    };
    let (afternoon, clock) = match (half("am"), half("pm")) {
        (None, None) => (None, time),
        (_, pm) => (Some(pm.is_some()), time[..time.len() - 2].trim_end()),
    };
    let mut parts = clock.split(':');
    let (hours, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let seconds = parts.next().map_or(Some(0.0), |seconds| {
        let plain =
            seconds.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',');
        seconds.replace(',', ".").parse::<f64>().ok().filter(|_| plain)
    })?;
    let hours = match afternoon {
        None => hours,
        Some(_) if !(1..=12).contains(&hours) => return None,
        Some(afternoon) => hours % 12 + if afternoon { 12 } else { 0 },
    };
    let inside = hours < 24 && minutes < 60 && seconds < 61.0 && parts.next().is_none();
    if !inside {
        return None;
    }
    let minutes = 60 * hours + minutes - offset.unwrap_or(0);
    Some((f64::from(minutes) * 60.0 + seconds, offset.is_some()))
}

/// A time without its zone, and the minutes that the zone is ahead of UTC.
fn without_zone(time: &str) -> Option<(&str, Option<i32>)> {
    for zero in ["Z", "z", "UTC", "GMT"] {
        if let Some(time) = time.strip_suffix(zero) {
            return Some((time.trim_end(), Some(0)));
        }
    }
    let Some(place) = time.rfind(['+', '-', '\u{2212}']) else { return Some((time, None)) };
    let (clock, offset) = time.split_at(place);
    let (sign, digits) = match offset.strip_prefix('+') {
        Some(digits) => (1, digits),
        None => (-1, offset.trim_start_matches(['-', '\u{2212}'])),
    };
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some(parts), _) => parts,
        (None, 4) if digits.is_ascii() => digits.split_at(2),
        (None, _) => (digits, "0"),
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let real = hours <= 14 && minutes < 60;
    real.then(|| (clock.trim_end(), Some(sign * (60 * hours + minutes))))
}

/// A day as ISO 8601 writes it, without the time.
pub(super) fn text(days: f64) -> String {
    let days = days.floor();
    // Beyond, there are no four digits of a year.
    if !(-719_528.0..2_932_897.0).contains(&days) {
        return format!("day {days} since 1970");
    }
    let days = days as i32;
    let mut year = 1970 + days.div_euclid(366);
    while before(year + 1, 1) <= days {
        year += 1;
    }
    while before(year, 1) > days {
        year -= 1;
    }
    let month = (1..=12).rev().find(|&month| before(year, month) <= days).unwrap_or(1);
    format!("{year:04}-{month:02}-{:02}", days - before(year, month) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &str) -> Option<f64> {
        parse(text, Order::Ymd).map(|moment| moment.days)
    }

    #[test]
    fn known_days() {
        let cases = [
            ("1970-01-01", 0.0),
            ("1969-12-31", -1.0),
            ("2000-03-01", 11_017.0),
            ("2021/3/14", 18_700.0),
            ("2024-02-29", 19_782.0),
            ("1970-01-02T06:00", 1.25),
            ("1970-01-01 12:00:00.0", 0.5),
            ("1970-01-01 12:00:00,0", 0.5),
            ("1970-01-01 6:00 PM", 0.75),
            ("1970-01-01 12:00am", 0.0),
        ];
        for (text, expected) in cases {
            let moment = Moment { days: expected, zoned: false };
            assert_eq!(parse(text, Order::Ymd), Some(moment), "{text}");
        }
    }

    #[test]
    fn zones_are_brought_to_utc() {
        let texts = [
            "1970-01-02T12:00:00Z",
            "1970-01-02t12:00z",
            "1970-01-02 12:00 UTC",
            "1970-01-02 12:00:00.000 GMT",
            "1970-01-02T14:00:00+02:00",
            "1970-01-02T14:00:00+0200",
            "1970-01-02 14:00:00 +02",
            "1970-01-02T07:00:00-05:00",
            "1970-01-02T07:00:00\u{2212}05:00",
            "1970-01-02T17:45+05:45",
        ];
        for text in texts {
            let moment = Moment { days: 1.5, zoned: true };
            assert_eq!(parse(text, Order::Ymd), Some(moment), "{text}");
        }
    }

    #[test]
    fn the_order_is_said() {
        for text in ["14.03.2021", "14/3/2021", "14-03-21", "14/03/2021 00:00"] {
            assert_eq!(parse(text, Order::Dmy).map(|m| m.days), Some(18_700.0), "{text}");
            assert_eq!(parse(text, Order::Mdy), None, "{text}");
            assert_eq!(parse(text, Order::Ymd), None, "{text}");
        }
        for text in ["14-Mar-2021", "14-march-21", "14/MAR/2021 00:00"] {
            assert_eq!(parse(text, Order::Dmy).map(|m| m.days), Some(18_700.0), "{text}");
        }
        assert_eq!(parse("1-Oct-2021", Order::Dmy).map(|m| m.days), days("2021-10-01"));
        assert_eq!(days("2021-Mar-14T12:00"), Some(18_700.5));
        assert_eq!(parse("3/14/2021", Order::Mdy).map(|m| m.days), Some(18_700.0));
        assert_eq!(parse("1/1/70", Order::Dmy).map(|m| m.days), Some(0.0));
        assert_eq!(parse("1/1/69", Order::Dmy).map(|m| m.days), days("2069-01-01"));
    }

    #[test]
    fn months_may_be_words_between_blanks() {
        for text in ["14 March 2021", "14 mar 2021", "14 Mar, 2021", "14 March 2021 00:00"] {
            assert_eq!(parse(text, Order::Dmy).map(|m| m.days), Some(18_700.0), "{text}");
            assert_eq!(parse(text, Order::Mdy), None, "{text}");
        }
        for text in ["March 14, 2021", "Mar 14 2021", "MAR 14,2021", "Mar  14, 2021, 12:00 AM"] {
            assert_eq!(parse(text, Order::Mdy).map(|m| m.days), Some(18_700.0), "{text}");
            assert_eq!(parse(text, Order::Dmy), None, "{text}");
        }
        assert_eq!(days("2021 March 14"), Some(18_700.0));
        let texts = [
            "March",
            "March hare",
            "14 March",
            "May day 2021",
            "14 Mart 2021",
            "March, 14",
            "1 é 2021",
            ",",
        ];
        for text in texts {
            for order in [Order::Ymd, Order::Dmy, Order::Mdy] {
                assert_eq!(parse(text, order), None, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_date() {
        let texts = [
            "",
            "2021",
            "2021-03",
            "2021-13-01",
            "2021-02-29",
            "2021-00-10",
            "14-03-2021",
            "a-b-c",
            "2021-03-14 25:00",
            "2021-03-14 noon",
            "2021-03-14-1",
            "+021-03-14",
            "2021-03-14 1:2:-3",
            "2021-03-14 12:00+15:00",
            "2021-03-14 12:00+é",
            "2021-03-14 13:00 PM",
            "2021-03-14 é",
            "1.2.3.4",
            "2021-Mart-14",
        ];
        for text in texts {
            assert_eq!(days(text), None, "{text}");
        }
        for text in ["1.2", "1.2.3.4", "3/40/2021", "word", "1/2/3"] {
            assert_eq!(parse(text, Order::Mdy), None, "{text}");
            assert_eq!(parse(text, Order::Dmy), None, "{text}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = days("1899-12-31").unwrap();
        for year in 1900..2110 {
            for month in 1..=12 {
                for day in 1..=length(year, month) {
                    let written = format!("{year}-{month:02}-{day:02}");
                    let today = days(&written).unwrap();
                    assert_eq!(today, last + 1.0);
                    assert_eq!(text(today), written);
                    last = today;
                }
            }
        }
        assert_eq!(text(days("0000-01-01").unwrap()), "0000-01-01");
        assert_eq!(text(days("9999-12-31").unwrap() + 0.9), "9999-12-31");
        assert_eq!(text(1e30), "day 1000000000000000000000000000000 since 1970");
    }
}

//! Dates in tables: as numbers of days, which a network can learn from.

/// The days from 1970 to a date as ISO 8601 writes it, `2021-03-14`, or with slashes; a time after
/// it, `2021-03-14 15:09:26` or with a T, is a part of a day.
pub(super) fn days(text: &str) -> Option<f64> {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let separator = if date.contains('-') { '-' } else { '/' };
    let mut parts = date.split(separator);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    let (year, month, day) = (number(year)?, number(month)?, number(day)?);
    if !(1..=12).contains(&month) || !(1..=length(year, month)).contains(&day) {
        return None;
    }
    let part = time.map_or(Some(0.0), part_of_day)?;
    Some(f64::from(before(year, month) + day - 1) + part)
}

/// Whether it is a date that begins with the day in some countries and with the month in others.
pub(super) fn is_doubtful(text: &str) -> bool {
    let date = text.split(' ').next().unwrap_or_default();
    ['/', '.', '-'].into_iter().any(|separator| {
        let parts: Vec<&str> = date.split(separator).collect();
        let [first, second, year] = parts[..] else { return false };
        let short = |part| number(part).is_some_and(|part| (1..=31).contains(&part));
        short(first) && short(second) && matches!(year.len(), 2 | 4) && number(year).is_some()
    })
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
    let leap_days = |year: i32| year / 4 - year / 100 + year / 400;
    let years = 365 * (year - 1970) + leap_days(year - 1) - leap_days(1969);
    years + (1..month).map(|month| length(year, month)).sum::<i32>()
}

/// `15:09`, `15:09:26` or `15:09:26.5`, with a Z or without.
fn part_of_day(time: &str) -> Option<f64> {
    let time = time.strip_suffix('Z').unwrap_or(time);
    let mut parts = time.split(':');
    let (hours, minutes) = (number(parts.next()?)?, number(parts.next()?)?);
    let seconds = parts.next().map_or(Some(0.0), |seconds| {
        let plain = seconds.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        seconds.parse::<f64>().ok().filter(|_| plain)
    })?;
    let inside = hours < 24 && minutes < 60 && seconds < 61.0 && parts.next().is_none();
    inside.then_some((f64::from(60 * hours + minutes) * 60.0 + seconds) / 86_400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        let cases = [
            ("1970-01-01", 0.0),
            ("1969-12-31", -1.0),
            ("2000-03-01", 11_017.0),
            ("2021/3/14", 18_700.0),
            ("2024-02-29", 19_782.0),
            ("1970-01-02T06:00", 1.25),
            ("1970-01-01 12:00:00.0Z", 0.5),
        ];
        for (text, expected) in cases {
            assert_eq!(days(text), Some(expected), "{text}");
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
        ];
        for text in texts {
            assert_eq!(days(text), None, "{text}");
        }
    }

    #[test]
    fn day_and_month_can_be_taken_for_each_other() {
        assert!(
            ["3/14/2021", "14.03.2021", "03-04-21", "3/4/21 10:00"].into_iter().all(is_doubtful)
        );
        assert!(
            !["2021-03-14", "1.2", "1.2.3.4", "3/40/2021", "word"].into_iter().any(is_doubtful)
        );
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = days("1899-12-31").unwrap();
        for year in 1900..2110 {
            for month in 1..=12 {
                for day in 1..=length(year, month) {
                    let today = days(&format!("{year}-{month:02}-{day:02}")).unwrap();
                    assert_eq!(today, last + 1.0);
                    last = today;
                }
            }
        }
    }
}

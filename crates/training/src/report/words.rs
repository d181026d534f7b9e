//! Numbers as people read them.

/// A number with about four digits: `15,300`, `0.0123`, `1.2e-9`; a dash where it is undefined.
pub(super) fn number(x: f64) -> String {
    if x.is_nan() {
        return "–".to_owned();
    }
    let size = x.abs();
    let text = match size {
        _ if x.is_infinite() => "∞".to_owned(),
        0.0 => "0".to_owned(),
        1e15.. => format!("{size:.2e}"),
        1000.0.. => grouped(size.round() as u64),
        100.0.. => format!("{size:.1}"),
        1.0.. => format!("{size:.3}"),
        1e-3.. => format!("{size:.4}"),
        _ => format!("{size:.2e}"),
    };
    if x < 0.0 { format!("−{text}") } else { text }
}

/// `1234567` as `1,234,567`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share in percent; near 0 and 1 with a decimal, so that what isn't all doesn't look like it.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        _ if percent.is_nan() => "–".to_owned(),
        0.0 | 100.0 => format!("{percent:.0} %"),
        _ if percent > 99.9 => "> 99.9 %".to_owned(),
        _ if percent < 0.1 => "< 0.1 %".to_owned(),
        _ => format!("{percent:.1} %"),
    }
}

/// How many of these: `1 epoch`, `2 epochs`.
pub(super) fn count(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped(number))
}

/// A time in the unit that people would take.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        _ if seconds < 1.0 => format!("{seconds:.2} seconds"),
        _ if seconds < 90.0 => format!("{seconds:.0} seconds"),
        _ if seconds < 90.0 * 60.0 => format!("{:.0} minutes", seconds / 60.0),
        _ => format!("{:.1} hours", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_that_matter() {
        let numbers =
            [15_300.4, 0.01234, 1.2e-9, -2.5, 0.0, f64::NAN, -f64::INFINITY, 1e20, 123.45];
        let texts = numbers.map(number);
        assert_eq!(
            texts,
            ["15,300", "0.0123", "1.20e-9", "−2.500", "0", "–", "−∞", "1.00e20", "123.5"]
        );
    }

    #[test]
    fn a_share_that_is_not_all_does_not_look_like_it() {
        let shares = [0.0, 0.0001, 0.5, 0.9999, 1.0, f64::NAN].map(percent);
        assert_eq!(shares, ["0 %", "< 0.1 %", "50.0 %", "> 99.9 %", "100 %", "–"]);
    }

    #[test]
    fn times_and_counts() {
        let times = [0.25, 12.0, 600.0, 36_000.0].map(duration);
        assert_eq!(times, ["0.25 seconds", "12 seconds", "10 minutes", "10.0 hours"]);
        assert_eq!([1, 2_000].map(|n| count(n, "row")), ["1 row", "2,000 rows"]);
    }
}

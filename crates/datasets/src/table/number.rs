//! Numbers as people write them: with separators between thousands, a decimal comma, a currency,
//! a percent sign.

/// The decimal separator. The other sign may stand between thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) enum Decimal {
    Point,
    Comma,
}

impl Decimal {
    pub(super) fn sign(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    /// The sign that this one leaves for thousands.
    fn other(self) -> char {
        match self {
            Self::Point => ',',
            Self::Comma => '.',
        }
    }
}

/// What a text says, read as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) value: f64,
    /// What stands between thousands.
    pub(super) group: Option<char>,
    pub(super) unit: Option<&'static str>,
    /// Whether parentheses make it negative, as in accounts.
    pub(super) parentheses: bool,
    /// Whether it begins with zeros that a number doesn't need, as postcodes do.
    pub(super) zeros: bool,
    /// Whether it is a whole number of which not all digits are kept.
    pub(super) rounded: bool,
}

/// Percent signs and currencies. An entry that ends with another one comes before it.
const UNITS: [&str; 46] = [
    "%", "US$", "CA$", "AU$", "NZ$", "HK$", "C$", "A$", "R$", "$", "€", "£", "¥", "₹", "₽", "₩",
    "₺", "₫", "₪", "₱", "฿", "₴", "kr", "zł", "Kč", "Ft", "CHF", "USD", "EUR", "GBP", "JPY", "CNY",
    "INR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "CAD", "AUD", "BRL", "RUB", "TRY", "KRW",
    "ZAR",
];

/// Double precision has each whole number up to this one.
const DOUBLE_WHOLE: f64 = 9_007_199_254_740_992.0;

/// Separators of thousands besides the comma and the point: spaces, of which three don't break a
/// line, and apostrophes.
const GROUPS: [char; 6] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '\u{2019}'];

/// The number that a text is. One that no `f64` holds is infinite; words such as `inf` are none.
pub(super) fn parse(text: &str, decimal: Decimal) -> Option<Cell> {
    let text = text.trim();
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let (negative, body) = signed(inside.unwrap_or(text).trim());
    let (unit, body) = with_unit(body);
    let (negative, body) = match (negative, unit) {
        (None, Some(_)) => signed(body),
        _ => (negative, body),
    };
    // "(-5)" is negative in which way?
    if inside.is_some() && negative.is_some() {
        return None;
    }
    let (value, group) = unsigned(body, decimal)?;
    let minus = inside.is_some() || negative == Some(true);
    let digits = body.bytes().take_while(u8::is_ascii_digit).count();
    Some(Cell {
        value: if minus { -value } else { value },
        group,
        unit,
        parentheses: inside.is_some(),
        zeros: digits > 1 && body.starts_with('0'),
        rounded: value >= DOUBLE_WHOLE && is_rounded(value, body, decimal),
    })
}

/// Whether the whole number that is written here is another one than this.
fn is_rounded(value: f64, text: &str, decimal: Decimal) -> bool {
    if text.contains(['e', 'E']) {
        return false;
    }
    let whole = text.split(decimal.sign()).next().unwrap_or_default();
    let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
    // One of more than 38 digits has more than are kept, unless they are zeros.
    let exact = digits.trim_end_matches('0').len() <= 15 || digits.parse() == Ok(value as u128);
    !exact
}

/// Whether there is a sign and it is a minus, and what follows.
fn signed(text: &str) -> (Option<bool>, &str) {
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (Some(true), rest),
        None => text.strip_prefix('+').map_or((None, text), |rest| (Some(false), rest)),
    }
}

/// The unit before or after a number, and the number.
fn with_unit(text: &str) -> (Option<&'static str>, &str) {
    let number = |c: char| c.is_ascii_digit() || c == '.' || c == ',';
    if text.starts_with(number) && text.ends_with(number) {
        return (None, text);
    }
    for unit in UNITS {
        if let Some(rest) = text.strip_prefix(unit).or_else(|| text.strip_suffix(unit)) {
            return (Some(unit), rest.trim());
        }
    }
    (None, text)
}

/// A number without a sign, and what stands between its thousands.
fn unsigned(text: &str, decimal: Decimal) -> Option<(f64, Option<char>)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if digits.is_empty() || !all_digits(digits) {
            return None;
        }
    }
    let (whole, fraction) = mantissa.split_once(decimal.sign()).unwrap_or((mantissa, ""));
    if !all_digits(fraction) || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    let value = match separator {
        None if decimal == Decimal::Point => text.parse(),
        None => text.replace(',', ".").parse(),
        Some(separator) => {
            let known = GROUPS.contains(&separator) || separator == decimal.other();
            if !known || exponent.is_some() || !are_thousands(whole, separator) {
                return None;
            }
            format!("{}.{fraction}", whole.replace(separator, "")).parse()
        }
    };
    Some((value.ok()?, separator))
}

/// Whether digits are in threes behind a first group of one to three, or in twos and then three as
/// in India.
fn are_thousands(text: &str, separator: char) -> bool {
    let groups: Vec<&str> = text.split(separator).collect();
    let [first, middle @ .., last] = &groups[..] else { return false };
    let each = |length: usize| middle.iter().all(|group| group.len() == length);
    groups.iter().all(|group| all_digits(group))
        && (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && last.len() == 3
        && (each(3) || first.len() < 3 && each(2))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write() {
        let both = [
            ("12", 12.0),
            ("-3", -3.0),
            ("+4", 4.0),
            ("\u{2212}5", -5.0),
            ("007", 7.0),
            ("1e3", 1000.0),
            ("2E-2", 0.02),
            ("1 234", 1234.0),
            ("1\u{a0}234\u{a0}567", 1_234_567.0),
            ("1\u{202f}234", 1234.0),
            ("1'234", 1234.0),
            ("1’234", 1234.0),
            ("$12", 12.0),
            ("-$12", -12.0),
            ("$-12", -12.0),
            ("1200 €", 1200.0),
            ("1200\u{a0}€", 1200.0),
            ("US$ 7", 7.0),
            ("7 US$", 7.0),
            ("CHF 7", 7.0),
            ("12%", 12.0),
            ("12 %", 12.0),
            ("(12)", -12.0),
            ("(€ 12)", -12.0),
            ("1e999", f64::INFINITY),
        ];
        for (text, value) in both {
            for decimal in [Decimal::Point, Decimal::Comma] {
                assert_eq!(parse(text, decimal).map(|cell| cell.value), Some(value), "{text}");
            }
        }
        // What it is with a decimal point, and with a decimal comma.
        let one = [
            ("1.5", Some(1.5), None),
            (".5", Some(0.5), None),
            ("5.", Some(5.0), None),
            ("1.5e3", Some(1500.0), None),
            ("1,5e3", None, Some(1500.0)),
            ("1,5", None, Some(1.5)),
            ("0,123", None, Some(0.123)),
            ("1,234", Some(1234.0), Some(1.234)),
            ("1.234", Some(1.234), Some(1234.0)),
            ("1,234,567.5", Some(1_234_567.5), None),
            ("1.234.567,5", None, Some(1_234_567.5)),
            ("12,34,567", Some(1_234_567.0), None),
            ("1 234,5", None, Some(1234.5)),
            ("1'234.5", Some(1234.5), None),
            ("$1,200.50", Some(1200.5), None),
            ("(1,200)", Some(-1200.0), Some(-1.2)),
            ("1.234,00 €", None, Some(1234.0)),
        ];
        for (text, point, comma) in one {
            let value = |decimal| parse(text, decimal).map(|cell| cell.value);
            assert_eq!((value(Decimal::Point), value(Decimal::Comma)), (point, comma), "{text}");
        }
    }

    #[test]
    fn what_is_no_number() {
        let texts = [
            "",
            "-",
            "+",
            ".",
            ",",
            "e5",
            "1e",
            "1e+",
            "1 2",
            "12 34",
            "1,2,3",
            "1,,234",
            "1234,567,89",
            "0x10",
            "inf",
            "NaN",
            "infinity",
            "1_000",
            "--1",
            "+-1",
            "(-5)",
            "()",
            "(1",
            "$",
            "$$5",
            "5$5",
            "12 rooms",
            "1.2.3",
            "1,234.5,6",
            "1 234'567",
            "٣",
            "5 % %",
            "075 123",
            "1234 567",
            "1- 2",
        ];
        for text in texts {
            for decimal in [Decimal::Point, Decimal::Comma] {
                assert_eq!(parse(text, decimal), None, "{text}");
            }
        }
    }

    #[test]
    fn how_it_was_written_is_told() {
        let cell = parse("($ 1,200)", Decimal::Point).unwrap();
        let expected = Cell {
            value: -1200.0,
            group: Some(','),
            unit: Some("$"),
            parentheses: true,
            zeros: false,
            rounded: false,
        };
        assert_eq!(cell, expected);
        assert!(parse("00501", Decimal::Point).unwrap().zeros);
        assert!(!parse("0", Decimal::Point).unwrap().zeros);
        assert!(!parse("0.5", Decimal::Point).unwrap().zeros);
        let rounded = |text: &str| parse(text, Decimal::Point).unwrap().rounded;
        for text in ["9007199254740993", "-9,007,199,254,740,993", "$9007199254740993.5"] {
            assert!(rounded(text), "{text}");
        }
        for text in ["9007199254740992", "9007199254740994", "1e300", "0.1234567890123456789"] {
            assert!(!rounded(text), "{text}");
        }
        assert!(!rounded(&format!("1{}", "0".repeat(50))));
        assert!(rounded(&"1234567890".repeat(5)));
    }

    #[test]
    fn the_longer_unit_comes_first() {
        for (place, unit) in UNITS.iter().enumerate() {
            let hidden = UNITS[place + 1..].iter().find(|later| later.ends_with(unit));
            assert_eq!(hidden, None, "{unit}");
        }
    }
}

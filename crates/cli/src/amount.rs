//! Numbers for people.

/// An amount with five digits that count.
pub(crate) fn amount(amount: f64) -> String {
    let whole = if amount == 0.0 { 1.0 } else { amount.abs().log10().floor() + 1.0 };
    format!("{amount:.*}", (5.0 - whole).clamp(0.0, 9.0) as usize)
}

/// As [`amount`], as short as can be: without zeros at the end, and with a power of ten where the number
/// is very large or small.
pub(crate) fn short(number: f64) -> String {
    if number != 0.0 && !(1e-4..1e10).contains(&number.abs()) {
        return format!("{number:.4e}");
    }
    let text = amount(number);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_five_digits() {
        let texts = [28286.7531, 123.456_78, 1.0, 0.012_345_67, 0.0, 1.5e9].map(amount);
        assert_eq!(texts, ["28287", "123.46", "1.0000", "0.012346", "0.0000", "1500000000"]);
    }

    #[test]
    fn short_numbers_have_no_zeros_at_their_end() {
        let texts = [7.0, -0.25, 0.1 + 0.2, 0.0, 1200.0, 18_989.0, 1e300, 2.5e-7].map(short);
        assert_eq!(texts, ["7", "-0.25", "0.3", "0", "1200", "18989", "1.0000e300", "2.5000e-7"]);
    }
}

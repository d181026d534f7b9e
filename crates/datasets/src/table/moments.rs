//! Mean and standard deviation of columns.

/// Mean and standard deviation; nothing of nothing.
pub(super) fn moments(numbers: &[f64]) -> Option<(f64, f64)> {
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let deviation = |unit: f64| {
        let squares = numbers.iter().map(|x| ((x - mean) / unit) * ((x - mean) / unit));
        unit * (squares.sum::<f64>() / n).sqrt()
    };
    // Of equal numbers the mean may be off by a rounding, and so may the deviation.
    let constant = numbers.iter().all(|x| Some(x) == numbers.first());
    let std = match deviation(1.0) {
        _ if constant => 0.0,
        std if std.is_normal() && std > 1e-140 => std,
        // Their squares overflow or vanish: those of parts of the largest don't.
        _ => deviation(numbers.iter().map(|x| (x - mean).abs()).fold(0.0, f64::max)),
    };
    (n > 0.0).then_some((mean, std))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_numbers_of_any_size() {
        assert_eq!(moments(&[]), None);
        assert_eq!(moments(&[0.1, 0.1, 0.1]).map(|(_, std)| std), Some(0.0));
        for scale in [1.0, 1e-200, 1e200, 2e38] {
            let (mean, std) = moments(&[scale, 2.0 * scale, 3.0 * scale]).unwrap();
            assert!((mean / scale - 2.0).abs() < 1e-12);
            assert!((std / scale - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{scale}");
        }
    }
}

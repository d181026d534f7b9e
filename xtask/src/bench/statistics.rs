//! The arithmetic of measurements.

/// The geometric mean, of ratios: twice as fast and half as fast make the same.
pub(super) fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    if ratios.is_empty() {
        return None;
    }
    Some((ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp())
}

fn sorted(all: &[f64]) -> Vec<f64> {
    let mut all = all.to_vec();
    all.sort_by(f64::total_cmp);
    all
}

/// The middle one, or the mean of the two in the middle.
pub(super) fn median(all: &[f64]) -> Option<f64> {
    let all = sorted(all);
    let upper = *all.get(all.len() / 2)?;
    Some(if all.len() % 2 == 1 { upper } else { f64::midpoint(all[all.len() / 2 - 1], upper) })
}

/// How far apart the rounds are, as a share of their median.
pub(super) fn spread(all: &[f64]) -> Option<f64> {
    let all = sorted(all);
    Some((all.last()? - all.first()?) / median(&all)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gain_and_an_equal_loss_make_1() {
        assert!((geometric_mean(&[0.5, 2.0]).unwrap() - 1.0).abs() < 1e-12);
        assert!((geometric_mean(&[2.0, 8.0]).unwrap() - 4.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!((median(&[]), spread(&[])), (None, None));
    }
}

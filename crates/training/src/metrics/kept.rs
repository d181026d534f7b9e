//! Numbers of each sample that are kept between batches, for metrics that need all of them.

use plywood_tensor::{Error, Result};

/// The numbers that are kept at most: 256 MiB of them, and 512 MiB in a checkpoint.
const MOST_KEPT: usize = 1 << 26;

/// Some numbers of each sample, the same many of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    width: usize,
    numbers: Vec<f32>,
}

impl Kept {
    /// Makes room for samples of so many numbers each.
    pub(super) fn reserve(&mut self, metric: &str, width: usize, samples: usize) -> Result<()> {
        let before = self.width;
        if before != 0 && before != width {
            return Err(Error::shape(format!(
                "{width} numbers are kept of each sample, of those before {before}: \
                 the outputs are of another size"
            ))
            .operation(metric));
        }
        let wanted = width.saturating_mul(samples).saturating_add(self.numbers.len());
        if wanted > MOST_KEPT {
            return Err(Error::value(format!(
                "all samples' scores are kept, and {wanted} numbers are more than {MOST_KEPT}"
            ))
            .operation(metric)
            .hint("measure it over fewer samples"));
        }
        self.width = width;
        Ok(())
    }

    /// Adds the numbers of a sample, for which there is room.
    pub(super) fn push(&mut self, numbers: impl IntoIterator<Item = f32>) {
        self.numbers.extend(numbers);
    }

    /// The numbers of each sample; 0 before there is one.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn samples(&self) -> impl Iterator<Item = &[f32]> {
        self.numbers.chunks_exact(self.width.max(1))
    }

    pub(super) fn sums(&self) -> Vec<f64> {
        let numbers = self.numbers.iter().map(|&number| f64::from(number));
        std::iter::once(self.width as f64).chain(numbers).collect()
    }

    /// Goes on from such sums; from others it begins anew.
    pub(super) fn restore(&mut self, sums: &[f64]) {
        *self = Self::default();
        let Some((&width, numbers)) = sums.split_first() else { return };
        let width = width as usize;
        if (1..=numbers.len()).contains(&width) && numbers.len() % width == 0 {
            *self = Self { width, numbers: numbers.iter().map(|&number| number as f32).collect() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_is_kept() {
        let mut kept = Kept::default();
        kept.reserve("ROC AUC", 2, MOST_KEPT / 2).unwrap();
        assert_eq!(
            kept.reserve("ROC AUC", 2, MOST_KEPT / 2 + 1).unwrap_err().to_string(),
            "ROC AUC: all samples' scores are kept, and 67108866 numbers are more than 67108864; \
             measure it over fewer samples",
        );
        kept.push([0.5, 1.0]);
        assert!(kept.reserve("ROC AUC", 2, MOST_KEPT / 2).is_err());
        assert!(kept.reserve("ROC AUC", 2, usize::MAX).is_err());
    }

    #[test]
    fn sums_that_make_no_sense() {
        let mut kept = Kept::default();
        kept.restore(&[2.0, 0.5, 1.0, 0.25, 0.0]);
        assert_eq!(kept.samples().collect::<Vec<_>>(), [[0.5, 1.0], [0.25, 0.0]]);
        let senseless: [&[f64]; 7] = [
            &[],
            &[2.0, 1.0],
            &[0.0, 1.0],
            &[f64::NAN, 1.0],
            &[-1.0],
            &[f64::MAX, 1.0],
            &[f64::INFINITY],
        ];
        for sums in senseless {
            kept.restore(sums);
            assert_eq!((kept.width(), kept.samples().count()), (0, 0), "{sums:?}");
        }
    }
}

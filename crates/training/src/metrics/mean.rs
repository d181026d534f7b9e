//! A mean that grows by a number at a time.

/// The sum of some numbers, and how many they are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    pub(super) fn add(&mut self, number: f64) {
        self.sum += number;
        self.count += 1.0;
    }

    /// NaN without numbers.
    pub(super) fn value(&self) -> f64 {
        self.sum / self.count
    }

    pub(super) fn sums(&self) -> Vec<f64> {
        vec![self.sum, self.count]
    }

    /// Goes on from such sums, and does nothing with others.
    pub(super) fn restore(&mut self, sums: &[f64]) {
        if let &[sum, count] = sums {
            *self = Self { sum, count };
        }
    }
}

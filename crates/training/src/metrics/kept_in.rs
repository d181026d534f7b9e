//! What metrics have in common whose sums are one field: how it begins anew, and how a checkpoint has it.

/// The methods of a [`Metric`](super::Metric) that go to the field that has its sums.
macro_rules! kept_in {
    ($field:ident) => {
        fn reset(&mut self) {
            self.$field = Default::default();
        }

        fn sums(&self) -> Vec<f64> {
            self.$field.sums()
        }

        fn restore(&mut self, sums: &[f64]) {
            self.$field.restore(sums);
        }
    };
}

pub(super) use kept_in;

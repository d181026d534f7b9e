//! What precision, recall and F1 have in common as metrics.

/// Makes a metric of a figure of each class: of a struct with `averaging` and `counts`.
macro_rules! by_class {
    ($metric:ident, $name:literal, $figure:ident) => {
        impl $metric {
            /// Of class 1, of two classes.
            pub fn new() -> Self {
                Self::default()
            }

            /// How the figures of several classes become one number.
            /// [`Averaging::Binary`](crate::Averaging::Binary) by default.
            #[must_use]
            pub fn averaging(mut self, averaging: impl Into<Averaging>) -> Self {
                self.averaging = averaging.into();
                self
            }
        }

        impl Metric for $metric {
            fn name(&self) -> String {
                self.averaging.name($name)
            }

            fn update(&mut self, output: &Tensor, target: &dyn Target) -> Result<()> {
                self.counts.update(&self.name(), Some(self.averaging), output, target)
            }

            fn value(&self) -> f64 {
                let nothing = if self.counts.samples() > 0.0 { 0.0 } else { f64::NAN };
                self.counts.averaged(self.averaging, Count::$figure).unwrap_or(nothing)
            }

            fn larger_is_better(&self) -> bool {
                true
            }

            $crate::metrics::kept_in::kept_in!(counts);
        }
    };
}

pub(super) use by_class;

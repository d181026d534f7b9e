//! How a figure of each class becomes one number.

/// How precision, recall or F1 of each class becomes one number, after scikit-learn's `average`.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::{Averaging, Metric, Recall};
///
/// let scores = Tensor::from([[9.0, 0.0, 0.0], [0.0, 9.0, 0.0], [9.0, 0.0, 0.0], [0.0, 0.0, 9.0]]);
/// let labels = Tensor::from([0_u32, 1, 1, 2]); // one of the two samples of class 1 is found
/// let recall = |averaging| {
///     let mut recall = Recall::new().averaging(averaging);
///     recall.update(&scores, &labels)?;
///     plywood_tensor::Result::Ok(recall.value())
/// };
/// assert_eq!(recall(Averaging::Class(1))?, 0.5);
/// assert_eq!(recall(Averaging::Macro)?, (1.0 + 0.5 + 1.0) / 3.0);
/// assert_eq!(recall(Averaging::Weighted)?, (1.0 + 2.0 * 0.5 + 1.0) / 4.0);
/// assert_eq!(recall(Averaging::Micro)?, 0.75); // 3 of 4 samples
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Averaging {
    /// The figure of class 1, of two classes: of more it is refused.
    #[default]
    Binary,
    /// The figure of this class against all others.
    Class(usize),
    /// The mean over the classes, each counting the same. Classes that are neither among the labels nor
    /// the answers are left out.
    Macro,
    /// The mean over the classes, each weighted by its samples.
    Weighted,
    /// The figure of all decisions together. For precision, recall and F1 of one class a sample, it is the
    /// accuracy.
    Micro,
}

/// One class against all others.
impl From<usize> for Averaging {
    fn from(class: usize) -> Self {
        Self::Class(class)
    }
}

impl Averaging {
    /// What a figure that is averaged so is called.
    pub(super) fn name(self, figure: &str) -> String {
        match self {
            Self::Binary => figure.to_owned(),
            Self::Class(class) => format!("{figure} of class {class}"),
            Self::Macro => format!("macro {figure}"),
            Self::Weighted => format!("weighted {figure}"),
            Self::Micro => format!("micro {figure}"),
        }
    }
}

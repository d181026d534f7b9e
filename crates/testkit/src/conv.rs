//! Random convolutions.

use proptest::prelude::*;

/// The sizes of a convolution; pairs are `[vertical, horizontal]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvProblem {
    /// `[N, C, H, W]`
    pub input: [usize; 4],
    /// `[O, C / groups, KH, KW]`
    pub weight: [usize; 4],
    /// Whether a bias is added.
    pub bias: bool,
    /// Pixels from one window to the next.
    pub stride: [usize; 2],
    /// Zeros at each border.
    pub padding: [usize; 2],
    /// Pixels from one element of the window to the next.
    pub dilation: [usize; 2],
    /// Groups of channels.
    pub groups: usize,
}

impl ConvProblem {
    /// The result's shape, `[N, O, H', W']`.
    ///
    /// # Panics
    /// When the window doesn't fit.
    pub fn output(&self) -> [usize; 4] {
        let size = |axis: usize| {
            let padded = self.input[axis + 2] + 2 * self.padding[axis];
            let span = self.dilation[axis] * (self.weight[axis + 2] - 1) + 1;
            assert!(span <= padded, "the window doesn't fit: {self:?}");
            (padded - span) / self.stride[axis] + 1
        };
        [self.input[0], self.weight[0], size(0), size(1)]
    }
}

/// Convolutions that fit, small in every size, with different settings for each axis, in any
/// number of groups up to one for each channel.
pub fn conv_problems() -> impl Strategy<Value = ConvProblem> {
    let channels = (1_usize..=3, 1_usize..=3, 1_usize..=3);
    let axis = || {
        (
            1_usize..=4,                                      // window
            prop_oneof![9 => 1_usize..=3, 1 => 4_usize..=30], // stride
            prop_oneof![9 => 0_usize..=3, 1 => 4_usize..=12], // padding
            1_usize..=3,                                      // dilation
            0_usize..=8,                                      // image beyond what the window needs
        )
    };
    (0_usize..=3, channels, axis(), axis(), any::<bool>()).prop_map(
        |(images, (groups, c, o), vertical, horizontal, bias)| {
            let size = |(window, _, padding, dilation, more): (usize, _, usize, usize, usize)| {
                let span = dilation * (window - 1) + 1;
                span.saturating_sub(2 * padding).max(1) + more
            };
            ConvProblem {
                input: [images, groups * c, size(vertical), size(horizontal)],
                weight: [groups * o, c, vertical.0, horizontal.0],
                bias,
                stride: [vertical.1, horizontal.1],
                padding: [vertical.2, horizontal.2],
                dilation: [vertical.3, horizontal.3],
                groups,
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;

    proptest! {
        #![proptest_config(cases(128))]

        #[test]
        fn prop_problems_fit(problem in conv_problems()) {
            let [n, o, height, width] = problem.output();
            prop_assert!(height > 0 && width > 0);
            prop_assert_eq!([n, o], [problem.input[0], problem.weight[0]]);
        }
    }
}

//! Random poolings.

use proptest::prelude::*;

/// The sizes of a pooling; pairs are `[vertical, horizontal]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolProblem {
    /// `[N, C, H, W]`
    pub input: [usize; 4],
    /// Rows and columns of the window.
    pub kernel: [usize; 2],
    /// Pixels from one window to the next.
    pub stride: [usize; 2],
    /// Pixels at each border, at most half of the window.
    pub padding: [usize; 2],
    /// Pixels from one element of the window to the next.
    pub dilation: [usize; 2],
}

impl PoolProblem {
    /// The result's shape, `[N, C, H', W']`.
    pub fn output(&self) -> [usize; 4] {
        let size = |axis: usize| {
            let span = self.dilation[axis] * (self.kernel[axis] - 1) + 1;
            (self.input[axis + 2] + 2 * self.padding[axis] - span) / self.stride[axis] + 1
        };
        [self.input[0], self.input[1], size(0), size(1)]
    }
}

/// Poolings that fit, small in every size, with different settings for each axis: windows that
/// overlap, touch, or leave gaps. Without dilation, every window sees at least one pixel.
pub fn pool_problems(dilated: bool) -> impl Strategy<Value = PoolProblem> {
    let axis = move || {
        (
            1_usize..=4,                           // window
            1_usize..=4,                           // stride
            0_usize..=2,                           // padding
            1_usize..=if dilated { 3 } else { 1 }, // dilation
            0_usize..=7,                           // image beyond what the window needs
        )
    };
    (0_usize..=2, 1_usize..=3, axis(), axis()).prop_map(
        |(images, channels, vertical, horizontal)| {
            let padding = |(window, _, padding, ..): (usize, usize, usize, usize, usize)| {
                padding.min(window / 2)
            };
            let size = |axis: (usize, usize, usize, usize, usize)| {
                let span = axis.3 * (axis.0 - 1) + 1;
                span.saturating_sub(2 * padding(axis)).max(1) + axis.4
            };
            PoolProblem {
                input: [images, channels, size(vertical), size(horizontal)],
                kernel: [vertical.0, horizontal.0],
                stride: [vertical.1, horizontal.1],
                padding: [padding(vertical), padding(horizontal)],
                dilation: [vertical.3, horizontal.3],
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
        fn prop_problems_fit(problem in pool_problems(true)) {
            prop_assert!(problem.output()[2] > 0 && problem.output()[3] > 0);
        }
    }
}

//! Moving one tensor towards another, which averages of weights have in common.

use plywood_tensor::{Result, Tensor, compiled_here};

compiled_here! {
    /// `slow ← slow + part · (fast − slow)`
    pub(crate) fn move_towards<'s, 'f, T>(
        slow: &'s mut Tensor<T>,
        fast: &'f Tensor<T>,
        part: T,
    ) -> Result<()> {
        slow.update([], fast, |slow, [], fast| *slow += part * (fast - *slow))
    }
}

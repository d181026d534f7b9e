//! Random shapes.

use std::ops::RangeInclusive;

use proptest::prelude::*;
use proptest::sample::Index;

/// Shapes with so many axes of such sizes.
pub fn shapes(
    ranks: RangeInclusive<usize>,
    sizes: RangeInclusive<usize>,
) -> impl Strategy<Value = Vec<usize>> + Clone {
    proptest::collection::vec(sizes, ranks)
}

/// Two shapes that broadcast, and what they broadcast to.
#[derive(Clone, Debug)]
pub struct BroadcastShapes {
    /// The first operand's.
    pub left: Vec<usize>,
    /// The second operand's.
    pub right: Vec<usize>,
    /// The result's.
    pub result: Vec<usize>,
}

/// Pairs of shapes that broadcast: axes of size 1 on either side, or missing in front.
pub fn broadcast_shapes(
    ranks: RangeInclusive<usize>,
    sizes: RangeInclusive<usize>,
) -> impl Strategy<Value = BroadcastShapes> {
    let axis = (
        sizes,
        prop_oneof![3 => Just([false, false]), 1 => Just([true, false]),
        1 => Just([false, true]), 1 => Just([true, true])],
    );
    let axes = proptest::collection::vec(axis, ranks);
    (axes, any::<[Index; 2]>(), any::<bool>()).prop_map(|(axes, cuts, left_is_cut)| {
        let operand = |side: usize| -> Vec<usize> {
            axes.iter().map(|(size, ones)| if ones[side] { 1 } else { *size }).collect()
        };
        let (mut left, mut right) = (operand(0), operand(1));
        let cut = cuts[0].index(axes.len() + 1);
        let shorter = if left_is_cut { &mut left } else { &mut right };
        shorter.drain(..cut);
        let result = broadcast(&left, &right);
        BroadcastShapes { left, right, result }
    })
}

/// NumPy's rule, for shapes that are known to fit.
fn broadcast(left: &[usize], right: &[usize]) -> Vec<usize> {
    let rank = left.len().max(right.len());
    let size = |shape: &[usize], axis: usize| {
        (axis + shape.len()).checked_sub(rank).map_or(1, |own| shape[own])
    };
    (0..rank)
        .map(|axis| match (size(left, axis), size(right, axis)) {
            (1, size) | (size, _) => size,
        })
        .collect()
}

/// A shape and one of its axes, counted from the front or (negative) from the back.
pub fn axis_of(
    shapes: impl Strategy<Value = Vec<usize>>,
) -> impl Strategy<Value = (Vec<usize>, isize)> {
    (shapes, any::<Index>(), any::<bool>()).prop_filter_map(
        "a single number has no axes",
        |(shape, axis, from_the_back)| {
            let rank = shape.len();
            (rank > 0).then(|| {
                let axis = axis.index(rank) as isize;
                (shape, axis - if from_the_back { rank as isize } else { 0 })
            })
        },
    )
}

/// A shape and an order of its axes.
pub fn orders(
    shapes: impl Strategy<Value = Vec<usize>>,
) -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    shapes.prop_flat_map(|shape| {
        let axes: Vec<usize> = (0..shape.len()).collect();
        (Just(shape), Just(axes).prop_shuffle())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;

    proptest! {
        #![proptest_config(cases(128))]

        #[test]
        fn prop_shapes_that_broadcast_do(shapes in broadcast_shapes(0..=4, 0..=3)) {
            let BroadcastShapes { left, right, result } = shapes;
            prop_assert_eq!(result.len(), left.len().max(right.len()));
            for operand in [left, right] {
                for (own, size) in operand.iter().rev().zip(result.iter().rev()) {
                    prop_assert!(own == size || *own == 1);
                }
            }
        }

        #[test]
        fn prop_axes_are_axes((shape, axis) in axis_of(shapes(0..=3, 0..=2))) {
            let rank = shape.len() as isize;
            prop_assert!((-rank..rank).contains(&axis));
        }

        #[test]
        fn prop_orders_name_each_axis_once((shape, mut order) in orders(shapes(0..=4, 1..=2))) {
            order.sort_unstable();
            prop_assert!(order.into_iter().eq(0..shape.len()));
        }
    }
}

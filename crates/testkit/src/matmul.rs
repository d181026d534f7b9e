//! Random matrix products.

use proptest::prelude::*;

use crate::shapes::{BroadcastShapes, broadcast_shapes};

/// The sizes of a matrix product `[…, M, K] · […, K, N]`.
#[derive(Clone, Debug)]
pub struct MatmulProblem {
    /// Rows of the result.
    pub m: usize,
    /// What is summed over.
    pub k: usize,
    /// Columns of the result.
    pub n: usize,
    /// The axes in front, which broadcast.
    pub batch: BroadcastShapes,
    /// Whether each operand is stored transposed.
    pub transposed: [bool; 2],
}

impl MatmulProblem {
    /// The left operand's shape as it is stored.
    pub fn left(&self) -> Vec<usize> {
        stored(&self.batch.left, [self.m, self.k], self.transposed[0])
    }

    /// The right operand's shape as it is stored.
    pub fn right(&self) -> Vec<usize> {
        stored(&self.batch.right, [self.k, self.n], self.transposed[1])
    }
}

fn stored(batch: &[usize], [rows, columns]: [usize; 2], transposed: bool) -> Vec<usize> {
    let sides = if transposed { [columns, rows] } else { [rows, columns] };
    [batch, &sides].concat()
}

/// Products of small matrices in batches, all four transpositions.
pub fn matmul_problems() -> impl Strategy<Value = MatmulProblem> {
    let side = || 0_usize..=20;
    (side(), side(), side(), broadcast_shapes(0..=2, 0..=3), any::<[bool; 2]>())
        .prop_map(|(m, k, n, batch, transposed)| MatmulProblem { m, k, n, batch, transposed })
}

//! The matrix product.

use plywood_tensor::{Float, Result, Shape, Tensor, matmul_shape};

use crate::declaration::{Declaration, Sample, normal, whole};
use crate::var::{Var, record};

pub(crate) const MATMUL: Declaration = Declaration {
    name: "matmul",
    equation: "Y = A · B",
    gradient: "dA = dY · Bᵀ, dB = Aᵀ · dY",
    sample: |rng| {
        let [m, k, n] = [(); 3].map(|()| whole(rng, 1, 4));
        let transposed = rng.unit() < 0.5;
        let mut a = vec![m, k];
        let mut b = if transposed { vec![n, k] } else { vec![k, n] };
        match whole(rng, 0, 3) {
            0 => a.insert(0, 2),
            1 => b.insert(0, 2),
            2 => {
                a.splice(0..0, [2, 1]);
                b.insert(0, 3);
            }
            _ => {}
        }
        Sample::new(
            vec![normal(rng, &a), normal(rng, &b)],
            move |inputs, _| match transposed {
                true => inputs[0].matmul(inputs[1].t()),
                false => inputs[0].matmul(&inputs[1]),
            },
            move |inputs| naive(&inputs[0], &inputs[1], transposed),
        )
    },
};

fn naive(a: &Tensor<f64>, b: &Tensor<f64>, transposed: bool) -> Tensor<f64> {
    let shape = matmul_shape((a.shape(), false), (b.shape(), transposed)).expect("drawn to fit");
    let depth = a.shape()[a.rank() - 1];
    let at = |x: &Tensor<f64>, batch: &[usize], row: usize, column: usize| {
        let skipped = batch.len() + 2 - x.rank();
        let mut index: Vec<usize> = batch[skipped..]
            .iter()
            .zip(x.shape().iter())
            .map(|(&i, &n)| if n == 1 { 0 } else { i })
            .collect();
        index.extend([row, column]);
        x.get(&index).expect("inside")
    };
    Tensor::from_fn(shape, |index| {
        let (batch, place) = index.split_at(index.len() - 2);
        (0..depth)
            .map(|p| {
                let right = if transposed { [place[1], p] } else { [p, place[1]] };
                at(a, batch, place[0], p) * at(b, batch, right[0], right[1])
            })
            .sum()
    })
}

/// A value whose last two axes the matrix product takes as swapped. Made by [`Var::t`].
#[derive(Clone, Copy, Debug)]
pub struct TransposedVar<'v, T: Float>(&'v Var<T>);

/// What the matrix product takes on its right: a value, or one [transposed](Var::t).
pub trait VarOperand<T: Float> {
    /// The value as it is stored, and whether it is to be taken as transposed.
    fn stored(&self) -> (&Var<T>, bool);
}

impl<T: Float> VarOperand<T> for &Var<T> {
    fn stored(&self) -> (&Var<T>, bool) {
        (self, false)
    }
}

impl<T: Float> VarOperand<T> for TransposedVar<'_, T> {
    fn stored(&self) -> (&Var<T>, bool) {
        (self.0, true)
    }
}

impl<T: Float> Var<T> {
    /// This value with its last two axes swapped, for the matrix product only: nothing is copied.
    pub fn t(&self) -> TransposedVar<'_, T> {
        TransposedVar(self)
    }

    /// The matrix product `[…, M, K] · […, K, N] → […, M, N]`; the axes in front broadcast.
    ///
    /// # Errors
    /// When an operand has fewer than two axes, or the sizes don't fit.
    pub fn matmul(&self, right: impl VarOperand<T>) -> Result<Self> {
        let (b, transposed) = right.stored();
        let (a_shape, b_shape) = (self.shape(), b.shape());
        let shape = matmul_shape((a_shape, false), (b_shape, transposed))?;
        let depth = a_shape[a_shape.rank() - 1];
        let multiply_adds = (shape.numel() as u64).saturating_mul(depth as u64);
        let kernel = || {
            let (left, right) = (self.known(), b.known());
            let y = if transposed { left.matmul(right.t()) } else { left.matmul(right) }?;
            let saved = (
                b.needs_gradient().then(|| left.clone()),
                self.needs_gradient().then(|| right.clone()),
            );
            Ok((y, saved))
        };
        record("matmul", &[self, b], shape, multiply_adds, kernel, move |(a, b), dy, grads| {
            grads.accumulate(0, || {
                let b = b.expect("saved because the left operand needs a gradient");
                let da = if transposed { dy.matmul(&b) } else { dy.matmul(b.t()) }?;
                da.sum_to(a_shape)
            })?;
            grads.accumulate(1, || {
                let a = a.expect("saved because the right operand needs a gradient");
                right_gradient(&a, &dy, b_shape, transposed)
            })
        })
    }
}

fn right_gradient<T: Float>(
    a: &Tensor<T>,
    dy: &Tensor<T>,
    b: Shape,
    transposed: bool,
) -> Result<Tensor<T>> {
    // One right operand for a whole batch: the sum over the batch is part of the product.
    if b.rank() == 2 && a.rank() > 2 && a.shape()[..a.rank() - 1] == dy.shape()[..dy.rank() - 1] {
        let rows = a.shape()[..a.rank() - 1].iter().product();
        let flat = |x: &Tensor<T>| x.reshape([rows, x.shape()[x.rank() - 1]]);
        return right_gradient(&flat(a)?, &flat(dy)?, b, transposed);
    }
    let db = if transposed { dy.t().matmul(a) } else { a.t().matmul(dy) }?;
    db.sum_to(b)
}

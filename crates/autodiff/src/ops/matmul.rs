//! The matrix product.

use std::ops::RangeInclusive;

use plywood_tensor::{Float, Result, Shape, Tensor, matmul_shape};

use crate::attribute::Attribute;
use crate::declaration::{Declaration, Declared, Sample, normal, whole};
use crate::operand_grads::OperandGrads;
use crate::operands::Operands;
use crate::operation::Operation;
use crate::record::record;
use crate::var::{Var, VarGrads};

/// `Y = A · B`: see [`Var::matmul`].
///
/// ```
/// use plywood_autodiff::{Var, ops};
/// use plywood_tensor::Tensor;
///
/// let a = Var::constant(Tensor::from([[1.0, 2.0]]));
/// let b = Var::constant(Tensor::from([[3.0, 4.0], [5.0, 6.0]]));
/// let y = Var::apply(ops::MatMul { transposed: false }, &[&a, &b])?;
/// assert_eq!(y.value()?, &Tensor::from([[13.0, 16.0]])); // 1 · 3 + 2 · 5, 1 · 4 + 2 · 6
/// let y = Var::apply(ops::MatMul { transposed: true }, &[&a, &b])?;
/// assert_eq!(y.value()?, &Tensor::from([[11.0, 17.0]])); // 1 · 3 + 2 · 4, 1 · 5 + 2 · 6
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatMul {
    /// Whether the last two axes of the right operand are taken as swapped.
    pub transposed: bool,
}

impl Declared for MatMul {
    const DECLARATION: Declaration = Declaration {
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
}

impl<T: Float> Operation<T> for MatMul {
    /// The operands' shapes, and each operand where the other needs it for its gradient.
    type Saved = ([Shape; 2], Option<Tensor<T>>, Option<Tensor<T>>);

    fn name(&self) -> &'static str {
        "matmul"
    }

    fn operand_count(&self) -> RangeInclusive<usize> {
        2..=2
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        matmul_shape((operands[0], false), (operands[1], self.transposed))
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, Self::Saved)> {
        let (a, b) = (&operands[0], &operands[1]);
        let y = if self.transposed { a.matmul(b.t()) } else { a.matmul(b) }?;
        let shapes = [a.shape(), b.shape()];
        Ok((y, (shapes, operands.save_for(1, 0), operands.save_for(0, 1))))
    }

    fn gradient(
        &self,
        saved: Self::Saved,
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let (shapes, a, b) = saved;
        grads.accumulate(0, || {
            let b = b.expect("saved because the left operand needs a gradient");
            let da = if self.transposed { dy.matmul(&b) } else { dy.matmul(b.t()) }?;
            da.sum_to(shapes[0])
        })?;
        grads.accumulate(1, || {
            let a = a.expect("saved because the right operand needs a gradient");
            right_gradient(&a, &dy, shapes[1], self.transposed)
        })
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let (a, b) = (&operands[0], &operands[1]);
        grads.accumulate(0, || {
            let da = if self.transposed { dy.matmul(b) } else { dy.matmul(b.t()) }?;
            da.sum_to(a.shape())
        })?;
        grads.accumulate(1, || right_vjp(a, dy, b.shape(), self.transposed))
    }

    fn multiply_adds(&self, operands: &[Shape]) -> u64 {
        let (a, b) = (operands[0], operands[1]);
        let products = |shape: Shape| (shape.numel() as u64).saturating_mul(a[a.rank() - 1] as u64);
        matmul_shape((a, false), (b, self.transposed)).map_or(0, products)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("transposed", self.transposed.into())]
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

/// As [`right_gradient`], of values.
fn right_vjp<T: Float>(a: &Var<T>, dy: &Var<T>, b: Shape, transposed: bool) -> Result<Var<T>> {
    let (left, result) = (a.shape(), dy.shape());
    let shared = b.rank() == 2 && left.rank() > 2;
    if shared && left[..left.rank() - 1] == result[..result.rank() - 1] {
        let rows = left[..left.rank() - 1].iter().product();
        let flat = |x: &Var<T>| x.reshape([rows, x.shape()[x.shape().rank() - 1]]);
        return right_vjp(&flat(a)?, &flat(dy)?, b, transposed);
    }
    let (first, second) = if transposed { (dy, a) } else { (a, dy) };
    first.transpose(-2, -1)?.matmul(second)?.sum_to(b)
}

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
///
/// ```
/// use plywood_autodiff::{TransposedVar, Var};
/// use plywood_tensor::Tensor;
///
/// let x = Var::constant(Tensor::from([[1.0, 2.0]]));
/// let weight = Var::constant(Tensor::from([[3.0, 4.0]]));
/// let columns: TransposedVar<'_, f64> = weight.t();
/// assert_eq!(x.matmul(columns)?.value()?, &Tensor::from([[11.0]])); // 1 · 3 + 2 · 4
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TransposedVar<'v, T: Float>(&'v Var<T>);

/// What the matrix product takes on its right: a value, or one [transposed](Var::t).
///
/// ```
/// use plywood_autodiff::{Var, VarOperand};
/// use plywood_tensor::{Result, Tensor};
///
/// fn scores(x: &Var, keys: impl VarOperand<f32>) -> Result<Var> {
///     x.matmul(keys)
/// }
///
/// let x = Var::constant(Tensor::from([[1.0, 2.0]]));
/// let rows = Var::constant(Tensor::from([[3.0, 4.0]]));
/// let columns = Var::constant(Tensor::from([[3.0], [4.0]]));
/// assert_eq!(scores(&x, rows.t())?.value()?, scores(&x, &columns)?.value()?);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
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
    #[doc(alias = "mT")]
    pub fn t(&self) -> TransposedVar<'_, T> {
        TransposedVar(self)
    }

    /// The matrix product `[…, M, K] · […, K, N] → […, M, N]`; the axes in front broadcast.
    ///
    /// # Errors
    /// When an operand has fewer than two axes, or the sizes don't fit.
    pub fn matmul(&self, right: impl VarOperand<T>) -> Result<Self> {
        let (b, transposed) = right.stored();
        record(MatMul { transposed }, &[self, b])
    }
}

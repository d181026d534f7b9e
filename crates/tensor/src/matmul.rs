//! The matrix product of tensors: batched, broadcast, transposed without a copy.

use crate::element::Float;
use crate::error::{Error, Result};
use crate::gemm::{self, Bias, Matrix, Offsets, Output};
use crate::memory;
use crate::shape::Shape;
use crate::tensor::Tensor;
use crate::threads;

/// A tensor whose last two axes the matrix product takes as swapped. Made by [`Tensor::t`].
///
/// ```
/// use plywood_tensor::Tensor;
///
/// let a = Tensor::from([[1.0, 2.0], [3.0, 4.0]]);
/// let x = Tensor::from([[1.0], [10.0]]);
/// assert_eq!(a.matmul(&x)?, Tensor::from([[21.0], [43.0]]));
/// assert_eq!(a.t().matmul(&x)?, Tensor::from([[31.0], [42.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Transposed<'a, T: Float>(&'a Tensor<T>);

/// What the matrix product takes on its right: a tensor, or one [transposed](Tensor::t).
///
/// ```
/// use plywood_tensor::{MatrixOperand, Result, Tensor};
///
/// fn scores(x: &Tensor, keys: impl MatrixOperand<f32>) -> Result<Tensor> {
///     x.matmul(keys)
/// }
///
/// let x = Tensor::from([[1.0, 2.0]]);
/// assert_eq!(scores(&x, &Tensor::from([[3.0], [4.0]]))?, Tensor::from([[11.0]]));
/// assert_eq!(scores(&x, Tensor::from([[3.0, 4.0]]).t())?, Tensor::from([[11.0]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait MatrixOperand<T: Float> {
    /// The tensor as it is stored, and whether it is to be taken as transposed.
    fn stored(&self) -> (&Tensor<T>, bool);
}

impl<T: Float> MatrixOperand<T> for &Tensor<T> {
    fn stored(&self) -> (&Tensor<T>, bool) {
        (self, false)
    }
}

impl<T: Float> MatrixOperand<T> for Transposed<'_, T> {
    fn stored(&self) -> (&Tensor<T>, bool) {
        (self.0, true)
    }
}

impl<T: Float> Tensor<T> {
    /// This tensor with its last two axes swapped, for the matrix product only: nothing is
    /// copied.
    #[doc(alias = "mT")]
    pub fn t(&self) -> Transposed<'_, T> {
        Transposed(self)
    }

    /// The matrix product `[…, M, K] · […, K, N] → […, M, N]`; the axes in front broadcast.
    ///
    /// ```
    /// use plywood_tensor::Tensor;
    ///
    /// let x = Tensor::from([[1.0, 2.0, 3.0]]);
    /// let weight = Tensor::from([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]);
    /// assert_eq!(x.matmul(weight.t())?, Tensor::from([[4.0, 2.0]]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When an operand has fewer than two axes, or the sizes don't fit.
    #[doc(alias("mm", "bmm", "dot"))]
    pub fn matmul(&self, right: impl MatrixOperand<T>) -> Result<Self> {
        product((self, false), right.stored()).map_err(|error| error.operation("matmul"))
    }
}

impl<T: Float> Transposed<'_, T> {
    /// As [`Tensor::matmul`], with this operand transposed.
    ///
    /// # Errors
    /// When an operand has fewer than two axes, or the sizes don't fit.
    pub fn matmul(&self, right: impl MatrixOperand<T>) -> Result<Tensor<T>> {
        product(self.stored(), right.stored()).map_err(|error| error.operation("matmul"))
    }
}

/// The shape of a matrix product: `[M, K]` and `[K, N]` after transposing, and the broadcast axes
/// in front.
///
/// # Errors
/// When an operand has fewer than two axes, or the sizes don't fit.
pub fn matmul_shape(left: (Shape, bool), right: (Shape, bool)) -> Result<Shape> {
    let check = || {
        for (shape, _) in [left, right] {
            if shape.rank() < 2 {
                return Err(Error::shape(format!("{shape} should have at least two axes"))
                    .hint("`unsqueeze` makes a vector a row or a column"));
            }
        }
        let ([m, k], [depth, n]) = (sides(left), sides(right));
        if k != depth {
            let note = |transposed| if transposed { " (transposed)" } else { "" };
            return Err(Error::shape(format!(
                "{}{} (…, M, K) has K = {k}, {}{} (…, K, N) has K = {depth}",
                left.0,
                note(left.1),
                right.0,
                note(right.1)
            )));
        }
        let batch = batch(left.0)?.broadcast(&batch(right.0)?)?;
        Shape::new(&[&batch[..], &[m, n]].concat())
    };
    check().map_err(|error| error.operation("matmul"))
}

/// The last two sizes, as the product sees them.
fn sides((shape, transposed): (Shape, bool)) -> [usize; 2] {
    let [rows, columns] = [shape[shape.rank() - 2], shape[shape.rank() - 1]];
    if transposed { [columns, rows] } else { [rows, columns] }
}

fn batch(shape: Shape) -> Result<Shape> {
    Shape::new(&shape[..shape.rank() - 2])
}

fn product<T: Float>(left: (&Tensor<T>, bool), right: (&Tensor<T>, bool)) -> Result<Tensor<T>> {
    let (a, b) = ((left.0.shape(), left.1), (right.0.shape(), right.1));
    let shape = matmul_shape(a, b)?;
    let ([m, k], [_, n]) = (sides(a), sides(b));
    let (batch_a, batch_b) = (batch(a.0)?, batch(b.0)?);
    // A batch of left operands with one right operand is one product with more rows.
    if !left.1 && batch_b.numel() == 1 && batch_a.numel() > 1 {
        let rows = left.0.clone().with_shape([batch_a.numel() * m, k].into());
        let matrix = right.0.clone().with_shape(Shape::new(&b.0[b.0.rank() - 2..])?);
        return Ok(product((&rows, false), (&matrix, right.1))?.with_shape(shape));
    }
    if shape.numel() == 0 {
        // There may be more matrices of nothing than could be listed.
        return Tensor::try_full(shape, T::ZERO);
    }
    let (places_a, places_b) = (batch_places(batch_a, shape)?, batch_places(batch_b, shape)?);
    Tensor::build(shape, |out| {
        threads::chunks_mut(out, m * n, shape.numel() * k, |index, out| {
            let (a, b) = (places_a[index] * m * k, places_b[index] * k * n);
            // The right operand's lines are its columns.
            let a = operand(&left.0.as_slice()[a..][..m * k], [m, k], left.1);
            let b = operand(&right.0.as_slice()[b..][..k * n], [n, k], !right.1);
            let out = Output::new(out, strided(m, n), strided(n, 1));
            gemm::multiply(&a, &b, Bias::None, &out);
        });
    })
}

/// For each matrix of the result, which of the operand's goes into it.
pub(crate) fn batch_places(own: Shape, result: Shape) -> Result<Vec<usize>> {
    let places = Tensor::try_from_fn(own, {
        let mut next = 0;
        move |_| {
            next += 1;
            (next - 1) as i64
        }
    })?;
    let batch = Shape::new(&result[..result.rank() - 2])?;
    let places = places.broadcast_to(batch)?;
    let mut list = memory::vec_with_capacity(places.numel())?;
    list.extend(places.as_slice().iter().map(|&place| place as usize));
    Ok(list)
}

fn strided(len: usize, stride: usize) -> Offsets {
    Offsets::strided(len, stride)
}

/// A row-major matrix; `crossed` when its lines are columns.
fn operand<T: Float>(elements: &[T], [lines, depth]: [usize; 2], crossed: bool) -> Matrix<'_, T> {
    let (line, step) = if crossed { (1, lines) } else { (depth, 1) };
    Matrix { elements, lines: strided(lines, line), depth: strided(depth, step) }
}

/// `x · weightᵀ + bias`, with `x` `[…, K]`, `weight` `[N, K]` and `bias` `[N]`: a fully connected
/// layer.
///
/// # Errors
/// When the sizes don't fit.
pub fn linear<T: Float>(
    x: &Tensor<T>,
    weight: &Tensor<T>,
    bias: Option<&Tensor<T>>,
) -> Result<Tensor<T>> {
    let shape = linear_shape(x.shape(), weight.shape(), bias.map(Tensor::shape))?;
    let [n, k] = [weight.shape()[0], weight.shape()[1]];
    let m = shape.numel().checked_div(n).unwrap_or(0);
    Tensor::build(shape, |out| {
        let a = operand(x.as_slice(), [m, k], false);
        let b = operand(weight.as_slice(), [n, k], false);
        let bias = bias.map_or(Bias::None, |bias| Bias::Columns(bias.as_slice()));
        gemm::multiply(&a, &b, bias, &Output::new(out, strided(m, n), strided(n, 1)));
    })
    .map_err(|error| error.operation("linear"))
}

/// The shape of [`linear`]'s result: `[…, K]` becomes `[…, N]`.
///
/// # Errors
/// When the sizes don't fit.
pub fn linear_shape(x: Shape, weight: Shape, bias: Option<Shape>) -> Result<Shape> {
    let check = || {
        let &[n, k] = &weight[..] else {
            return Err(Error::shape(format!("the weight {weight} should have two axes (N, K)")));
        };
        if bias.is_some_and(|bias| bias[..] != [n]) {
            let bias = bias.unwrap_or(Shape::SCALAR);
            return Err(Error::shape(format!(
                "the bias {bias} should be [{n}], as the weight {weight}"
            )));
        }
        match x.last() {
            Some(&last) if last == k => Shape::new(&x.with(x.rank() - 1, n)),
            Some(&last) => Err(Error::shape(format!(
                "input {x} (…, K) has {last} features, the weight {weight} (N, K) expects {k}"
            ))
            .hint(if x.rank() > 2 && x[1..].iter().product::<usize>() == k {
                "`flatten` the axes after the first before this layer"
            } else {
                "the layer's input size must be the size of the input's last axis"
            })),
            None => Err(Error::shape("the input is a single number, it should be (…, K)")),
        }
    };
    check().map_err(|error| error.operation("linear"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::naive;
    use crate::rng::{Rng, Seed};

    #[test]
    fn batches_broadcast() {
        let mut rng = Rng::new(Seed(1));
        let a = rng.normal::<f64>([3, 1, 4, 5], 0.0, 1.0);
        let b = rng.normal::<f64>([2, 5, 6], 0.0, 1.0);
        let c = a.matmul(&b).unwrap();
        assert_eq!(c.shape(), [3, 2, 4, 6].into());
        for i in 0..3 {
            for j in 0..2 {
                let expected = naive::product(
                    [4, 5, 6],
                    &a.as_slice()[i * 20..][..20],
                    &b.as_slice()[j * 30..][..30],
                );
                for (x, y) in c.as_slice()[(i * 2 + j) * 24..].iter().zip(expected) {
                    assert!((x - y).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn mismatches_are_named() {
        let (a, b) = (Tensor::zeros([2, 3]), Tensor::zeros([4, 5]));
        assert_eq!(
            a.matmul(b.t()).unwrap_err().to_string(),
            "matmul: [2, 3] (…, M, K) has K = 3, [4, 5] (transposed) (…, K, N) has K = 5",
        );
        assert_eq!(
            a.matmul(&Tensor::zeros([3])).unwrap_err().to_string(),
            "matmul: [3] should have at least two axes; \
             `unsqueeze` makes a vector a row or a column",
        );
        assert_eq!(
            linear(&Tensor::zeros([8, 16, 2, 2]), &Tensor::zeros([10, 64]), None)
                .unwrap_err()
                .to_string(),
            "linear: input [8, 16, 2, 2] (…, K) has 2 features, the weight [10, 64] (N, K) expects 64; \
             `flatten` the axes after the first before this layer",
        );
    }

    #[test]
    fn empty_products_are_zero() {
        let product = Tensor::zeros([2, 0]).matmul(&Tensor::zeros([0, 3])).unwrap();
        assert_eq!(product, Tensor::zeros([2, 3]));
        assert_eq!(Tensor::zeros([0, 4]).matmul(&Tensor::zeros([4, 3])).unwrap().numel(), 0);
    }
}

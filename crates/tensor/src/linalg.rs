//! Linear algebra, by nalgebra.
//!
//! Everything is computed in `f64`, for `f32` too: matrices that are decomposed are small, and
//! nalgebra's way to singular values sometimes loses half of the digits
//! ([dimforge/nalgebra#1172](https://github.com/dimforge/nalgebra/issues/1172)), which is more than
//! `f32` can spare. It also means that nalgebra's decompositions are compiled once, here, and not in
//! every crate that uses one.

use nalgebra::DMatrix;

use crate::element::Float;
use crate::error::{Error, ErrorKind, Result};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The singular value decomposition `A = U · diag(S) · Vᵀ` of a matrix `[M, N]`, singular values in descending order:
/// see [`Tensor::svd`].
///
/// ```
/// use plywood_tensor::{Svd, Tensor};
///
/// let a = Tensor::from([[0.0_f64, 2.0], [3.0, 0.0]]);
/// let Svd { u, s, vt } = a.svd()?;
/// let near = |a: &Tensor<f64>, b: &Tensor<f64>| {
///     a.as_slice().iter().zip(b.as_slice()).all(|(a, b)| (a - b).abs() < 1e-12)
/// };
/// assert!(near(&s, &Tensor::from([3.0, 2.0])));
/// assert!(near(&u.mul(&s)?.matmul(&vt)?, &a));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Svd<T: Float> {
    /// `[M, K]`, orthonormal columns; `K = min(M, N)`.
    pub u: Tensor<T>,
    /// `[K]`
    pub s: Tensor<T>,
    /// `[K, N]`, orthonormal rows.
    pub vt: Tensor<T>,
}

impl<T: Float> Tensor<T> {
    /// `A = Q · R` with orthonormal columns in `Q` `[M, K]` and `R` `[K, N]` upper triangular, none
    /// of the numbers on its diagonal negative; `K = min(M, N)`.
    ///
    /// # Errors
    /// When it is not a matrix, or not finite.
    pub fn qr(&self) -> Result<(Self, Self)> {
        let (q, r) = qr(&self.cast())?;
        Ok((q.cast(), r.cast()))
    }

    /// The [singular value decomposition](Svd).
    ///
    /// # Errors
    /// When it is not a matrix, or not finite.
    pub fn svd(&self) -> Result<Svd<T>> {
        let Svd { u, s, vt } = svd(&self.cast())?;
        Ok(Svd { u: u.cast(), s: s.cast(), vt: vt.cast() })
    }

    /// The lower triangular `L` with `A = L · Lᵀ`, of a symmetric positive definite matrix.
    ///
    /// # Errors
    /// When it is not a square matrix, or not positive definite.
    pub fn cholesky(&self) -> Result<Self> {
        Ok(cholesky(&self.cast())?.cast())
    }

    /// The `X` with `A · X = B`, for a square `A` (this tensor) and `B` `[N, K]` or `[N]`.
    ///
    /// # Errors
    /// When the shapes don't fit, or `A` is singular.
    pub fn solve(&self, b: &Self) -> Result<Self> {
        Ok(solve(&self.cast(), &b.cast())?.cast())
    }

    /// The `X` that makes the sum of squares of `A · X − B` least, for `A` `[M, N]` (this tensor)
    /// and `B` `[M, K]` or `[M]`; the one of least norm where there are many. By singular values;
    /// those below ε · max(M, N) · the largest count as 0, ε being this type's.
    ///
    /// # Errors
    /// When the shapes don't fit, or they are not finite.
    #[doc(alias = "lstsq")]
    pub fn least_squares(&self, b: &Self) -> Result<Self> {
        Ok(least_squares(&self.cast(), &b.cast(), T::EPSILON.to_f64())?.cast())
    }
}

fn qr(a: &Tensor<f64>) -> Result<(Tensor<f64>, Tensor<f64>)> {
    let (q, r) = matrix(a, "qr")?.qr().unpack();
    Ok((q.into(), r.into()))
}

fn svd(a: &Tensor<f64>) -> Result<Svd<f64>> {
    let matrix = matrix(a, "svd")?;
    if matrix.is_empty() {
        let zeros = |shape: [usize; 2]| Tensor::full(shape, 0.0);
        let (rows, columns) = matrix.shape();
        return Ok(Svd { u: zeros([rows, 0]), s: Vec::new().into(), vt: zeros([0, columns]) });
    }
    let svd = matrix.svd(true, true);
    match (svd.u, svd.v_t) {
        (Some(u), Some(vt)) => {
            Ok(Svd { u: u.into(), s: svd.singular_values.into(), vt: vt.into() })
        }
        _ => Err(Error::new(ErrorKind::Singular, "it didn't converge").operation("svd")),
    }
}

fn cholesky(a: &Tensor<f64>) -> Result<Tensor<f64>> {
    let cholesky = square_matrix(a, "cholesky")?.cholesky().ok_or_else(|| {
        Error::new(ErrorKind::Singular, "the matrix is not positive definite")
            .operation("cholesky")
            .hint("adding a small multiple of the identity often mends that")
    })?;
    Ok(cholesky.l().into())
}

fn solve(a: &Tensor<f64>, b: &Tensor<f64>) -> Result<Tensor<f64>> {
    let matrix = square_matrix(a, "solve")?;
    let columns = right_side(a, b, "solve")?;
    if columns.is_empty() {
        return Ok(b.clone());
    }
    let x = matrix.lu().solve(&columns).ok_or_else(|| {
        Error::new(ErrorKind::Singular, "the matrix is singular")
            .operation("solve")
            .hint("`least_squares` gives the solution of least norm")
    })?;
    Ok(Tensor::from(x).with_shape(b.shape()))
}

fn least_squares(a: &Tensor<f64>, b: &Tensor<f64>, epsilon: f64) -> Result<Tensor<f64>> {
    let matrix = matrix(a, "least_squares")?;
    let columns = right_side(a, b, "least_squares")?;
    let (rows, unknowns) = matrix.shape();
    let shape =
        Shape::new(&b.shape().with(0, unknowns)).map_err(|e| e.operation("least_squares"))?;
    if matrix.is_empty() {
        return Tensor::try_full(shape, 0.0);
    }
    let svd = matrix.svd(true, true);
    let cutoff = epsilon * rows.max(unknowns) as f64 * svd.singular_values.max();
    let x = svd
        .solve(&columns, cutoff)
        .map_err(|message| Error::new(ErrorKind::Singular, message).operation("least_squares"))?;
    Ok(Tensor::from(x).with_shape(shape))
}

fn matrix(a: &Tensor<f64>, operation: &'static str) -> Result<DMatrix<f64>> {
    let matrix = a.as_matrix().map_err(|_| {
        Error::shape(format!("{} is not a matrix: it should have 2 axes", a.shape()))
            .operation(operation)
    })?;
    if !a.all_finite() {
        return Err(Error::value("the matrix holds an infinity or NaN").operation(operation));
    }
    Ok(matrix.into_owned())
}

fn square_matrix(a: &Tensor<f64>, operation: &'static str) -> Result<DMatrix<f64>> {
    let matrix = matrix(a, operation)?;
    if !matrix.is_square() {
        return Err(Error::shape(format!("{} is not square", a.shape())).operation(operation));
    }
    Ok(matrix)
}

/// `b` as a matrix with as many rows as `a`.
fn right_side(a: &Tensor<f64>, b: &Tensor<f64>, operation: &'static str) -> Result<DMatrix<f64>> {
    let columns = match &b.shape()[..] {
        [rows] if *rows == a.shape()[0] => b.unsqueeze(-1)?,
        [rows, _] if *rows == a.shape()[0] => b.clone(),
        _ => {
            return Err(Error::shape(format!(
                "the right side {} should have {} rows, as the matrix {} has",
                b.shape(),
                a.shape()[0],
                a.shape()
            ))
            .operation(operation));
        }
    };
    matrix(&columns, operation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::{Rng, Seed};

    fn close(a: &Tensor<f64>, b: &Tensor<f64>) {
        assert_eq!(a.shape(), b.shape());
        let difference = (a - b).abs().max().unwrap_or(0.0);
        assert!(difference < 1e-12, "{a} {b}");
    }

    #[test]
    fn decompositions_multiply_back() {
        let a = Rng::new(Seed(5)).normal::<f64>([6, 4], 0.0, 1.0);
        let (q, r) = a.qr().unwrap();
        close(&q.matmul(&r).unwrap(), &a);
        close(&q.t().matmul(&q).unwrap(), &Tensor::eye(4).cast());
        for place in 0..4 {
            assert!(r.get(&[place, place]).unwrap() >= 0.0);
        }
        let Svd { u, s, vt } = a.svd().unwrap();
        close(&(&u * &s).matmul(&vt).unwrap(), &a);
        let square = a.t().matmul(&a).unwrap();
        let l = square.cholesky().unwrap();
        close(&l.matmul(l.t()).unwrap(), &square);
    }

    #[test]
    fn systems_are_solved() {
        let mut rng = Rng::new(Seed(6));
        let (a, x) = (rng.normal::<f64>([5, 5], 0.0, 1.0), rng.normal::<f64>([5, 2], 0.0, 1.0));
        close(&a.solve(&a.matmul(&x).unwrap()).unwrap(), &x);
        let (tall, x) = (rng.normal::<f64>([9, 3], 0.0, 1.0), rng.normal::<f64>([3], 0.0, 1.0));
        let b = tall.matmul(&x.unsqueeze(-1).unwrap()).unwrap().squeeze(-1).unwrap();
        close(&tall.least_squares(&b).unwrap(), &x);
    }

    #[test]
    fn what_has_no_solution_says_so() {
        let singular = Tensor::from([[1.0, 2.0], [2.0, 4.0]]);
        assert_eq!(
            singular.solve(&Tensor::from([1.0, 1.0])).unwrap_err().to_string(),
            "solve: the matrix is singular; `least_squares` gives the solution of least norm",
        );
        assert_eq!(
            (-&Tensor::eye(2)).cholesky().unwrap_err().to_string(),
            "cholesky: the matrix is not positive definite; \
             adding a small multiple of the identity often mends that",
        );
        assert_eq!(
            singular.solve(&Tensor::zeros([3])).unwrap_err().to_string(),
            "solve: the right side [3] should have 2 rows, as the matrix [2, 2] has",
        );
        assert_eq!(
            Tensor::full([2, 2], f32::NAN).svd().unwrap_err().to_string(),
            "svd: the matrix holds an infinity or NaN",
        );
    }
}

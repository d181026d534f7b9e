//! Ridge regression: the least squares that also keep the weights small, in closed form.

use plywood::datasets::Rows;
use plywood::prelude::*;

/// Strengths that are tried.
const STRENGTHS: [f64; 13] =
    [0.1, 0.3, 1.0, 3.0, 10.0, 20.0, 30.0, 50.0, 70.0, 100.0, 150.0, 300.0, 1000.0];
/// Parts that the training rows are cut into to choose one of them.
const FOLDS: usize = 5;

/// What each column is worth.
pub(crate) struct Ridge {
    weights: Tensor<f64>, // [F, 1]
    means: Tensor<f64>,   // [F]
    origin: f64,
}

/// All that a fit needs to know of its rows, whatever the strength.
struct Moments {
    gram: Tensor<f64>,  // [F, F]
    right: Tensor<f64>, // [F, 1]
    means: Tensor<f64>, // [F]
    origin: f64,
}

impl Moments {
    fn of(rows: &Rows<Tensor>) -> Result<Self> {
        let (x, y): (Tensor<f64>, Tensor<f64>) = (rows.input().cast(), rows.target().cast());
        let (means, origin) = (x.mean_axes(&[0])?, y.mean());
        let x = &x - &means;
        Ok(Self { gram: x.t().matmul(&x)?, right: x.t().matmul(&(&y - origin))?, means, origin })
    }

    /// Makes `Σ (y − x · w − constant)² + strength · |w|²` least.
    fn fit(&self, strength: f64) -> Result<Ridge> {
        let penalty = &Tensor::eye(self.gram.shape()[0]).cast() * strength;
        let weights = (&self.gram + &penalty).solve(&self.right)?;
        Ok(Ridge { weights, means: self.means.clone(), origin: self.origin })
    }
}

impl Ridge {
    /// The fit with the strength that predicts rows best which were left out, and that strength.
    pub(crate) fn tuned(rows: &Rows<Tensor>) -> Result<(Self, f64)> {
        let mut errors = [0.0; STRENGTHS.len()];
        for (train, valid) in rows.k_folds(FOLDS, Seed(7))? {
            let moments = Moments::of(&train)?;
            for (error, strength) in errors.iter_mut().zip(STRENGTHS) {
                let residual = &moments.fit(strength)?.predict(&valid)? - valid.target();
                *error += f64::from(residual.sum_of_squares());
            }
        }
        let least = errors.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        let strength = STRENGTHS[least.map_or(0, |(place, _)| place)];
        Ok((Moments::of(rows)?.fit(strength)?, strength))
    }

    /// `[N, 1]`
    pub(crate) fn predict(&self, rows: &Rows<Tensor>) -> Result<Tensor> {
        let x = &rows.input().cast::<f64>() - &self.means;
        Ok((&x.matmul(&self.weights)? + self.origin).cast())
    }
}

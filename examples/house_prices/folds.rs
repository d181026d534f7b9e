//! Five fixed folds of the table, and how well models predict what they haven't seen.

use plywood::datasets::TableSet;
use plywood::prelude::*;
use plywood::training::RSquared;
use plywood_examples::progress;

use crate::columns::PRICE;
use crate::network::{Ensemble, Settings};
use crate::ridge::Ridge;

const FOLDS: usize = 5;

/// A house that a model hasn't seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prediction {
    /// In dollars.
    pub(crate) price: f64,
    /// In dollars.
    pub(crate) predicted: f64,
}

/// Each part of the table once for testing, with the others to learn from. Means, deviations and
/// vocabularies are the training part's.
pub(crate) struct Folds(Vec<Fold>);

struct Fold {
    encoding: Encoding,
    train: TableSet<Tensor>,
    test: TableSet<Tensor>,
}

impl Folds {
    pub(crate) fn of(houses: &Table) -> Result<Self> {
        let fold = |(train, test): (Table, Table)| {
            let encoding =
                Encoding::config(PRICE).log_target().standard_target().measured_on(&train)?;
            let (train, test) = (encoding.values(&train)?, encoding.values(&test)?);
            Ok(Fold { encoding, train, test })
        };
        let folds = houses.k_folds(FOLDS, Seed(7))?.into_iter().map(fold);
        Ok(Self(folds.collect::<Result<_>>()?))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// R² of the log price by ridge regression, whose strength is chosen within the training part.
    pub(crate) fn ridge(&self) -> Result<Vec<f64>> {
        let score = |fold: &Fold| {
            let (ridge, _) = Ridge::tuned(&fold.train.one_hot(&fold.encoding)?)?;
            let test = fold.test.one_hot(&fold.encoding)?;
            let mut r2 = RSquared::new();
            r2.update(&ridge.predict(&test)?, test.target())?;
            Ok(r2.value())
        };
        self.0.iter().map(score).collect()
    }

    /// What networks predict in each fold.
    pub(crate) fn network(&self, settings: &Settings, seed: Seed) -> Result<Vec<Vec<Prediction>>> {
        let predict = |(place, Fold { encoding, train, test }): (usize, &Fold)| {
            progress!("seed {}: training for fold {} of {}", seed.0, place + 1, self.len());
            let networks = Ensemble::train(encoding, train, settings, seed)?;
            let predicted = encoding.restore(&networks.predict(test.input())?);
            let prices = encoding.restore(test.target());
            let pairs = prices.as_slice().iter().zip(predicted.as_slice());
            let prediction = |(&price, &predicted): (&f32, &f32)| Prediction {
                price: price.into(),
                predicted: predicted.into(),
            };
            Ok(pairs.map(prediction).collect())
        };
        self.0.iter().enumerate().map(predict).collect()
    }
}

/// R² of the log price in each fold.
pub(crate) fn r_squared(folds: &[Vec<Prediction>]) -> Result<Vec<f64>> {
    let score = |houses: &Vec<Prediction>| {
        let logs = |of: fn(&Prediction) -> f64| {
            Tensor::from(houses.iter().map(|house| of(house).ln() as f32).collect::<Vec<_>>())
        };
        let mut r2 = RSquared::new();
        r2.update(&logs(|house| house.predicted), &logs(|house| house.price))?;
        Ok(r2.value())
    };
    folds.iter().map(score).collect()
}

#[cfg(test)]
mod tests {
    use plywood::datasets::Ames;
    use plywood_examples::mean_and_spread;

    use super::*;
    use crate::columns::with_computed;

    #[test]
    #[ignore = "takes a minute unless it is optimised: `cargo xtask examples` runs it"]
    fn networks_are_above_ridge_regression_and_089() {
        let mean = |scores: &[f64]| mean_and_spread(scores).0;
        let houses = Ames::embedded().unwrap();
        let raw = mean(&Folds::of(&houses).unwrap().ridge().unwrap());
        assert!((raw - 0.88).abs() < 0.01, "{raw}");
        let folds = Folds::of(&with_computed(&houses).unwrap()).unwrap();
        let ridge = mean(&folds.ridge().unwrap());
        // Fewer networks than the example averages, which are quicker and a little worse.
        let settings = Settings { members: 2, ..Settings::chosen() };
        let networks = mean(&r_squared(&folds.network(&settings, Seed(1)).unwrap()).unwrap());
        assert!(networks >= 0.89 && networks > ridge && networks > raw, "{networks} {ridge} {raw}");
    }
}

//! Filling in the blanks: `_ · size + _ · stories + _ · distance to school`.

use plywood::prelude::*;

/// What the generated sales were priced by: dollars for each square metre, story, and minute to
/// walk.
pub(crate) const TRUTH: [f64; 3] = [90.3, 1006.2, -40.5];
pub(crate) const NAMES: [&str; 3] = ["size", "stories", "distance to school"];
const SALES: usize = 1_000;
/// Dollars by which a price deviates from the template.
const NOISE: f64 = 50.0;

/// The blanks, one for each column, `[1, 3]`.
#[derive(Params)]
pub(crate) struct Template {
    blanks: Param,
}

impl Module for Template {
    fn forward(&self, houses: &Var, pass: &mut Pass) -> Result<Var> {
        houses.linear(&pass.param(&self.blanks), None) // [N, 1]
    }
}

/// Generated sales: what is known of the houses `[N, 3]`, and their prices `[N, 1]`.
pub(crate) struct Sales {
    houses: Tensor,
    prices: Tensor,
}

impl Sales {
    pub(crate) fn generated(seed: Seed) -> Result<Self> {
        let mut rng = Rng::new(seed);
        let size = rng.uniform([SALES, 1], 40.0, 250.0);
        let stories = rng.uniform::<f32>([SALES, 1], 1.0, 4.0).map(f32::floor);
        let distance = rng.uniform([SALES, 1], 1.0, 45.0);
        let houses = Tensor::concat(&[&size, &stories, &distance], 1)?;
        let worth = Tensor::from(TRUTH).cast().unsqueeze(-1)?;
        let prices = &houses.matmul(&worth)? + &rng.normal([SALES, 1], 0.0, NOISE);
        Ok(Self { houses, prices })
    }

    /// What the blanks are by nalgebra's least squares.
    pub(crate) fn least_squares(&self) -> Result<[f64; 3]> {
        let (houses, prices): (Tensor<f64>, Tensor<f64>) = (self.houses.cast(), self.prices.cast());
        let blanks = houses.least_squares(&prices)?;
        Ok(std::array::from_fn(|place| blanks.as_slice()[place]))
    }

    /// What the blanks are by gradient descent, which begins with zeros. `show` is told of some
    /// steps: their number, the mean squared error in dollars², and the blanks.
    pub(crate) fn learn(&self, mut show: impl FnMut(usize, f32, [f64; 3])) -> Result<[f64; 3]> {
        // Each column in units of its own size, so that one learning rate suits them all.
        let size = |column: Tensor| (column.sum_of_squares() / SALES as f32).sqrt();
        let sizes = (0..3).map(|column| Ok(size(self.houses.narrow(1, column, 1)?)));
        let sizes = Tensor::from(sizes.collect::<Result<Vec<_>>>()?);
        let unit = size(self.prices.clone());
        let houses = Var::constant(&self.houses / &sizes);
        let prices = &self.prices / unit;
        let in_dollars = |template: &Template| {
            let blanks = &(template.blanks.value() / &sizes) * unit;
            std::array::from_fn(|place| f64::from(blanks.as_slice()[place]))
        };

        let mut template = Template { blanks: Param::new(Tensor::zeros([1, 3])) };
        let mut optimizer = SGD::new(0.2);
        let mut rng = Rng::new(Seed(7));
        for step in 0..=1_000 {
            let mut pass = Pass::train(&template, &mut rng);
            let loss = mse_loss(&template.forward(&houses, &mut pass)?, &prices)?;
            if [0, 1, 10, 100, 1_000].contains(&step) {
                show(step, loss.item()? * unit * unit, in_dollars(&template));
            }
            let grads = pass.backward(&loss)?;
            optimizer.step(&mut template, &grads)?;
        }
        Ok(in_dollars(&template))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient_descent_fills_in_the_blanks() {
        let sales = Sales::generated(Seed(7)).unwrap();
        let mut errors = Vec::new();
        let learned = sales.learn(|_, error, _| errors.push(error)).unwrap();
        let exact = sales.least_squares().unwrap();
        assert!(errors[..4].is_sorted_by(|before, after| before > after), "{errors:?}");
        for ((learned, exact), truth) in learned.into_iter().zip(exact).zip(TRUTH) {
            assert!((learned / truth - 1.0).abs() < 0.01, "{learned} should be {truth}");
            assert!((learned / exact - 1.0).abs() < 1e-3, "{learned}, least squares {exact}");
        }
    }
}

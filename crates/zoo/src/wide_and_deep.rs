//! Wide and deep: a network for tables of numbers and categories.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{Encoding, TableInput};
use plywood_layers::{Embedding, Init, Linear, Module, Params};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};

use crate::mlp::{Mlp, MlpConfig, mlp};

/// A network for tables: the sum of a linear model of all columns (wide), and of a multilayer
/// perceptron (deep) to which each category is a vector that is learnt.
///
/// The wide part finds what each column is worth by itself, as linear regression does; the deep part
/// finds what they are worth together. The columns' vocabularies lie one behind another in one
/// table of vectors.
///
/// Numbers `[N, F]` and categories `[N, K]` become `[N, outputs]`.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_datasets::{Ames, Encoding, Split};
/// use plywood_layers::Module;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{WideAndDeepConfig, wide_and_deep};
///
/// let houses = Ames::embedded()?.take(500)?;
/// let encoding = Encoding::config("Sale_Price").log_target().measured_on(&houses)?;
/// let model = wide_and_deep(&WideAndDeepConfig::for_table(&encoding, 1), Seed(7))?;
/// let houses = encoding.values(&houses)?;
/// let prices = model.forward(houses.input(), &mut Pass::eval(&model))?;
/// assert_eq!(prices.shape(), [500, 1].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// Source: Cheng et al., "Wide & deep learning for recommender systems" (2016); vectors for a
/// table's categories: Guo and Berkhahn, "Entity embeddings of categorical variables" (2016).
#[derive(Debug, Params)]
pub struct WideAndDeep {
    /// The vectors of the categories, `[ΣV, dim]`.
    pub embedding: Embedding,
    /// What each category is worth by itself, `[ΣV, outputs]`.
    pub wide_categories: Embedding,
    /// What each number is worth by itself.
    pub wide_numbers: Linear,
    /// What they are worth together.
    pub deep: Mlp,
    /// The size of each column's vocabulary.
    #[params(setting)]
    vocabularies: Vec<usize>,
}

/// The sizes of a [`WideAndDeep`].
#[derive(Clone, Debug)]
pub struct WideAndDeepConfig {
    numbers: usize,
    vocabularies: Vec<usize>,
    outputs: usize,
    dim: usize,
    hidden: Vec<usize>,
    dropout: f64,
}

impl WideAndDeepConfig {
    /// From `numbers` columns of numbers and a column of categories for each of the `vocabularies`
    /// to `outputs`, with vectors of 4 numbers and a hidden layer of 64.
    pub fn new(numbers: usize, vocabularies: &[usize], outputs: usize) -> Self {
        Self {
            numbers,
            vocabularies: vocabularies.to_vec(),
            outputs,
            dim: 4,
            hidden: vec![64],
            dropout: 0.0,
        }
    }

    /// For tables that are encoded so.
    pub fn for_table(encoding: &Encoding, outputs: usize) -> Self {
        let sizes: Vec<usize> = encoding.vocabularies().iter().map(|&(_, size)| size).collect();
        Self::new(encoding.number_names().len(), &sizes, outputs)
    }

    /// The length of the vectors that categories become.
    #[must_use]
    pub fn dim(mut self, dim: usize) -> Self {
        self.dim = dim;
        self
    }

    /// The sizes of the hidden layers.
    #[must_use]
    pub fn hidden(mut self, sizes: &[usize]) -> Self {
        self.hidden = sizes.to_vec();
        self
    }

    /// The probability with which a hidden number is dropped in training.
    #[must_use]
    pub fn dropout(mut self, p: f64) -> Self {
        self.dropout = p;
        self
    }
}

/// Makes a [`WideAndDeep`] with its first values drawn from the seed. The wide part begins with
/// zeros.
///
/// # Errors
/// When the sizes are larger than memory, or the dropout is not between 0 and 1.
pub fn wide_and_deep(config: &WideAndDeepConfig, seed: Seed) -> Result<WideAndDeep> {
    let mut rng = Rng::new(seed);
    let refuse = |message: &str| Error::value(message).operation("wide_and_deep");
    let sum = |sum: usize, &size: &usize| sum.checked_add(size);
    let entries = config.vocabularies.iter().try_fold(0, sum);
    // Places among all of them are counted in 32 bits.
    let entries = entries
        .filter(|&entries| u32::try_from(entries).is_ok())
        .ok_or_else(|| refuse("the vocabularies have more than 2³² − 1 entries together"))?;
    let features = (config.vocabularies.len().checked_mul(config.dim))
        .and_then(|embedded| embedded.checked_add(config.numbers))
        .ok_or_else(|| refuse("numbers and vectors have more features than can be counted"))?;
    let deep = MlpConfig::new(features, config.outputs).hidden(&config.hidden);
    let categories = |dim: usize, init: Init, rng: &mut Rng| {
        Embedding::config(entries, dim).weight_init(init).init(rng)
    };
    Ok(WideAndDeep {
        embedding: categories(config.dim, Init::Normal { std: 0.3 }, &mut rng)?,
        wide_categories: categories(config.outputs, Init::Zeros, &mut rng)?,
        wide_numbers: Linear::config(config.numbers, config.outputs)
            .weight_init(Init::Zeros)
            .bias(false)
            .init(&mut rng)?,
        deep: mlp(&deep.dropout(config.dropout), Seed(rng.next_key()))?,
        vocabularies: config.vocabularies.clone(),
    })
}

impl WideAndDeep {
    /// Places in the columns' vocabularies as places in one table that holds them all.
    fn places(&self, categories: &Tensor<u32>) -> Result<Tensor<u32>> {
        let columns = self.vocabularies.len();
        if categories.rank() != 2 || categories.shape()[1] != columns {
            return Err(Error::shape(format!(
                "the categories {} (N, K) should have {columns} columns",
                categories.shape()
            )));
        }
        let mut places = categories.clone();
        for row in places.as_mut_slice().chunks_mut(columns.max(1)) {
            let mut start = 0;
            for (column, (place, &size)) in row.iter_mut().zip(&self.vocabularies).enumerate() {
                if *place as usize >= size {
                    return Err(Error::index(format!(
                        "category {place} of column {column}, whose vocabulary has {size}"
                    )));
                }
                *place += start;
                start += size as u32;
            }
        }
        Ok(places)
    }
}

impl Module<TableInput> for WideAndDeep {
    fn forward(&self, x: &TableInput, pass: &mut Pass) -> Result<Var> {
        let places = self.places(&x.categories).map_err(|e| e.operation("wide_and_deep"))?;
        let numbers = pass.constant(x.numbers.clone()); // [N, F]
        let vectors = self.embedding.forward(&places, pass)?.flatten()?; // [N, K · dim]
        let deep = self.deep.forward(&Var::concat(&[&numbers, &vectors], 1)?, pass)?;
        let wide = self.wide_categories.forward(&places, pass)?.sum_axes(&[1])?; // [N, outputs]
        let wide = wide.add(&self.wide_numbers.forward(&numbers, pass)?)?;
        deep.add(&wide)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_dont_share_their_vectors() {
        let config = WideAndDeepConfig::new(2, &[3, 5], 1).dim(4).hidden(&[8]);
        let model = wide_and_deep(&config, Seed(7)).unwrap();
        assert_eq!(model.parameter_count(), 8 * 4 + 8 + 2 + ((2 + 2 * 4) * 8 + 8 + 8 + 1));
        let places = model.places(&Tensor::from([[0, 0], [2, 4]])).unwrap();
        assert_eq!(places, Tensor::from([[0, 3], [2, 7]]));
    }

    #[test]
    fn strange_categories_are_refused() {
        let model = wide_and_deep(&WideAndDeepConfig::new(0, &[3, 5], 1), Seed(7)).unwrap();
        let refusal = |categories: Tensor<u32>| {
            let numbers = Tensor::zeros([1, 0]);
            let input = TableInput { numbers, categories };
            model.forward(&input, &mut Pass::eval(&model)).unwrap_err().to_string()
        };
        assert_eq!(
            refusal(Tensor::from([[1, 5]])),
            "wide_and_deep: category 5 of column 1, whose vocabulary has 5"
        );
        assert_eq!(
            refusal(Tensor::from([[1]])),
            "wide_and_deep: the categories [1, 1] (N, K) should have 2 columns"
        );
    }
}

//! Wide and deep: a network for tables of numbers and categories.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::{Encoding, TableInput};
use plywood_layers::{Embedding, Init, Linear, Module, Params, Settings};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};

use crate::mlp::{Mlp, mlp};

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
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::WideAndDeepConfig;
///
/// let houses = Ames::embedded()?.take(500)?;
/// let encoding = Encoding::config("Sale_Price").log_target().measured_on(&houses)?;
/// let model = WideAndDeepConfig::for_table(&encoding, 1).init(&mut Rng::new(Seed(7)))?;
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

/// The settings of a [`WideAndDeep`].
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::wide_and_deep;
///
/// let rng = &mut Rng::new(Seed(7));
/// // Two columns of numbers, and columns of 3 and 5 categories.
/// let config = wide_and_deep(2, [3, 5], 1).dim(4).hidden([8]);
/// let model = config.init(rng)?;
/// assert_eq!(model.embedding.weight.shape(), [3 + 5, 4].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = WideAndDeep, operation = "wide_and_deep")]
pub struct WideAndDeepConfig {
    /// The columns of numbers.
    numbers: usize,
    /// The size of the vocabulary of each column of categories.
    #[setting(from(impl Into<Vec<usize>>, Into::into))]
    vocabularies: Vec<usize>,
    /// The numbers that come out.
    outputs: usize,
    /// The length of the vectors that categories become.
    #[setting(default = 4)]
    dim: usize,
    /// The sizes of the hidden layers.
    #[setting(default = vec![64], from(impl Into<Vec<usize>>, Into::into))]
    hidden: Vec<usize>,
    /// The probability with which a hidden number is dropped in training.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    dropout: f64,
}

/// A [`WideAndDeep`] from `numbers` columns of numbers and a column of categories for each of the
/// `vocabularies` to `outputs`; [`WideAndDeepConfig::for_table`] takes all that from a table's encoding. The
/// wide part begins with zeros.
pub fn wide_and_deep(
    numbers: usize,
    vocabularies: impl Into<Vec<usize>>,
    outputs: usize,
) -> WideAndDeepConfig {
    WideAndDeepConfig::new(numbers, vocabularies, outputs)
}

impl WideAndDeepConfig {
    /// For tables that are encoded so.
    pub fn for_table(encoding: &Encoding, outputs: usize) -> Self {
        let sizes: Vec<usize> = encoding.vocabularies().iter().map(|&(_, size)| size).collect();
        Self::new(encoding.number_names().len(), sizes, outputs)
    }

    fn build(&self, rng: &mut Rng) -> Result<WideAndDeep> {
        let refuse = |message: &str| Error::value(message).operation("wide_and_deep");
        let sum = |sum: usize, &size: &usize| sum.checked_add(size);
        let entries = self.vocabularies.iter().try_fold(0, sum);
        // Places among all of them are counted in 32 bits.
        let entries = entries
            .filter(|&entries| u32::try_from(entries).is_ok())
            .ok_or_else(|| refuse("the vocabularies have more than 2³² − 1 entries together"))?;
        let features = (self.vocabularies.len().checked_mul(self.dim))
            .and_then(|embedded| embedded.checked_add(self.numbers))
            .ok_or_else(|| refuse("numbers and vectors have more features than can be counted"))?;
        let deep = mlp(features, self.outputs).hidden(&self.hidden[..]).dropout(self.dropout);
        let categories = |dim: usize, init: Init, rng: &mut Rng| {
            Embedding::config(entries, dim).weight_init(init).init(rng)
        };
        Ok(WideAndDeep {
            embedding: categories(self.dim, Init::Normal { std: 0.3 }, rng)?,
            wide_categories: categories(self.outputs, Init::Zeros, rng)?,
            wide_numbers: Linear::config(self.numbers, self.outputs)
                .weight_init(Init::Zeros)
                .bias(false)
                .init(rng)?,
            deep: deep.init(&mut Rng::new(Seed(rng.next_key())))?,
            vocabularies: self.vocabularies.clone(),
        })
    }
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
        let config = wide_and_deep(2, [3, 5], 1).dim(4).hidden([8]);
        let model = config.init(&mut Rng::new(Seed(7))).unwrap();
        assert_eq!(model.parameter_count(), 8 * 4 + 8 + 2 + ((2 + 2 * 4) * 8 + 8 + 8 + 1));
        let places = model.places(&Tensor::from([[0, 0], [2, 4]])).unwrap();
        assert_eq!(places, Tensor::from([[0, 3], [2, 7]]));
    }

    #[test]
    fn strange_categories_are_refused() {
        let model = wide_and_deep(0, [3, 5], 1).init(&mut Rng::new(Seed(7))).unwrap();
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

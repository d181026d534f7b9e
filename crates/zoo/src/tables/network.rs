//! The networks that learn from tables.

use plywood_autodiff::{Params, Pass, Var};
use plywood_datasets::{Encoding, TableBatch, TableInput};
use plywood_layers::{Module, cross_entropy, mse_loss};
use plywood_tensor::{Error, Result, Rng, Tensor, did_you_mean};

use crate::mlp::{Mlp, mlp};
use crate::wide_and_deep::{WideAndDeep, WideAndDeepConfig};

/// What they are called.
const NAMES: [&str; 2] = ["mlp", "wide_and_deep"];

/// A network that is given the rows of an encoded table: see [`TableModel`](super::TableModel), which has
/// one.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_datasets::{Encoding, Table};
/// use plywood_layers::Module;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::TableModel;
///
/// let houses = Table::read(&b"rooms,town,price\n2,Ames,100\n4,Gilbert,300\n"[..])?;
/// let encoding = Encoding::measured_on(&houses, "price")?;
/// let model = TableModel::config("wide_and_deep", encoding).init(&mut Rng::new(Seed(7)))?;
/// let rows = model.values(&houses)?;
/// let prices = model.network.forward(rows.input(), &mut Pass::eval(&model.network))?;
/// assert_eq!(prices.shape(), [2, 1].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug)]
pub struct TableNetwork(Kind);

#[derive(Debug)]
enum Kind {
    /// Each category is a column of its own, which is 0 or 1.
    Mlp(Mlp, Vec<usize>),
    /// Each category is a vector that is learnt.
    WideAndDeep(Box<WideAndDeep>),
}

/// Refuses the name of a model that doesn't learn from tables.
pub(super) fn check_name(model: &str) -> Result<()> {
    match NAMES.contains(&model) {
        true => Ok(()),
        false => Err(Error::value(format!("{model} doesn't learn from tables")).hint(format!(
            "{}`{}` do",
            did_you_mean(model, NAMES),
            NAMES.join("` and `")
        ))),
    }
}

impl TableNetwork {
    /// The network of this name, with its first values.
    pub(super) fn new(
        model: &str,
        encoding: &Encoding,
        hidden: &[usize],
        dropout: f64,
        rng: &mut Rng,
    ) -> Result<Self> {
        check_name(model)?;
        let outputs = encoding.class_names().len().max(1);
        if model == "wide_and_deep" {
            let config = WideAndDeepConfig::for_table(encoding, outputs);
            let network = config.hidden(hidden).dropout(dropout).init(rng)?;
            return Ok(Self(Kind::WideAndDeep(Box::new(network))));
        }
        let sizes: Vec<usize> = encoding.vocabularies().iter().map(|&(_, size)| size).collect();
        let features = encoding.number_names().len() + sizes.iter().sum::<usize>();
        let config = mlp(features, outputs).hidden(hidden).dropout(dropout);
        Ok(Self(Kind::Mlp(config.init(rng)?, sizes)))
    }

    /// A step of learning classes, for a trainer or an evaluator: the loss, and the scores `[N, classes]`.
    ///
    /// # Errors
    /// When the rows were encoded for another network.
    pub fn class_step(
        &self,
        batch: &TableBatch<Tensor<u32>>,
        pass: &mut Pass,
    ) -> Result<(Var, Var)> {
        let scores = self.forward(&batch.input, pass)?;
        Ok((cross_entropy(&scores, &batch.target)?, scores))
    }

    /// A step of learning numbers, for a trainer or an evaluator: the loss, and what was predicted,
    /// `[N, 1]`.
    ///
    /// # Errors
    /// When the rows were encoded for another network.
    pub fn value_step(&self, batch: &TableBatch<Tensor>, pass: &mut Pass) -> Result<(Var, Var)> {
        let predicted = self.forward(&batch.input, pass)?;
        Ok((mse_loss(&predicted, &batch.target)?, predicted))
    }

    fn params(&self) -> &dyn Params {
        match &self.0 {
            Kind::Mlp(network, _) => network,
            Kind::WideAndDeep(network) => &**network,
        }
    }
}

impl Params for TableNetwork {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        self.params().fields()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        match &mut self.0 {
            Kind::Mlp(network, _) => network.fields_mut(),
            Kind::WideAndDeep(network) => network.fields_mut(),
        }
    }

    fn own_settings(&self) -> Vec<(String, String)> {
        self.params().own_settings()
    }
}

impl Module<TableInput> for TableNetwork {
    fn forward(&self, x: &TableInput, pass: &mut Pass) -> Result<Var> {
        match &self.0 {
            Kind::Mlp(network, sizes) => {
                let x = pass.constant(x.one_hot(sizes)?); // [N, F + ΣV]
                network.forward(&x, pass)
            }
            Kind::WideAndDeep(network) => network.forward(x, pass),
        }
    }
}

//! The networks that learn from tables.

use plywood::autodiff::{Params, Pass, Var};
use plywood::datasets::{Encoding, TableInput};
use plywood::layers::Module;
use plywood::tensor::{Error, Result, Rng, Seed};
use plywood::zoo::{Mlp, WideAndDeep, WideAndDeepConfig, mlp};

/// What they are called.
const NAMES: [&str; 2] = ["mlp", "wide_and_deep"];

/// A network that is given the rows of an encoded table.
pub(crate) enum TableNetwork {
    /// Each category is a column of its own, which is 0 or 1.
    Mlp(Mlp, Vec<usize>),
    /// Each category is a vector that is learnt.
    WideAndDeep(Box<WideAndDeep>),
}

/// Refuses the name of a model that doesn't learn from tables.
pub(crate) fn check_name(model: &str) -> Result<()> {
    match NAMES.contains(&model) {
        true => Ok(()),
        false => Err(Error::value(format!("{model} doesn't learn from tables"))
            .hint(format!("`{}` do", NAMES.join("` and `")))),
    }
}

impl TableNetwork {
    /// The network of this name, with its first values.
    pub(crate) fn new(
        model: &str,
        encoding: &Encoding,
        hidden: &[usize],
        dropout: f64,
        seed: Seed,
    ) -> Result<Self> {
        check_name(model)?;
        let outputs = encoding.class_names().len().max(1);
        if model == "wide_and_deep" {
            let config = WideAndDeepConfig::for_table(encoding, outputs);
            let network = config.hidden(hidden).dropout(dropout).init(&mut Rng::new(seed))?;
            return Ok(Self::WideAndDeep(Box::new(network)));
        }
        let sizes: Vec<usize> = encoding.vocabularies().iter().map(|&(_, size)| size).collect();
        let features = encoding.number_names().len() + sizes.iter().sum::<usize>();
        let config = mlp(features, outputs).hidden(hidden).dropout(dropout);
        Ok(Self::Mlp(config.init(&mut Rng::new(seed))?, sizes))
    }
}

impl Params for TableNetwork {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        match self {
            Self::Mlp(network, _) => network.fields(),
            Self::WideAndDeep(network) => network.fields(),
        }
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        match self {
            Self::Mlp(network, _) => network.fields_mut(),
            Self::WideAndDeep(network) => network.fields_mut(),
        }
    }

    fn own_settings(&self) -> Vec<(String, String)> {
        match self {
            Self::Mlp(network, _) => network.own_settings(),
            Self::WideAndDeep(network) => network.own_settings(),
        }
    }
}

impl Module<TableInput> for TableNetwork {
    fn forward(&self, x: &TableInput, pass: &mut Pass) -> Result<Var> {
        match self {
            Self::Mlp(network, sizes) => {
                let x = pass.constant(x.one_hot(sizes)?); // [N, F + ΣV]
                network.forward(&x, pass)
            }
            Self::WideAndDeep(network) => network.forward(x, pass),
        }
    }
}

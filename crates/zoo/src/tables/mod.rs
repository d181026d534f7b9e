//! Models of tables: a network, and how a table becomes its input.

mod importance;
mod linear;
mod network;
mod prediction;

use std::path::Path;

use plywood_autodiff::Pass;
use plywood_datasets::{ColumnType, Csv, Encoding, Schema, Table, TableInput, TableSet};
use plywood_layers::{Module, Settings, Summary, load, summary_of};
use plywood_tensor::{Result, Rng, Seed, Tensor};
use serde::{Deserialize, Serialize};

use crate::described::{self, WEIGHTS};
use network::Shape;

pub use importance::Importance;
pub use linear::LinearTableModel;
pub use network::{MemberLoss, TableNetwork};
pub use prediction::TablePrediction;

pub(crate) const DESCRIPTION: &str = "table.json";

/// How many rows a network is given at a time, whatever a table has.
const ROWS_AT_A_TIME: usize = 4096;

/// A model of tables: the network, how the columns of a table become its input, and how a file is read.
///
/// ```
/// use plywood_datasets::{Ames, Encoding, Split};
/// use plywood_layers::mse_loss;
/// use plywood_optimizers::AdamW;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::{RSquared, Trainer};
/// use plywood_zoo::{MemberLoss, TableModel};
///
/// let [train, test] = Ames::embedded()?.take(600)?.split([0.8, 0.2], Seed(7))?;
/// let config = Encoding::config("Sale_Price").log_target().standard_target();
/// let encoding = config.measured_on(&train)?;
/// let mut model = TableModel::config("wide_and_deep", encoding).init(&mut Rng::new(Seed(7)))?;
///
/// let trainer = Trainer::new(AdamW::new(3e-3)).objective(MemberLoss(mse_loss)).epochs(8);
/// # let trainer = trainer.quiet(true);
/// let (rows, held_out) = (model.values(&train)?, model.values(&test)?);
/// let run = trainer.metric(RSquared::new()).fit(&mut model.network, &rows, None)?;
/// assert!(run.evaluate(&model.network, &held_out)?.metric("R²").unwrap() > 0.5);
///
/// let prices = model.predict(&test)?; // dollars, as in the table
/// assert!(prices.numbers().unwrap().iter().all(|price| (1e4..1e6).contains(price)));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug)]
pub struct TableModel {
    description: Description,
    /// What learns: a row becomes the scores of classes, or a number.
    pub network: TableNetwork,
}

/// The settings of a [`TableModel`].
///
/// ```
/// use plywood_datasets::{Ames, Encoding};
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::TableModel;
///
/// let houses = Ames::embedded()?;
/// let encoding = Encoding::config("Sale_Price").standard_target().measured_on(&houses)?;
/// let config = TableModel::config("mlp", encoding).members(1).hidden([16]).dropout(0.5);
/// let model = config.init(&mut Rng::new(Seed(7)))?;
/// let parameters = model.network.named_parameters();
/// assert_eq!(parameters.len(), 5); // two layers: weights and biases; the linear model: weights
/// assert_eq!(parameters[0].0, "members.0.deep.layers.0.weight");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = TableModel, operation = "table model")]
pub struct TableModelConfig {
    /// The network's name: `mlp`, in which each category is a column of its own that is 0 or 1, or
    /// `wide_and_deep`, in which it is a vector that is learnt.
    #[setting(from(impl Into<String>, Into::into))]
    network: String,
    /// How a table's columns become the network's input.
    encoding: Encoding,
    /// How many networks learn, each by itself: the model answers with the mean of their answers, which is
    /// mostly better than any of them.
    #[setting(default = 4)]
    members: usize,
    /// The sizes of the hidden layers of each: the default is enough for tables of thousands of rows.
    #[setting(default = vec![64, 32], from(impl Into<Vec<usize>>, Into::into))]
    hidden: Vec<usize>,
    /// The probability with which a hidden number is dropped in training.
    #[setting(default = 0.1, range = 0.0..=1.0)]
    dropout: f64,
}

impl TableModelConfig {
    fn build(&self, rng: &mut Rng) -> Result<TableModel> {
        let description = Description {
            model: self.network.clone(),
            delimiter: None,
            missing: Vec::new(),
            schema: None,
            members: self.members,
            hidden: self.hidden.clone(),
            dropout: self.dropout,
            encoding: self.encoding.clone(),
        };
        Ok(TableModel { network: description.network(rng)?, description })
    }
}

/// What `table.json` holds.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    /// The network's name.
    model: String,
    /// The delimiter that was told.
    delimiter: Option<u8>,
    missing: Vec<String>,
    /// How the columns that it learnt from were read; nothing where the model wasn't told.
    schema: Option<Schema>,
    members: usize,
    hidden: Vec<usize>,
    dropout: f64,
    encoding: Encoding,
}

impl Description {
    fn network(&self, rng: &mut Rng) -> Result<TableNetwork> {
        let Self { members, ref hidden, dropout, .. } = *self;
        TableNetwork::new(&self.model, &self.encoding, &Shape { members, hidden, dropout }, rng)
    }
}

impl TableModel {
    /// The settings of a model by the name of its network, `mlp` or `wide_and_deep`.
    pub fn config(network: impl Into<String>, encoding: Encoding) -> TableModelConfig {
        TableModelConfig::new(network, encoding)
    }

    /// Refuses the name of a network that doesn't learn from tables.
    ///
    /// # Errors
    /// When it is one.
    pub fn check_name(network: &str) -> Result<()> {
        network::check_name(network)
    }

    /// Keeps how the table that it learns from was read, so that other files are read alike.
    #[must_use]
    pub fn read_as(mut self, csv: &Csv, table: &Table) -> Self {
        let columns = with_target(&self.description.encoding);
        self.description.schema = Some(table.schema().only(&columns));
        self.description.delimiter = csv.told_delimiter();
        self.description.missing = csv.told_missing().to_vec();
        self
    }

    /// The network's name.
    pub fn name(&self) -> &str {
        &self.description.model
    }

    /// How a table's columns become the network's input.
    pub fn encoding(&self) -> &Encoding {
        &self.description.encoding
    }

    /// The column that it learns.
    pub fn target(&self) -> &str {
        self.encoding().target()
    }

    /// Whether it tells classes; else it predicts numbers.
    pub fn is_classifier(&self) -> bool {
        !self.encoding().class_names().is_empty()
    }

    /// How a file is read: the columns that the model is given, with the types that they had where it
    /// learnt.
    pub fn csv(&self) -> Csv {
        self.csv_of(&self.encoding().columns())
    }

    /// As [`csv`](Self::csv), with the column that it learns, to evaluate on.
    pub fn csv_with_target(&self) -> Csv {
        let csv = self.csv_of(&with_target(self.encoding()));
        let typed = self.description.schema.is_some() || !self.is_classifier();
        if typed { csv } else { csv.column(self.target(), ColumnType::Category) }
    }

    fn csv_of(&self, columns: &[&str]) -> Csv {
        let Description { delimiter, missing, schema, encoding, .. } = &self.description;
        let csv = Csv::new().missing(missing);
        let csv = match *delimiter {
            Some(delimiter) => csv.delimiter(delimiter),
            None => csv,
        };
        if let Some(schema) = schema {
            return csv.schema(&schema.clone().only(columns));
        }
        let numbers = encoding.number_names().into_iter();
        let numbers = numbers.map(|name| (name, ColumnType::Number));
        let categories = encoding.columns().into_iter().skip(numbers.len());
        let categories = categories.map(|name| (name, ColumnType::Category));
        let csv = csv.only(columns.iter().copied());
        numbers.chain(categories).fold(csv, |csv, (name, kind)| csv.column(name, kind))
    }

    /// Rows whose target is a class, as a data set.
    ///
    /// # Errors
    /// As [`Encoding::classes`].
    pub fn classes(&self, table: &Table) -> Result<TableSet<Tensor<u32>>> {
        self.encoding().classes(table)
    }

    /// Rows whose target is a number, as a data set.
    ///
    /// # Errors
    /// As [`Encoding::values`].
    pub fn values(&self, table: &Table) -> Result<TableSet<Tensor>> {
        self.encoding().values(table)
    }

    /// What the model says of rows, whose target need not be there.
    ///
    /// # Errors
    /// When a column is missing or of another type.
    pub fn predict(&self, table: &Table) -> Result<TablePrediction> {
        let outputs = self.outputs(&self.encoding().input(table)?)?;
        let names = self.encoding().class_names();
        match names.is_empty() {
            true => Ok(TablePrediction::of_numbers(self.encoding().restore(&outputs))),
            false => TablePrediction::classes(names, &outputs),
        }
    }

    /// What the networks are made of, for one row.
    ///
    /// ```
    /// use plywood_datasets::{Ames, Encoding};
    /// use plywood_tensor::{Rng, Seed};
    /// use plywood_zoo::TableModel;
    ///
    /// let houses = Encoding::measured_on(&Ames::embedded()?, "Sale_Price")?;
    /// let model = TableModel::config("mlp", houses).hidden([16]).init(&mut Rng::new(Seed(7)))?;
    /// let summary = model.summary()?;
    /// assert_eq!(summary.rows.last().map(|row| row.output.to_vec()), Some(vec![1, 1]));
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// Never, unless its description was changed in its file.
    pub fn summary(&self) -> Result<Summary> {
        let encoding = self.encoding();
        let (numbers, kinds) = (encoding.number_names().len(), encoding.vocabularies().len());
        let input = TableInput {
            numbers: Tensor::zeros([1, numbers]),
            categories: Tensor::from_vec(vec![0_u32; kinds], [1, kinds])?,
        };
        summary_of(&self.network, [1, numbers + kinds], |pass| self.network.forward(&input, pass))
    }

    /// What the network answers to rows, some at a time.
    fn outputs(&self, input: &TableInput) -> Result<Tensor> {
        let rows = input.numbers.shape()[0];
        let mut outputs = Vec::new();
        for start in (0..rows).step_by(ROWS_AT_A_TIME) {
            let count = ROWS_AT_A_TIME.min(rows - start);
            let some = TableInput {
                numbers: input.numbers.narrow(0, start, count)?,
                categories: input.categories.narrow(0, start, count)?,
            };
            let output = self.network.forward(&some, &mut Pass::eval(&self.network))?;
            outputs.extend_from_slice(output.value()?.as_slice());
        }
        Tensor::from_vec(outputs, [rows, self.encoding().class_names().len().max(1)])
    }

    /// Writes `table.json` and `model.safetensors` into a folder, each whole or not at all.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        described::write(folder.as_ref(), DESCRIPTION, &self.description, "model", &self.network)
    }

    /// Reads what [`save`](Self::save) has written.
    ///
    /// # Errors
    /// When a file is missing or damaged, or the two don't fit together.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let path = folder.as_ref().join(DESCRIPTION);
        let hint = "a folder that a model of tables was saved in has one";
        let description: Description = described::read(&path, "model of tables", hint)?;
        let mut network = description
            .network(&mut Rng::new(Seed(0)))
            .map_err(|error| error.at(path.display()))?;
        load(&mut network, folder.as_ref().join(WEIGHTS))?;
        Ok(Self { description, network })
    }
}

/// The columns that an encoding reads.
fn with_target(encoding: &Encoding) -> Vec<&str> {
    [encoding.columns(), vec![encoding.target()]].concat()
}

#[cfg(test)]
mod tests;

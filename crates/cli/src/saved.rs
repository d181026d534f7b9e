//! A model of tables on disk: the network, and how a table becomes its input.

use std::path::Path;

use plywood::autodiff::{Pass, Var};
use plywood::datasets::{ColumnType, Csv, Encoding, Schema, Split, Table, TableBatch, TableSet};
use plywood::layers::{Module, cross_entropy, load, mse_loss, replace_file, save};
use plywood::tensor::{Error, Result, Seed, Tensor};
use serde::{Deserialize, Serialize};

use crate::table_file::Reading;
use crate::table_network::TableNetwork;

const DESCRIPTION: &str = "table.json";
const WEIGHTS: &str = "model.safetensors";

/// The hidden layers, and how much of them is dropped: enough for tables of thousands of rows.
const HIDDEN: [usize; 2] = [64, 32];
const DROPOUT: f64 = 0.1;

/// How many rows a network is given at a time, whatever a table has.
const ROWS_AT_A_TIME: usize = 4096;

/// What `table.json` holds.
#[derive(Serialize, Deserialize)]
pub(crate) struct TableModel {
    /// The network's name.
    model: String,
    /// The delimiter that was told.
    delimiter: Option<u8>,
    missing: Vec<String>,
    /// How the columns that it learnt from were read. Models saved by versions that kept no types have
    /// none.
    schema: Option<Schema>,
    hidden: Vec<usize>,
    dropout: f64,
    encoding: Encoding,
}

impl TableModel {
    pub(crate) fn new(
        model: &str,
        reading: &Reading,
        table: &Table,
        encoding: Encoding,
    ) -> Result<Self> {
        Ok(Self {
            model: model.to_owned(),
            delimiter: reading.delimiter()?,
            missing: reading.missing.clone(),
            schema: Some(table.schema().only(&with_target(&encoding))),
            hidden: HIDDEN.to_vec(),
            dropout: DROPOUT,
            encoding,
        })
    }

    /// Reads of a file the columns that the model has, with the types that it learnt.
    pub(crate) fn csv(&self, reading: &Reading) -> Result<Csv> {
        let csv = self.csv_of(reading, &with_target(&self.encoding))?;
        let typed = self.schema.is_some() || !self.is_classifier();
        Ok(if typed { csv } else { csv.column(self.target(), ColumnType::Category) })
    }

    /// As [`csv`](Self::csv), without the column to learn, which a file need not have.
    pub(crate) fn input_csv(&self, reading: &Reading) -> Result<Csv> {
        self.csv_of(reading, &inputs(&self.encoding))
    }

    fn csv_of(&self, reading: &Reading, columns: &[&str]) -> Result<Csv> {
        let csv = reading.csv(self.delimiter)?.missing(&self.missing);
        if let Some(schema) = &self.schema {
            return Ok(csv.schema(&schema.clone().only(columns)));
        }
        let vocabularies = self.encoding.vocabularies().into_iter();
        let csv = csv.only(columns.iter().copied());
        Ok(vocabularies.fold(csv, |csv, (name, _)| csv.column(name, ColumnType::Category)))
    }

    /// What isn't as it was where the model learnt.
    pub(crate) fn notes(&self, table: &Table) -> Result<Vec<String>> {
        let mut notes = self.encoding.notes(table)?;
        if self.schema.is_none() {
            notes.push(
                "the model was saved without its columns' types, which are found out anew"
                    .to_owned(),
            );
        }
        Ok(notes)
    }

    /// The network, with its first values.
    pub(crate) fn network(&self, seed: Seed) -> Result<TableNetwork> {
        TableNetwork::new(&self.model, &self.encoding, &self.hidden, self.dropout, seed)
    }

    /// The column that it learnt.
    pub(crate) fn target(&self) -> &str {
        self.encoding.target()
    }

    pub(crate) fn is_classifier(&self) -> bool {
        !self.encoding.class_names().is_empty()
    }

    /// Rows whose target is a class.
    pub(crate) fn classes(&self, table: &Table) -> Result<TableSet<Tensor<u32>>> {
        self.encoding.classes(table)
    }

    /// Rows whose target is a number.
    pub(crate) fn values(&self, table: &Table) -> Result<TableSet<Tensor>> {
        self.encoding.values(table)
    }

    /// What the network makes of rows, `[N, outputs]`: scores of classes, or what it has learnt of numbers.
    pub(crate) fn outputs(&self, network: &TableNetwork, table: &Table) -> Result<Tensor> {
        let rows: Vec<usize> = (0..table.len()).collect();
        let mut outputs = Vec::new();
        for some in rows.chunks(ROWS_AT_A_TIME) {
            let input = self.encoding.input(&table.subset(some)?)?;
            let output = network.forward(&input, &mut Pass::eval(network))?;
            outputs.extend_from_slice(output.value()?.as_slice());
        }
        let width = self.encoding.class_names().len().max(1);
        Tensor::from_vec(outputs, [rows.len(), width])
    }

    /// The outputs for numbers in the target's own unit.
    pub(crate) fn restore(&self, outputs: &Tensor) -> Tensor {
        self.encoding.restore(outputs)
    }

    /// The most probable class of each row, and its probability.
    pub(crate) fn most_probable(&self, outputs: &Tensor) -> Result<Vec<(&str, f32)>> {
        let names = self.encoding.class_names();
        let probabilities = outputs.softmax(-1)?;
        let best = |row: &[f32]| {
            let best = row.iter().zip(names).max_by(|a, b| a.0.total_cmp(b.0));
            best.map(|(&probability, name)| (name.as_str(), probability))
        };
        Ok(probabilities.as_slice().chunks(names.len()).filter_map(best).collect())
    }

    /// How far predictions are from the truth, in the target's own unit.
    pub(crate) fn mean_error(&self, network: &TableNetwork, table: &Table) -> Result<String> {
        let predicted = self.restore(&self.outputs(network, table)?);
        let target = self.target();
        let pairs = predicted.as_slice().iter().zip(table.numbers(target)?);
        let sum: f64 = pairs.map(|(&predicted, y)| (f64::from(predicted) - y).abs()).sum();
        let mean = sum / table.len() as f64;
        Ok(format!("mean error of `{target}`: {mean:.4}"))
    }

    pub(crate) fn save(&self, network: &TableNetwork, folder: &Path) -> Result<()> {
        let json = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::data(format!("the model can't be written: {error}")))?;
        save(network, folder.join(WEIGHTS))?;
        replace_file(folder.join(DESCRIPTION), &json)
    }

    /// Whether a folder has one.
    pub(crate) fn is_in(folder: &Path) -> bool {
        folder.join(DESCRIPTION).exists()
    }

    pub(crate) fn load(folder: &Path) -> Result<(Self, TableNetwork)> {
        let path = folder.join(DESCRIPTION);
        let json = std::fs::read(&path).map_err(|error| {
            Error::io("read", &path, error).hint("a folder that `train --csv` has made has one")
        })?;
        let own: Self = serde_json::from_slice(&json).map_err(|error| {
            Error::data(format!("this describes no model of tables: {error}")).at(path.display())
        })?;
        let mut network = own.network(Seed(0)).map_err(|error| error.at(path.display()))?;
        load(&mut network, folder.join(WEIGHTS))?;
        Ok((own, network))
    }
}

/// The columns that a network is given.
fn inputs(encoding: &Encoding) -> Vec<&str> {
    let categories = encoding.vocabularies().into_iter().map(|(name, _)| name);
    encoding.number_names().into_iter().chain(categories).collect()
}

/// The columns that an encoding reads.
fn with_target(encoding: &Encoding) -> Vec<&str> {
    [inputs(encoding), vec![encoding.target()]].concat()
}

/// A step of learning classes: the loss, and the scores.
pub(crate) fn class_step(
    network: &TableNetwork,
    batch: &TableBatch<Tensor<u32>>,
    pass: &mut Pass,
) -> Result<(Var, Var)> {
    let scores = network.forward(&batch.input, pass)?;
    Ok((cross_entropy(&scores, &batch.target)?, scores))
}

/// A step of learning numbers: the loss, and what was predicted.
pub(crate) fn value_step(
    network: &TableNetwork,
    batch: &TableBatch<Tensor>,
    pass: &mut Pass,
) -> Result<(Var, Var)> {
    let predicted = network.forward(&batch.input, pass)?;
    Ok((mse_loss(&predicted, &batch.target)?, predicted))
}

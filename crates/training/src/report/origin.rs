//! What was trained on what, and what would repeat it.

use plywood_tensor::instructions;

use super::Report;
use super::figure::Figure;
use super::words::{count, duration, grouped};

/// What the names of settings of the model's layers begin with: there may be many of them.
const OF_LAYERS: &str = "model.";

impl Report<'_> {
    /// What is told at the top.
    pub(super) fn key_facts(&self) -> Vec<(&'static str, String)> {
        let facts = &self.facts;
        let mut told = Vec::new();
        if let Some(evaluation) = self.evaluation {
            told.push(("tested on", count(evaluation.samples as u64, "sample")));
        }
        let epochs = count(facts.history.len() as u64, "epoch");
        told.push((
            "trained for",
            match facts.best_epoch {
                0 => epochs,
                best => format!("{epochs}, the best was number {best}"),
            },
        ));
        told.push(("in", duration(facts.train_seconds)));
        let learnt = match (&self.summary, &self.parts) {
            (Some(summary), _) => Some(summary.parameters),
            (None, Some(parts)) => Some(parts.parameters),
            (None, None) => None,
        };
        told.extend(learnt.map(|numbers| ("learnt numbers", grouped(numbers as u64))));
        told.extend(facts.stopped.map(|why| ("ended early", why.to_owned())));
        told
    }

    pub(super) fn origin(&self) -> Vec<Figure> {
        let pair = |name: &str, value: &str| [name.to_owned(), value.to_owned()];
        let mut figures = Vec::new();
        if let Some(line) = &self.command {
            let caption = "The line that repeats it, in the folder where it was run.";
            figures.push(Figure::code("To repeat it", caption, line));
        }
        let mut rows: Vec<[String; 2]> =
            self.data.iter().map(|(name, description)| pair(name, description)).collect();
        let (of_layers, own): (Vec<_>, Vec<_>) =
            self.facts.settings.iter().partition(|(name, _)| name.starts_with(OF_LAYERS));
        rows.extend(own.iter().map(|(name, value)| pair(name, value)));
        rows.push(pair("Plywood", env!("CARGO_PKG_VERSION")));
        rows.push(pair("vector instructions", &instructions().to_string()));
        let caption =
            "Where a line ends with crc32, that is a checksum: other contents have another one.";
        figures.push(Figure::table("Data and settings", caption, ["what", "value"], rows));
        if !of_layers.is_empty() {
            let rows = of_layers.iter().map(|(name, value)| pair(name, value));
            let caption = "What the layers compute by, besides what they learn.";
            let table = Figure::table("Settings of the layers", caption, ["what", "value"], rows);
            figures.push(table.folded());
        }
        figures
    }
}

//! What longer trainings came to, from the table of results.

use plywood::prelude::*;
use plywood_examples::mean_and_spread;
use serde_json::Value;

/// The mean over seeds of a row of `results.json`.
pub(crate) fn mean(name: &str) -> Result<f64> {
    let results: Value = serde_json::from_str(include_str!("../../results.json"))
        .map_err(|error| Error::data(format!("results.json can't be read: {error}")))?;
    let values = results[name]["values"].as_array();
    let values: Vec<f64> = values.into_iter().flatten().filter_map(Value::as_f64).collect();
    match values.is_empty() {
        true => Err(Error::data(format!("results.json has no figures of `{name}`"))),
        false => Ok(mean_and_spread(&values).0),
    }
}

//! Predictions for the rows of a table, a few at a time as they come.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use plywood::datasets::{CsvPart, CsvStream, Gaps, Split, Table};
use plywood::tensor::{Error, Result};
use plywood::zoo::{TableModel, TablePrediction};

use super::answers::{Answer, Answers, PROBABILITIES};
use super::{Arguments, is_standard_input};
use crate::missing;
use crate::say::Output;
use crate::table_file::tell;

/// A line for each row of a table: its columns, and what the model says.
pub(super) fn predict(
    model: &TableModel,
    file: &Path,
    arguments: &Arguments,
    out: &mut Output,
) -> Result<()> {
    let csv = arguments.reading.apply(model.csv())?;
    let stream: CsvStream = match is_standard_input(file) {
        true => csv.stream(io::stdin()).map_err(|error| error.at("standard input"))?,
        false => csv.stream_file(file).map_err(|error| missing::hinted(error, file))?,
    };
    let file = if is_standard_input(file) { Path::new("standard input") } else { file };
    let class_names = model.encoding().class_names();
    tell(file, stream.notes());
    let names = stream.names().to_vec();
    let mut answers = Answers::begin(out, arguments.format, names, class_names, PROBABILITIES);
    let mut said = HashSet::new();
    let mut gaps = Gaps::default();
    let mut rows = 0;
    for part in stream {
        let part = part?;
        tell(file, part.table.notes().iter().filter(|&note| said.insert(note.clone())));
        gaps.add(model.encoding().gaps(&part.table)?);
        rows += part.rows.len();
        answer(model, part, &mut answers);
    }
    answers.end();
    tell(file, gaps.notes());
    if rows == 0 {
        tell(file, ["there are no rows"]);
    }
    Ok(())
}

/// Writes a line for each row: where one of them can't be given to the network, each is asked by itself.
fn answer(model: &TableModel, part: CsvPart, answers: &mut Answers) {
    let CsvPart { rows, table } = part;
    let own: Vec<Result<Answer>> = match model.predict(&table) {
        Ok(all) => each(&all).into_iter().map(Ok).collect(),
        Err(_) => (0..table.len()).map(|row| alone(model, &table, row)).collect(),
    };
    let mut own = own.into_iter();
    for row in rows {
        let answer = match row.error {
            Some(error) => Err(error),
            None => own.next().unwrap_or_else(nothing),
        };
        answers.row(&row.values, answer);
    }
}

/// What a model says of one row of a table.
fn alone(model: &TableModel, table: &Table, row: usize) -> Result<Answer> {
    let predicted = model.predict(&table.subset(&[row])?)?;
    each(&predicted).pop().map_or_else(nothing, Ok)
}

fn nothing() -> Result<Answer> {
    Err(Error::data("the model says nothing"))
}

fn each(predicted: &TablePrediction) -> Vec<Answer> {
    if let Some(numbers) = predicted.numbers() {
        return numbers.iter().map(|&number| Answer::Number(number)).collect();
    }
    let classes = predicted.class_names().len().max(1);
    let probabilities = predicted.probabilities().map_or(&[][..], |all| all.as_slice());
    let rows = predicted.most_probable().into_iter().zip(probabilities.chunks(classes));
    rows.map(|((class, _), row)| {
        Answer::Class(class.to_owned(), row.iter().map(|&p| f64::from(p)).collect())
    })
    .collect()
}

//! Answers in lines that people and programs read.

use plywood::tensor::{Error, Result};
use plywood::zoo::Prediction;
use serde::{Serialize, Serializer};

use crate::say::{Output, note};
use crate::table_file::field;

/// How answers are written.
#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
pub(super) enum Format {
    Csv,
    Json,
}

/// What a model says of one row, image or recording.
pub(super) enum Answer {
    Number(f32),
    /// The most probable class, and the probability of each one.
    Class(String, Vec<f64>),
}

impl Answer {
    /// The most probable class of a prediction.
    pub(super) fn most_probable(prediction: &Prediction) -> Self {
        let class =
            prediction.top(1).first().map_or_else(String::new, |(class, _)| (*class).to_owned());
        Self::Class(class, prediction.probabilities().to_vec())
    }
}

/// What the numbers of classes are, one and several of them.
#[derive(Clone, Copy)]
pub(super) struct Numbers {
    one: &'static str,
    several: &'static str,
}

/// How probable each class is.
pub(super) const PROBABILITIES: Numbers = Numbers { one: "probability", several: "probabilities" };
/// Which part of an image each class is.
pub(super) const PARTS: Numbers = Numbers { one: "part", several: "parts" };

/// The most classes whose probabilities have a column each; of more the most probable one's has one.
const MOST_CLASSES: usize = 50;

/// The most unreadable rows that are named.
const MOST_NAMED: usize = 20;

/// Writes one line for each row of the input: what stands there, and what the model says of it.
pub(super) struct Answers<'o> {
    out: &'o mut Output,
    format: Format,
    names: Vec<String>,
    class_names: Vec<String>,
    numbers: Numbers,
    unreadable: usize,
}

impl<'o> Answers<'o> {
    /// Writes the line of names, if there is one. `class_names` is empty where numbers are predicted.
    pub(super) fn begin(
        out: &'o mut Output,
        format: Format,
        mut names: Vec<String>,
        class_names: &[String],
        numbers: Numbers,
    ) -> Self {
        let class_names = class_names.to_vec();
        let mut added = vec!["prediction".to_owned()];
        if class_names.len() > MOST_CLASSES && format == Format::Csv {
            added.push(numbers.one.to_owned());
        } else {
            added.extend(class_names.iter().map(|name| format!("{}_{name}", numbers.one)));
        }
        for name in added {
            let name = free(name, &names);
            names.push(name);
        }
        if format == Format::Csv {
            let line: Vec<String> = names.iter().map(field).collect();
            out.data(&line.join(","));
        }
        Self { out, format, names, class_names, numbers, unreadable: 0 }
    }

    /// Writes a line. An error stands for an answer that there isn't: its place stays empty.
    pub(super) fn row(&mut self, values: &[String], answer: Result<Answer>) {
        let answer = answer.map_err(|error| self.tell(&error)).ok();
        match self.format {
            Format::Csv => self.csv(values, answer),
            Format::Json => self.json(values, answer),
        }
    }

    fn tell(&mut self, error: &Error) {
        self.unreadable += 1;
        if self.unreadable <= MOST_NAMED {
            note(format!("no answer: {error}"));
        }
    }

    fn csv(&mut self, values: &[String], answer: Option<Answer>) {
        // A row that can't be read may have any number of values.
        let added = match self.class_names.len() {
            0 => 1,
            classes if classes > MOST_CLASSES => 2,
            classes => 1 + classes,
        };
        let kept = self.names.len() - added;
        let mut line: Vec<String> = values.iter().take(kept).map(field).collect();
        line.resize(kept, String::new());
        match answer {
            None => {}
            Some(Answer::Number(number)) => line.push(number.to_string()),
            Some(Answer::Class(class, probabilities)) => {
                line.push(field(&class));
                if added == 2 && self.class_names.len() > MOST_CLASSES {
                    let most = probabilities.iter().copied().fold(0.0, f64::max);
                    line.push(probability(most));
                } else {
                    line.extend(probabilities.into_iter().map(probability));
                }
            }
        }
        line.resize(self.names.len(), String::new());
        self.out.data(&line.join(","));
    }

    fn json(&mut self, values: &[String], answer: Option<Answer>) {
        let classes = self.class_names.len();
        let kept = &self.names[..self.names.len() - 1 - classes];
        let object = Object {
            kept,
            values,
            prediction: &self.names[kept.len()],
            answer,
            classes: &self.class_names,
            numbers: self.numbers,
        };
        // Texts and finite numbers always have a form.
        let line = serde_json::to_string(&object).unwrap_or_else(|error| error.to_string());
        self.out.data(&line);
    }

    /// Says how many rows have no answer.
    pub(super) fn end(self) {
        match self.unreadable {
            0 => {}
            count => {
                if count > MOST_NAMED {
                    note(format!("no answer for {} more", count - MOST_NAMED));
                }
                self.out.is_incomplete();
            }
        }
    }
}

/// A row as JSON, in the columns' order.
struct Object<'a> {
    kept: &'a [String],
    values: &'a [String],
    prediction: &'a str,
    answer: Option<Answer>,
    classes: &'a [String],
    numbers: Numbers,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.kept.iter().zip(self.values) {
            map.serialize_entry(name, value)?;
        }
        match &self.answer {
            None => map.serialize_entry(self.prediction, &())?,
            Some(Answer::Number(number)) => map.serialize_entry(self.prediction, number)?,
            Some(Answer::Class(class, probabilities)) => {
                map.serialize_entry(self.prediction, class)?;
                map.serialize_entry(
                    self.numbers.several,
                    &Probabilities(self.classes, probabilities),
                )?;
            }
        }
        map.end()
    }
}

struct Probabilities<'a>(&'a [String], &'a [f64]);

impl Serialize for Probabilities<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().zip(self.1))
    }
}

fn probability(probability: f64) -> String {
    (probability as f32).to_string()
}

/// A name that no other column has.
fn free(name: String, taken: &[String]) -> String {
    let mut free = name.clone();
    let mut number = 2;
    while taken.contains(&free) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}

//! The samples that a model is most wrong about.

use plywood_tensor::Result;

use super::Report;
use super::figure::Figure;
use super::regression::Numbers;
use super::words::{grouped, number, percent};
use crate::metrics::for_each_sample;
use crate::order::largest_first;
use crate::predictions::Predictions;

/// Mistakes that are shown.
const SHOWN: usize = 12;

/// A sample whose class was not found.
struct Misclassified {
    place: usize,
    answer: usize,
    truth: usize,
    /// Of the answer, and of the true class.
    probabilities: [f64; 2],
    /// −ln p of the true class, which tells apart what rounds to 0.
    error: f64,
}

impl Report<'_> {
    pub(super) fn mistakes(&self, numbers: Option<&Numbers>) -> Result<Vec<Figure>> {
        match (self.predictions, numbers) {
            (Some(predictions), _) if predictions.target().classes().is_some() => {
                Ok(vec![self.misclassified(predictions)?])
            }
            (predictions, Some(numbers)) => self.far_off(predictions, numbers).map(|own| vec![own]),
            _ => Ok(Vec::new()),
        }
    }

    fn misclassified(&self, predictions: &Predictions) -> Result<Figure> {
        const TITLE: &str = "The worst mistakes";
        let (mut wrong, mut place) = (Vec::<Misclassified>::new(), 0);
        let seen = for_each_sample(
            "report",
            predictions.outputs(),
            predictions.target(),
            |softmax, truth| {
                let answer = softmax.answer();
                if answer != truth {
                    let probabilities = [answer, truth].map(|class| softmax.probability(class));
                    let error = -softmax.log_probability(truth);
                    wrong.push(Misclassified { place, answer, truth, probabilities, error });
                }
                place += 1;
            },
        );
        if let Err(error) = seen {
            return Ok(Figure::note(TITLE, format!("They can't be told: {error}.")));
        }
        if wrong.is_empty() {
            let samples = grouped(predictions.len() as u64);
            return Ok(Figure::note(TITLE, format!("There are none among {samples} samples.")));
        }
        let count = wrong.len();
        let errors: Vec<f64> = wrong.iter().map(|own| own.error).collect();
        let worst = largest_first(&errors).into_iter().take(SHOWN).map(|place| &wrong[place]);
        let worst: Vec<&Misclassified> = worst.collect();
        let class = |class: usize| {
            predictions.class_names().get(class).cloned().unwrap_or_else(|| class.to_string())
        };
        let caption = format!(
            "Of {} wrong answers those that the model was surest of. Ask of each whether its true class is right, \
             and whether you would have known.",
            grouped(count as u64)
        );
        if let Some(image) = &self.image {
            let mut images = Vec::new();
            for own in worst {
                let [answered, of_truth] = own.probabilities.map(percent);
                let text = format!(
                    "answered {} ({answered}), is {} ({of_truth}): {}",
                    class(own.answer),
                    class(own.truth),
                    predictions.names()[own.place]
                );
                images.push((image(predictions.samples()[own.place])?, text));
            }
            return Ok(Figure::images(TITLE, caption, images));
        }
        let rows = worst.iter().map(|own| {
            let [answered, of_truth] = own.probabilities.map(percent);
            let name = predictions.names()[own.place].clone();
            let row = [name, class(own.answer), answered, class(own.truth), of_truth];
            self.with_columns(row.to_vec(), predictions.samples()[own.place])
        });
        let head = ["sample", "answered", "how sure", "is", "probability of that"];
        let head = self.with_column_names(head.map(str::to_owned).to_vec());
        Ok(Figure::table(TITLE, caption, head, rows))
    }

    fn far_off(&self, predictions: Option<&Predictions>, numbers: &Numbers) -> Result<Figure> {
        let Numbers { what, actual, predicted } = numbers;
        // NaN has a sign, which means nothing here.
        let error = |(predicted, actual): (&f64, &f64)| {
            let error = (predicted - actual).abs();
            if error.is_nan() { f64::INFINITY } else { error }
        };
        let errors: Vec<f64> = predicted.iter().zip(actual).map(error).collect();
        let mut order = largest_first(&errors);
        order.truncate(SHOWN);
        let name = |place: usize| match predictions {
            Some(predictions) => predictions.names()[place].clone(),
            None => format!("sample {place}"),
        };
        let rows = order.iter().map(|&place| {
            let off = predicted[place] - actual[place];
            let sign = if off > 0.0 { "+" } else { "" };
            let [predicted, actual, off] = [predicted[place], actual[place], off].map(number);
            let row = vec![name(place), predicted, actual, format!("{sign}{off}")];
            match predictions {
                Some(predictions) => self.with_columns(row, predictions.samples()[place]),
                None => row,
            }
        });
        let [predicted, actual] = [format!("predicted {what}"), format!("true {what}")];
        let mut head = vec!["sample".to_owned(), predicted, actual, "off by".to_owned()];
        if predictions.is_some() {
            head = self.with_column_names(head);
        }
        Ok(Figure::table(
            "The worst mistakes",
            "Of all samples those whose prediction is farthest off. Ask of each whether its true number is right, and \
             what the model wasn't told.",
            head,
            rows,
        ))
    }

    /// A row of the table, and what else is known of the sample.
    fn with_columns(&self, mut row: Vec<String>, sample: usize) -> Vec<String> {
        if let Some(beside) = &self.beside {
            row.extend((beside.cells)(sample));
        }
        row
    }

    fn with_column_names(&self, mut head: Vec<String>) -> Vec<String> {
        head.extend(self.beside.iter().flat_map(|beside| beside.names.iter().cloned()));
        head
    }
}

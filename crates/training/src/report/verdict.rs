//! The report in a sentence.

use super::Report;
use super::regression::Numbers;
use super::words::{count, number};
use crate::metrics::{Baseline, ConfusionMatrix};

impl Report<'_> {
    /// How good it is, beside what needs no model.
    pub(super) fn verdict(&self, numbers: Option<&Numbers>) -> String {
        if let Some(headline) = &self.headline {
            return headline.clone();
        }
        let confusion = self.confusion();
        if let Some(sentence) = confusion.and_then(|own| of_classes(&own, self.baseline)) {
            return sentence;
        }
        if let Some(numbers) = numbers
            && let Some(errors) = numbers.mean_errors(self.baseline)
        {
            return of_numbers(&numbers.what, errors);
        }
        if let Some(evaluation) = self.evaluation {
            return format!(
                "The loss is {} over {} that it did not learn from.",
                number(evaluation.scores.loss),
                count(evaluation.samples as u64, "sample")
            );
        }
        let [first, .., last] = self.facts.history else {
            return "How good it is on new samples isn't known: it was not tested.".to_owned();
        };
        let what = if last.valid.is_some() { "validation" } else { "training" };
        let [from, to] = [first, last].map(|record| number(record.scores().loss));
        format!(
            "The loss of {what} went from {from} to {to}; how good it is on new samples isn't known: it was not \
             tested."
        )
    }
}

fn of_classes(confusion: &ConfusionMatrix, baseline: Option<Baseline>) -> Option<String> {
    let supports: Vec<u64> =
        (0..confusion.classes()).map(|class| confusion.support(class)).collect();
    let all: u64 = supports.iter().sum();
    let frequent = match baseline {
        Some(Baseline::Class(class)) if (class as usize) < supports.len() => class as usize,
        // The first of several, as a baseline answers.
        _ => supports.iter().enumerate().rev().max_by_key(|&(_, &count)| count)?.0,
    };
    let most = supports[frequent];
    let right: u64 = (0..confusion.classes()).map(|class| confusion.count(class, class)).sum();
    (all > 0).then_some(())?;
    let [own, always] = [right, most].map(|count| of(count, all));
    let name = confusion.name(frequent);
    let beside = match right.cmp(&most) {
        std::cmp::Ordering::Greater => format!(
            "always answering the most frequent class, {name}, would be right about {always}"
        ),
        _ => format!(
            "that is no better than always answering the most frequent class, {name}, which would be right about {always}"
        ),
    };
    Some(format!("Right about {own}; {beside}."))
}

fn of_numbers(what: &str, [own, always]: [f64; 2]) -> String {
    let [off, mean] = [own, always].map(number);
    let beside = match own < always {
        true => format!("always answering the mean would be off by {mean}"),
        false => format!(
            "that is no better than always answering the mean, which would be off by {mean}"
        ),
    };
    format!("Predictions of {what} are off by {off} on average; {beside}.")
}

/// A share as so many of a hundred, or of all where they are fewer.
fn of(part: u64, all: u64) -> String {
    if all <= 100 {
        return format!("{part} of {all}");
    }
    let hundredths = 100.0 * part as f64 / all as f64;
    // What isn't all of them doesn't look like it.
    let near_an_end = part > 0 && part < all && !(1.0..=99.0).contains(&hundredths);
    match near_an_end {
        true if hundredths > 99.9 => "99.9 of 100".to_owned(),
        true => format!("{hundredths:.1} of 100"),
        false => format!("{hundredths:.0} of 100"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(positives: &[(f64, bool)]) -> ConfusionMatrix {
        let (scores, positive): (Vec<f64>, Vec<bool>) = positives.iter().copied().unzip();
        let names = ["healthy".to_owned(), "ill".to_owned()];
        ConfusionMatrix::at_threshold(&scores, &positive, 0.5).unwrap().named(&names)
    }

    #[test]
    fn classes_are_set_beside_the_most_frequent_one() {
        let good = [(0.9, true), (0.8, true), (0.1, false), (0.7, false)];
        assert_eq!(
            of_classes(&matrix(&good), None).unwrap(),
            "Right about 3 of 4; always answering the most frequent class, healthy, would be right about 2 of 4.",
        );
        // Of training labels another class was the most frequent one, which may have none of these samples.
        let ill = Some(Baseline::Class(1));
        let rare = [(0.1, false), (0.2, false), (0.3, false), (0.9, true)];
        assert_eq!(
            of_classes(&matrix(&rare), ill).unwrap(),
            "Right about 4 of 4; always answering the most frequent class, ill, would be right about 1 of 4.",
        );
        assert_eq!(
            of_classes(&matrix(&rare[..3]), ill).unwrap(),
            "Right about 3 of 3; always answering the most frequent class, ill, would be right about 0 of 3.",
        );
        let bad = [(0.9, false), (0.1, true)];
        assert_eq!(
            of_classes(&matrix(&bad), None).unwrap(),
            "Right about 0 of 2; that is no better than always answering the most frequent class, healthy, which \
             would be right about 1 of 2.",
        );
        assert_eq!(of_classes(&ConfusionMatrix::new(3), None), None);
    }

    #[test]
    fn shares_are_of_a_hundred() {
        let shares = [(969, 1_000), (999_999, 1_000_000), (998, 1_000), (1_000, 1_000), (3, 1_000)];
        let texts = shares.map(|(part, all)| of(part, all));
        assert_eq!(texts, ["97 of 100", "99.9 of 100", "99.8 of 100", "100 of 100", "0.3 of 100"]);
    }

    #[test]
    fn numbers_are_set_beside_their_mean() {
        assert_eq!(
            of_numbers("price", [15_300.0, 57_000.0]),
            "Predictions of price are off by 15,300 on average; always answering the mean would be off by 57,000.",
        );
        assert_eq!(
            of_numbers("price", [2.0, 1.0]),
            "Predictions of price are off by 2.000 on average; that is no better than always answering the mean, \
             which would be off by 1.000.",
        );
    }
}

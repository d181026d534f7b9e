//! Which columns a model of tables goes by.

use plywood_datasets::{Table, TableInput, Target};
use plywood_tensor::{Element, Error, Result, Rng, Seed, Tensor};
use plywood_training::{Accuracy, Metric, RSquared};

use super::TableModel;

/// How often the values of a column are dealt out anew at most: the mean over few of them is steady enough to rank
/// columns.
const TIMES: usize = 3;
/// How often for all columns together, so that it takes a small part of the time of training; each once at least.
const IN_ALL: usize = 60;

/// How much a column matters to a model, as [`TableModel::importance`] gives it.
///
/// ```
/// use plywood_zoo::Importance;
///
/// let rooms = Importance { column: "rooms".to_owned(), drop: 0.25 };
/// assert_eq!(format!("{} {}", rooms.column, rooms.drop), "rooms 0.25");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// The column.
    pub column: String,
    /// By how much the score falls without what the column says; below 0 where it rises.
    pub drop: f64,
}

impl TableModel {
    /// How much each column matters: by how much the score of these rows falls when the values of that column are
    /// dealt out among them at random, the mean of up to three times, and of one where there are many columns. The score is the accuracy, or R² of what the network
    /// learns. The columns that matter most come first.
    ///
    /// Columns that say the same stand in for each other: each alone may seem to matter little.
    ///
    /// Source: Breiman, "Random forests" (2001).
    ///
    /// # Errors
    /// When there are fewer than two rows, or as [`classes`](Self::classes) and [`values`](Self::values).
    pub fn importance(&self, table: &Table, seed: Seed) -> Result<Vec<Importance>> {
        if table.len() < 2 {
            return Err(Error::value(format!(
                "of {} rows nothing can be dealt out anew",
                table.len()
            ))
            .operation("importance")
            .hint("hundreds of rows tell which columns matter"));
        }
        if self.is_classifier() {
            let set = self.classes(table)?;
            return self.drops(set.input(), set.target(), Accuracy::top(1), seed);
        }
        let set = self.values(table)?;
        self.drops(set.input(), set.target(), RSquared::new(), seed)
    }

    fn drops(
        &self,
        input: &TableInput,
        target: &dyn Target,
        metric: impl Metric + Clone,
        seed: Seed,
    ) -> Result<Vec<Importance>> {
        let score = |input: &TableInput| -> Result<f64> {
            let mut metric = metric.clone();
            metric.reset();
            metric.update(&self.outputs(input)?, target)?;
            Ok(metric.value())
        };
        let whole = score(input)?;
        let numbers = self.encoding().number_names();
        let categories = self.encoding().vocabularies();
        let mut columns = Vec::new();
        for (place, name) in numbers.iter().copied().enumerate() {
            columns.push((name, place, true));
        }
        for (place, (name, _)) in categories.iter().enumerate() {
            columns.push((*name, place, false));
        }
        let rows = input.numbers.shape()[0];
        let times = (IN_ALL / columns.len().max(1)).clamp(1, TIMES);
        let mut found = Vec::new();
        for (label, (name, place, is_number)) in columns.into_iter().enumerate() {
            let mut rng = Rng::new(seed).fork(label as u64);
            let mut sum = 0.0;
            for _ in 0..times {
                let order = rng.permutation(rows);
                let mut other = input.clone();
                match is_number {
                    true => deal(&mut other.numbers, place, &order),
                    false => deal(&mut other.categories, place, &order),
                }
                sum += score(&other)?;
            }
            let drop = whole - sum / times as f64;
            found.push(Importance { column: name.to_owned(), drop });
        }
        // Where a score is undefined, the table's order is kept.
        found.sort_by(|a, b| b.drop.partial_cmp(&a.drop).unwrap_or(std::cmp::Ordering::Equal));
        Ok(found)
    }
}

/// Gives each row of a column of `[N, columns]` the value that the row of this order had.
fn deal<T: Element>(matrix: &mut Tensor<T>, column: usize, order: &[usize]) {
    let width = matrix.shape()[1];
    let before: Vec<T> = matrix.as_slice().iter().skip(column).step_by(width).copied().collect();
    let own = matrix.as_mut_slice().iter_mut().skip(column).step_by(width);
    for (value, &row) in own.zip(order) {
        *value = before[row];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plywood_datasets::{Encoding, Split};
    use plywood_layers::{cross_entropy, mse_loss};
    use plywood_optimizers::AdamW;
    use plywood_training::Trainer;

    use crate::MemberLoss;

    /// 240 rows whose target follows from one column alone.
    fn rows(target: impl Fn(usize) -> String) -> Table {
        let mut file = "noise,decides,town,target\n".to_owned();
        for row in 0..240 {
            let (noise, town) = (row * 37 % 101, ["Ames", "Gilbert"][row / 7 % 2]);
            file += &format!("{noise},{},{town},{}\n", row % 12, target(row % 12));
        }
        Table::read(file.as_bytes()).unwrap()
    }

    #[test]
    fn the_column_that_decides_comes_first() {
        let classes = |x| if x < 6 { "low" } else { "high" }.to_owned();
        let table = rows(classes);
        let encoding = Encoding::measured_on(&table, "target").unwrap();
        let mut model =
            TableModel::config("mlp", encoding).hidden([8]).init(&mut Rng::new(Seed(7))).unwrap();
        let set = model.classes(&table).unwrap();
        let trainer =
            Trainer::new(AdamW::new(1e-2)).objective(MemberLoss(cross_entropy)).epochs(20);
        trainer.quiet(true).fit(&mut model.network, &set, None).unwrap();
        let found = model.importance(&table, Seed(7)).unwrap();
        assert_eq!(found[0].column, "decides");
        // Right before; of two classes half are right when they are dealt out.
        assert!((0.35..0.65).contains(&found[0].drop), "{found:?}");
        assert!(found[1..].iter().all(|other| other.drop.abs() < 0.1), "{found:?}");
        assert_eq!(model.importance(&table, Seed(7)).unwrap(), found);
    }

    #[test]
    fn numbers_have_it_too() {
        let table = rows(|x| (10 * x).to_string());
        let encoding = Encoding::config("target").standard_target().measured_on(&table).unwrap();
        let mut model = TableModel::config("wide_and_deep", encoding)
            .hidden([8])
            .init(&mut Rng::new(Seed(7)))
            .unwrap();
        let set = model.values(&table).unwrap();
        let trainer = Trainer::new(AdamW::new(1e-2)).objective(MemberLoss(mse_loss)).epochs(20);
        trainer.quiet(true).fit(&mut model.network, &set, None).unwrap();
        let found = model.importance(&table, Seed(7)).unwrap();
        let names: Vec<&str> = found.iter().map(|own| &*own.column).collect();
        assert_eq!(names[0], "decides");
        assert!(found[0].drop > 1.0 && names.len() == 3, "{found:?}");
        let error = model.importance(&table.take(1).unwrap(), Seed(7)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "importance: of 1 rows nothing can be dealt out anew; hundreds of rows tell which columns matter",
        );
    }
}

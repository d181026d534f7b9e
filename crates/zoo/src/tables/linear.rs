//! Linear models of tables: what a network has to be better than.

use plywood_datasets::{Encoding, Table};
use plywood_tensor::{Error, Result, Tensor};

use super::TablePrediction;

/// What the squares of the weights cost, as scikit-learn's `Ridge` and `LogisticRegression` have it.
const PENALTY: f64 = 1.0;

/// The most steps of Newton's method, and the change of the weights after which there are no more.
const STEPS: usize = 25;
const ENOUGH: f64 = 1e-8;

/// A linear model of a table, found exactly: ridge regression of numbers, logistic regression of classes,
/// one against the rest. It is given what a network is given, each category as a column of its own that is 0
/// or 1, and takes no settings: what a [`TableModel`](super::TableModel) has to be better than.
///
/// ```
/// use plywood_datasets::{BreastCancer, Encoding, Split};
/// use plywood_tensor::Seed;
/// use plywood_zoo::LinearTableModel;
///
/// let [train, test] = BreastCancer::embedded()?.split([0.8, 0.2], Seed(7))?;
/// let encoding = Encoding::measured_on(&train, "diagnosis")?;
/// let predicted = LinearTableModel::fit(&encoding, &train)?.predict(&test)?;
/// let truth = test.categories("diagnosis")?;
/// let pairs = predicted.most_probable().into_iter().zip(truth);
/// let right = pairs.filter(|((class, _), truth)| Some(*class) == *truth).count();
/// assert!(right >= 108, "{right} of 114");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct LinearTableModel {
    encoding: Encoding,
    /// `[1 + F + ΣV, outputs]`, those of the constant first.
    weights: Tensor<f64>,
}

impl LinearTableModel {
    /// The model of these rows.
    ///
    /// # Errors
    /// When a column is missing or of another type, or the matrix of columns is more than the memory budget
    /// allows for.
    pub fn fit(encoding: &Encoding, train: &Table) -> Result<Self> {
        let fit = || {
            let x = design(encoding, train)?;
            let weights = match encoding.class_names().len() {
                0 => ridge(&x, &encoding.values(train)?.target().cast())?,
                classes => {
                    let labels = encoding.classes(train)?;
                    // Of two classes the second has what the first lacks.
                    let fitted = if classes == 2 { 1..2 } else { 0..classes as u32 };
                    let columns = fitted.map(|class| {
                        let target = labels.target().as_slice().iter();
                        let target = target.map(|&label| f64::from(u8::from(label == class)));
                        logistic(&x, &target.collect::<Vec<_>>())
                    });
                    let columns = columns.collect::<Result<Vec<_>>>()?;
                    Tensor::concat(&columns.iter().collect::<Vec<_>>(), 1)?
                }
            };
            Ok(Self { encoding: encoding.clone(), weights })
        };
        fit().map_err(|error: Error| error.operation("linear model"))
    }

    /// What it says of rows, whose target need not be there.
    ///
    /// # Errors
    /// When a column is missing or of another type.
    pub fn predict(&self, table: &Table) -> Result<TablePrediction> {
        let outputs = design(&self.encoding, table)?.matmul(&self.weights)?;
        let names = self.encoding.class_names();
        if names.is_empty() {
            return Ok(TablePrediction::of_numbers(self.encoding.restore(&outputs.cast())));
        }
        let probabilities = outputs.as_slice().iter().map(|&score| sigmoid(score));
        let probabilities: Vec<f64> = probabilities.collect();
        let rows = probabilities.chunks(self.weights.shape()[1]).flat_map(|row| match *row {
            [second] => vec![1.0 - second, second],
            ref each => {
                let sum: f64 = each.iter().sum();
                each.iter().map(|p| p / sum).collect()
            }
        });
        let rows: Vec<f32> = rows.map(|p| p as f32).collect();
        let rows = Tensor::from_vec(rows, [table.len(), names.len()])?;
        Ok(TablePrediction::of_probabilities(names, rows))
    }
}

/// The columns of a table, a constant before them: `[N, 1 + F + ΣV]`.
fn design(encoding: &Encoding, table: &Table) -> Result<Tensor<f64>> {
    let sizes: Vec<usize> = encoding.vocabularies().iter().map(|&(_, size)| size).collect();
    let columns: Tensor<f64> = encoding.input(table)?.one_hot(&sizes)?.cast();
    let constant = Tensor::try_full([columns.shape()[0], 1], 1.0)?;
    Tensor::concat(&[&constant, &columns], 1)
}

/// What the squares of each weight cost: those of the constant cost nothing.
fn penalties(columns: usize) -> Tensor<f64> {
    Tensor::from_fn([columns, columns], |at| match at {
        // Enough that it can be found where all rows are 0.
        [0, 0] => 1e-10,
        [row, column] if row == column => PENALTY,
        _ => 0.0,
    })
}

/// The weights of least squares, `[D, outputs]`.
fn ridge(x: &Tensor<f64>, y: &Tensor<f64>) -> Result<Tensor<f64>> {
    let transposed = x.transpose(0, 1)?;
    let squares = transposed.matmul(x)?.add(&penalties(x.shape()[1]))?;
    squares.solve(&transposed.matmul(y)?)
}

/// The weights of the largest likelihood, `[D, 1]`, of targets that are 0 or 1, by Newton's method.
fn logistic(x: &Tensor<f64>, y: &[f64]) -> Result<Tensor<f64>> {
    let [rows, columns] = [x.shape()[0], x.shape()[1]];
    let penalties = penalties(columns);
    let transposed = x.transpose(0, 1)?;
    let mut weights = Tensor::try_full([columns, 1], 0.0)?;
    for _ in 0..STEPS {
        let p = x.matmul(&weights)?.map(sigmoid);
        let error = p.as_slice().iter().zip(y).map(|(p, y)| p - y).collect::<Vec<_>>();
        let error = Tensor::from_vec(error, [rows, 1])?;
        let gradient = transposed.matmul(&error)?.add(&penalties.matmul(&weights)?)?;
        let curvature = p.map(|p| (p * (1.0 - p)).max(1e-12)); // [N, 1]
        let squares = transposed.matmul(&x.mul(&curvature)?)?.add(&penalties)?;
        let step = squares.solve(&gradient)?;
        weights = weights.sub(&step)?;
        if step.as_slice().iter().all(|x| x.abs() < ENOUGH) {
            break;
        }
    }
    Ok(weights)
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(rows: &[(f64, f64)]) -> Table {
        let rows = rows.iter().map(|(x, y)| format!("{x},{y}\n")).collect::<String>();
        Table::read(format!("x,y\n{rows}").as_bytes()).unwrap()
    }

    #[test]
    fn ridge_has_the_closed_form() {
        // Standardised x is (-1, 1, -1, 1); y − mean is (-2, 4, -4, 2): 12 / (4 + 1) a deviation.
        let table = file(&[(1.0, 3.0), (3.0, 9.0), (1.0, 1.0), (3.0, 7.0)]);
        let encoding = Encoding::measured_on(&table, "y").unwrap();
        let predicted = LinearTableModel::fit(&encoding, &table).unwrap().predict(&table).unwrap();
        let expected = [2.6, 7.4, 2.6, 7.4];
        let numbers = predicted.numbers().unwrap();
        assert!(numbers.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{numbers:?}");
    }

    /// At the largest likelihood the gradient is 0, which Newton's method has no part in.
    #[test]
    fn logistic_regression_ends_where_the_gradient_is_zero() {
        let x = Tensor::from_fn([40, 3], |at| match at[1] {
            0 => 1.0,
            column => ((at[0] * (column + 2)) as f64 * 0.7).sin(),
        });
        let y: Vec<f64> = (0..40).map(|row| f64::from(u8::from(row % 3 == 0))).collect();
        let weights = logistic(&x, &y).unwrap();
        let p = x.matmul(&weights).unwrap().map(sigmoid);
        for column in 0..3 {
            let slope: f64 = (0..40)
                .map(|row| x.get(&[row, column]).unwrap() * (p.as_slice()[row] - y[row]))
                .sum();
            let penalty = if column == 0 { 0.0 } else { weights.as_slice()[column] };
            assert!((slope + penalty).abs() < 1e-7, "{column}: {slope} {penalty}");
        }
    }

    #[test]
    fn classes_that_are_apart_are_told_apart() {
        let rows = (0..30).map(|row| {
            let class = ["a", "b", "c"][row % 3];
            format!(
                "{},{},{class}\n",
                (row % 3) as f64 * 5.0 + (row as f64).sin(),
                if row % 3 == 1 { 9 } else { 1 }
            )
        });
        let text = format!("x,z,y\n{}", rows.collect::<String>());
        let table = Table::read(text.as_bytes()).unwrap();
        let encoding = Encoding::measured_on(&table, "y").unwrap();
        let predicted = LinearTableModel::fit(&encoding, &table).unwrap().predict(&table).unwrap();
        let truth = table.categories("y").unwrap();
        assert!(predicted.most_probable().iter().zip(truth).all(|(p, y)| Some(p.0) == y));
        let sums = predicted
            .probabilities()
            .unwrap()
            .as_slice()
            .chunks(3)
            .map(|row| row.iter().sum::<f32>());
        assert!(sums.into_iter().all(|sum| (sum - 1.0).abs() < 1e-6));
    }
}

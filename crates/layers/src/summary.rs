//! What a model is made of, from a walk of shapes alone.

use std::fmt;

use plywood_autodiff::{Param, ParamId, Params, Pass, TraceRow, Var};
use plywood_tensor::{Float, IntoShape, Result, Shape};

use crate::module::Module;

/// A table of a model's operations, in the order in which they run: the layer whose parameters
/// they take, what comes out, and what it costs.
///
/// ```
/// use plywood_layers::{Linear, summary};
/// use plywood_tensor::{Rng, Seed};
///
/// let summary = summary(&Linear::new(3, 2, &mut Rng::new(Seed(7)))?, [5, 3])?;
/// assert_eq!(summary.parameters, 2 * 3 + 2);
/// assert_eq!(summary.multiply_adds(), 5 * 3 * 2);
/// assert_eq!(summary.activation_bytes(), 5 * 2 * 4);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Summary {
    /// The input's shape.
    pub input: Shape,
    /// One row for each operation.
    pub rows: Vec<SummaryRow>,
    /// All numbers that the model can learn; tied ones count once.
    pub parameters: usize,
    /// Those of them that are frozen.
    pub frozen: usize,
    /// The bytes of one number.
    pub number_bytes: usize,
}

/// One operation of a model.
///
/// ```
/// use plywood_layers::{Linear, ReLU, Sequential, summary};
/// use plywood_tensor::{Rng, Seed};
///
/// let model = Sequential::new().add(Linear::new(3, 2, &mut Rng::new(Seed(7)))?).add(ReLU);
/// let rows = summary(&model, [5, 3])?.rows;
/// assert_eq!((rows[0].layer.as_str(), rows[0].operation, rows[0].parameters), ("0", "linear", 8));
/// assert_eq!((rows[1].layer.as_str(), rows[1].operation, rows[1].parameters), ("", "relu", 0));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SummaryRow {
    /// The path of the layer whose parameters it takes; empty when it takes none, or when that
    /// layer is the model.
    pub layer: String,
    /// The operation.
    pub operation: &'static str,
    /// The shape of its result.
    pub output: Shape,
    /// Parameters that it takes and no row before it took.
    pub parameters: usize,
    /// Multiplications that are each followed by an addition.
    pub multiply_adds: u64,
}

/// Walks a model with an input of this shape, without computing anything. For a model that takes
/// something else than one value, [`summary_of`] takes the walk as a closure.
///
/// ```
/// use plywood_layers::{Conv2d, summary};
/// use plywood_tensor::{Rng, Seed};
///
/// let conv = Conv2d::new(3, 64, 3, &mut Rng::new(Seed(7)))?;
/// let summary = summary(&conv, [1, 3, 256, 256])?;
/// assert_eq!(summary.parameters, 1_792);
/// assert_eq!(summary.rows[0].output, [1, 64, 254, 254].into());
/// println!("{summary}");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the shapes don't fit: the error names the layer.
pub fn summary<T: Float>(
    model: &(impl Module<Var<T>, T> + ?Sized),
    input: impl IntoShape,
) -> Result<Summary> {
    let input = input.into_shape()?;
    summary_of(model, input, |pass| model.forward(&pass.shape(input)?, pass))
}

/// As [`summary`], of any walk through a model; `input` is shown only.
///
/// # Errors
/// When the walk fails.
pub fn summary_of<T: Float>(
    model: &(impl Params<T> + ?Sized),
    input: impl IntoShape,
    walk: impl FnOnce(&mut Pass<T>) -> Result<Var<T>>,
) -> Result<Summary> {
    let input = input.into_shape()?;
    let mut pass = Pass::dry_run(model);
    walk(&mut pass)?;
    let named = model.named_parameters();
    let mut counted = std::collections::HashSet::new();
    let rows = pass.trace().into_iter().map(|row| {
        let layer = layer_of(&row, &named);
        let new = row.params.iter().filter(|&&id| counted.insert(id));
        let taken = new.filter_map(|&id| named.iter().find(|(_, param)| param.id() == id));
        let parameters = taken.map(|(_, param)| param.value().numel()).sum();
        let (operation, output, multiply_adds) = (row.operation, row.shape, row.multiply_adds);
        SummaryRow { layer, operation, output, parameters, multiply_adds }
    });
    Ok(Summary {
        input,
        rows: rows.collect(),
        parameters: model.parameter_count(),
        frozen: named.iter().filter(|(_, p)| p.is_frozen()).map(|(_, p)| p.value().numel()).sum(),
        number_bytes: size_of::<T>(),
    })
}

/// The path of the layer whose parameters an operation takes first; empty when it takes none, or when that layer is
/// the model.
pub(crate) fn layer_of<T: Float>(row: &TraceRow, named: &[(String, &Param<T>)]) -> String {
    let name_of = |&id: &ParamId| named.iter().find(|(_, param)| param.id() == id);
    let layers = row.params.iter().filter_map(name_of);
    let mut layers = layers.filter_map(|(name, _)| name.rsplit_once('.')).map(|(layer, _)| layer);
    layers.find(|layer| !layer.is_empty()).unwrap_or_default().to_owned()
}

impl Summary {
    /// Multiply-adds of one forward pass.
    pub fn multiply_adds(&self) -> u64 {
        self.rows.iter().fold(0, |sum, row| sum.saturating_add(row.multiply_adds))
    }

    /// Bytes of all results of one forward pass, of which training keeps most.
    pub fn activation_bytes(&self) -> usize {
        let bytes = |row: &SummaryRow| row.output.numel().saturating_mul(self.number_bytes);
        self.rows.iter().fold(0, |sum: usize, row| sum.saturating_add(bytes(row)))
    }
}

/// `1234567` as `1,234,567`.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Bytes in the unit that leaves one to three digits before the point.
fn bytes(number: usize) -> String {
    let number = number as f64;
    match number {
        _ if number < 1024.0 => format!("{number} B"),
        _ if number < 1024.0 * 1024.0 => format!("{:.1} KiB", number / 1024.0),
        _ if number < 1024.0 * 1024.0 * 1024.0 => format!("{:.1} MiB", number / 1024.0 / 1024.0),
        _ => format!("{:.1} GiB", number / 1024.0 / 1024.0 / 1024.0),
    }
}

/// A table of at most 80 columns, unless the names are long.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |number: u64| if number == 0 { String::new() } else { thousands(number) };
        let mut table = vec![
            ["layer", "operation", "output", "parameters", "multiply-adds"].map(str::to_owned),
        ];
        table.push(["", "input", &self.input.to_string(), "", ""].map(str::to_owned));
        table.extend(self.rows.iter().map(|row| {
            [
                row.layer.clone(),
                row.operation.to_owned(),
                row.output.to_string(),
                count(row.parameters as u64),
                count(row.multiply_adds),
            ]
        }));
        let widths: [usize; 5] = std::array::from_fn(|column| {
            table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
        });
        let rule = "─".repeat(widths.iter().sum::<usize>() + 2 * 4);
        for (index, [layer, operation, output, parameters, multiply_adds]) in
            table.iter().enumerate()
        {
            let [a, b, c, d, e] = widths;
            let line = format!(
                "{layer:<a$}  {operation:<b$}  {output:<c$}  {parameters:>d$}  {multiply_adds:>e$}"
            );
            writeln!(f, "{}", line.trim_end())?;
            if index == 0 {
                writeln!(f, "{rule}")?;
            }
        }
        writeln!(f, "{rule}")?;
        write!(
            f,
            "{} parameters ({}), {} multiply-adds, {} of results",
            thousands(self.parameters as u64),
            bytes(self.parameters.saturating_mul(self.number_bytes)),
            thousands(self.multiply_adds()),
            bytes(self.activation_bytes()),
        )?;
        match self.frozen {
            0 => Ok(()),
            frozen => write!(f, "; {} parameters are frozen", thousands(frozen as u64)),
        }
    }
}

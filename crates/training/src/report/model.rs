//! What the model is made of.

use plywood_autodiff::Params;
use plywood_layers::SummaryRow;
use plywood_tensor::{Result, Tensor};

use super::Report;
use super::figure::Figure;
use super::words::grouped;
use crate::plots;

/// Rows of the table at most.
const ROWS: usize = 300;
/// Filters are drawn such that the image is about this wide, in pixels.
const WIDTH: usize = 480;

/// What a report keeps of a model.
pub(super) struct Parts {
    /// Of each parameter: its name, its shape, how many numbers it is.
    rows: Vec<(String, String, usize)>,
    pub(super) parameters: usize,
    /// The first one, if it is filters.
    filters: Option<Tensor>,
}

impl Parts {
    pub(super) fn of(model: &(impl Params + ?Sized)) -> Self {
        let named = model.named_parameters();
        let rows = named
            .iter()
            .map(|(name, param)| (name.clone(), param.shape().to_string(), param.shape().numel()));
        let first = named.first().map(|(_, param)| param.value());
        let filters = first.filter(|weight| weight.rank() == 4 && weight.numel() > 0).cloned();
        Self { rows: rows.collect(), parameters: model.parameter_count(), filters }
    }

    /// The filters of a first layer that is a convolution.
    pub(super) fn filters(&self) -> Result<Option<Figure>> {
        let Some(weight) = &self.filters else { return Ok(None) };
        let across = (weight.shape()[0] as f64).sqrt().ceil().max(1.0) as usize;
        let scale = (WIDTH / (across * weight.shape()[3])).clamp(2, 24);
        let caption = "Each tile is a filter of the first layer, which is laid over every place of the image and answers \
                       where the image looks like it. Edges and blobs of colour say that it has learnt; noise says \
                       that it has learnt little, or needs more training.";
        Ok(Some(Figure::image(
            "What the first layer looks for",
            caption,
            plots::filters(weight, scale)?,
        )))
    }
}

impl Report<'_> {
    pub(super) fn table_of_the_model(&self) -> Vec<Figure> {
        if let Some(summary) = &self.summary {
            let row = |row: &SummaryRow| {
                [
                    row.layer.clone(),
                    row.operation.to_owned(),
                    row.output.to_string(),
                    grouped(row.parameters as u64),
                    grouped(row.multiply_adds),
                ]
            };
            let rows = summary.rows.iter().take(ROWS);
            let work = rows.clone().map(|row| row.multiply_adds as f64).collect();
            let caption = format!(
                "What happens to a sample, from top to bottom: {} numbers that are learnt, {} multiplications, each \
                 followed by an addition. The bars show where the work is.{}",
                grouped(summary.parameters as u64),
                grouped(summary.multiply_adds()),
                more(summary.rows.len())
            );
            let head = ["layer", "operation", "output", "parameters", "multiply-adds"];
            return vec![
                Figure::table("Layer by layer", caption, head, rows.map(row)).with_bars(work),
            ];
        }
        let Some(parts) = &self.parts else { return Vec::new() };
        let rows = parts.rows.iter().take(ROWS);
        let sizes = rows.clone().map(|&(_, _, numbers)| numbers as f64).collect();
        let rows = rows
            .map(|(name, shape, numbers)| [name.clone(), shape.clone(), grouped(*numbers as u64)]);
        let caption = format!(
            "The {} numbers that are learnt, as they are arranged.{}",
            grouped(parts.parameters as u64),
            more(parts.rows.len())
        );
        let head = ["parameter", "shape", "numbers"];
        vec![Figure::table("Parameter by parameter", caption, head, rows).with_bars(sizes)]
    }
}

fn more(rows: usize) -> String {
    match rows.saturating_sub(ROWS) {
        0 => String::new(),
        more => format!(" {more} more rows are not shown."),
    }
}

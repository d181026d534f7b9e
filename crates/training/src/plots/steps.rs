//! Loss, learning rate and gradient norm over the steps.

use plotters::prelude::*;
use plywood_tensor::{Error, Result};

use super::curves::range;
use super::number;
use super::svg::{Area, Drawn, draw_svg};
use crate::steps::{Spread, StepRecord};

const LINE: RGBColor = RGBColor(29, 78, 216);
const WIDTH: u32 = 760;
const HEIGHT: u32 = 220;
/// The largest value that is drawn, as of curves over the epochs.
const LARGEST: f64 = 1e12;

/// Draws the loss, the learning rate and the norm of the gradients over the steps, as SVG. Where a record is of
/// several steps, the line is their mean, and around it is all between their smallest and largest.
///
/// ```
/// use plywood_training::{Spread, StepRecord, plots};
///
/// let spread = Spread { mean: 0.5, min: 0.25, max: 1.0 };
/// let (loss, grad_norm) = (spread, spread);
/// let record = StepRecord { first: 1, last: 8, epoch: 1, learning_rate: 0.1, loss, grad_norm };
/// let svg = plots::steps(&[record])?;
/// assert!(svg.contains("learning rate") && svg.contains("norm of the gradients"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there are no steps.
pub fn steps(records: &[StepRecord]) -> Result<String> {
    if records.is_empty() {
        return Err(Error::value("there are no steps to draw").operation("steps"));
    }
    // Records that anyone has made need not be in order.
    let end = records.iter().map(|record| record.last as f64).fold(2.0, f64::max);
    let rate = |record: &StepRecord| {
        let rate = record.learning_rate;
        Spread { mean: rate, min: rate, max: rate }
    };
    let panels: [Panel; 3] = [
        ("loss", &|record| record.loss),
        ("learning rate", &rate),
        ("norm of the gradients", &|record| record.grad_norm),
    ];
    draw_svg((WIDTH, HEIGHT * panels.len() as u32), |root| {
        for (area, (name, of)) in root.split_evenly((panels.len(), 1)).iter().zip(panels) {
            let points = records.iter().map(|record| (record.last as f64, of(record)));
            let is_drawn = |spread: &Spread| {
                [spread.min, spread.mean, spread.max].iter().all(|y| y.abs() <= LARGEST)
            };
            let points: Vec<_> = points.filter(|(_, spread)| is_drawn(spread)).collect();
            panel(area, name, end, &points)?;
        }
        Ok(())
    })
}

/// What a panel is called, and what it shows of a record.
type Panel<'a> = (&'a str, &'a dyn Fn(&StepRecord) -> Spread);

fn panel(area: &Area<'_>, name: &str, end: f64, points: &[(f64, Spread)]) -> Drawn<()> {
    let range = range(points.iter().flat_map(|(_, spread)| [spread.min, spread.mean, spread.max]));
    let span = range.end - range.start;
    let mut chart = ChartBuilder::on(area)
        .caption(name, ("sans-serif", 18))
        .margin(10)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..end, range)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(BLACK.mix(0.12))
        .axis_style(BLACK.mix(0.5))
        .label_style(("sans-serif", 13))
        .x_desc("step")
        .x_labels(8)
        .y_labels(5)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|&y| number(y, span))
        .draw()?;
    if points.iter().any(|(_, spread)| spread.min < spread.max) {
        let above = points.iter().map(|&(x, spread)| (x, spread.max));
        let below = points.iter().rev().map(|&(x, spread)| (x, spread.min));
        let band: Vec<(f64, f64)> = above.chain(below).collect();
        chart.draw_series([Polygon::new(band, LINE.mix(0.2))])?;
    }
    let line = points.iter().map(|&(x, spread)| (x, spread.mean));
    if let [(x, only)] = points {
        // A single step is a point, which a line would not show.
        chart.draw_series([Circle::new((*x, only.mean), 3, LINE.filled())])?;
    }
    chart.draw_series(LineSeries::new(line, LINE.stroke_width(2)))?;
    Ok(())
}

//! How far off a model is, against what it predicted.

use std::ops::Range;

use plotters::prelude::*;
use plywood_tensor::{Error, Result};

use super::number;
use super::unit_square::{SIDE, draw_svg};

const POINT: RGBColor = RGBColor(29, 78, 216);
const ZERO: RGBColor = RGBColor(217, 119, 6);
/// The largest number that is drawn: the difference of two beyond it, with its margin, may be infinite.
const LARGEST: f64 = 1e300;

/// Draws a point for each sample as SVG, the predicted number across and the residual, true − predicted, upward, and
/// the line on which predictions are right. What a good model leaves has no pattern. `what` names the numbers and their
/// unit.
///
/// ```
/// use plywood_training::plots;
///
/// let (predicted, actual) = ([130.0, 175.0, 240.0], [120.0, 180.0, 250.0]);
/// let svg = plots::residuals(&predicted, &actual, "price, 1000 $")?;
/// assert!(svg.starts_with("<svg"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there are no samples, not as many of one as of the other, or a number is not finite or
/// is beyond ±10³⁰⁰.
pub fn residuals(predicted: &[f64], actual: &[f64], what: &str) -> Result<String> {
    let refuse = |message: String| Err(Error::value(message).operation("residuals"));
    if actual.len() != predicted.len() || actual.is_empty() {
        return refuse(format!(
            "{} predictions for {} true numbers: there should be as many, and at least one",
            predicted.len(),
            actual.len()
        ));
    }
    let wrong = |x: &&f64| x.is_nan() || x.abs() > LARGEST;
    if let Some(wrong) = actual.iter().chain(predicted).find(wrong) {
        return refuse(format!("{wrong:e} can't be drawn"));
    }
    let points = || predicted.iter().zip(actual).map(|(&x, &truth)| (x, truth - x));
    let across = range(points().map(|(x, _)| x));
    let upward = range(points().map(|(_, y)| y).chain([0.0]));
    draw_svg((SIDE, SIDE), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(14)
            .x_label_area_size(44)
            .y_label_area_size(66)
            .build_cartesian_2d(across.clone(), upward.clone())?;
        let (width, height) = (across.end - across.start, upward.end - upward.start);
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .bold_line_style(BLACK.mix(0.12))
            .axis_style(BLACK.mix(0.5))
            .label_style(("sans-serif", 13))
            .x_desc(format!("predicted {what}"))
            .y_desc("true − predicted")
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&|&x| number(x, width))
            .y_label_formatter(&|&y| number(y, height))
            .draw()?;
        let ends = [across.start, across.end].map(|x| (x, 0.0));
        chart.draw_series(LineSeries::new(ends, ZERO.stroke_width(2)))?;
        let dot = POINT.mix(0.35).filled();
        chart.draw_series(points().map(|point| Circle::new(point, 2, dot)))?;
        Ok(())
    })
}

/// All numbers and a margin, and never too little for an axis to have labels that differ.
fn range(numbers: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) =
        numbers.fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    let largest = low.abs().max(high.abs());
    let margin = 0.05 * (high - low).max(1e-6 * largest).max(f64::MIN_POSITIVE);
    low - margin..high + margin
}

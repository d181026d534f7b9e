//! How far off a model is, against what it predicted.

use plotters::prelude::*;
use plywood_tensor::Result;

use super::number;
use super::pairs::{check_pairs, ends, padded};
use super::svg::draw_svg;
use super::unit_square::SIDE;

const POINT: RGBColor = RGBColor(29, 78, 216);
const ZERO: RGBColor = RGBColor(217, 119, 6);

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
    check_pairs("residuals", predicted, actual)?;
    let points = || predicted.iter().zip(actual).map(|(&x, &truth)| (x, truth - x));
    let across = padded(ends(points().map(|(x, _)| x)));
    let upward = padded(ends(points().map(|(_, y)| y).chain([0.0])));
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

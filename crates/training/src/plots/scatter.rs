//! What a model predicted, against what was true.

use std::ops::Range;

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use plywood_tensor::Result;

use super::number;
use super::pairs::{check_pairs, ends, padded};
use super::svg::{Area, Drawn, draw_svg};
use super::unit_square::SIDE;

const POINT: RGBColor = RGBColor(29, 78, 216);
const DIAGONAL: RGBColor = RGBColor(217, 119, 6);
/// From this ratio of the largest number to the smallest on, axes are logarithmic.
const WIDE: f64 = 30.0;

/// Draws a point for each sample as SVG, the true number across and the predicted one upward, and
/// the diagonal on which predictions are right. `what` names the numbers and their unit. Axes are
/// logarithmic where all numbers are positive and span more than a factor of 30.
///
/// ```
/// use plywood_training::plots;
///
/// let svg = plots::scatter(&[120.0, 180.0, 250.0], &[130.0, 175.0, 240.0], "price, 1000 $")?;
/// assert!(svg.starts_with("<svg"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there are no samples, not as many of one as of the other, or a number is not finite or
/// is beyond ±10³⁰⁰.
pub fn scatter(actual: &[f64], predicted: &[f64], what: &str) -> Result<String> {
    check_pairs("scatter", predicted, actual)?;
    let [low, high] = ends(actual.iter().chain(predicted).copied());
    let points = actual.iter().copied().zip(predicted.iter().copied());
    draw_svg((SIDE, SIDE), |area| {
        if low > 0.0 && high / low > WIDE {
            let range = low / 1.2..high * 1.2;
            let axis = || range.clone().log_scale().with_key_points(round_numbers(&range));
            return draw(area, axis, &range, points, what, |x| number(x, x));
        }
        let range = padded([low, high]);
        draw(area, || range.clone(), &range, points, what, |x| number(x, high - low))
    })
}

/// 1, 2 and 5 times the powers of ten within the range; only some powers if they are many.
fn round_numbers(range: &Range<f64>) -> Vec<f64> {
    let [first, last] = [range.start.log10().floor(), range.end.log10().ceil()];
    let [first, last] = [first, last].map(|power| power as i32);
    let digits: &[f64] = if last - first <= 3 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let powers = (first..=last).step_by(1 + (last - first) as usize / 8);
    let numbers = powers.flat_map(|power| digits.iter().map(move |d| d * 10_f64.powi(power)));
    numbers.filter(|x| range.contains(x)).collect()
}

fn draw<A>(
    area: &Area<'_>,
    axis: impl Fn() -> A,
    range: &Range<f64>,
    points: impl Iterator<Item = (f64, f64)>,
    what: &str,
    label: impl Fn(f64) -> String,
) -> Drawn<()>
where
    A: AsRangedCoord<Value = f64>,
    A::CoordDescType: ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(66)
        .build_cartesian_2d(axis(), axis())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(BLACK.mix(0.12))
        .axis_style(BLACK.mix(0.5))
        .label_style(("sans-serif", 13))
        .x_desc(format!("true {what}"))
        .y_desc(format!("predicted {what}"))
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|&x| label(x))
        .y_label_formatter(&|&y| label(y))
        .draw()?;
    let dot = POINT.mix(0.35).filled();
    chart.draw_series(points.map(|point| Circle::new(point, 2, dot)))?;
    let ends = [range.start, range.end].map(|x| (x, x));
    chart.draw_series(LineSeries::new(ends, DIAGONAL.stroke_width(2)))?;
    Ok(())
}

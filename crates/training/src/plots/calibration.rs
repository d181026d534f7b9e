//! A reliability diagram.

use plotters::prelude::*;
use plywood_tensor::{Error, Result};

use super::svg::{Area, Drawn, draw_svg};
use super::unit_square::{SIDE, chance, legend, square};
use crate::metrics::{Calibration, CalibrationBin};

const BAR: RGBColor = RGBColor(29, 78, 216);
const COUNT: RGBColor = RGBColor(148, 163, 184);
/// The height of the counts below the diagram.
const COUNTS: u32 = 170;

/// Draws a reliability diagram as SVG: how often samples of each range of confidence are right, beside the
/// diagonal of perfect calibration, and below how many samples each range has. The title says the expected
/// calibration error.
///
/// ```
/// use plywood_training::{Calibration, plots};
///
/// let calibration = Calibration::new(&[0.9, 0.8, 0.7, 0.3], &[true, true, false, false], 10)?;
/// let svg = plots::calibration(&calibration)?;
/// assert!(svg.contains("expected calibration error 0.325"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there are no samples.
pub fn calibration(calibration: &Calibration) -> Result<String> {
    let bins: Vec<CalibrationBin> =
        calibration.bins().into_iter().filter(|bin| bin.count > 0).collect();
    if bins.is_empty() {
        return Err(Error::value("there are no samples to draw").operation("calibration"));
    }
    draw_svg((SIDE, SIDE + COUNTS), |area| {
        let title = format!("expected calibration error {:.3}", calibration.error());
        let area = area.margin(8, 0, 0, 0).titled(&title, ("sans-serif", 15))?;
        let (above, below) = area.split_vertically(SIDE - 32);
        diagram(&above, &bins)?;
        counts(&below, &bins)
    })
}

fn diagram(area: &Area<'_>, bins: &[CalibrationBin]) -> Drawn<()> {
    let mut chart = square(area, "confidence", "accuracy")?;
    let bars = bins.iter().map(|bin| {
        Rectangle::new([(bin.from, 0.0), (bin.to, bin.accuracy)], BAR.mix(0.15).filled())
    });
    chart.draw_series(bars)?;
    chance(&mut chart, [(0.0, 0.0), (1.0, 1.0)], Some("perfectly calibrated"))?;
    let points: Vec<(f64, f64)> = bins.iter().map(|bin| (bin.confidence, bin.accuracy)).collect();
    let style = BAR.stroke_width(2);
    chart
        .draw_series(LineSeries::new(points.clone(), style))?
        .label("the model, at each range's mean confidence")
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    chart.draw_series(points.into_iter().map(|point| Circle::new(point, 4, BAR.filled())))?;
    // Where the legend is first thought of, a model that is too modest has its points.
    let is_modest = bins.iter().any(|bin| bin.from < 0.65 && bin.accuracy > 0.85);
    legend(
        &mut chart,
        match is_modest {
            true => SeriesLabelPosition::LowerRight,
            false => SeriesLabelPosition::UpperLeft,
        },
    )
}

fn counts(area: &Area<'_>, bins: &[CalibrationBin]) -> Drawn<()> {
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(1) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .margin_top(0)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d(0.0..1.0, 0.0..most * 1.05)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .bold_line_style(BLACK.mix(0.12))
        .axis_style(BLACK.mix(0.5))
        .label_style(("sans-serif", 13))
        .x_desc("confidence")
        .y_desc("samples")
        .x_labels(6)
        .y_labels(3)
        .x_label_formatter(&|x| format!("{x:.1}"))
        .y_label_formatter(&|y| if y.fract() == 0.0 { format!("{y:.0}") } else { String::new() })
        .draw()?;
    let bars = bins
        .iter()
        .map(|bin| Rectangle::new([(bin.from, 0.0), (bin.to, bin.count as f64)], COUNT.filled()));
    chart.draw_series(bars)?;
    let edges = bins.iter().map(|bin| {
        Rectangle::new([(bin.from, 0.0), (bin.to, bin.count as f64)], WHITE.stroke_width(1))
    });
    chart.draw_series(edges)?;
    Ok(())
}

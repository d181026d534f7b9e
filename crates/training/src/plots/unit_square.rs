//! A square whose axes go from 0 to 1, with curves in it.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::svg::{Area, Drawn};

pub(super) type Square<'a> =
    ChartContext<'a, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

pub(super) const SIDE: u32 = 560;
/// Characters of a curve's name: with its figure they are as wide as the square.
const LONGEST_NAME: usize = 40;
const COLOURS: [RGBColor; 6] = [
    RGBColor(29, 78, 216),
    RGBColor(217, 119, 6),
    RGBColor(4, 120, 87),
    RGBColor(190, 24, 93),
    RGBColor(109, 40, 217),
    RGBColor(75, 85, 99),
];
/// A little above 1, so that a perfect curve isn't on the edge.
const TOP: f64 = 1.02;
const CHANCE: RGBColor = RGBColor(156, 163, 175);

/// The square with its axes.
pub(super) fn square<'a>(area: &Area<'a>, across: &str, upward: &str) -> Drawn<Square<'a>> {
    let mut chart = ChartBuilder::on(area)
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(58)
        .build_cartesian_2d(0.0..1.0, 0.0..TOP)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(BLACK.mix(0.12))
        .axis_style(BLACK.mix(0.5))
        .label_style(("sans-serif", 13))
        .x_desc(across)
        .y_desc(upward)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|x| format!("{x:.1}"))
        .y_label_formatter(&|y| format!("{y:.1}"))
        .draw()?;
    Ok(chart)
}

/// Draws what needs no model, with an entry in the legend if it has a name.
pub(super) fn chance(
    chart: &mut Square<'_>,
    ends: [(f64, f64); 2],
    name: Option<&str>,
) -> Drawn<()> {
    let style = CHANCE.stroke_width(2);
    let drawn = chart.draw_series(LineSeries::new(ends, style))?;
    if let Some(name) = name {
        drawn.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    Ok(())
}

/// Draws the curve of this number, with its name and figure in the legend.
pub(super) fn curve(
    chart: &mut Square<'_>,
    number: usize,
    points: impl Iterator<Item = (f64, f64)>,
    (name, figure): (&str, String),
) -> Drawn<()> {
    let style = COLOURS[number % COLOURS.len()].stroke_width(2);
    let name = match name.chars().count() > LONGEST_NAME {
        true => name.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
        false => name.to_owned(),
    };
    let label = if name.is_empty() { figure } else { format!("{name}: {figure}") };
    chart
        .draw_series(LineSeries::new(thinned(points), style))?
        .label(label)
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    Ok(())
}

pub(super) fn legend(chart: &mut Square<'_>, position: SeriesLabelPosition) -> Drawn<()> {
    chart
        .configure_series_labels()
        .position(position)
        .label_font(("sans-serif", 13))
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    Ok(())
}

/// The points that don't lie on the pixel of the one before: a curve may have a million.
fn thinned(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let pixel = |&(x, y): &(f64, f64)| [x, y].map(|part| (part * f64::from(SIDE)).round());
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for point in points {
        if kept.last().is_none_or(|last| pixel(last) != pixel(&point)) {
            kept.push(point);
        }
    }
    kept
}

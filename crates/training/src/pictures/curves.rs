//! Loss and metrics over the epochs.

use plotters::prelude::*;
use plywood_tensor::{Error, Result};

use super::drawing_error;
use crate::history::{EpochRecord, Scores};

const TRAIN: RGBColor = RGBColor(217, 119, 6);
const VALID: RGBColor = RGBColor(29, 78, 216);
const WIDTH: u32 = 760;
const HEIGHT: u32 = 280;

/// Draws the loss, and below it each metric, over the epochs, as SVG: training and validation.
///
/// # Errors
/// When there are no epochs.
pub fn curves(history: &[EpochRecord]) -> Result<String> {
    let Some(first) = history.first() else {
        return Err(Error::value("there are no epochs to draw").operation("curves"));
    };
    let names = first.train.metrics.iter().map(|(name, _)| name.as_str());
    let panels: Vec<&str> = std::iter::once("loss").chain(names).collect();
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT * panels.len() as u32))
            .into_drawing_area();
        root.fill(&WHITE).map_err(drawing_error)?;
        for (area, name) in root.split_evenly((panels.len(), 1)).iter().zip(&panels) {
            panel(area, name, history).map_err(drawing_error)?;
        }
        root.present().map_err(drawing_error)?;
    }
    Ok(svg)
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn panel(
    area: &Area<'_>,
    name: &str,
    history: &[EpochRecord],
) -> Result<(), Box<dyn std::error::Error>> {
    let value = |scores: &Scores| match name {
        "loss" => scores.loss,
        _ => scores.metric(name).unwrap_or(f64::NAN),
    };
    let line = |of: fn(&EpochRecord) -> &Scores| -> Vec<(f64, f64)> {
        let points = history.iter().map(|record| (record.epoch as f64, value(of(record))));
        points.filter(|(_, y)| y.is_finite()).collect()
    };
    let (train, valid) = (line(|record| &record.train), line(|record| &record.valid));
    let values = || train.iter().chain(&valid).map(|&(_, y)| y);
    let (mut low, mut high) =
        (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
    if low >= high {
        (low, high) = (low.min(0.0), low.abs().max(1.0));
    }
    let margin = (high - low) * 0.05;
    let last = history.len().max(2) as f64;
    let mut chart = ChartBuilder::on(area)
        .caption(name, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(36)
        .y_label_area_size(60)
        .build_cartesian_2d(1.0..last, low - margin..high + margin)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("epoch")
        .x_labels(10)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_labels(6)
        .draw()?;
    for (label, points, colour) in [("training", train, TRAIN), ("validation", valid, VALID)] {
        let style = colour.stroke_width(2);
        // A single epoch is a point, which a line would not show.
        chart.draw_series(points.iter().map(|&point| Circle::new(point, 2, colour.filled())))?;
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    Ok(())
}

//! Loss and metrics over the epochs.

use std::ops::Range;

use plotters::prelude::*;
use plywood_tensor::{Error, Result};

use super::number;
use super::svg::{Area, Drawn, draw_svg};
use crate::history::{EpochRecord, Scores};

const TRAIN: RGBColor = RGBColor(217, 119, 6);
const VALID: RGBColor = RGBColor(29, 78, 216);
const WIDTH: u32 = 760;
const HEIGHT: u32 = 280;
/// The largest value that is drawn: a loss beyond it has left all scales.
const LARGEST: f64 = 1e12;
/// The last epoch that is drawn: places on the axis are counted in 32 bits.
const LAST_EPOCH: usize = 1_000_000_000;

/// Draws the loss, and below it each metric, over the epochs, as SVG: training, and validation if there
/// was any.
///
/// # Errors
/// When there are no epochs, or one is beyond the 10⁹th.
pub fn curves(history: &[EpochRecord]) -> Result<String> {
    let Some(first) = history.first() else {
        return Err(Error::value("there are no epochs to draw").operation("curves"));
    };
    if let Some(late) = history.iter().find(|record| record.epoch > LAST_EPOCH) {
        return Err(
            Error::value(format!("epoch {} can't be drawn", late.epoch)).operation("curves")
        );
    }
    let names = first.train.metrics.iter().map(|(name, _)| name.as_str());
    let panels: Vec<&str> = std::iter::once("loss").chain(names).collect();
    draw_svg((WIDTH, HEIGHT * panels.len() as u32), |root| {
        for (area, name) in root.split_evenly((panels.len(), 1)).iter().zip(&panels) {
            panel(area, name, history)?;
        }
        Ok(())
    })
}

fn panel(area: &Area<'_>, name: &str, history: &[EpochRecord]) -> Drawn<()> {
    let value = |scores: &Scores| match name {
        "loss" => scores.loss,
        _ => scores.metric(name).unwrap_or(f64::NAN),
    };
    let line = |of: fn(&EpochRecord) -> Option<&Scores>| -> Vec<(i32, f64)> {
        let points = history
            .iter()
            .filter_map(|record| of(record).map(|scores| (record.epoch as i32, value(scores))));
        points.filter(|(_, y)| y.abs() <= LARGEST).collect()
    };
    let (train, valid) = (line(|record| Some(&record.train)), line(|record| record.valid.as_ref()));
    let validated = history.iter().any(|record| record.valid.is_some());
    let range = range(train.iter().chain(&valid).map(|&(_, y)| y));
    let last = history.last().map_or(0, |record| record.epoch as i32).max(2);
    let span = range.end - range.start;
    // Parts of one read better as percents.
    let percent = name.ends_with("accuracy");
    let mut chart = ChartBuilder::on(area)
        .caption(name, ("sans-serif", 18))
        .margin(10)
        .margin_right(24)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(1..last, range.clone())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(BLACK.mix(0.12))
        .axis_style(BLACK.mix(0.5))
        .label_style(("sans-serif", 13))
        .x_desc("epoch")
        .x_labels(10)
        .y_labels(6)
        .y_label_formatter(&|&y| match percent {
            true => format!("{} %", number(y * 100.0, span * 100.0)),
            false => number(y, span),
        })
        .draw()?;
    // The legend goes where the curves don't end.
    let last = if validated { valid.last() } else { train.last() };
    let ends_high = last.is_some_and(|&(_, y)| y - range.start > range.end - y);
    let curves = [("training", train, TRAIN), ("validation", valid, VALID)];
    for (label, points, colour) in curves.into_iter().take(1 + usize::from(validated)) {
        let style = colour.stroke_width(2);
        if points.len() <= 20 {
            // A single epoch is a point, which a line would not show.
            chart
                .draw_series(points.iter().map(|&point| Circle::new(point, 3, colour.filled())))?;
        }
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(match ends_high {
            true => SeriesLabelPosition::LowerRight,
            false => SeriesLabelPosition::UpperRight,
        })
        .label_font(("sans-serif", 13))
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    Ok(())
}

/// What the vertical axis shows: all values and a margin, and never too little for its labels to
/// differ.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Range<f64> {
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), y| (low.min(y), high.max(y)));
    if low > high {
        return 0.0..1.0;
    }
    let least = 1e-3 * low.abs().max(high.abs()).max(1e-6);
    let middle = f64::midpoint(low, high);
    let half = (0.5 * (high - low)).max(least) * 1.1;
    middle - half..middle + half
}

//! Precision–recall curves as a plot.

use plotters::prelude::SeriesLabelPosition;
use plywood_tensor::{Error, Result};

use super::svg::draw_svg;
use super::unit_square::{SIDE, chance, curve, legend, square};
use crate::metrics::{PrecisionRecallCurve, PrecisionRecallPoint};

/// Draws precision–recall curves as SVG, each with its name and average precision, and the precision of
/// chance. The names tell classes or models apart; of a single one it may be empty.
///
/// ```
/// use plywood_training::{PrecisionRecallCurve, plots};
///
/// let curve = PrecisionRecallCurve::new(&[0.1, 0.4, 0.3, 0.8], &[false, false, true, true])?;
/// let svg = plots::precision_recall(&[("", &curve)])?;
/// assert!(svg.contains("average precision 0.833"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there are no curves.
pub fn precision_recall(curves: &[(&str, &PrecisionRecallCurve)]) -> Result<String> {
    if curves.is_empty() {
        return Err(Error::value("there are no curves to draw").operation("precision_recall"));
    }
    draw_svg((SIDE, SIDE), |area| {
        let mut chart = square(area, "recall", "precision")?;
        let mut rates: Vec<f64> = curves.iter().map(|(_, curve)| curve.positive_rate()).collect();
        rates.dedup();
        for (number, &rate) in rates.iter().enumerate() {
            let name = (number == 0).then_some("chance");
            chance(&mut chart, [(0.0, rate), (1.0, rate)], name)?;
        }
        for (number, (name, own)) in curves.iter().enumerate() {
            let figure = format!("average precision {:.3}", own.average_precision());
            curve(&mut chart, number, steps(own.points()), (name, figure))?;
        }
        legend(&mut chart, SeriesLabelPosition::LowerLeft)
    })
}

/// The curve in steps, whose area the average precision is.
fn steps(points: &[PrecisionRecallPoint]) -> impl Iterator<Item = (f64, f64)> {
    let first = points.iter().take(1).map(|point| (point.recall, point.precision));
    let rest = points.windows(2).flat_map(|pair| {
        [(pair[0].recall, pair[1].precision), (pair[1].recall, pair[1].precision)]
    });
    first.chain(rest)
}

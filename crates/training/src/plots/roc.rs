//! ROC curves as a plot.

use plotters::prelude::SeriesLabelPosition;
use plywood_tensor::{Error, Result};

use super::svg::draw_svg;
use super::unit_square::{SIDE, chance, curve, legend, square};
use crate::metrics::RocCurve;

/// Draws ROC curves as SVG, each with its name and the area below it, and the diagonal of chance. The names
/// tell classes or models apart; of a single one it may be empty.
///
/// ```
/// use plywood_training::{RocCurve, plots};
///
/// let positive = [false, false, true, true];
/// let [first, second] = [[0.1, 0.4, 0.35, 0.8], [0.1, 0.2, 0.3, 0.4]];
/// let first = RocCurve::new(&first, &positive)?;
/// let second = RocCurve::new(&second, &positive)?;
/// let svg = plots::roc(&[("small", &first), ("large", &second)])?;
/// assert!(svg.contains("small: area 0.750") && svg.contains("large: area 1.000"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there are no curves.
pub fn roc(curves: &[(&str, &RocCurve)]) -> Result<String> {
    if curves.is_empty() {
        return Err(Error::value("there are no curves to draw").operation("roc"));
    }
    draw_svg((SIDE, SIDE), |area| {
        let mut chart = square(area, "false positive rate", "true positive rate")?;
        chance(&mut chart, [(0.0, 0.0), (1.0, 1.0)], Some("chance"))?;
        for (number, (name, roc)) in curves.iter().enumerate() {
            let points = roc.points().iter();
            let points = points.map(|point| (point.false_positive_rate, point.true_positive_rate));
            curve(&mut chart, number, points, (name, format!("area {:.3}", roc.area())))?;
        }
        legend(&mut chart, SeriesLabelPosition::LowerRight)
    })
}

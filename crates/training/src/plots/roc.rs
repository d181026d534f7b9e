//! ROC curves as a plot.

use plotters::prelude::{Circle, Color, RGBColor, SeriesLabelPosition};
use plywood_tensor::{Error, Result};

use super::svg::draw_svg;
use super::unit_square::{SIDE, chance, curve, legend, square};
use crate::metrics::{RocCurve, RocPoint};

const POINT: RGBColor = RGBColor(190, 24, 93);

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
    roc_with_points(curves, &[])
}

/// As [`roc`], with points on the curves, each with its name: where a chosen threshold is, as
/// [`RocCurve::at_threshold`] gives it.
///
/// ```
/// use plywood_training::{RocCurve, plots};
///
/// let roc = RocCurve::new(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true])?;
/// let svg = plots::roc_with_points(&[("", &roc)], &[("threshold 0.38", roc.at_threshold(0.38)?)])?;
/// assert!(svg.contains("threshold 0.38: finds 0.500, false alarms 0.500"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there are no curves.
pub fn roc_with_points(
    curves: &[(&str, &RocCurve)],
    points: &[(&str, RocPoint)],
) -> Result<String> {
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
        for (name, own) in points {
            let RocPoint { true_positive_rate: found, false_positive_rate: alarms, .. } = *own;
            let style = POINT.filled();
            chart
                .draw_series([Circle::new((alarms, found), 6, style)])?
                .label(format!("{name}: finds {found:.3}, false alarms {alarms:.3}"))
                .legend(move |(x, y)| Circle::new((x + 9, y), 5, style));
        }
        legend(&mut chart, SeriesLabelPosition::LowerRight)
    })
}

//! The confusion matrix as a plot.

use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plywood_tensor::{Error, Result};

use super::svg::{Area, Drawn, draw_svg};
use crate::metrics::ConfusionMatrix;

const RIGHT: RGBColor = RGBColor(29, 78, 216);
const WRONG: RGBColor = RGBColor(220, 38, 38);
const TOP: i32 = 56;
/// Below this side a cell has no room for a number.
const READABLE: i32 = 16;

/// Draws a confusion matrix as SVG: rows are the true classes, columns the answers; what is right
/// blue, what is wrong red, the stronger the more of its row.
///
/// # Errors
/// When there are no classes.
pub fn confusion(matrix: &ConfusionMatrix) -> Result<String> {
    let classes = matrix.classes() as i32;
    if classes == 0 {
        return Err(Error::value("there are no classes to draw").operation("confusion"));
    }
    let cell = (560 / classes).clamp(4, 48);
    let labels: Vec<String> = (0..matrix.classes()).map(|class| matrix.label(class)).collect();
    let longest = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0) as i32;
    let left = if cell < READABLE { 40 } else { 44 + longest * font(cell) * 3 / 5 };
    // Wide enough for the titles even where there is a single class.
    let size = ((left + cell * classes + 20).max(140) as u32, (TOP + cell * classes + 20) as u32);
    draw_svg(size, |root| draw(root, matrix, &labels, [left, cell]))
}

fn font(cell: i32) -> i32 {
    (cell / 3).clamp(9, 15)
}

fn draw(
    root: &Area<'_>,
    matrix: &ConfusionMatrix,
    labels: &[String],
    [left, cell]: [i32; 2],
) -> Drawn<()> {
    let text = |colour: &RGBColor, across: HPos| {
        ("sans-serif", font(cell)).into_font().color(colour).pos(Pos::new(across, VPos::Center))
    };
    let title = ("sans-serif", 15).into_font().color(&BLACK);
    let centred = title.pos(Pos::new(HPos::Center, VPos::Center));
    let half = cell * matrix.classes() as i32 / 2;
    root.draw(&Text::new("answered", ((left + half).max(40), 14), centred.clone()))?;
    let upright = centred.transform(FontTransform::Rotate270);
    root.draw(&Text::new("true", (14, TOP + half), upright))?;
    for (truth, row) in matrix.rows().enumerate() {
        let all = row.iter().sum::<u64>().max(1);
        let y = TOP + cell * truth as i32;
        for (answer, &count) in row.iter().enumerate() {
            let x = left + cell * answer as i32;
            let share = count as f64 / all as f64;
            let right = truth == answer;
            // Mistakes are few: they are drawn stronger than their share, or nobody would see them.
            let strength = match (count, right) {
                (0, _) => 0.0,
                (_, true) => share,
                (_, false) => (share.sqrt() * 1.2).clamp(0.15, 1.0),
            };
            let colour = if right { RIGHT } else { WRONG };
            let fill = if count > 0 { colour.mix(strength) } else { BLACK.mix(0.04) };
            let gap = i32::from(cell >= 8);
            root.draw(&Rectangle::new([(x, y), (x + cell - gap, y + cell - gap)], fill.filled()))?;
            if count > 0 && cell >= READABLE {
                let ink = if strength > 0.5 { &WHITE } else { &BLACK };
                let middle = (x + cell / 2, y + cell / 2);
                root.draw(&Text::new(count.to_string(), middle, text(ink, HPos::Center)))?;
            }
        }
        if cell >= READABLE {
            let (label, middle) = (labels[truth].clone(), cell * truth as i32 + cell / 2);
            let number = truth.to_string();
            root.draw(&Text::new(label, (left - 8, TOP + middle), text(&BLACK, HPos::Right)))?;
            root.draw(&Text::new(number, (left + middle, TOP - 12), text(&BLACK, HPos::Center)))?;
        }
    }
    Ok(())
}

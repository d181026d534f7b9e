//! The confusion matrix as a picture.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plywood_tensor::{Error, Result};

use super::drawing_error;
use crate::metrics::ConfusionMatrix;

const RIGHT: RGBColor = RGBColor(29, 78, 216);
const WRONG: RGBColor = RGBColor(220, 38, 38);
const BORDER: i32 = 60;

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
    let side = (BORDER + 20 + cell * classes) as u32;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (side, side)).into_drawing_area();
        draw(&root, matrix, cell).map_err(drawing_error)?;
        root.present().map_err(drawing_error)?;
    }
    Ok(svg)
}

fn draw(
    root: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    matrix: &ConfusionMatrix,
    cell: i32,
) -> Result<(), Box<dyn std::error::Error>> {
    root.fill(&WHITE)?;
    let size = (cell / 3).clamp(6, 16);
    let text = |colour: &RGBColor| {
        ("sans-serif", size).into_font().color(colour).pos(Pos::new(HPos::Center, VPos::Center))
    };
    let title = ("sans-serif", 15).into_font().color(&BLACK);
    let middle = BORDER + cell * matrix.classes() as i32 / 2;
    let centred = title.pos(Pos::new(HPos::Center, VPos::Center));
    root.draw(&Text::new("answered", (middle, 14), centred.clone()))?;
    root.draw(&Text::new("true", (24, middle), centred))?;
    for (truth, row) in matrix.rows().enumerate() {
        let all = row.iter().sum::<u64>().max(1);
        let y = BORDER + cell * truth as i32;
        for (answer, &count) in row.iter().enumerate() {
            let x = BORDER + cell * answer as i32;
            let share = count as f64 / all as f64;
            let right = truth == answer;
            // Mistakes are few: they are drawn stronger than their share, or nobody would see them.
            let strength = if right { share } else { (share * 4.0).min(1.0) };
            let colour = if right { RIGHT } else { WRONG };
            root.draw(&Rectangle::new(
                [(x, y), (x + cell - 1, y + cell - 1)],
                colour.mix(strength).filled(),
            ))?;
            if count > 0 && cell >= 12 {
                let ink = if strength > 0.5 { &WHITE } else { &BLACK };
                root.draw(&Text::new(count.to_string(), (x + cell / 2, y + cell / 2), text(ink)))?;
            }
        }
        if cell >= 12 {
            root.draw(&Text::new(truth.to_string(), (BORDER - 12, y + cell / 2), text(&BLACK)))?;
            root.draw(&Text::new(truth.to_string(), (y + cell / 2, BORDER - 12), text(&BLACK)))?;
        }
    }
    Ok(())
}

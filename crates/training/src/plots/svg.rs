//! Drawings as the text of an SVG file.

use std::fmt::Display;

use plotters::coord::Shift;
use plotters::prelude::*;
use plywood_tensor::{Error, Result};

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Drawn<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Draws an SVG of this size on white.
pub(super) fn draw_svg(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Drawn<()>,
) -> Result<String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE).map_err(drawing_error)?;
        draw(&root).map_err(drawing_error)?;
        root.present().map_err(drawing_error)?;
    }
    Ok(svg)
}

fn drawing_error(error: impl Display) -> Error {
    Error::data(format!("the plot can't be drawn: {error}")).operation("plots")
}

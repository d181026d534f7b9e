//! The pictures of the story.

pub(crate) mod charts;
pub(crate) mod images;

use std::fmt::Display;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plywood::layers::replace_file;
use plywood::prelude::*;

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

pub(crate) const BLUE: RGBColor = RGBColor(29, 78, 216);
pub(crate) const ORANGE: RGBColor = RGBColor(217, 119, 6);
pub(crate) const GREEN: RGBColor = RGBColor(4, 120, 87);
pub(crate) const GREY: RGBColor = RGBColor(156, 163, 175);

/// Draws a picture of so many pixels on white, and writes it as SVG.
pub(crate) fn write_svg(
    path: &Path,
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Drawn,
) -> Result<()> {
    let failed = |error: &dyn Display| Error::data(format!("the picture can't be drawn: {error}"));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE).map_err(|error| failed(&error))?;
        draw(&area).map_err(|error| failed(&error))?;
        area.present().map_err(|error| failed(&error))?;
    }
    replace_file(path, svg.as_bytes())
}

//! Pictures with axes, and arrays as cells.

use std::path::Path;

use plotters::prelude::*;
use plywood::prelude::*;

use super::{BLUE, Drawn, GREEN, GREY, ORANGE, write_svg};

const FONT: (&str, u32) = ("sans-serif", 15);

/// Points and lines, each with its name.
pub(crate) struct Lines<'a> {
    pub(crate) across: &'a str,
    pub(crate) upward: &'a str,
    pub(crate) x: [f64; 2],
    pub(crate) y: [f64; 2],
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// Draws them.
pub(crate) fn lines(path: &Path, chart: &Lines<'_>) -> Result<()> {
    write_svg(path, (720, 440), |area| {
        let Lines { across, upward, x, y, points, lines } = chart;
        let mut axes = ChartBuilder::on(area)
            .margin(14)
            .x_label_area_size(48)
            .y_label_area_size(64)
            .build_cartesian_2d(x[0]..x[1], y[0]..y[1])?;
        axes.configure_mesh()
            .light_line_style(WHITE)
            .bold_line_style(BLACK.mix(0.12))
            .axis_style(BLACK.mix(0.5))
            .label_style(FONT)
            .x_desc(*across)
            .y_desc(*upward)
            .x_labels(8)
            .y_labels(6)
            .x_label_formatter(&short)
            .y_label_formatter(&short)
            .draw()?;
        let dot = |&point: &(f64, f64)| Circle::new(point, 2, GREY.filled());
        axes.draw_series(points.iter().map(dot))?;
        for (place, (name, points)) in lines.iter().enumerate() {
            let style = [BLUE, ORANGE, GREEN, GREY][(lines.len() - 1 - place) % 4].stroke_width(2);
            axes.draw_series(LineSeries::new(points.iter().copied(), style))?
                .label(name.as_str())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
        }
        axes.configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .label_font(FONT)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.2))
            .draw()?;
        Ok(())
    })
}

fn short(x: &f64) -> String {
    let text = format!("{x:.2}");
    text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
}

/// Learners, and where a model thinks that they pass: a square with its title for each model. Everything is from 0
/// to 1.
pub(crate) struct Map<'a> {
    pub(crate) title: String,
    pub(crate) probability: &'a dyn Fn(f64, f64) -> Result<f64>,
}

/// Draws the maps side by side, with the learners `(x, y, passed)` on each.
pub(crate) fn maps(path: &Path, maps: &[Map<'_>], learners: &[(f64, f64, bool)]) -> Result<()> {
    const SIDE: u32 = 360;
    const CELLS: usize = 45;
    // Each map is asked first: drawing has errors of its own.
    let middle = |cell: usize| (cell as f64 + 0.5) / CELLS as f64;
    let asked: Vec<Vec<f64>> = maps
        .iter()
        .map(|map| {
            (0..CELLS * CELLS)
                .map(|at| (map.probability)(middle(at % CELLS), middle(at / CELLS)))
                .collect()
        })
        .collect::<Result<_>>()?;
    write_svg(path, (SIDE * maps.len() as u32, SIDE + 28), |area| {
        let panels = area.split_evenly((1, maps.len()));
        for ((panel, map), asked) in panels.iter().zip(maps).zip(&asked) {
            let mut axes = ChartBuilder::on(panel)
                .margin(10)
                .caption(&map.title, FONT)
                .x_label_area_size(24)
                .y_label_area_size(24)
                .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
            axes.configure_mesh()
                .disable_mesh()
                .x_labels(0)
                .y_labels(0)
                .axis_desc_style(FONT)
                .x_desc("lessons")
                .y_desc("sleep")
                .draw()?;
            axes.draw_series(bands(asked, CELLS))?;
            let dot = |&(x, y, passed): &(f64, f64, bool)| {
                let style = if passed { BLUE.filled() } else { ORANGE.filled() };
                Circle::new((x, y), 3, style)
            };
            axes.draw_series(learners.iter().map(dot))?;
        }
        Ok(())
    })
}

/// Cells of a square as rectangles in five shades, as wide as the shade stays the same.
fn bands(cells: &[f64], side: usize) -> Vec<Rectangle<(f64, f64)>> {
    let shade = |x: f64| (x.clamp(0.0, 0.999) * 5.0) as usize;
    let unit = |cell: usize| cell as f64 / side as f64;
    let mut bands = Vec::new();
    for (row, cells) in cells.chunks(side).enumerate() {
        let mut from = 0;
        for same in cells.chunk_by(|&a, &b| shade(a) == shade(b)) {
            let to = from + same.len();
            let part = shade(same[0]) as f64 / 4.0;
            let mix = |a: u8, b: u8| (f64::from(a) * (1.0 - part) + f64::from(b) * part) as u8;
            let color = RGBColor(mix(254, 219), mix(235, 234), mix(200, 254));
            let corners = [(unit(from), unit(row)), (unit(to), unit(row + 1))];
            bands.push(Rectangle::new(corners, color.filled()));
            from = to;
        }
    }
    bands
}

/// A grey picture `[1, H, W]` of numbers from 0 to 1, each written into its cell.
pub(crate) fn cells(path: &Path, picture: &Tensor) -> Result<()> {
    const CELL: i32 = 46;
    let (height, width) = (picture.shape()[1], picture.shape()[2]);
    let size = (width as u32 * CELL as u32, height as u32 * CELL as u32);
    write_svg(path, size, |area| {
        for (at, &x) in picture.as_slice().iter().enumerate() {
            let corner = ((at % width) as i32 * CELL, (at / width) as i32 * CELL);
            cell(area, corner, CELL, x)?;
            let ink = if x > 0.5 { BLACK } else { WHITE };
            let style = TextStyle::from(("sans-serif", 14).into_font()).color(&ink);
            area.draw(&Text::new(format!("{x:.2}"), (corner.0 + 9, corner.1 + 15), style))?;
        }
        Ok(())
    })
}

fn cell(area: &super::Area<'_>, corner: (i32, i32), side: i32, x: f32) -> Drawn {
    let grey = (255.0 * x) as u8;
    let end = (corner.0 + side, corner.1 + side);
    area.draw(&Rectangle::new([corner, end], RGBColor(grey, grey, grey).filled()))?;
    Ok(())
}

/// A grey picture `[1, H, W]`, and beside it the probability of each class as a bar.
pub(crate) fn bars(path: &Path, picture: &Tensor, probabilities: &[f32]) -> Result<()> {
    const CELL: i32 = 28;
    const BAR: i32 = 22;
    let width = picture.shape()[2];
    write_svg(path, (620, 240), |area| {
        for (at, &x) in picture.as_slice().iter().enumerate() {
            let corner = (8 + (at % width) as i32 * CELL, 8 + (at / width) as i32 * CELL);
            cell(area, corner, CELL, x)?;
        }
        let left = 8 + width as i32 * CELL + 50;
        for (class, &probability) in probabilities.iter().enumerate() {
            let top = 10 + class as i32 * BAR;
            let end = left + (240.0 * probability) as i32;
            let bar = [(left, top), (end.max(left + 1), top + BAR - 6)];
            area.draw(&Rectangle::new(bar, BLUE.filled()))?;
            area.draw(&Text::new(class.to_string(), (left - 18, top), FONT))?;
            let percent = format!("{:.1} %", 100.0 * probability);
            area.draw(&Text::new(percent, (end + 8, top), FONT))?;
        }
        Ok(())
    })
}

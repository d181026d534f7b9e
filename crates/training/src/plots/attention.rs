//! Attention as a plot: which words a word was written by.

use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plywood_tensor::{Error, Result, Tensor};

use super::svg::{Area, Drawn, draw_svg};

const INK: RGBColor = RGBColor(29, 78, 216);
const CELL: i32 = 22;
const FONT: i32 = 13;
/// The most words of a side: a larger plot can't be read.
const MOST: usize = 200;

/// Draws attention as SVG: a row for each word that was written, a column for each that was read, the darker the more
/// the row's word looked at it. `weights` are `[written, read]`, from 0 to 1.
///
/// ```
/// use plywood_tensor::Tensor;
/// use plywood_training::plots;
///
/// let weights = Tensor::from([[0.9, 0.1], [0.2, 0.8]]);
/// let svg = plots::attention(&["a", "dog"], &["un", "chien"], &weights)?;
/// assert!(svg.contains("chien"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the weights aren't of these words, or there are none or more than 200 on a side.
pub fn attention(
    read: &[impl AsRef<str>],
    written: &[impl AsRef<str>],
    weights: &Tensor,
) -> Result<String> {
    let words = [written.len(), read.len()];
    if weights.shape()[..] != words || words.iter().any(|side| !(1..=MOST).contains(side)) {
        return Err(Error::shape(format!(
            "the weights {} should be those of {} words by {}, at most {MOST} each",
            weights.shape(),
            words[0],
            words[1]
        ))
        .operation("attention"));
    }
    let longest = |words: &[&str]| words.iter().map(|word| word.chars().count()).max().unwrap_or(0);
    let read: Vec<&str> = read.iter().map(AsRef::as_ref).collect();
    let written: Vec<&str> = written.iter().map(AsRef::as_ref).collect();
    let width = |words: &[&str]| 16 + longest(words) as i32 * FONT * 2 / 3;
    let [left, top] = [width(&written), width(&read)];
    let size = (left + CELL * read.len() as i32 + 8, top + CELL * written.len() as i32 + 8);
    draw_svg((size.0 as u32, size.1 as u32), |root| {
        draw(root, [&written, &read], weights, [left, top])
    })
}

fn draw(
    root: &Area<'_>,
    [written, read]: [&[&str]; 2],
    weights: &Tensor,
    [left, top]: [i32; 2],
) -> Drawn<()> {
    let font = ("sans-serif", FONT).into_font().color(&BLACK);
    let across = font.pos(Pos::new(HPos::Right, VPos::Center));
    let upright = font.transform(FontTransform::Rotate270).pos(Pos::new(HPos::Left, VPos::Center));
    for (column, word) in read.iter().enumerate() {
        let x = left + CELL * column as i32 + CELL / 2;
        root.draw(&Text::new(word.trim(), (x, top - 6), upright.clone()))?;
    }
    for (row, (word, weights)) in
        written.iter().zip(weights.as_slice().chunks(read.len())).enumerate()
    {
        let y = top + CELL * row as i32;
        root.draw(&Text::new(word.trim(), (left - 6, y + CELL / 2), across.clone()))?;
        for (column, &weight) in weights.iter().enumerate() {
            let x = left + CELL * column as i32;
            let fill = INK.mix(f64::from(weight).clamp(0.0, 1.0) * 0.97 + 0.03);
            root.draw(&Rectangle::new([(x, y), (x + CELL - 1, y + CELL - 1)], fill.filled()))?;
        }
    }
    Ok(())
}

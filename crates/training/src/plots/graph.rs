//! The graph of a pass as a drawing.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plywood_autodiff::{Graph, GraphNode, NodeKind};
use plywood_tensor::{Error, Result};

use super::layered::{Layout, layout};
use super::svg::{Area, Drawn, draw_svg};

const INK: RGBColor = RGBColor(31, 41, 55);
const FONT: i32 = 14;
const LINE: i32 = 18;
const MARGIN: i32 = 16;
/// Pixels between two layers.
const GAP: i32 = 34;

/// Draws what a pass has computed as SVG, from parameters and inputs at the top downward: each
/// box has a parameter's name or an operation, the shape, and the lines of its `note`, if it has
/// one. Parameters are blue, inputs green, constants grey, and what cuts a gradient's path red.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Linear, Module};
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_training::plots;
///
/// let layer = Linear::new(3, 2, &mut Rng::new(Seed(7)))?;
/// let mut pass = Pass::dry_run(&layer);
/// let x = pass.shape([1, 3])?;
/// layer.forward(&x, &mut pass)?.relu();
/// let svg = plots::graph(&pass.graph(), |_| None)?;
/// assert!(svg.contains("weight") && svg.contains("linear"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When there is nothing in the graph.
pub fn graph(graph: &Graph, note: impl Fn(usize) -> Option<String>) -> Result<String> {
    if graph.nodes.is_empty() {
        return Err(Error::value("there is nothing in the graph").operation("graph").hint(
            "a pass of `Pass::eval` has no tape: `Pass::dry_run` makes a graph of any model",
        ));
    }
    let boxes = Boxes::of(graph, note);
    let widths: Vec<f64> = boxes.texts.iter().map(|lines| f64::from(width(lines))).collect();
    let layout = layout(&widths, &boxes.edges);
    let drawing = Drawing::new(boxes, &layout);
    let size = (layout.width as u32 + 2 * MARGIN as u32, drawing.height as u32);
    draw_svg(size, |root| drawing.draw(root))
}

/// What is in the boxes, and which lead to which. The boxes of constants, which a tape doesn't
/// have, come before those that use them.
struct Boxes {
    texts: Vec<Vec<String>>,
    kinds: Vec<Option<NodeKind>>,
    edges: Vec<(usize, usize)>,
}

impl Boxes {
    fn of(graph: &Graph, note: impl Fn(usize) -> Option<String>) -> Self {
        let mut boxes = Self { texts: Vec::new(), kinds: Vec::new(), edges: Vec::new() };
        let mut places = Vec::new();
        for (index, node) in graph.nodes.iter().enumerate() {
            let operands: Vec<usize> = node
                .operands
                .iter()
                .map(|operand| match operand {
                    Some(operand) => places[*operand],
                    None => boxes.push(vec!["constant".to_owned()], None),
                })
                .collect();
            let mut lines = vec![title(node), node.shape.to_string()];
            lines.extend(note(index).iter().flat_map(|note| note.lines()).map(str::to_owned));
            let place = boxes.push(lines, Some(node.kind));
            boxes.edges.extend(operands.into_iter().map(|operand| (operand, place)));
            places.push(place);
        }
        boxes
    }

    fn push(&mut self, lines: Vec<String>, kind: Option<NodeKind>) -> usize {
        self.texts.push(lines);
        self.kinds.push(kind);
        self.texts.len() - 1
    }
}

fn title(node: &GraphNode) -> String {
    if node.name.is_empty() { node.operation.to_owned() } else { node.name.clone() }
}

/// The width of a box around lines of text.
fn width(lines: &[String]) -> i32 {
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0) as i32;
    longest * FONT * 3 / 5 + 20
}

fn height(lines: &[String]) -> i32 {
    lines.len() as i32 * LINE + 8
}

struct Drawing {
    boxes: Boxes,
    /// The upper left and lower right corners of each box.
    corners: Vec<[(i32, i32); 2]>,
    /// The corners of each edge.
    paths: Vec<Vec<(i32, i32)>>,
    height: i32,
}

impl Drawing {
    fn new(boxes: Boxes, layout: &Layout) -> Self {
        let layers = layout.layers.iter().max().map_or(0, |last| last + 1);
        let mut tallest = vec![0; layers];
        for (lines, &layer) in boxes.texts.iter().zip(&layout.layers) {
            tallest[layer] = tallest[layer].max(height(lines));
        }
        let mut tops = vec![MARGIN];
        for tall in &tallest {
            tops.push(tops[tops.len() - 1] + tall + GAP);
        }
        let middle = |layer: usize| tops[layer] + tallest[layer] / 2;
        let column = |x: f64| MARGIN + x.round() as i32;
        let corners = boxes.texts.iter().enumerate().map(|(index, lines)| {
            let (half_w, half_h) = (width(lines) / 2, height(lines) / 2);
            let (x, y) = (column(layout.middles[index]), middle(layout.layers[index]));
            [(x - half_w, y - half_h), (x + half_w, y + half_h)]
        });
        let corners: Vec<_> = corners.collect();
        let paths = boxes.edges.iter().zip(&layout.paths).map(|(&(from, to), path)| {
            let mut points = Vec::new();
            for (step, &x) in path.iter().enumerate() {
                let layer = layout.layers[from] + step;
                // Straight past the boxes of each layer: others may be taller than its own.
                points.push((column(x), tops[layer]));
                points.push((column(x), tops[layer] + tallest[layer]));
            }
            let end = points.len() - 1;
            points[0].1 = corners[from][1].1;
            points[end].1 = corners[to][0].1;
            points.dedup();
            points
        });
        let (paths, height) = (paths.collect(), tops[layers] - GAP + MARGIN);
        Self { boxes, corners, paths, height }
    }

    fn draw(&self, root: &Area<'_>) -> Drawn<()> {
        for path in &self.paths {
            root.draw(&PathElement::new(path.clone(), INK.mix(0.55).stroke_width(1)))?;
            root.draw(&Polygon::new(arrow_head(path), INK.mix(0.75)))?;
        }
        let text = ("sans-serif", FONT).into_font().color(&INK);
        let centred = text.pos(Pos::new(HPos::Center, VPos::Center));
        for (index, (lines, &corners)) in self.boxes.texts.iter().zip(&self.corners).enumerate() {
            let colour = match self.boxes.kinds[index] {
                Some(NodeKind::Parameter) => RGBColor(219, 234, 254),
                Some(NodeKind::Input) => RGBColor(220, 252, 231),
                Some(NodeKind::Cut) => RGBColor(254, 202, 202),
                Some(_) => WHITE,
                None => RGBColor(229, 231, 235),
            };
            root.draw(&Rectangle::new(corners, colour.filled()))?;
            root.draw(&Rectangle::new(corners, INK.mix(0.6).stroke_width(1)))?;
            let [(left, top), (right, _)] = corners;
            for (place, line) in lines.iter().enumerate() {
                let at = ((left + right) / 2, top + 4 + LINE / 2 + place as i32 * LINE);
                root.draw(&Text::new(line.as_str(), at, centred.clone()))?;
            }
        }
        Ok(())
    }
}

/// A triangle at the end of a path, in its last direction.
fn arrow_head(path: &[(i32, i32)]) -> Vec<(i32, i32)> {
    let &[.., from, tip] = path else { return Vec::new() };
    let (dx, dy) = (f64::from(tip.0 - from.0), f64::from(tip.1 - from.1));
    let length = dx.hypot(dy).max(1.0);
    let (dx, dy) = (dx / length, dy / length);
    let corner = |side: f64| {
        let x = f64::from(tip.0) - 8.0 * dx - side * dy;
        let y = f64::from(tip.1) - 8.0 * dy + side * dx;
        (x.round() as i32, y.round() as i32)
    };
    vec![tip, corner(3.5), corner(-3.5)]
}

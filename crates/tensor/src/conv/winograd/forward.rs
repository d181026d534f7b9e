//! The forward convolution, and the gradient with respect to the input, which is one too.

use std::ops::Range;

use super::points::Data;
use super::source::{Place, Source};
use super::weights::Filters;
use super::{
    LINE, Layout, PANEL, POINTS, Sizes, TASKS, Tiles, panel_plane, phases, points, shares,
};
use crate::gemm::strided::{self, Left, Right};
use crate::memory;
use crate::simd::{Job, Wide, each, with_vectors};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, Shared};

/// Tiles of a task that has all outputs: its transformed input stays in the second-level cache.
const TILES: usize = 48;
/// Tiles of a task that has few outputs, at a time.
const BLOCK: usize = 128;
/// Filters at the 36 points are read once by every task if they have at most so many elements:
/// beyond, they would come from memory again and again.
const FEW_WEIGHTS: usize = 128 * 128;

/// As [`conv2d`](super::super::conv2d), for filters of `F` × `F` with a stride of `S`, which have at most
/// `K` × `K` taps in a phase of the input.
pub(super) fn conv2d<const F: usize, const S: usize, const K: usize, const Y: usize>(
    x: &Tensor<f32>,
    weight: &Tensor<f32>,
    bias: Option<&Tensor<f32>>,
    sizes: &Sizes,
) -> Tensor<f32> {
    let Sizes { images, c, o, input, output, window, .. } = *sizes;
    let source = Source { pixels: x.as_slice(), channels: c, size: input, padding: window.padding };
    let filters = Filters {
        elements: weight.as_slice(),
        steps: [c * F * F, F * F],
        inputs: c,
        rotated: false,
        plane: panel_plane(c * S * S),
        phase: c * PANEL,
    };
    let bias = bias.map(Tensor::as_slice);
    convolve::<F, K, Y, S, 1>(images, &source, &filters, bias, [o, output[0], output[1]])
}

/// As [`conv2d_input_grad`](super::super::conv2d_input_grad): the convolution of `dy` with the
/// filters turned by 180°, and with those of each phase of the input.
pub(super) fn conv2d_input_grad<const F: usize, const S: usize, const K: usize, const Y: usize>(
    dy: &Tensor<f32>,
    weight: &Tensor<f32>,
    sizes: &Sizes,
) -> Tensor<f32> {
    let Sizes { images, c, o, input, output, window, .. } = *sizes;
    let padding = window.padding.map(|padding| K - 1 - padding);
    let source = Source { pixels: dy.as_slice(), channels: o, size: output, padding };
    let plane = panel_plane(o);
    let filters = Filters {
        elements: weight.as_slice(),
        steps: [F * F, c * F * F],
        inputs: o,
        rotated: true,
        plane,
        phase: POINTS * plane,
    };
    convolve::<F, K, Y, 1, S>(images, &source, &filters, None, [c, input[0], input[1]])
}

/// A convolution of which either the input lies in phases, of `IN` · `IN`, or the result.
fn convolve<const F: usize, const K: usize, const Y: usize, const IN: usize, const OUT: usize>(
    images: usize,
    source: &Source,
    filters: &Filters,
    bias: Option<&[f32]>,
    [outputs, height, width]: [usize; 3],
) -> Tensor<f32> {
    let tiles = Tiles::new(Y, images, [height, width].map(|size| size.div_ceil(OUT)));
    let inputs = filters.inputs * IN * IN;
    // The filters of a panel of outputs.
    let panel = OUT * OUT * POINTS * filters.plane;
    let cost = tiles.count() * POINTS * inputs * outputs * OUT * OUT;
    Tensor::build_or_raise([images, outputs, height, width].into(), |out| {
        let result = Result { out: Shared::new(out), outputs, size: [height, width], bias };
        if inputs * outputs * OUT * OUT <= FEW_WEIGHTS && tiles.count() >= TILES * 4 {
            // A task has some rows of tiles, and all outputs.
            let mut u = Storage::stale(outputs / PANEL * panel);
            let u_cost = inputs * outputs * OUT * OUT * POINTS;
            threads::chunks_mut(&mut u, panel, u_cost, |index, u| {
                filters.panel::<F, K>(index * PANEL, u);
            });
            let rows = tiles.rows_of((TILES / IN).min(tiles.count() / TASKS));
            threads::for_each(tiles.rows.div_ceil(rows), cost, |task| {
                let rows = task * rows..tiles.rows.min((task + 1) * rows);
                let count = rows.len() * tiles.across;
                let layout = Layout::new(count, inputs);
                let mut v = Storage::stale(layout.len());
                let place = Place { out: Shared::new(&mut v), layout, tile: 0 };
                source.transform::<LINE, IN, Data>(&tiles, rows.clone(), 0..filters.inputs, place);
                let most = 2 / OUT;
                for (index, u) in u.chunks(most * panel).enumerate() {
                    let m = multiply::<IN, OUT>(&v, layout, count, u, filters);
                    result.write::<Y, OUT>(&tiles, rows.clone(), &m, index * most * PANEL);
                }
            });
            return;
        }
        // All tiles are transformed first; then a task has one or two panels of outputs, and all
        // tiles, block by block.
        let layout = Layout::new(tiles.count(), inputs);
        let mut v = Storage::stale(layout.len());
        let shared = Shared::new(&mut v);
        let shares = shares(0..tiles.rows, filters.inputs);
        threads::for_each(shares.len(), cost, |task| {
            let (rows, channels) = shares[task].clone();
            let place = Place { out: shared, layout, tile: rows.start * tiles.across };
            source.transform::<LINE, IN, Data>(&tiles, rows, channels, place);
        });
        let panels = outputs / PANEL;
        let pairs = OUT == 1 && (panels >= TASKS || crate::simd::avx512());
        let most = if pairs { 2 } else { 1 };
        let block = tiles.rows_of(BLOCK / OUT);
        threads::for_each(panels.div_ceil(most), cost, |task| {
            let panels = task * most..panels.min((task + 1) * most);
            let mut u = Storage::stale(panels.len() * panel);
            for (index, u) in panels.clone().zip(u.chunks_exact_mut(panel)) {
                filters.panel::<F, K>(index * PANEL, u);
            }
            for first in (0..tiles.rows).step_by(block) {
                let rows = first..tiles.rows.min(first + block);
                let v = &v[first * tiles.across * layout.line..];
                let m = multiply::<IN, OUT>(v, layout, rows.len() * tiles.across, &u, filters);
                result.write::<Y, OUT>(&tiles, rows, &m, panels.start * PANEL);
            }
        });
    })
}

/// The products at the 36 points of some panels of outputs, or of each phase of one panel: `[tiles,
/// outputs]` each.
struct Products {
    elements: Storage<f32>,
    layout: Layout,
    outputs: usize,
}

fn multiply<const IN: usize, const OUT: usize>(
    v: &[f32],
    layout: Layout,
    tiles: usize,
    u: &[f32],
    filters: &Filters,
) -> Products {
    let (plane, inputs) = (filters.plane, filters.inputs);
    let panels = u.len() / (POINTS * plane);
    let products = Layout::new(tiles, panels * PANEL);
    let mut m = Storage::stale(products.len());
    for point in 0..POINTS {
        let (seen, made) = (phases::at_point::<IN>(point), phases::at_point::<OUT>(point));
        let (first, panels) = if OUT == 1 { (0, panels) } else { (made.start, made.len()) };
        let elements = &v[point * layout.plane + seen.start * inputs..];
        let left = Left { elements, row: layout.line, depth: 1 };
        let right = Right {
            elements: &u[(first * POINTS + point) * plane + seen.start * inputs * PANEL..],
            depth: PANEL,
            panels,
            next: POINTS * plane,
        };
        let m = &mut m[point * products.plane..][..products.plane];
        if made.len() < OUT * OUT {
            m.fill(0.0);
        }
        let elements = &mut m[first * PANEL..];
        let result = strided::Result { elements, row: products.line, next: PANEL };
        strided::multiply([tiles, seen.len() * inputs], left, right, result, false);
    }
    Products { elements: m, layout: products, outputs: panels * PANEL / (OUT * OUT) }
}

/// Images `[N, outputs, H, W]` to be written tile by tile.
struct Result<'a> {
    out: Shared<'a, f32>,
    outputs: usize,
    size: [usize; 2],
    bias: Option<&'a [f32]>,
}

impl Result<'_> {
    /// Transforms the outputs from `first` on of some rows of tiles, and writes the pixels, those of
    /// each phase `S` apart.
    fn write<const Y: usize, const S: usize>(
        &self,
        tiles: &Tiles,
        rows: Range<usize>,
        m: &Products,
        first: usize,
    ) {
        with_vectors(Write::<Y, S> { result: self, tiles, rows, m, first });
    }
}

/// See [`Result::write`].
struct Write<'a, const Y: usize, const S: usize> {
    result: &'a Result<'a>,
    tiles: &'a Tiles,
    rows: Range<usize>,
    m: &'a Products,
    first: usize,
}

impl<const Y: usize, const S: usize> Job for Write<'_, Y, S> {
    #[inline(always)]
    fn run<V: Wide>(self) {
        let Self { result, tiles, rows, m, first } = self;
        let [height, width] = result.size;
        let plane = height * width;
        // A row of tiles, line by line, and room for a square that begins at the last pixel.
        let mut pixels = memory::filled(V::splat(0.0), Y * S * width + V::LANES);
        for at in (0..m.outputs).step_by(V::LANES) {
            let channel = first + at;
            let bias = result.bias.map(|bias| &bias[channel..][..V::LANES]);
            // SAFETY: so many outputs.
            let bias = bias.map_or(V::splat(0.0), |bias| unsafe { V::load_at(bias.as_ptr()) });
            for (index, row) in rows.clone().enumerate() {
                for (phase, &both) in phases::of_stride::<S>().iter().enumerate() {
                    // Even pixels are below the middle tap alone.
                    let [above, left] = both.map(|both| usize::from(both) % S);
                    for across in 0..tiles.across {
                        let tile = index * tiles.across + across;
                        let place = tile * m.layout.line + phase * m.outputs + at;
                        let tile: [[V; Y]; Y] = m.pixels(place);
                        let start = (across * Y * S + left).min(width);
                        let end = width.min(start + Y * S);
                        for (line, tile) in tile.into_iter().enumerate() {
                            let line = (line * S + above) * width;
                            let pixels = pixels[line + start..line + end].iter_mut().step_by(S);
                            for (pixel, x) in pixels.zip(tile) {
                                *pixel = x + bias;
                            }
                        }
                    }
                }
                let (image, down) = (row / tiles.down, row % tiles.down);
                let count = (Y * S).min(height - down * Y * S) * width;
                let place = (image * result.outputs + channel) * plane + down * Y * S * width;
                let start = result.out.at(place, (V::LANES - 1) * plane + count - 1);
                for at in (0..count).step_by(V::LANES) {
                    let pixels = &pixels[at..][..V::LANES];
                    V::transpose(
                        |pixel| pixels[pixel],
                        |lane, x| {
                            let to = start.wrapping_add(lane * plane + at);
                            // SAFETY: checked for the last pixel of the last output above; each task
                            // has tiles or outputs of its own.
                            unsafe {
                                if count - at >= V::LANES {
                                    x.store_at(to);
                                } else {
                                    x.store_first(to, count - at);
                                }
                            }
                        },
                    );
                }
            }
        }
    }
}

impl Products {
    /// The pixels of a tile, each a vector of outputs.
    #[inline(always)]
    fn pixels<V: Wide, const Y: usize>(&self, start: usize) -> [[V; Y]; Y] {
        let plane = self.layout.plane;
        let start = &self.elements[start..start + 35 * plane + V::LANES];
        // SAFETY: the last of the 36 is still inside, as the line above has checked.
        let load = |point: usize| unsafe { V::load_at(start.as_ptr().add(point * plane)) };
        let columns: [[V; Y]; LINE] =
            each(|column| points::outputs(each(|line| load(line * LINE + column))));
        each(|line| points::outputs(each(|column| columns[column][line])))
    }
}

//! Images of four quadrants, with a cat in one of them or in none.

use plywood::datasets::{Draw, chelsea};
use plywood::prelude::*;

/// Tiles along a quadrant's side: what is no cat is the cat's tiles in another order.
const TILES: usize = 8;

/// Images `[3, 2·side, 2·side]`, in half of which there is a cat in one of the four quadrants.
/// The other quadrants show the same cat too, but cut into tiles that are shuffled: the same
/// colours, the same edges, and nothing that is a cat. Each image follows from its index.
#[derive(Clone)]
pub(crate) struct Quadrants {
    /// The cat, somewhat larger than a quadrant, `[3, side + margin, side + margin]`.
    cat: Tensor,
    side: usize,
    /// The quadrants where a cat may be, of 0 1 / 2 3.
    places: Vec<usize>,
    samples: usize,
    seed: Seed,
    class_names: [String; 2],
}

impl Quadrants {
    /// So many images, whose cats are in these quadrants only.
    pub(crate) fn new(side: usize, places: &[usize], samples: usize, seed: Seed) -> Result<Self> {
        let margin = side / 16;
        let photo = Var::constant(chelsea()?.to_unit().unsqueeze(0)?);
        let cat = photo.adaptive_avg_pool2d(side + margin)?.value()?.squeeze(0)?;
        Ok(Self {
            cat: &(&cat - 0.5) * 4.0,
            side,
            places: places.to_vec(),
            samples,
            seed,
            class_names: ["nothing", "a cat"].map(str::to_owned),
        })
    }

    /// Draws the image at `index`, `[3, 2·side, 2·side]`, and says whether there is a cat in it.
    fn draw(&self, index: usize, image: &mut [f32]) -> u32 {
        let mut rng = Rng::new(self.seed).fork(index as u64);
        let label = (index % 2) as u32;
        let place = self.places[rng.permutation(self.places.len())[0]];
        for quadrant in 0..4 {
            let tiles = match label == 1 && quadrant == place {
                true => (0..TILES * TILES).collect(),
                false => rng.permutation(TILES * TILES),
            };
            self.draw_quadrant(quadrant, &tiles, &mut rng, image);
        }
        label
    }

    /// Draws the cat's tiles in this order, from a window of the photo that moves by some pixels,
    /// in light that changes by some percents.
    fn draw_quadrant(&self, quadrant: usize, tiles: &[usize], rng: &mut Rng, image: &mut [f32]) {
        let (side, tile, wide) = (self.side, self.side / TILES, self.cat.shape()[2]);
        let room = (wide - side + 1) as f64;
        let [top, left] = [rng.unit(), rng.unit()].map(|part| (part * room) as usize);
        let light = 0.9 + 0.2 * rng.unit() as f32;
        for (channel, pixels) in image.chunks_mut(4 * side * side).enumerate() {
            for y in 0..side {
                for x in 0..side {
                    let source = tiles[y / tile * TILES + x / tile];
                    let (from_y, from_x) =
                        (source / TILES * tile + y % tile, source % TILES * tile + x % tile);
                    let at = (channel * wide + top + from_y) * wide + left + from_x;
                    let to = (quadrant / 2 * side + y) * 2 * side + quadrant % 2 * side + x;
                    pixels[to] = self.cat.as_slice()[at] * light;
                }
            }
        }
    }
}

impl Dataset for Quadrants {
    type Batch = ImageBatch;

    fn len(&self) -> usize {
        self.samples
    }

    fn batch(&self, indices: &[usize], _: &Draw) -> Result<ImageBatch> {
        let size = 2 * self.side;
        let mut images = Tensor::zeros([indices.len(), 3, size, size]);
        let each = images.as_mut_slice().chunks_mut(3 * size * size);
        let labels = each.zip(indices).map(|(image, &index)| self.draw(index, image));
        let labels: Vec<u32> = labels.collect();
        Ok(ImageBatch { images, labels: labels.into() })
    }

    fn fingerprint(&self) -> String {
        let Self { side, places, samples, seed, .. } = self;
        format!("{samples} images of side {side}, a cat in {places:?}, seed {}", seed.0)
    }

    fn class_names(&self) -> &[String] {
        &self.class_names
    }
}

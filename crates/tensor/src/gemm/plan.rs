//! How a product is cut into tasks and blocks.

use std::ops::Range;

/// Depth of a block: a panel of `B` this deep fills half of a 32 KiB first-level cache.
const DEPTH: usize = 256;
/// Rows of a tile at most: so many packed rows of a block fill half of a second-level cache.
const ROWS: usize = 288;
/// Elements of a tile at most: they share the second-level cache with the packed rows.
const TILE: usize = 48 << 10;
/// The number of tasks to aim at: enough for the threads of a large machine to share.
const TASKS: usize = 16;
/// The multiply-adds below which a task isn't split further.
const SMALL: usize = 1 << 18;

pub(super) struct Plan {
    sizes: [usize; 3],
    /// Rows and columns of the kernel's tiles.
    unit: [usize; 2],
    /// Rows of the largest tile, whole panels.
    pub(super) rows: usize,
    /// Tiles from top to bottom and from left to right.
    pub(super) down: usize,
    across: usize,
    /// Parts of the depth that are tasks of their own, and the blocks of each.
    pub(super) splits: usize,
    blocks: usize,
    /// Depth of a block.
    pub(super) deepest: usize,
}

impl Plan {
    /// For a product of `[m, k, n]` and a kernel with tiles of `[rows, columns]`.
    pub(super) fn new(sizes: [usize; 3], unit: [usize; 2]) -> Self {
        let [m, k, n] = sizes;
        let down = m.div_ceil(ROWS);
        let rows = m.div_ceil(unit[0]).div_ceil(down) * unit[0];
        let panels = n.div_ceil(unit[1]);
        let fewest = panels.div_ceil((TILE / rows / unit[1]).max(1));
        // As many tiles as two, four or more threads can share evenly, each of two panels at least and
        // with enough to do.
        let wanted = fewest.next_multiple_of(TASKS.div_ceil(down));
        let most = (panels / 2).min(rows * n * k / SMALL);
        let across = wanted.min(most).max(fewest);
        let columns = panels.div_ceil(across) * unit[1];
        let worth = (rows * columns * k / SMALL).max(1);
        // A split shorter than two blocks would add up more than it multiplies.
        let splits = TASKS.div_ceil(down * across).min(worth).min((k / (2 * DEPTH)).max(1));
        let blocks = k.div_ceil(splits * DEPTH);
        let deepest = k.div_ceil((splits * blocks).max(1));
        Self { sizes, unit, rows, down, across, splits, blocks, deepest }
    }

    /// Whether the rows of `A` are packed before the tasks begin, since many tiles share them.
    pub(super) fn packs_once(&self) -> bool {
        self.splits == 1 && self.across > 1
    }

    pub(super) fn tiles(&self) -> usize {
        self.down * self.across
    }

    pub(super) fn rows_of(&self, tile: usize) -> Range<usize> {
        even_part(self.sizes[0], self.unit[0], tile % self.down, self.down)
    }

    pub(super) fn columns_of(&self, tile: usize) -> Range<usize> {
        even_part(self.sizes[2], self.unit[1], tile / self.down, self.across)
    }

    /// The numbers of the blocks of a part of the depth.
    pub(super) fn blocks_of(&self, split: usize) -> Range<usize> {
        split * self.blocks..(split + 1) * self.blocks
    }

    /// The part of the depth that is in a block: empty in the last ones, if they don't come out even.
    pub(super) fn depth_of(&self, block: usize) -> Range<usize> {
        let start = |block: usize| (block * self.deepest).min(self.sizes[1]);
        start(block)..start(block + 1)
    }
}

/// One of some parts of a length, whole panels but for the end; none has two panels more than another.
fn even_part(len: usize, unit: usize, part: usize, parts: usize) -> Range<usize> {
    let start = |part: usize| len.min(len.div_ceil(unit) * part / parts * unit);
    start(part)..start(part + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_product_evenly() {
        for [m, k, n] in [[1, 1, 1], [289, 7, 5], [600, 300, 1000], [65, 5000, 3000], [5, 0, 9]] {
            for unit in [[12, 32], [6, 16], [4, 8]] {
                let plan = Plan::new([m, k, n], unit);
                let (mut covered, mut panels) = (0, [Vec::new(), Vec::new()]);
                for tile in 0..plan.tiles() {
                    let (rows, columns) = (plan.rows_of(tile), plan.columns_of(tile));
                    assert!(rows.len() <= plan.rows && rows.end <= m && columns.end <= n);
                    assert!(rows.start.is_multiple_of(unit[0]));
                    assert!(columns.start.is_multiple_of(unit[1]));
                    covered += rows.len() * columns.len();
                    panels[0].push(rows.len().div_ceil(unit[0]));
                    panels[1].push(columns.len().div_ceil(unit[1]));
                }
                assert_eq!(covered, m * n);
                for panels in panels {
                    let (least, most) = (panels.iter().min(), panels.iter().max());
                    assert!(most.unwrap() - least.unwrap() <= 1, "{panels:?}");
                }
                let depth = (0..plan.splits).flat_map(|split| plan.blocks_of(split));
                assert_eq!(depth.map(|block| plan.depth_of(block).len()).sum::<usize>(), k);
            }
        }
    }
}

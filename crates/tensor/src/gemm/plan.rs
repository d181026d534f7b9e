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
    /// Rows and columns of a tile, whole panels; the last ones are cut off by the matrix.
    pub(super) rows: usize,
    columns: usize,
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
    pub(super) fn new(sizes: [usize; 3], [kernel_rows, kernel_columns]: [usize; 2]) -> Self {
        let [m, k, n] = sizes;
        let balanced = |size: usize, most: usize, unit: usize| {
            size.div_ceil(size.div_ceil(most)).next_multiple_of(unit)
        };
        let rows = balanced(m, ROWS, kernel_rows);
        let down = m.div_ceil(rows);
        let mut columns = balanced(n, (TILE / rows).max(kernel_columns), kernel_columns);
        let tiles = |columns: usize| down * n.div_ceil(columns);
        while tiles(columns) < TASKS && columns > 2 * kernel_columns && rows * columns * k > SMALL {
            columns = (columns / 2).next_multiple_of(kernel_columns);
        }
        let wanted = TASKS.div_ceil(tiles(columns));
        let worth = (rows * columns * k / SMALL).max(1);
        // A split shorter than two blocks would add up more than it multiplies.
        let splits = wanted.min(worth).min((k / (2 * DEPTH)).max(1));
        let blocks = k.div_ceil(splits * DEPTH);
        let deepest = k.div_ceil((splits * blocks).max(1));
        Self { sizes, rows, columns, down, across: n.div_ceil(columns), splits, blocks, deepest }
    }

    /// Whether the rows of `A` are packed before the tasks begin, since many tiles share them.
    pub(super) fn packs_once(&self) -> bool {
        self.splits == 1 && self.across > 1
    }

    pub(super) fn tiles(&self) -> usize {
        self.down * self.across
    }

    pub(super) fn rows_of(&self, tile: usize) -> Range<usize> {
        let first = tile % self.down * self.rows;
        first..self.sizes[0].min(first + self.rows)
    }

    pub(super) fn columns_of(&self, tile: usize) -> Range<usize> {
        let first = tile / self.down * self.columns;
        first..self.sizes[2].min(first + self.columns)
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

//! Images in blocks: `[N, pixels]` as `[N / block, pixels, block]`, the last block filled up with zeros.

use crate::permute::transpose;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads::{self, CHUNK};

/// Images of a block: two vectors.
pub(super) fn block() -> usize {
    if crate::simd::avx512() { 32 } else { 16 }
}

/// Images that a task writes: they lie in one block.
const SHARE: usize = 16;

/// Some images, block by block.
pub(super) struct Blocks {
    pub(super) elements: Storage<f32>,
    images: usize,
    /// Numbers of one image.
    pixels: usize,
}

impl Blocks {
    /// Room for `images` images of so many numbers, which are unspecified.
    pub(super) fn stale(images: usize, pixels: usize) -> Self {
        let blocks = images.div_ceil(block());
        Self { elements: Storage::stale(blocks * pixels * block()), images, pixels }
    }

    pub(super) fn of(x: &Tensor<f32>) -> Self {
        let images = x.shape()[0];
        let pixels = x.numel() / images;
        let mut blocks = Self::stale(images, pixels);
        let (whole, side) = (pixels * block(), block());
        let share = (CHUNK / side).min(pixels);
        let cost = blocks.elements.len();
        threads::chunks_of_each_mut(
            &mut blocks.elements,
            whole,
            share * side,
            cost,
            |index, part, out| {
                let images = side.min(images - index * side);
                let rows = out.len() / side;
                if images < side {
                    out.fill(0.0);
                }
                let from = &x.as_slice()[index * whole + part * share..];
                transpose(from, pixels, out, side, [rows, images]);
            },
        );
        blocks
    }

    /// How many blocks there are.
    pub(super) fn count(&self) -> usize {
        self.images.div_ceil(block())
    }

    /// The numbers of one block.
    pub(super) fn len(&self) -> usize {
        self.pixels * block()
    }

    /// Writes the images, one after the other.
    pub(super) fn write(&self, out: &mut [f32]) {
        let cost = out.len();
        threads::chunks_mut(out, SHARE * self.pixels, cost, |task, out| {
            let (block, lane) = (task * SHARE / block(), task * SHARE % block());
            let from = &self.elements[block * self.len() + lane..];
            let images = out.len() / self.pixels;
            transpose(from, self::block(), out, self.pixels, [images, self.pixels]);
        });
    }
}

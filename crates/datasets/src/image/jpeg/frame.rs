//! What a JPEG frame's header says: its kind, its sides, and how each component is sampled.

use plywood_tensor::{Error, Result};

/// How the coefficients are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Sequential,
    Progressive,
}

#[derive(Debug)]
pub(super) struct Frame {
    pub(super) coding: Coding,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) components: Vec<Component>,
    /// The largest numbers of samples that a component has for an element of the grid, down and across.
    pub(super) most: [usize; 2],
}

#[derive(Debug)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Its samples for an element of the grid, down and across: 1 to 4 each.
    pub(super) sampling: [usize; 2],
    /// Its place among the tables of quantisers.
    pub(super) quantisers: usize,
    /// Its samples, down and across.
    pub(super) samples: [usize; 2],
    /// The blocks of 8×8 that hold these.
    pub(super) blocks: [usize; 2],
    /// The blocks with those that fill up the last units of several components.
    pub(super) padded: [usize; 2],
}

impl Frame {
    pub(super) fn read(marker: u8, body: &[u8]) -> Result<Self> {
        let coding = match marker {
            0xC0 | 0xC1 => Coding::Sequential,
            0xC2 => Coding::Progressive,
            _ => return Err(unsupported(marker)),
        };
        let (&[precision, h1, h0, w1, w0, count], specs) =
            body.split_first_chunk::<6>().ok_or_else(short)?;
        if precision != 8 {
            return Err(Error::data(format!("its samples have {precision} bits, 8 are read"))
                .hint("save it as PNG, or as JPEG with 8 bits"));
        }
        let [height, width] = [[h1, h0], [w1, w0]].map(|side| u16::from_be_bytes(side).into());
        if height == 0 {
            return Err(Error::data("its header says no height")
                .hint("save it anew: one that comes after the image is read by few programs"));
        }
        if ![1, 3, 4].contains(&count) {
            return Err(Error::data(format!("it has {count} components, 1, 3 or 4 are read"))
                .hint("save it in greys, RGB or CMYK"));
        }
        if specs.len() != 3 * usize::from(count) {
            return Err(short());
        }
        let mut components = Vec::new();
        for spec in specs.chunks(3) {
            let sampling = [spec[1] & 15, spec[1] >> 4].map(usize::from);
            if sampling.iter().any(|samples| !(1..=4).contains(samples)) || spec[2] > 3 {
                return Err(Error::data("the header of its frame makes no sense")
                    .hint("the file is corrupted"));
            }
            components.push(Component {
                id: spec[0],
                sampling,
                quantisers: spec[2].into(),
                samples: [0; 2],
                blocks: [0; 2],
                padded: [0; 2],
            });
        }
        let mut frame = Self { coding, height, width, components, most: [1; 2] };
        frame.measure();
        frame.check_sampling()?;
        Ok(frame)
    }

    fn measure(&mut self) {
        let sides = [self.height, self.width];
        for axis in [0, 1] {
            let most = self.components.iter().map(|component| component.sampling[axis]).max();
            let most = most.unwrap_or(1);
            self.most[axis] = most;
            for component in &mut self.components {
                let own = component.sampling[axis];
                component.samples[axis] = (sides[axis] * own).div_ceil(most);
                component.blocks[axis] = component.samples[axis].div_ceil(8);
                component.padded[axis] = sides[axis].div_ceil(8 * most) * own;
            }
        }
    }

    /// What isn't a whole number of times as fine as another has no pixels that it belongs to.
    fn check_sampling(&self) -> Result<()> {
        let odd = |component: &&Component| {
            (0..2).any(|axis| !self.most[axis].is_multiple_of(component.sampling[axis]))
        };
        let Some(component) = self.components.iter().find(odd) else { return Ok(()) };
        let [down, across] = component.sampling;
        Err(Error::data(format!(
            "a component has {across}×{down} samples where there are {}×{} pixels",
            self.most[1], self.most[0]
        ))
        .hint("save it with another subsampling: 4:4:4, 4:2:2 or 4:2:0"))
    }

    /// The blocks of all components.
    pub(super) fn block_count(&self) -> usize {
        self.components.iter().map(|component| component.padded[0] * component.padded[1]).sum()
    }
}

fn short() -> Error {
    Error::data("the header of its frame has another length than it says")
        .hint("the file is corrupted")
}

/// The kinds that hardly any program writes or reads.
fn unsupported(marker: u8) -> Error {
    let kind = match marker {
        0xC3 => "lossless JPEG",
        0xC5..=0xC7 => "hierarchical JPEG",
        0xC9 | 0xCA => "JPEG with arithmetic coding",
        _ => "JPEG of a rare kind",
    };
    Error::data(format!("it is {kind}, which isn't read"))
        .hint("save it as baseline or progressive JPEG with Huffman coding, or as PNG")
}

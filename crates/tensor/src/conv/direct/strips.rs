//! What tasks read of the image, padded and split by the stride (`pool2d/split.rs`): one copy for all, or
//! for each a copy of the rows that it sees, of some channels at a time. Such a strip stays in the task's
//! caches, where a copy of a large image would be written to memory and read again.

use std::ops::Range;

use crate::conv::planes::Planes;
use crate::memory;
use crate::polyphase::Split;
use crate::simd::prefetch;
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::window::Window;

/// Numbers of a strip, which the second-level cache holds.
const STRIP: usize = 128 << 10;

pub(super) enum Seen<'a> {
    Whole(Planes<'a, f32>),
    Strips(Strips<'a>),
}

pub(super) struct Strips<'a> {
    x: &'a Tensor<f32>,
    window: Window,
    /// Rows and columns of the result of a strip.
    output: [usize; 2],
    /// How a strip inside the image is split.
    inside: Split,
}

impl<'a> Seen<'a> {
    /// Strips for so many channels at a time, and so many rows of the result or fewer, unless neighbours
    /// would copy the same rows again and again; else, or if there are several `readers` of each, all at
    /// once. Gives the rows.
    pub(super) fn new(
        x: &'a Tensor<f32>,
        window: &Window,
        [height, width]: [usize; 2],
        [channels, rows]: [usize; 2],
        readers: usize,
    ) -> (Self, usize) {
        let columns = x.shape()[3];
        let overlap = (window.kernel[0] - 1) * window.dilation[0] / window.stride[0];
        let all = Split::new(window, [x.shape()[2], columns], [height, width], 1);
        let row = channels * all.all_parts() / (height + overlap);
        let fewer = rows.min((STRIP / row.max(1)).saturating_sub(overlap));
        if readers > 1 || fewer < 2 * overlap.max(1) {
            let planes = Planes::split(x, window, [height, width]);
            return (Self::Whole(planes.unwrap_or_else(|error| memory::raise(error))), rows);
        }
        // As many for each.
        let rows = height.div_ceil(height.div_ceil(fewer));
        let (window, output) = (*window, [rows, width]);
        let open = Window { padding: [0, window.padding[1]], ..window };
        let inside = Split::new(&open, [seen_by(&window, rows), columns], output, 1);
        (Self::Strips(Strips { x, window, output, inside }), rows)
    }

    /// From one row of pixels to the next.
    pub(super) fn line(&self) -> usize {
        match self {
            Self::Whole(planes) => planes.width,
            Self::Strips(strips) => strips.inside.line(),
        }
    }

    /// Where the taps of some channels lie, counted from a window's place in the first.
    pub(super) fn taps(&self, channels: usize) -> Vec<usize> {
        match self {
            Self::Whole(planes) => planes.taps(channels).collect(),
            Self::Strips(Strips { inside, .. }) => (0..channels)
                .map(|number| number * inside.all_parts())
                .flat_map(|start| inside.taps.iter().map(move |tap| start + tap))
                .collect(),
        }
    }

    /// Room for a strip of so many channels.
    pub(super) fn room(&self, channels: usize) -> Storage<f32> {
        Storage::stale(match self {
            Self::Whole(_) => 0,
            Self::Strips(Strips { inside, .. }) => {
                channels * inside.all_parts() + Planes::<f32>::SLACK
            }
        })
    }

    /// What some channels give to some rows of an image's result: the elements, and where the windows of
    /// the first row begin in the first channel.
    pub(super) fn part<'b>(
        &'b self,
        room: &'b mut [f32],
        image: usize,
        channels: Range<usize>,
        rows: Range<usize>,
    ) -> (&'b [f32], usize) {
        match self {
            Self::Whole(planes) => (
                planes.elements(),
                image * planes.image + channels.start * planes.channel + rows.start * planes.width,
            ),
            Self::Strips(strips) => {
                strips.copy(image, channels, rows, room);
                (room, 0)
            }
        }
    }
}

impl Strips<'_> {
    /// Writes a strip, and zeros behind it.
    fn copy(&self, image: usize, channels: Range<usize>, rows: Range<usize>, out: &mut [f32]) {
        let &[_, all, height, width] = &self.x.shape()[..] else { unreachable!("four axes") };
        let Window { stride, padding, .. } = self.window;
        // The rows of the image that are seen, counted from the border's first.
        let top = rows.start * stride[0];
        let bottom = top + seen_by(&self.window, rows.len());
        let row = |padded: usize| padded.saturating_sub(padding[0]).min(height);
        let (begin, end) = (row(top), row(bottom));
        let above = padding[0].saturating_sub(top);
        let at_border;
        let split = if above == 0 && end - begin == seen_by(&self.window, self.output[0]) {
            &self.inside
        } else {
            let window = Window { padding: [above, padding[1]], ..self.window };
            at_border = Split::new(&window, [end - begin, width], self.output, 1);
            &at_border
        };
        let (planes, slack) = out.split_at_mut(channels.len() * split.all_parts());
        slack.fill(0.0);
        let x = self.x.as_slice();
        for (channel, parts) in channels.zip(planes.chunks_exact_mut(split.all_parts())) {
            let start = (image * all + channel) * height * width;
            let plane = &x[start..start + height * width];
            parts.fill(0.0);
            // What comes next is far away: the processor wouldn't guess it.
            for at in (begin * width..end * width).step_by(16) {
                prefetch(x, start + height * width + at);
            }
            split.split(&plane[begin * width..end * width], parts);
        }
    }
}

/// The rows of the padded image that so many rows of the result are made of.
fn seen_by(window: &Window, rows: usize) -> usize {
    (rows - 1) * window.stride[0] + (window.kernel[0] - 1) * window.dilation[0] + 1
}

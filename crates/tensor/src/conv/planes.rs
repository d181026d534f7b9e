//! Images with their borders, split by the stride (`pool2d/split.rs`): every convolution becomes one of
//! stride 1 without borders, and the pixels under one tap lie side by side.

use super::Sizes;
use crate::element::Float;
use crate::error::{Error, Result};
use crate::gemm::{Matrix, Offsets};
use crate::polyphase::{Split, planes_of_a_task};
use crate::storage::Storage;
use crate::tensor::Tensor;
use crate::threads;
use crate::window::Window;

/// Images `[N, C, H, W]`, channel after channel with the parts of each.
pub(super) struct Planes<'a, T: Float> {
    elements: Elements<'a, T>,
    pub(super) images: usize,
    /// From one row of pixels to the next, from one pixel, from one channel, and from one image.
    pub(super) width: usize,
    pixel: usize,
    pub(super) channel: usize,
    pub(super) image: usize,
    /// Where each tap of a window lies in a channel, counted from the window's place.
    taps: Vec<usize>,
}

enum Elements<'a, T: Float> {
    AsTheyWere(&'a [T]),
    Split(Storage<T>),
}

impl<'a, T: Float> Planes<'a, T> {
    /// Elements behind the last plane, for vectors that reach beyond its end.
    pub(super) const SLACK: usize = 64;

    /// The input of a convolution; as it is, where windows are pixels that lie no further apart than two.
    ///
    /// # Errors
    /// When the borders are larger than memory.
    pub(super) fn new(x: &'a Tensor<T>, sizes: &Sizes) -> Result<Self> {
        let Sizes { images, groups, c, input, output, window, .. } = *sizes;
        if window.kernel != [1, 1] || window.padding != [0, 0] || window.stride[1] > 2 {
            return Self::split(x, &window, output);
        }
        let channel = input[0] * input[1];
        Ok(Self {
            elements: Elements::AsTheyWere(x.as_slice()),
            images,
            width: input[1] * window.stride[0],
            pixel: window.stride[1],
            channel,
            image: groups * c * channel,
            taps: vec![0],
        })
    }

    /// A copy of some images, under a window with so many places.
    ///
    /// # Errors
    /// When it is larger than memory.
    pub(super) fn split(x: &Tensor<T>, window: &Window, output: [usize; 2]) -> Result<Self> {
        let [images, channels, height, width] = [0, 1, 2, 3].map(|axis| x.shape()[axis]);
        let split = Split::new(window, [height, width], output, 1);
        let channel = split.all_parts();
        let count = images.checked_mul(channels).and_then(|planes| planes.checked_mul(channel));
        let most = isize::MAX as usize / size_of::<T>() - Self::SLACK;
        let count = count
            .filter(|&count| count <= most)
            .ok_or_else(|| Error::value("the padded images are larger than memory can address"))?;
        let mut elements = Storage::stale(count + Self::SLACK);
        let (planes, slack) = elements.split_at_mut(count);
        slack.fill(T::ZERO);
        let (x, pixels) = (x.as_slice(), height * width);
        let share = planes_of_a_task([height, width]);
        threads::chunks_mut(planes, share * channel, count, |index, planes| {
            for (place, parts) in planes.chunks_exact_mut(channel).enumerate() {
                parts.fill(T::ZERO);
                split.split(&x[(index * share + place) * pixels..][..pixels], parts);
            }
        });
        Ok(Self {
            elements: Elements::Split(elements),
            images,
            width: split.line(),
            pixel: 1,
            channel,
            image: channels * channel,
            taps: split.taps,
        })
    }

    pub(super) fn elements(&self) -> &[T] {
        match &self.elements {
            Elements::AsTheyWere(elements) => elements,
            Elements::Split(elements) => elements,
        }
    }

    /// Where the taps of some neighbouring channels lie, counted from a window's place in the first.
    pub(super) fn taps(&self, channels: usize) -> impl Iterator<Item = usize> {
        (0..channels)
            .flat_map(move |channel| self.taps.iter().map(move |tap| channel * self.channel + tap))
    }

    /// im2col of one group of `channels` channels: a line for each window, through all images, a
    /// depth for each tap of each channel.
    pub(super) fn columns(
        &self,
        channels: usize,
        group: usize,
        [rows, columns]: [usize; 2],
    ) -> Matrix<'_, T> {
        Matrix {
            elements: self.elements().get(group * channels * self.channel..).unwrap_or_default(),
            lines: if self.width == columns && self.pixel == 1 {
                Offsets::grid([1, self.images, rows * columns], [0, self.image, 1])
            } else {
                Offsets::grid([self.images, rows, columns], [self.image, self.width, self.pixel])
            },
            depth: Offsets::Table(self.taps(channels).collect()),
        }
    }
}

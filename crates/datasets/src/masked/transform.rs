//! Changes of an image and its mask together: where the one is moved to, so is the other.

use std::fmt::Debug;

use plywood_tensor::{Error, Result, Tensor};

use crate::Settings;
use crate::draw::Context;
use crate::transforms::{Size, between, check_order, image_shape};

/// A change to one image `[C, H, W]`, with values from 0 to 1, and to its mask `[H, W]`: as
/// [`Transform`](crate::Transform) is one to an image alone.
///
/// A mask's numbers are names: nothing may be computed from two of them, so it is moved by whole pixels or by the
/// nearest one.
///
/// ```
/// use plywood_datasets::{Context, MaskedTransform};
/// use plywood_tensor::{Result, Tensor};
///
/// /// Rows become columns.
/// #[derive(Debug)]
/// struct Turn;
///
/// impl MaskedTransform for Turn {
///     fn shape(&self, [channels, height, width]: [usize; 3]) -> Result<[usize; 3]> {
///         Ok([channels, width, height])
///     }
///
///     fn apply(
///         &self,
///         (image, mask): (Tensor, Tensor<u8>),
///         _: Option<u8>,
///         _: &mut Context,
///     ) -> Result<(Tensor, Tensor<u8>)> {
///         Ok((image.permute(&[0, 2, 1])?, mask.permute(&[1, 0])?))
///     }
/// }
///
/// let pair = (Tensor::zeros([3, 1, 2]), Tensor::from([[0_u8, 1]]));
/// let (_, mask) = Turn.apply(pair, None, &mut Context::evaluation())?;
/// assert_eq!(mask, Tensor::from([[0_u8], [1]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub trait MaskedTransform: Debug + Send + Sync + 'static {
    /// The shape `[C, H, W]` that every image of shape `input` comes to have, and its mask with it.
    ///
    /// # Errors
    /// When such an image can't be changed so, or the transform's settings make no sense.
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]>;

    /// Changes an image and its mask. What comes from outside of the image is void, if there is such a class.
    ///
    /// # Errors
    /// When [`shape`](Self::shape) fails.
    fn apply(
        &self,
        pair: (Tensor, Tensor<u8>),
        void: Option<u8>,
        context: &mut Context,
    ) -> Result<(Tensor, Tensor<u8>)>;
}

/// A part of the image, anywhere in it and of any scale, mirrored or not: the commonest augmentation where each pixel
/// has a class. Values between pixels are bilinear, classes those of the nearest pixel. Where the part is larger than
/// the image, the image's edge goes on, and its mask is void if there is such a class. In evaluation the middle at
/// its own scale.
///
/// ```
/// use plywood_datasets::{Context, MaskedTransform, RandomScaleCrop};
/// use plywood_tensor::Tensor;
///
/// let crop = RandomScaleCrop::new([1, 2]).scale([0.5, 2.0]);
/// let pair = (Tensor::from([[[0.0, 0.1, 0.2, 0.3]]]), Tensor::from([[0_u8, 1, 2, 3]]));
/// let (image, mask) = crop.apply(pair, None, &mut Context::evaluation())?;
/// assert_eq!((image, mask), (Tensor::from([[[0.1, 0.2]]]), Tensor::from([[1_u8, 2]])));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct RandomScaleCrop {
    /// The size of the part, in pixels of the result.
    #[setting(from(impl Into<Size>, Into::into))]
    size: Size,
    /// The least and the greatest factor of the size; all between are as likely by their logarithm.
    #[setting(default = [1.0, 1.0], range = 0.01..=100.0)]
    scale: [f64; 2],
    /// How likely it is mirrored.
    #[setting(default = 0.5, range = 0.0..=1.0)]
    flip: f64,
}

impl MaskedTransform for RandomScaleCrop {
    fn shape(&self, [channels, ..]: [usize; 3]) -> Result<[usize; 3]> {
        let Size { height, width } = self.size;
        let check = || {
            self.check()?;
            check_order("scale", self.scale)?;
            match height > 0 && width > 0 {
                true => Ok([channels, height, width]),
                false => Err(Error::shape(format!("a part of {height}×{width} pixels"))
                    .hint("it must be at least 1×1")),
            }
        };
        check().map_err(|error: Error| error.operation("random_scale_crop"))
    }

    fn apply(
        &self,
        (image, mask): (Tensor, Tensor<u8>),
        void: Option<u8>,
        context: &mut Context,
    ) -> Result<(Tensor, Tensor<u8>)> {
        let shape @ [_, height, width] = image_shape(&image)?;
        let output = self.shape(shape)?;
        let refuse = |error: Error| error.operation("random_scale_crop");
        if mask.shape()[..] != [height, width] {
            return Err(refuse(Error::shape(format!(
                "an image {} (C, H, W) has a mask {}, it should be [{height}, {width}] (H, W)",
                image.shape(),
                mask.shape()
            ))));
        }
        let mut part = Tensor::try_full(output, 0.0).map_err(refuse)?;
        let mut part_of_mask = Tensor::try_full([output[1], output[2]], 0_u8).map_err(refuse)?;
        let (mut scale, mut flip, mut place) = (1.0, false, [0.5; 2]);
        if let Some(rng) = context.rng() {
            let [least, greatest] = self.scale.map(f64::ln);
            scale = between(rng, least, greatest).exp();
            place = [rng.unit(), rng.unit()];
            flip = rng.unit() < self.flip;
        }
        // The middles of the part's pixels in the image: of each axis the first one's, and from one to the next.
        let step = 1.0 / scale;
        let axis = |axis: usize, size: usize| {
            let room = size as f64 - output[axis] as f64 * step;
            room * place[axis - 1] + (step - 1.0) / 2.0
        };
        let rows = Line::along(axis(1, height), step, output[1], height);
        let mut columns = Line::along(axis(2, width), step, output[2], width);
        if flip {
            columns.reverse();
        }
        fill(&image, [height, width], &mut part, [&rows, &columns]);
        fill_mask(&mask, width, &mut part_of_mask, [&rows, &columns], void);
        Ok((part, part_of_mask))
    }
}

/// Where a row or a column of the result comes from.
#[derive(Clone, Copy)]
struct Line {
    before: usize,
    after: usize,
    /// How much of `after` there is.
    part: f32,
    /// The nearest; none outside.
    nearest: Option<usize>,
    /// The nearest of all that are there.
    edge: usize,
}

impl Line {
    fn along(first: f64, step: f64, count: usize, size: usize) -> Vec<Self> {
        let last = (size - 1) as f64;
        let line = |number: usize| {
            let place = first + number as f64 * step;
            let inside = place.clamp(0.0, last);
            let before = inside as usize;
            let edge = (inside + 0.5) as usize;
            Self {
                before,
                after: (before + 1).min(size - 1),
                part: (inside - before as f64) as f32,
                nearest: (-0.5..last + 0.5).contains(&place).then_some(edge),
                edge,
            }
        };
        (0..count).map(line).collect()
    }
}

fn fill(
    image: &Tensor,
    [height, width]: [usize; 2],
    part: &mut Tensor,
    [rows, columns]: [&[Line]; 2],
) {
    let planes = image.as_slice().chunks(height * width);
    for (plane, out) in planes.zip(part.as_mut_slice().chunks_mut(rows.len() * columns.len())) {
        for (row, out) in rows.iter().zip(out.chunks_mut(columns.len())) {
            let [above, below] = [row.before, row.after].map(|row| &plane[row * width..][..width]);
            for (column, out) in columns.iter().zip(out) {
                let along = |line: &[f32]| {
                    line[column.before] + (line[column.after] - line[column.before]) * column.part
                };
                let (above, below) = (along(above), along(below));
                *out = above + (below - above) * row.part;
            }
        }
    }
}

fn fill_mask(
    mask: &Tensor<u8>,
    width: usize,
    part: &mut Tensor<u8>,
    [rows, columns]: [&[Line]; 2],
    void: Option<u8>,
) {
    for (row, out) in rows.iter().zip(part.as_mut_slice().chunks_mut(columns.len())) {
        for (column, out) in columns.iter().zip(out) {
            *out = match (row.nearest, column.nearest, void) {
                (Some(row), Some(column), _) => mask.as_slice()[row * width + column],
                (.., Some(void)) => void,
                (.., None) => mask.as_slice()[row.edge * width + column.edge],
            };
        }
    }
}

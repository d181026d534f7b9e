//! Crops: the middle of an image, or anywhere in it.

use plywood_tensor::{Error, Result, Tensor};

use super::{Size, Transform, image_shape, up_to};
use crate::Settings;
use crate::draw::Context;

/// The middle of an image. Where it can't be exact, it is half a pixel up and left.
///
/// ```
/// use plywood_datasets::Context;
/// use plywood_datasets::transforms::{CenterCrop, Transform};
/// use plywood_tensor::Tensor;
///
/// let image = Tensor::from([[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]]);
/// let middle = CenterCrop::new([1, 3]).apply(image, &mut Context::evaluation())?;
/// assert_eq!(middle, Tensor::from([[[0.4, 0.5, 0.6]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct CenterCrop {
    /// The size of the crop.
    #[setting(from(impl Into<Size>, Into::into))]
    size: Size,
}

impl Transform for CenterCrop {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        cropped(input, self.size, 0).map_err(|e| e.operation("center_crop"))
    }

    fn apply(&self, image: Tensor, _: &mut Context) -> Result<Tensor> {
        let shape = image_shape(&image)?;
        let output = self.shape(shape)?;
        let [top, left] = [1, 2].map(|axis| ((shape[axis] - output[axis]) / 2) as isize);
        crop(&image, shape, [top, left], output)
    }
}

/// A part of an image, anywhere in it, after a border of black around it: small shifts, the
/// commonest augmentation. In evaluation the middle.
///
/// ```
/// use plywood_datasets::Draw;
/// use plywood_datasets::transforms::{RandomCrop, Transform};
/// use plywood_tensor::{Seed, Tensor};
///
/// let shift = RandomCrop::new(28).padding(2); // by up to 2 pixels, each way
/// let image = Tensor::ones([1, 28, 28]);
/// let mut context = Draw::training(Seed(7), 0).context(0); // the first epoch's first sample
/// let shifted = shift.apply(image, &mut context)?;
/// assert_eq!(shifted.shape(), [1, 28, 28].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
pub struct RandomCrop {
    /// The size of the crop.
    #[setting(from(impl Into<Size>, Into::into))]
    size: Size,
    /// The width of the border, in pixels on each side.
    #[setting(default = 0)]
    padding: usize,
    /// Whether the border mirrors the image, without its outermost pixels, instead of being black:
    /// torchvision's padding mode `reflect`.
    #[setting(default = false, alias = "padding_mode")]
    reflect: bool,
}

impl Transform for RandomCrop {
    fn shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let [_, height, width] = input;
        if self.reflect && self.padding >= height.min(width) {
            return Err(Error::shape(format!(
                "a border of {} pixels can't mirror an image {input:?} (C, H, W)",
                self.padding
            ))
            .operation("random_crop")
            .hint("it must be narrower than the image"));
        }
        cropped(input, self.size, self.padding).map_err(|e| e.operation("random_crop"))
    }

    fn apply(&self, image: Tensor, context: &mut Context) -> Result<Tensor> {
        let shape = image_shape(&image)?;
        let output = self.shape(shape)?;
        let corner = [1, 2].map(|axis| {
            let room = shape[axis] + 2 * self.padding - output[axis];
            let start = match context.rng() {
                Some(rng) => up_to(rng, room),
                None => room / 2,
            };
            start as isize - self.padding as isize
        });
        match self.reflect {
            true => reflected(&image, shape, corner, output),
            false => crop(&image, shape, corner, output),
        }
        .map_err(|error| error.operation("random_crop"))
    }
}

/// The shape of a crop from an image with a border.
fn cropped(
    [channels, height, width]: [usize; 3],
    size: Size,
    padding: usize,
) -> Result<[usize; 3]> {
    let fits =
        |size: usize, of: usize| size > 0 && size <= of.saturating_add(padding.saturating_mul(2));
    // A border wider than any image is a mistake, and would overflow the sums.
    if padding < 1 << 24 && fits(size.height, height) && fits(size.width, width) {
        return Ok([channels, size.height, size.width]);
    }
    Err(Error::shape(format!(
        "a crop of {}×{} from an image [{channels}, {height}, {width}] (C, H, W) with padding {padding}",
        size.height, size.width
    ))
    .hint("crops must be at least 1×1, and not larger than the padded image"))
}

/// The part of an image from `[top, left]` on, black where that is outside.
fn crop(
    image: &Tensor,
    [channels, height, width]: [usize; 3],
    [top, left]: [isize; 2],
    output: [usize; 3],
) -> Result<Tensor> {
    let [_, rows, columns] = output;
    let mut out = Tensor::try_full(output, 0.0)?;
    // The columns of the crop that are inside the image.
    let first = left.min(0).unsigned_abs().min(columns);
    let last = columns.min((width as isize - left).max(0) as usize);
    let (elements, cropped) = (image.as_slice(), out.as_mut_slice());
    for channel in 0..channels {
        for row in 0..rows {
            let y = top + row as isize;
            if !(0..height as isize).contains(&y) || first >= last {
                continue;
            }
            let start = (channel * height + y as usize) * width;
            let from = start.wrapping_add_signed(left + first as isize);
            cropped[(channel * rows + row) * columns..][first..last]
                .copy_from_slice(&elements[from..][..last - first]);
        }
    }
    Ok(out)
}

/// As [`crop`], mirrored where that is outside, by less than the image's size.
fn reflected(
    image: &Tensor,
    [_, height, width]: [usize; 3],
    [top, left]: [isize; 2],
    output: [usize; 3],
) -> Result<Tensor> {
    let inside = |place: isize, size: usize| {
        let last = size as isize - 1;
        (last - (last - place.abs()).abs()) as usize
    };
    let columns: Vec<usize> = (0..output[2]).map(|x| inside(left + x as isize, width)).collect();
    let mut out = Tensor::try_full(output, 0.0)?;
    let rows = out.as_mut_slice().chunks_mut(output[2]);
    for (place, row) in rows.enumerate() {
        let (channel, y) = (place / output[1], inside(top + (place % output[1]) as isize, height));
        let source = &image.as_slice()[(channel * height + y) * width..][..width];
        row.iter_mut().zip(&columns).for_each(|(out, &x)| *out = source[x]);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use plywood_tensor::Seed;
    use proptest::prelude::*;

    use super::*;
    use crate::draw::Draw;

    fn training(seed: u64) -> Context {
        Draw::training(Seed(seed), 0).context(0)
    }

    fn naive(image: &Tensor, [top, left]: [isize; 2], output: [usize; 3]) -> Tensor {
        Tensor::from_fn(output, |at| {
            let (y, x) = (top + at[1] as isize, left + at[2] as isize);
            let inside = usize::try_from(y).ok().zip(usize::try_from(x).ok());
            inside.map_or(0.0, |(y, x)| image.get(&[at[0], y, x]).unwrap_or(0.0))
        })
    }

    fn counted(shape: [usize; 3]) -> Tensor {
        Tensor::arange(shape.iter().product()).reshape(shape).unwrap()
    }

    proptest! {
        #[test]
        fn prop_crops_are_what_the_reference_says(
            shape in [1_usize..3, 1_usize..7, 1_usize..7],
            corner in [-5_isize..9, -5_isize..9],
            size in [1_usize..9, 1_usize..9],
        ) {
            let image = counted(shape);
            let output = [shape[0], size[0], size[1]];
            prop_assert_eq!(
                crop(&image, shape, corner, output).unwrap(),
                naive(&image, corner, output)
            );
        }

        #[test]
        fn prop_random_crops_are_crops(
            shape in [1_usize..3, 1_usize..7, 1_usize..7],
            size in [1_usize..9, 1_usize..9],
            padding in 0_usize..3,
            seed: u64,
        ) {
            let transform = RandomCrop::new(size).padding(padding);
            let image = counted(shape);
            let fits = (0..2).all(|axis| size[axis] <= shape[axis + 1] + 2 * padding);
            let cropped = transform.apply(image.clone(), &mut training(seed));
            prop_assert_eq!(cropped.is_ok(), fits);
            let Ok(cropped) = cropped else { return Ok(()) };
            let padding = padding as isize;
            let corners = (-padding..8).flat_map(|y| (-padding..8).map(move |x| [y, x]));
            let output = [shape[0], size[0], size[1]];
            prop_assert!(corners.into_iter().any(|c| naive(&image, c, output) == cropped));
        }
    }

    #[test]
    fn evaluation_takes_the_middle() {
        let image = counted([1, 4, 4]);
        let middle = Tensor::from([[[5.0, 6.0], [9.0, 10.0]]]);
        let centre = CenterCrop::new(2).apply(image.clone(), &mut Context::evaluation()).unwrap();
        assert_eq!(centre, middle);
        for padding in [0, 3] {
            let crop = RandomCrop::new(2).padding(padding);
            assert_eq!(crop.apply(image.clone(), &mut Context::evaluation()).unwrap(), middle);
        }
    }

    #[test]
    fn a_border_mirrors() {
        let image = Tensor::from([[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]]);
        let part = reflected(&image, [1, 3, 3], [-2, 1], [1, 4, 4]).unwrap();
        let row = |start: f32| [start + 1.0, start + 2.0, start + 1.0, start];
        assert_eq!(part, Tensor::from([[row(6.0), row(3.0), row(0.0), row(3.0)]]));
        let crop = RandomCrop::new(3).padding(2).reflect(true);
        assert_eq!(crop.apply(image.clone(), &mut Context::evaluation()).unwrap(), image);
        let mut context = training(1);
        for _ in 0..50 {
            let part = crop.apply(&image + 1.0, &mut context).unwrap();
            assert!(part.as_slice().iter().all(|&x| x > 0.0), "no black: {part}");
        }
        assert_eq!(
            RandomCrop::new(3).padding(3).reflect(true).shape([1, 3, 4]).unwrap_err().to_string(),
            "random_crop: a border of 3 pixels can't mirror an image [1, 3, 4] (C, H, W); \
             it must be narrower than the image",
        );
    }

    #[test]
    fn every_place_comes_up() {
        let (mut context, crop) = (training(1), RandomCrop::new(2));
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let cropped = crop.apply(counted([1, 4, 4]), &mut context).unwrap();
            seen.insert(cropped.as_slice()[0] as usize);
        }
        assert!(seen.into_iter().eq([0, 1, 2, 4, 5, 6, 8, 9, 10]));
    }

    #[test]
    fn crops_that_dont_fit_are_refused() {
        assert_eq!(
            CenterCrop::new([3, 5]).shape([3, 4, 4]).unwrap_err().to_string(),
            "center_crop: a crop of 3×5 from an image [3, 4, 4] (C, H, W) with padding 0; \
             crops must be at least 1×1, and not larger than the padded image",
        );
        assert_eq!(
            RandomCrop::new(0).padding(2).shape([3, 4, 4]).unwrap_err().to_string(),
            "random_crop: a crop of 0×0 from an image [3, 4, 4] (C, H, W) with padding 2; \
             crops must be at least 1×1, and not larger than the padded image",
        );
        assert!(RandomCrop::new(4).padding(usize::MAX).shape([3, 4, 4]).is_err());
        assert_eq!(
            CenterCrop::new(2)
                .apply(Tensor::zeros([4, 4]), &mut Context::evaluation())
                .unwrap_err()
                .to_string(),
            "[4, 4] is not an image: it should have 3 axes (C, H, W)",
        );
    }
}

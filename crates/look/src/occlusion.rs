//! Occlusion: cover a part of the image, or all but a part, and see what becomes of the score.

use plywood_layers::Settings;
use plywood_tensor::{Error, Result, Tensor};

use crate::lens::{Lens, batch_of_one, image_shape};
use crate::saliency::check_class;

/// A patch that covers one part of an image after another.
///
/// It asks the model itself, in finite steps, where [`saliency`](crate::saliency) asks for the
/// slope at a point. Of evidence that is there twice the patch hides one and the score stays, so that
/// [`map`](Self::map) is empty where a network is sure; [`alone`](Self::alone) asks the other way
/// round, what each part is worth without the others.
///
/// ```
/// use plywood_layers::{Flatten, Linear, Sequential};
/// use plywood_look::{Lens, Occlusion};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let linear = Linear::new(8 * 8, 2, &mut Rng::new(Seed(7)))?;
/// let model = Sequential::new().add(Flatten).add(linear);
/// let image = Tensor::ones([1, 8, 8]);
/// let lost = Occlusion::new(2).stride(2).fill(0.0).map(&Lens::new(&model), &image, 1)?;
/// assert_eq!(lost.shape(), [8, 8].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks" (2014).
#[derive(Clone, Debug, Settings)]
pub struct Occlusion {
    /// The patch's side in pixels.
    side: usize,
    /// Pixels from one place of the patch to the next: half of its side unless it is said.
    stride: Option<usize>,
    /// What the patch is filled with: the image's mean colour unless it is said.
    fill: Option<f32>,
    /// Images that the model is given at once. It changes nothing but time and memory.
    #[setting(default = 16, range = 1.0.., called = "batch size", setter = batch_size)]
    batch: usize,
}

impl Occlusion {
    /// How much of a class's score is lost when a pixel of an image `[C, H, W]` is covered: the
    /// mean over all places of the patch that cover it, `[H, W]`. Where the score rises it is
    /// negative.
    ///
    /// # Errors
    /// When a setting is out of its range, the patch or its step has no pixels or the patch is larger than the image, the model
    /// doesn't take such images, or has no such class.
    pub fn map(&self, lens: &Lens<'_>, image: &Tensor, class: usize) -> Result<Tensor> {
        self.scores(lens, image, class, false)
    }

    /// How much of a class's score a part of an image `[C, H, W]` gives alone, everything outside the
    /// patch being covered, above the score of an image with nothing in it: the mean over all
    /// places of the patch that show a pixel, `[H, W]`. A part that speaks against the class is
    /// negative.
    ///
    /// # Errors
    /// As [`map`](Self::map).
    pub fn alone(&self, lens: &Lens<'_>, image: &Tensor, class: usize) -> Result<Tensor> {
        self.scores(lens, image, class, true)
    }

    fn scores(&self, lens: &Lens<'_>, image: &Tensor, class: usize, alone: bool) -> Result<Tensor> {
        self.check().map_err(|error| error.operation("occlusion"))?;
        let [channels, height, width] = image_shape(image)?;
        let side = self.side;
        let stride = self.stride.unwrap_or(side.div_ceil(2));
        if side == 0 || stride == 0 || stride > side || side > height.min(width) {
            return Err(Error::value(format!(
                "a patch of {side}×{side} pixels that moves by {stride} can't cover an image {} \
                 (C, H, W)",
                image.shape()
            ))
            .operation("occlusion")
            .hint("the patch should fit the image, and move by at most its side"));
        }
        let fill: Vec<f32> = match self.fill {
            Some(fill) => vec![fill; channels],
            None => image.mean_axes(&[1, 2])?.to_vec(),
        };
        let empty = Tensor::try_from_fn(image.shape(), |at| fill[at[0]])?;
        // What is changed within the patch, and what it comes to be there.
        let (ground, patch) = if alone { (&empty, image) } else { (image, &empty) };
        let before = lens.scores(&batch_of_one(ground)?)?;
        check_class(&before, class)?;
        let before = before.as_slice()[class];
        let patched = |[top, left]: [usize; 2]| {
            let mut image = ground.clone();
            let planes = image.as_mut_slice().chunks_mut(height * width);
            for (plane, patch) in planes.zip(patch.as_slice().chunks(height * width)) {
                let rows = plane.chunks_mut(width).zip(patch.chunks(width));
                for (row, patch) in rows.skip(top).take(side) {
                    row[left..left + side].copy_from_slice(&patch[left..left + side]);
                }
            }
            image
        };
        // What is there alone is gained, what is covered lost.
        let sign = if alone { 1.0 } else { -1.0 };
        let (mut sums, mut covers) = (vec![0.0_f64; height * width], vec![0_u32; height * width]);
        let columns = starts(width, side, stride);
        let places = starts(height, side, stride)
            .into_iter()
            .flat_map(|top| columns.iter().map(move |&left| [top, left]));
        let places: Vec<[usize; 2]> = places.collect();
        for places in places.chunks(self.batch) {
            let images: Vec<Tensor> = places.iter().map(|&place| patched(place)).collect();
            let scores = lens.scores(&Tensor::stack(&images.iter().collect::<Vec<_>>(), 0)?)?;
            let classes = scores.shape()[1];
            for (scores, &[top, left]) in scores.as_slice().chunks(classes).zip(places) {
                for row in top..top + side {
                    for pixel in row * width + left..row * width + left + side {
                        sums[pixel] += sign * f64::from(scores[class] - before);
                        covers[pixel] += 1;
                    }
                }
            }
        }
        let means = sums.iter().zip(&covers).map(|(sum, &n)| (sum / f64::from(n.max(1))) as f32);
        Tensor::from_vec(means.collect(), [height, width])
    }
}

/// Where the patch begins along an axis. The last place is at the end, so that every pixel is covered.
fn starts(pixels: usize, side: usize, stride: usize) -> Vec<usize> {
    let last = pixels - side;
    let mut starts: Vec<usize> = (0..last).step_by(stride).collect();
    starts.push(last);
    starts
}

//! Occlusion: cover a part of the picture, and see how much of the score is lost.

use plywood_tensor::{Error, Result, Tensor};

use crate::lens::{Lens, batch_of_one, picture_shape};
use crate::saliency::check_class;

/// A patch that covers one part of a picture after another.
///
/// It asks the model itself, in finite steps, where [`saliency`](crate::saliency) asks for the
/// slope at a point; it can't tell evidence that is there twice, since the patch hides one of it.
///
/// ```
/// use plywood_layers::{Flatten, Linear, Sequential};
/// use plywood_look::{Lens, Occlusion};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let linear = Linear::config(8 * 8, 2).init(&mut Rng::new(Seed(7)))?;
/// let model = Sequential::new().add(Flatten).add(linear);
/// let picture = Tensor::ones([1, 8, 8]);
/// let lost = Occlusion::new(2).stride(2).fill(0.0).map(&Lens::new(&model), &picture, 1)?;
/// assert_eq!(lost.shape(), [8, 8].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks" (2014).
#[derive(Clone, Debug)]
pub struct Occlusion {
    side: usize,
    stride: usize,
    fill: Option<f32>,
    batch: usize,
}

impl Occlusion {
    /// A square patch of so many pixels, that moves by half of its side.
    pub fn new(side: usize) -> Self {
        Self { side, stride: side.div_ceil(2), fill: None, batch: 16 }
    }

    /// Pixels from one place of the patch to the next.
    #[must_use]
    pub fn stride(mut self, stride: usize) -> Self {
        self.stride = stride;
        self
    }

    /// What the patch is filled with; by default it has the picture's mean colour.
    #[must_use]
    pub fn fill(mut self, fill: f32) -> Self {
        self.fill = Some(fill);
        self
    }

    /// Pictures that the model is given at once; 16 by default. It changes nothing but time and
    /// memory.
    #[must_use]
    pub fn batch_size(mut self, pictures: usize) -> Self {
        self.batch = pictures;
        self
    }

    /// How much of a class's score is lost when a pixel of a picture `[C, H, W]` is covered: the
    /// mean over all places of the patch that cover it, `[H, W]`. Where the score rises it is
    /// negative.
    ///
    /// # Errors
    /// When the patch or its step has no pixels or the patch is larger than the picture, the model
    /// doesn't take such pictures, or has no such class.
    pub fn map(&self, lens: &Lens<'_>, picture: &Tensor, class: usize) -> Result<Tensor> {
        let [channels, height, width] = picture_shape(picture)?;
        let Self { side, stride, .. } = *self;
        if side == 0 || stride == 0 || stride > side || side > height.min(width) {
            return Err(Error::value(format!(
                "a patch of {side}×{side} pixels that moves by {stride} can't cover a picture {} \
                 (C, H, W)",
                picture.shape()
            ))
            .operation("occlusion")
            .hint("the patch should fit the picture, and move by at most its side"));
        }
        let whole = lens.scores(&batch_of_one(picture)?)?;
        check_class(&whole, class)?;
        let whole = whole.as_slice()[class];
        let fill: Vec<f32> = match self.fill {
            Some(fill) => vec![fill; channels],
            None => picture.mean_axes(&[1, 2])?.to_vec(),
        };
        let covered = |[top, left]: [usize; 2]| -> Result<Tensor> {
            let mut picture = picture.clone();
            for (plane, &fill) in picture.as_mut_slice().chunks_mut(height * width).zip(&fill) {
                for row in plane.chunks_mut(width).skip(top).take(side) {
                    row[left..left + side].fill(fill);
                }
            }
            Ok(picture)
        };
        let (mut lost, mut covers) = (vec![0.0_f64; height * width], vec![0_u32; height * width]);
        let columns = starts(width, side, stride);
        let places = starts(height, side, stride)
            .into_iter()
            .flat_map(|top| columns.iter().map(move |&left| [top, left]));
        let places: Vec<[usize; 2]> = places.collect();
        for places in places.chunks(self.batch.max(1)) {
            let pictures =
                places.iter().map(|&place| covered(place)).collect::<Result<Vec<_>>>()?;
            let scores = lens.scores(&Tensor::stack(&pictures.iter().collect::<Vec<_>>())?)?;
            let classes = scores.shape()[1];
            for (scores, &[top, left]) in scores.as_slice().chunks(classes).zip(places) {
                for row in top..top + side {
                    for pixel in row * width + left..row * width + left + side {
                        lost[pixel] += f64::from(whole - scores[class]);
                        covers[pixel] += 1;
                    }
                }
            }
        }
        let means = lost.iter().zip(&covers).map(|(lost, &n)| (lost / f64::from(n.max(1))) as f32);
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

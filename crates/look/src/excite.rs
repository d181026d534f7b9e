//! What excites a unit most: an image that is made for it, by gradient ascent.

use plywood_autodiff::{Observation, Source, Var, ops};
use plywood_layers::Settings;
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};

use crate::blur::blur;
use crate::lens::{Lens, View};
use crate::patches::units;
use crate::receptive::ReceptiveField;
use crate::saliency::unreached;

/// Gradient ascent on an image: begin with noise, and change the pixels so that a unit answers
/// more and more.
///
/// Left to itself this ends in noise that no camera has ever seen. Each step therefore goes along
/// the gradient at several scales, coarse ones as much as fine ones, with the image a little out
/// of place, and draws colours back to grey.
///
/// ```
/// use plywood_layers::Conv2d;
/// use plywood_look::{Excite, Lens};
/// use plywood_tensor::{Rng, Seed};
///
/// let conv = Conv2d::new(3, 8, 5, &mut Rng::new(Seed(7)))?;
/// let lens = Lens::new(&conv);
/// let excited = Excite::new().steps(32).seed(Seed(7)).units(&lens, [3, 32, 32], "conv2d", &[0, 5])?;
/// assert_eq!(excited[1].pixels.shape(), [3, 5, 5].into()); // what the unit sees
/// assert!(excited[1].after > excited[1].before);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// Sources: Erhan et al., "Visualizing higher-layer features of a deep network" (2009); Olah,
/// Mordvintsev and Schubert, "Feature visualization" (2017).
#[derive(Clone, Debug, Settings)]
pub struct Excite {
    /// How many steps are taken.
    #[setting(default = 128)]
    steps: usize,
    /// How far a step goes: the root mean square of what it adds to the pixels. Large steps find the place,
    /// small ones its details: the last goes a fifth as far as the first.
    #[setting(default = 0.02, range = 0.0..=1.0)]
    rate: f32,
    /// By how many pixels at most the image is out of place at each step. It is at most an
    /// eighth of the image.
    #[setting(default = 4)]
    jitter: usize,
    /// Which part of its distance from grey a pixel loses at each step.
    #[setting(default = 0.004, range = 0.0..=1.0)]
    decay: f32,
    /// The largest side of an image in pixels, for models that take images of any size. A unit that sees
    /// less gets an image of what it sees.
    #[setting(default = 128, range = 1.0.., called = "largest side")]
    largest: usize,
    /// What the noise in the beginning and the jitter follow from.
    #[setting(default = Seed(0))]
    seed: Seed,
}

/// An image that was made to excite the units of a channel.
///
/// ```
/// use plywood_autodiff::Param;
/// use plywood_layers::Conv2d;
/// use plywood_look::{Excite, Excited, Lens};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// // A layer that looks for pixels brighter than their left neighbours.
/// let mut conv = Conv2d::config(1, 1, [1, 2]).bias(false).init(&mut Rng::new(Seed(7)))?;
/// conv.weight = Param::new(Tensor::from([[[[-1.0, 1.0]]]]));
/// let lens = Lens::new(&conv);
/// let made = Excite::new().steps(16).units(&lens, [1, 8, 8], "conv2d", &[0])?;
/// let Excited { channel, pixels, before, after } = &made[0];
/// assert_eq!((*channel, pixels.shape()), (0, [1, 1, 2].into())); // what a unit sees
/// assert!(after > before);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Excited {
    /// The channel.
    pub channel: usize,
    /// The image `[C, H, W]`, from 0 to 1.
    pub pixels: Tensor,
    /// What the channel answered to the noise in the beginning: the mean of its map.
    pub before: f32,
    /// What it answers to the image: the mean of its map.
    pub after: f32,
}

impl Excite {
    /// An image for each of the `channels` of a place in a model, whose usual images are
    /// `[C, H, W]`. Of a map it is the mean that becomes large. Where a ReLU ends the place, what goes
    /// into it is made large, since ReLU answers nothing at all to most noise.
    ///
    /// # Errors
    /// When a setting is out of its range, the model doesn't take such images, computes nothing of this name
    /// with such channels, or what it computes there doesn't depend on the image.
    pub fn units(
        &self,
        lens: &Lens<'_>,
        image: [usize; 3],
        place: &str,
        channels: &[usize],
    ) -> Result<Vec<Excited>> {
        self.check().map_err(|error| error.operation("excite"))?;
        if channels.is_empty() {
            return Ok(Vec::new());
        }
        let [depth, height, width] = self.canvas(lens, image, place)?;
        let mut rng = Rng::new(self.seed);
        let shape = [channels.len(), depth, height, width];
        let mut x: Tensor = rng.try_normal(shape, 0.5, 0.05)?;
        let mut before = Vec::new();
        let jitter = [height, width].map(|side| self.jitter.min(side / 8));
        for step in 0..self.steps {
            let shift = jitter.map(|most| (rng.unit() * (2 * most + 1) as f64) as usize);
            let shift =
                [0, 1].map(|axis| (shape[axis + 2] + shift[axis] - jitter[axis]) % shape[axis + 2]);
            let Slope { gradient, values } = slope(lens, &roll(&x, shift), place, channels)?;
            if step == 0 {
                before = values;
            }
            let back = [0, 1].map(|axis| (shape[axis + 2] - shift[axis]) % shape[axis + 2]);
            let direction = roll(&self.directions(&gradient, &mut rng)?, back);
            let keep = 1.0 - self.decay;
            let rate = self.rate * (1.0 - 0.8 * step as f32 / self.steps as f32);
            x =
                x.zip_into(&direction, |x, d| (0.5 + keep * (x - 0.5) + rate * d).clamp(0.0, 1.0))?;
        }
        let after = slope(lens, &x, place, channels)?.values;
        if before.is_empty() {
            before.clone_from(&after);
        }
        channels
            .iter()
            .enumerate()
            .map(|(row, &channel)| {
                let pixels = x.narrow(0, row, 1)?.squeeze(0)?;
                Ok(Excited { channel, pixels, before: before[row], after: after[row] })
            })
            .collect()
    }

    /// The size `[C, H, W]` of the images to make: what a unit sees, but not too large, if the
    /// model takes such images; else the usual size.
    fn canvas(&self, lens: &Lens<'_>, usual: [usize; 3], place: &str) -> Result<[usize; 3]> {
        if usual.contains(&0) {
            return Err(Error::value(format!("images {usual:?} (C, H, W) have no pixels"))
                .operation("excite"));
        }
        let sees = ReceptiveField::of(lens, usual, place)?.size();
        let sides = [0, 1].map(|axis| sees[axis].min(usual[axis + 1]).min(self.largest));
        let wanted = [usual[0], sides[0], sides[1]];
        let fits = lens
            .dry_run_until(wanted, Some(place))
            .is_ok_and(|seen| seen.iter().any(|seen| seen.name == place));
        Ok(if fits { wanted } else { usual })
    }

    /// The direction in which to change each image: its gradient at several scales, each brought
    /// to the same strength. Where there is no gradient, because the unit is silent, it is drawn.
    fn directions(&self, gradient: &Tensor, rng: &mut Rng) -> Result<Tensor> {
        let shape = gradient.shape();
        let images = shape[0];
        let size = gradient.numel() / images;
        let side = shape[2].min(shape[3]) as f32;
        let scales = [1.0, 2.0, 4.0, 8.0].into_iter().filter(|sigma| sigma * 16.0 <= side);
        let mut layers = scales.map(|sigma| blur(gradient, sigma)).collect::<Result<Vec<_>>>()?;
        if layers.len() < 2 {
            layers.push(gradient.clone());
        }
        let mut sum = Tensor::try_full(shape, 0.0)?;
        for layer in &layers {
            let chunks = sum.as_mut_slice().chunks_mut(size).zip(layer.as_slice().chunks(size));
            for (sum, layer) in chunks {
                let scale = root_mean_square(layer);
                if scale > 0.0 {
                    sum.iter_mut().zip(layer).for_each(|(sum, x)| *sum += x / scale);
                }
            }
        }
        for image in sum.as_mut_slice().chunks_mut(size) {
            let mut scale = root_mean_square(image);
            if scale == 0.0 {
                let noise: Tensor = rng.try_normal([size], 0.0, 1.0)?;
                image.copy_from_slice(noise.as_slice());
                scale = 1.0;
            }
            image.iter_mut().for_each(|x| *x /= scale);
        }
        Ok(sum)
    }
}

fn root_mean_square(numbers: &[f32]) -> f32 {
    let sum: f64 = numbers.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    (sum / numbers.len().max(1) as f64).sqrt() as f32
}

/// Moves images `[N, C, H, W]` down and to the right; what leaves comes in on the other side.
fn roll(images: &Tensor, [down, right]: [usize; 2]) -> Tensor {
    let shape = images.shape();
    let [height, width] = [shape[2], shape[3]];
    let mut rolled = images.clone();
    if [down, right] == [0, 0] {
        return rolled;
    }
    let planes = rolled.as_mut_slice().chunks_mut(height * width);
    for (to, from) in planes.zip(images.as_slice().chunks(height * width)) {
        for (y, row) in from.chunks(width).enumerate() {
            let start = (y + down) % height * width;
            let (left, wrapped) = row.split_at(width - right);
            to[start + right..start + width].copy_from_slice(left);
            to[start..start + right].copy_from_slice(wrapped);
        }
    }
    rolled
}

/// How units answer, and the gradient of that with respect to the images.
struct Slope {
    gradient: Tensor,
    values: Vec<f32>,
}

/// Shows each channel its own image: image n of `[N, C, H, W]` to the n-th of the channels.
fn slope(lens: &Lens<'_>, images: &Tensor, place: &str, channels: &[usize]) -> Result<Slope> {
    let view = lens.inspect(images, Some(place))?;
    let own = view.find(place)?;
    let values = own.value.value()?;
    units(values, place, channels)?;
    let plane: usize = values.shape()[2..].iter().product();
    let all = values.shape()[1];
    let mean = |(row, &channel): (usize, &usize)| {
        let from = (row * all + channel) * plane;
        values.as_slice()[from..from + plane].iter().sum::<f32>() / plane as f32
    };
    let values = channels.iter().enumerate().map(mean).collect();

    // The sum of all means, of what goes into the last ReLU.
    let mut sum: Option<Var> = None;
    for (row, &channel) in channels.iter().enumerate() {
        let (goal, channel) = before_relu(&view.seen, own, channel);
        let mean = goal.value.narrow(0, row, 1)?.narrow(1, channel, 1)?.mean();
        sum = Some(match sum {
            Some(sum) => sum.add(&mean)?,
            None => mean,
        });
    }
    let sum = sum.filter(Var::needs_gradient).ok_or_else(|| unreached("the image"))?;
    let View { pass, images, .. } = view;
    let grads = pass.backward_partial(&sum)?;
    let gradient = grads.wrt(&images).ok_or_else(|| unreached("the image"))?.clone();
    Ok(Slope { gradient, values })
}

/// What becomes a channel of a value when ReLU has cut off what is below 0, and the channel there;
/// the value itself where there is no ReLU. Looks through concatenations of channels.
fn before_relu<'s>(
    seen: &'s [Observation],
    own: &'s Observation,
    own_channel: usize,
) -> (&'s Observation, usize) {
    let (mut at, mut channel) = (own, own_channel);
    loop {
        let is_relu = at.downcast::<ops::Relu>().is_some() || at.downcast::<ops::Relu6>().is_some();
        match &at.sources[..] {
            [Source::Seen(before)] if is_relu => return (&seen[*before], channel),
            parts if at.downcast::<ops::Concat>().is_some() => {
                let mut part = None;
                for source in parts {
                    let Source::Seen(place) = *source else { return (own, own_channel) };
                    let shape = seen[place].value.shape();
                    // Joined along another axis, its channels are not ours.
                    if shape.rank() != 4 || shape[2..] != own.value.shape()[2..] {
                        return (own, own_channel);
                    }
                    if channel < shape[1] {
                        part = Some(&seen[place]);
                        break;
                    }
                    channel -= shape[1];
                }
                let Some(part) = part else { return (own, own_channel) };
                at = part;
            }
            _ => return (at, channel),
        }
    }
}

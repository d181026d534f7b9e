//! Feature maps: where in an image each channel of a layer finds what it looks for.

use plywood_datasets::Image;
use plywood_tensor::{Error, Result, Shape, Tensor};

use crate::lens::{Lens, batch_of_one};

/// What a layer answers to an image: a map for each of its channels.
///
/// ```
/// use plywood_autodiff::Param;
/// use plywood_layers::Conv2d;
/// use plywood_look::{FeatureMaps, Lens, feature_maps};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// // A layer that looks for pixels brighter than their left neighbours.
/// let mut conv = Conv2d::config(1, 1, [1, 2]).bias(false).init(&mut Rng::new(Seed(7)))?;
/// conv.weight = Param::new(Tensor::from([[[[-1.0, 1.0]]]]));
/// let image = Tensor::from([[[0.0, 0.0, 1.0, 1.0]]]); // [C, H, W]: dark, then bright
/// let FeatureMaps { values } = feature_maps(&Lens::new(&conv), &image, "conv2d")?;
/// assert_eq!(values, Tensor::from([[[0.0, 1.0, 0.0]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FeatureMaps {
    /// The maps `[C, H, W]`.
    pub values: Tensor,
}

/// The feature maps of a place in a model for an image `[C, H, W]`.
///
/// ```
/// use plywood_datasets::chelsea;
/// use plywood_layers::Conv2d;
/// use plywood_look::{Lens, feature_maps};
/// use plywood_tensor::{Rng, Seed};
///
/// let conv = Conv2d::config(3, 8, 5).stride(2).init(&mut Rng::new(Seed(7)))?;
/// let maps = feature_maps(&Lens::new(&conv), &chelsea()?.to_unit(), "conv2d")?;
/// assert_eq!(maps.values.shape(), [8, 110, 110].into());
/// let liveliest = maps.liveliest(1)[0];
/// maps.image(liveliest)?.encode_png()?;
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the model doesn't take such images, computes nothing of this name, or what it computes
/// there is no map.
pub fn feature_maps(lens: &Lens<'_>, image: &Tensor, place: &str) -> Result<FeatureMaps> {
    let view = lens.inspect(&batch_of_one(image)?, Some(place))?;
    let values = view.find(place)?.value.value()?;
    if values.rank() != 4 {
        return Err(no_map(place, values.shape()));
    }
    Ok(FeatureMaps { values: values.squeeze(0)? })
}

pub(crate) fn no_map(place: &str, shape: Shape) -> Error {
    Error::shape(format!("`{place}` is {shape}, which is no map (N, C, H, W)"))
        .operation("look")
        .hint("a convolution, or what follows one, gives maps")
}

impl FeatureMaps {
    /// The channels whose answers differ most from place to place, those with the largest standard
    /// deviation first; at most `count`.
    pub fn liveliest(&self, count: usize) -> Vec<usize> {
        let plane = self.values.shape()[1..].iter().product::<usize>().max(1);
        let variance = |map: &[f32]| {
            let mean = map.iter().sum::<f32>() / plane as f32;
            map.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>()
        };
        let variances = self.values.as_slice().chunks(plane).map(variance);
        let mut order: Vec<(usize, f32)> = variances.enumerate().collect();
        order.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        order.into_iter().take(count).map(|(channel, _)| channel).collect()
    }

    /// A channel's map in greys: its smallest value black, unless 0 is smaller, its largest white.
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn image(&self, channel: usize) -> Result<Image> {
        let map = self.values.narrow(0, channel, 1)?;
        let low = map.min().unwrap_or(0.0).min(0.0);
        let range = (map.max().unwrap_or(0.0) - low).max(f32::MIN_POSITIVE);
        Image::from_unit(&map.map(|x| (x - low) / range))
    }
}

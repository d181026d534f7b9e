//! The filters of the first layer, which look at the image itself.

use plywood_autodiff::{Observation, ops};
use plywood_datasets::Image;
use plywood_tensor::{Error, Result, Tensor};
use plywood_training::plots;

use crate::lens::Lens;

/// The weights of a model's first layer.
///
/// ```
/// use plywood_autodiff::Param;
/// use plywood_layers::Conv2d;
/// use plywood_look::{Filters, Lens, first_filters};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// // A layer that looks for pixels brighter than their left neighbours.
/// let mut conv = Conv2d::config(1, 1, [1, 2]).bias(false).init(&mut Rng::new(Seed(7)))?;
/// conv.weight = Param::new(Tensor::from([[[[-1.0, 1.0]]]]));
/// let Filters { weight, .. } = first_filters(&Lens::new(&conv), [1, 8, 8])?;
/// assert_eq!(weight, Tensor::from([[[[-1.0, 1.0]]]]));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Filters {
    /// The layer's path; empty when the layer is the model.
    pub layer: String,
    /// The weights `[O, C, KH, KW]`. Those of a fully connected layer have the whole
    /// image's size.
    pub weight: Tensor,
}

/// What the first layer looks for: its weights. They are the only ones that can be read as
/// images, since their inputs are the colours of pixels.
///
/// ```
/// use plywood_layers::Conv2d;
/// use plywood_look::{Lens, first_filters};
/// use plywood_tensor::{Rng, Seed};
///
/// let conv = Conv2d::new(3, 8, 5, &mut Rng::new(Seed(7)))?;
/// let filters = first_filters(&Lens::new(&conv), [3, 32, 32])?;
/// assert_eq!(filters.weight.shape(), [8, 3, 5, 5].into());
/// filters.image(8)?.encode_png()?; // each weight 8 pixels wide
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the model doesn't take images `[C, H, W]` of this shape, or its first layer is neither a
/// convolution nor fully connected.
pub fn first_filters(lens: &Lens<'_>, image: [usize; 3]) -> Result<Filters> {
    let seen = lens.dry_run(image)?;
    let has_filters = |seen: &&Observation| {
        seen.downcast::<ops::Conv2d>().is_some() || seen.downcast::<ops::Linear>().is_some()
    };
    let first = seen.iter().find(has_filters);
    let refuse = || {
        Error::value("the model has no first layer whose weights are images")
            .operation("first_filters")
            .hint("it should begin with a convolution, or a fully connected layer")
    };
    let layer = first.ok_or_else(refuse)?.layer.clone();
    let name = if layer.is_empty() { "weight".to_owned() } else { format!("{layer}.weight") };
    let parameters = lens.model().named_parameters();
    let (_, weight) = parameters.iter().find(|(own, _)| *own == name).ok_or_else(refuse)?;
    let weight = weight.value();
    let [channels, height, width] = image;
    let weight = match weight.shape()[..] {
        [_, depth, _, _] if depth == channels => weight.clone(),
        [units, inputs] if inputs == channels * height * width => {
            weight.reshape([units, channels, height, width])?
        }
        _ => return Err(refuse()),
    };
    Ok(Filters { layer, weight })
}

impl Filters {
    /// All filters side by side, each weight `scale` pixels wide: in colour if there are three
    /// channels. Each is stretched to its own range, 0 being middle grey.
    ///
    /// # Errors
    /// When there is nothing to draw.
    pub fn image(&self, scale: usize) -> Result<Image> {
        plots::filters(&self.weight, scale)
    }

    /// One filter `[C, KH, KW]` as an image, stretched to its own range, 0 being middle grey: in
    /// colour if there are three channels, else the mean over them.
    ///
    /// # Errors
    /// When there is no such filter.
    pub fn one(&self, filter: usize) -> Result<Image> {
        let weight = self.weight.narrow(0, filter, 1)?.squeeze(0)?;
        let weight = if weight.shape()[0] == 3 { weight } else { mean_over_channels(&weight)? };
        let largest = weight.as_slice().iter().fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
        Image::from_unit(&weight.map(|x| 0.5 + 0.5 * x / largest))
    }
}

fn mean_over_channels(weight: &Tensor) -> Result<Tensor> {
    weight.mean_keepdim(&[0])
}

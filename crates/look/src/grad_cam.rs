//! Grad-CAM: which places of a layer's maps speak for a class.

use plywood_datasets::transforms::Resize;
use plywood_datasets::{Context, Transform};
use plywood_tensor::{Result, Tensor};

use crate::feature_maps::no_map;
use crate::lens::{Lens, Place, View, batch_of_one, image_shape};
use crate::saliency::{class_gradient, unreached};

/// Where in an image `[C, H, W]` a layer sees what speaks for a class: its maps, each weighted by
/// the mean gradient of the class's score with respect to it, added up; what speaks against the
/// class is left out. The result is `[H, W]`, brought to the image's size.
///
/// It is as coarse as the layer's maps are. The last ones that have places, which
/// [`last_maps`] finds, are the usual choice.
///
/// Source: Selvaraju et al., "Grad-CAM" (2017).
///
/// # Errors
/// When the model doesn't take such images, has no such class, or computes no maps of this name.
pub fn grad_cam(lens: &Lens<'_>, image: &Tensor, place: &str, class: usize) -> Result<Tensor> {
    let [_, height, width] = image_shape(image)?;
    let view = lens.inspect(&batch_of_one(image)?, None)?;
    let maps = view.find(place)?.value.clone();
    let values = maps.value()?.clone();
    if values.rank() != 4 {
        return Err(no_map(place, values.shape()));
    }
    let gradient = class_gradient(&view, class)?;
    maps.retain_grad();
    let View { pass, output, .. } = view;
    let grads = pass.backward_from(&output, gradient)?;
    let weights = grads.wrt(&maps).ok_or_else(|| unreached(place))?.mean_axes(&[2, 3])?;
    let [_, channels, rows, columns] = values.shape()[..] else {
        return Err(no_map(place, values.shape()));
    };
    let sum = weights
        .reshape([1, channels])?
        .matmul(&values.reshape([channels, rows * columns])?)?
        .map(|x| x.max(0.0));
    let map = sum.reshape([1, rows, columns])?;
    Resize::new([height, width]).apply(map, &mut Context::evaluation())?.squeeze(0)
}

/// The last maps of a model that have places, for images `[C, H, W]`: what Grad-CAM usually looks
/// at. Maps that are the scores already, one for each class, don't count.
///
/// # Errors
/// When the model doesn't take such images.
pub fn last_maps(lens: &Lens<'_>, image: [usize; 3]) -> Result<Option<Place>> {
    let places = lens.places(image)?;
    let classes = places.last().and_then(|last| last.shape.get(1).copied());
    let usual = |place: &&Place| match place.shape[..] {
        [_, channels, height, width] => height * width > 1 && Some(channels) != classes,
        _ => false,
    };
    Ok(places.iter().rfind(usual).cloned())
}

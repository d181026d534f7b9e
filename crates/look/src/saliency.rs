//! Saliency: how much the score would change with each pixel.

use plywood_tensor::{Error, Result, Tensor};

use crate::lens::{Lens, View, batch_of_one};

/// For each pixel of an image `[C, H, W]`, how fast a class's score changes with it: the largest
/// absolute gradient of its channels, `[H, W]`. The score is what the model gives, before any
/// softmax.
///
/// It tells what the model is sensitive to just here, which is noisy: the score may hang on a pixel
/// alone, or not at all on an object that fills the image.
///
/// ```
/// use plywood_layers::{Flatten, Linear, Sequential};
/// use plywood_look::{Lens, saliency};
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let linear = Linear::new(4, 2, &mut Rng::new(Seed(7)))?;
/// let expected = linear.weight.value().narrow(0, 1, 1)?.abs().reshape([2, 2])?;
/// let model = Sequential::new().add(Flatten).add(linear);
/// // Of a linear model it is the weight.
/// assert_eq!(saliency(&Lens::new(&model), &Tensor::zeros([1, 2, 2]), 1)?, expected);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// Source: Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks" (2014).
///
/// # Errors
/// When the model doesn't take such images, or has no such class.
pub fn saliency(lens: &Lens<'_>, image: &Tensor, class: usize) -> Result<Tensor> {
    let view = lens.inspect(&batch_of_one(image)?, None)?;
    let gradient = class_gradient(&view, class)?;
    let View { pass, images, output, .. } = view;
    let grads = pass.backward_from(&output, gradient)?;
    let gradient = grads.wrt(&images).ok_or_else(|| unreached("the image"))?;
    gradient.squeeze(0)?.abs().max_axis(0)
}

/// The gradient of a class's score with respect to all scores of the first image, `[1, K]`.
pub(crate) fn class_gradient(view: &View, class: usize) -> Result<Tensor> {
    let shape = view.output.shape();
    check_class(&view.output.value()?.clone(), class)?;
    let mut gradient = Tensor::try_full(shape, 0.0)?;
    gradient.as_mut_slice()[class] = 1.0;
    Ok(gradient)
}

/// Refuses what is no score of a class: scores are `[N, K]`.
pub(crate) fn check_class(scores: &Tensor, class: usize) -> Result<()> {
    match scores.shape()[..] {
        [_, classes] if class < classes => Ok(()),
        [_, classes] => {
            Err(Error::index(format!("there is no class {class} of {classes}")).operation("look"))
        }
        _ => Err(Error::shape(format!(
            "the model gives {}, which are no scores (N, classes)",
            scores.shape()
        ))
        .operation("look")),
    }
}

pub(crate) fn unreached(what: &str) -> Error {
    Error::gradient(format!("no gradient comes back to {what}"))
        .operation("look")
        .hint("the score doesn't depend on it, or the model detaches a value on the way")
}

//! A model, and how it wants its images: what everything here looks through.

use plywood_autodiff::{Observation, Pass, Var};
use plywood_datasets::Normalize;
use plywood_layers::Module;
use plywood_tensor::{Error, Result, Shape, Tensor};

/// A model to look into, and what becomes of an image before the model is given it.
///
/// Everything here takes images as numbers from 0 to 1; gradients are with respect to those.
///
/// ```
/// use plywood_layers::{Conv2d, Flatten, Linear, ReLU, Sequential};
/// use plywood_look::Lens;
/// use plywood_tensor::{Rng, Seed, Tensor};
///
/// let mut rng = Rng::new(Seed(7));
/// let model = Sequential::new()
///     .add(Conv2d::config(3, 8, 3).padding(1).init(&mut rng)?)
///     .add(ReLU)
///     .add(Flatten)
///     .add(Linear::new(8 * 16 * 16, 2, &mut rng)?);
/// let lens = Lens::new(&model);
/// let names: Vec<_> = lens.places([3, 16, 16])?.into_iter().map(|place| place.name).collect();
/// assert_eq!(names, ["0", "0.relu", "0.reshape", "3"]);
/// let scores = lens.scores(&Tensor::zeros([5, 3, 16, 16]))?; // N, C, H, W
/// assert_eq!(scores.shape(), [5, 2].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Lens<'m> {
    model: &'m dyn Module,
    normalize: Option<Normalize>,
}

/// A value on the way through a model.
///
/// ```
/// use plywood_layers::Conv2d;
/// use plywood_look::{Lens, Place};
/// use plywood_tensor::{Rng, Seed};
///
/// let conv = Conv2d::new(3, 8, 3, &mut Rng::new(Seed(7)))?;
/// let places = Lens::new(&conv).places([3, 16, 16])?;
/// let Place { name, operation, shape } = &places[0];
/// assert_eq!((name.as_str(), *operation), ("conv2d", "conv2d"));
/// assert_eq!(*shape, [1, 8, 14, 14].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Place {
    /// Its name: the path of the layer that made it, or of the layer before it and the operation.
    /// [`Pass::observe`] says more.
    pub name: String,
    /// The operation that made it.
    pub operation: &'static str,
    /// Its shape, for a batch of one image.
    pub shape: Shape,
}

/// A pass that was looked at.
pub(crate) struct View {
    pub(crate) pass: Pass,
    /// The images `[N, C, H, W]`, from 0 to 1.
    pub(crate) images: Var,
    pub(crate) output: Var,
    pub(crate) seen: Vec<Observation>,
}

impl<'m> Lens<'m> {
    /// A model that takes images `[N, C, H, W]` as they are, from 0 to 1.
    pub fn new(model: &'m dyn Module) -> Self {
        Self { model, normalize: None }
    }

    /// The model is given normalised images.
    #[must_use]
    pub fn normalize(mut self, normalize: Normalize) -> Self {
        self.normalize = Some(normalize);
        self
    }

    /// The model.
    pub fn model(&self) -> &'m dyn Module {
        self.model
    }

    /// Everything that the model computes on its way, for an image `[C, H, W]`. Nothing is
    /// computed for it.
    ///
    /// # Errors
    /// When the model doesn't take such images.
    pub fn places(&self, image: [usize; 3]) -> Result<Vec<Place>> {
        let place = |seen: Observation| {
            let shape = seen.value.shape();
            Place { name: seen.name, operation: seen.operation, shape }
        };
        Ok(self.dry_run(image)?.into_iter().map(place).collect())
    }

    /// What the model answers to images `[N, C, H, W]`.
    ///
    /// # Errors
    /// When the model doesn't take such images.
    pub fn scores(&self, images: &Tensor) -> Result<Tensor> {
        let mut pass = Pass::eval(self.model);
        let input = self.prepare(&Var::constant(images.clone()))?;
        Ok(self.model.forward_owned(input, &mut pass)?.value()?.clone())
    }

    /// All results for an image `[C, H, W]`, with shapes only.
    pub(crate) fn dry_run(&self, image: [usize; 3]) -> Result<Vec<Observation>> {
        self.dry_run_until(image, None)
    }

    /// As [`dry_run`](Self::dry_run), where it doesn't matter whether what comes after the result
    /// of this name fits.
    pub(crate) fn dry_run_until(
        &self,
        [channels, height, width]: [usize; 3],
        until: Option<&str>,
    ) -> Result<Vec<Observation>> {
        let mut pass = Pass::dry_run(self.model);
        let image = pass.shape([1, channels, height, width])?;
        let input = self.prepare(&image)?;
        pass.observe();
        let output = self.model.forward_owned(input, &mut pass);
        let seen = pass.observed();
        forgive(output, &seen, until)?;
        Ok(seen)
    }

    /// Shows the model images `[N, C, H, W]`, and looks on until the result of this name.
    pub(crate) fn inspect(&self, images: &Tensor, until: Option<&str>) -> Result<View> {
        let mut pass = Pass::inspect(self.model);
        let images = pass.input(images.clone());
        let input = self.prepare(&images)?;
        match until {
            Some(name) => pass.observe_until(name),
            None => pass.observe(),
        }
        let output = self.model.forward_owned(input, &mut pass);
        let seen = pass.observed();
        let output = forgive(output, &seen, until)?;
        Ok(View { pass, images, output, seen })
    }

    /// What the model is given for images from 0 to 1.
    fn prepare(&self, images: &Var) -> Result<Var> {
        let shape = images.shape();
        if shape.rank() != 4 || shape.numel() == 0 {
            return Err(
                Error::shape(format!("{shape} should be images (N, C, H, W)")).operation("look")
            );
        }
        let channels = shape[1];
        let mut x = images.clone();
        if let Some(normalize) = &self.normalize {
            let given = normalize.mean().len();
            if given != channels {
                return Err(Error::shape(format!(
                    "the images {shape} (N, C, H, W) have {channels} channels, the model's mean \
                     and std have {given}"
                ))
                .operation("look"));
            }
            let channel =
                |of: &[f32]| Tensor::from_slice(of, [1, channels, 1, 1]).map(Var::constant);
            x = x.sub(&channel(normalize.mean())?)?.div(&channel(normalize.std())?)?;
        }
        Ok(x)
    }
}

impl View {
    /// The observation of this name.
    pub(crate) fn find(&self, name: &str) -> Result<&Observation> {
        find(&self.seen, name)
    }
}

/// A model's output; where the result of this name was the last one wanted, that will do.
fn forgive(output: Result<Var>, seen: &[Observation], until: Option<&str>) -> Result<Var> {
    let wanted = |name: &str| seen.iter().find(|seen| seen.name == name);
    match (output, until.and_then(wanted)) {
        (Err(_), Some(seen)) => Ok(seen.value.clone()),
        (output, _) => output,
    }
}

/// The observation of this name, or an error that says which there are.
pub(crate) fn find<'s>(seen: &'s [Observation], name: &str) -> Result<&'s Observation> {
    const MOST: usize = 12;
    seen.iter().find(|seen| seen.name == name).ok_or_else(|| {
        let mut names: Vec<&str> = seen.iter().map(|seen| seen.name.as_str()).collect();
        let all = names.len();
        // Those that begin alike are what was meant.
        let alike =
            |other: &str| other.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
        names.sort_by_key(|other| std::cmp::Reverse(alike(other)));
        names.truncate(MOST);
        let more = if all > MOST { ", …; `Lens::places` lists them all" } else { "" };
        Error::value(format!("the model computes no `{name}`"))
            .operation("look")
            .hint(format!("there are {}{more}", names.join(", ")))
    })
}

/// An image `[C, H, W]` as a batch of one.
pub(crate) fn batch_of_one(image: &Tensor) -> Result<Tensor> {
    match image.rank() {
        3 => image.unsqueeze(0),
        _ => Err(Error::shape(format!("{} should be an image (C, H, W)", image.shape()))
            .operation("look")),
    }
}

/// The sizes `[C, H, W]` of an image.
pub(crate) fn image_shape(image: &Tensor) -> Result<[usize; 3]> {
    let shape = batch_of_one(image)?.shape();
    Ok([shape[1], shape[2], shape[3]])
}

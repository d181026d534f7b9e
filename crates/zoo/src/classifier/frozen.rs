//! A frozen network's features, computed once: what its last layer learns from.

use std::fmt;

use plywood_autodiff::{Observation, Pass, Source, Var, is_at_or_below, ops};
use plywood_datasets::{Batch, Dataset, Rows};
use plywood_layers::{Layer, Module, Params, load_state_dict, state_dict};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};
use plywood_training::Evaluator;

use super::Classifier;

/// Images of noise that the two ways are compared on.
const COMPARED: usize = 3;

/// A classifier of which only the last layer learns, taken apart: the frozen body makes [features](Self::features)
/// of images once, and the [head](Self::head) is trained on them. [`Classifier::frozen_body`] makes it.
///
/// Training the head so comes to the same weights as training the whole classifier on the same images: to the bit
/// where a kernel gives an image the same numbers in batches of any size. Where it doesn't (convolutions choose their
/// algorithm by the batch's size, too), what rounds otherwise is the last batch of an epoch, if it is smaller than
/// the others.
///
/// ```
/// use plywood_datasets::{Draw, Images};
/// use plywood_layers::{Params, cross_entropy};
/// use plywood_optimizers::AdamW;
/// use plywood_tensor::{Seed, Tensor};
/// use plywood_training::Trainer;
/// use plywood_zoo::{Classifier, Preprocess};
///
/// let pixels = Tensor::from_fn([8, 3, 16, 16], |at| (25 * at[0] + at[2]) as u8);
/// let images = Images::new(pixels, vec![0, 0, 0, 0, 1, 1, 1, 1], ["dark", "bright"])?;
/// let begun = Classifier::new("lenet", Preprocess::fitted(16), ["cat", "dog"], Seed(7))?;
/// let mut classifier = begun.with_classes(["dark", "bright"])?; // all but the last layer is frozen
///
/// let trainer = || Trainer::new(AdamW::new(1e-3)).loss(cross_entropy).epochs(3).batch_size(4);
/// # let trainer = || trainer().quiet(true);
/// let mut frozen = classifier.frozen_body()?.expect("nothing before the head learns");
/// let features = frozen.features(&images, 4)?; // the trainer's batch size
/// assert_eq!(features.input().shape(), [8, 84].into());
/// trainer().fit(&mut frozen.head, &features, None)?;
///
/// trainer().fit(&mut classifier.model, &images, None)?; // the same, each image through all layers three times
/// let weight = |model: &dyn Params| model.named_parameters().last().unwrap().1.value().clone();
/// assert_eq!(weight(&frozen.head), weight(&classifier.model));
/// classifier.model = frozen.head.into_model();
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct FrozenBody {
    /// The network with the identity in the place of its last layer.
    body: Box<dyn Layer>,
    width: usize,
    /// What learns.
    pub head: Head,
}

/// The last layer of a classifier, from features `[N, F]` to logits `[N, classes]`: its parameters, names and settings
/// are those of the whole network, so that a checkpoint and the weights that a run writes are, too. See
/// [`FrozenBody`].
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Seed, Tensor};
/// use plywood_zoo::{Classifier, Head, Preprocess};
///
/// let classifier = Classifier::new("lenet", Preprocess::fitted(16), ["cat", "dog"], Seed(7))?;
/// let frozen = classifier.with_classes(["a", "b", "c"])?.frozen_body()?.unwrap();
/// let head: Head = frozen.head;
/// let features = Var::constant(Tensor::ones([5, 84]));
/// // A new head is zeros.
/// let logits = head.forward(&features, &mut Pass::eval(&head))?;
/// assert_eq!(logits.value()?, &Tensor::zeros([5, 3]));
/// assert!(head.named_parameters().iter().any(|(name, _)| name == "conv1.weight"));
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Head {
    model: Box<dyn Layer>,
    path: String,
    /// The probability of each dropout between the features and the layer.
    dropout: Vec<f64>,
}

impl Classifier {
    /// Takes the classifier apart into its frozen body and the head that learns, so that the body sees each image
    /// once. Nothing where that would train another model: where something before the last layer
    /// [isn't frozen](Params::freeze), where something in it is random in training, where the last layer is not a linear one or
    /// something follows it, and where the network isn't the zoo's. Which it is shows in a trial: the whole network
    /// and the parts are given the same noise, and must answer the same bits in training.
    ///
    /// The parts are copies, the classifier stays as it is: see [`FrozenBody`].
    ///
    /// # Errors
    /// When the network doesn't fit its settings, which would be a defect, or there isn't enough memory.
    pub fn frozen_body(&self) -> Result<Option<FrozenBody>> {
        let path = self.head();
        let parameters = self.model.named_parameters();
        let frozen_apart = |name: &str, is_frozen| is_frozen != is_at_or_below(name, &path);
        if path.is_empty()
            || !parameters.iter().all(|(name, own)| frozen_apart(name, own.is_frozen()))
        {
            return Ok(None);
        }
        let weight = parameters.iter().find(|(name, _)| *name == format!("{path}.weight"));
        let width = weight.and_then(|(_, own)| match own.shape()[..] {
            [_, width] => Some(width),
            _ => None,
        });
        let Some(width) = width else { return Ok(None) };
        let Some(body) = self.with_identity(&path, width)? else { return Ok(None) };
        let (channels, side) = (self.preprocess.channels(), self.preprocess.side());
        let mut rng = Rng::new(Seed(0));
        let noise: Tensor = rng.normal([COMPARED, channels, side, side], 0.0, 1.0);
        let mut model = self.model.boxed_clone();
        // A new head is zeros, which answer alike whatever they are given.
        for (name, mut slot) in model.slots_mut() {
            if is_at_or_below(&name, &path) {
                slot.set(rng.normal(slot.value().shape(), 0.0, 1.0))?;
            }
        }
        let mut pass = Pass::train(&model, &mut Rng::new(Seed(1)));
        pass.observe();
        let input = pass.input(noise.clone());
        let whole = model.forward(&input, &mut pass)?.value()?.clone();
        let Some(dropout) = dropout_before(&path, &pass.observed()) else { return Ok(None) };
        drop(pass);
        let features = body.forward(&Var::constant(noise), &mut Pass::eval(&body))?;
        let mut head = Head { model, path, dropout };
        let apart = head.forward(&features, &mut Pass::train(&head, &mut Rng::new(Seed(1))))?;
        let bits = |tensor: &Tensor| tensor.as_slice().iter().map(|x| x.to_bits()).collect();
        let [whole, apart]: [Vec<u32>; 2] = [&whole, apart.value()?].map(bits);
        head.model = self.model.boxed_clone();
        Ok((whole == apart).then_some(FrozenBody { body, width, head }))
    }

    /// The network whose last layer hands on what it is given.
    fn with_identity(&self, head: &str, width: usize) -> Result<Option<Box<dyn Layer>>> {
        let names = (0..width).map(|place| place.to_string());
        let mut body = Self::new(&self.name, self.preprocess.clone(), names, Seed(0))?.model;
        let mut state = state_dict(&self.model);
        for (name, numbers) in state_dict(&body) {
            if is_at_or_below(&name, head) {
                let own = match numbers.shape()[..] {
                    [rows, columns] if rows == columns => Tensor::eye(rows),
                    _ => Tensor::zeros(numbers.shape()),
                };
                state.insert(name, own.into());
            }
        }
        Ok(load_state_dict(&mut body, &state).is_ok().then_some(body))
    }
}

/// The dropouts that a layer's input has gone through, if what was seen has the layer.
fn dropout_before(layer: &str, seen: &[Observation]) -> Option<Vec<f64>> {
    let mut at = seen.iter().rposition(|own| own.layer == layer)?;
    let mut found = Vec::new();
    while let Some(&Source::Seen(before)) = seen[at].sources.first()
        && let Some(dropout) = seen[before].downcast::<ops::Dropout>()
    {
        found.push(dropout.p);
        at = before;
    }
    found.reverse();
    Some(found)
}

impl FrozenBody {
    /// The bytes that the features of so many images take.
    pub fn bytes(&self, images: usize) -> usize {
        images.saturating_mul(self.width).saturating_mul(size_of::<f32>())
    }

    /// What the body makes of each image, `[N, F]`, with its class, as a data set for the [head](Self::head): in an
    /// evaluating pass, of images as they are without augmentation. `batch_size` is the one that the trainer will
    /// have, so that numbers are rounded alike.
    ///
    /// # Errors
    /// When there are no images, one can't be read, or they don't fit the network.
    pub fn features<D>(&self, images: &D, batch_size: usize) -> Result<Rows<Tensor<u32>>>
    where
        D: Dataset,
        D::Batch: Batch<Input = Tensor, Target = Tensor<u32>>,
    {
        // There is nothing to be right about yet.
        let no_loss = |_: &Var, _: &Tensor<u32>| Ok(Var::constant(Tensor::scalar(0.0)));
        let evaluator = Evaluator::new().batch_size(batch_size).loss(no_loss);
        let seen = evaluator.predictions(&self.body, images)?;
        let labels = seen.target().classes().cloned().ok_or_else(|| {
            Error::value("the images have no classes to learn").operation("features")
        })?;
        let rows = Rows::new(seen.outputs().clone(), labels)?.with_sample_names(seen.names())?;
        match seen.class_names() {
            [] => Ok(rows),
            names => rows.with_class_names(names),
        }
    }
}

impl Head {
    /// The whole network, with the head as it is.
    pub fn into_model(self) -> Box<dyn Layer> {
        self.model
    }
}

impl Module for Head {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let mut x = x.clone();
        for &p in &self.dropout {
            x = x.dropout(p, pass)?;
        }
        let parameters = self.model.named_parameters();
        let own = |name: &str| {
            let name = format!("{}.{name}", self.path);
            parameters.iter().find(|(other, _)| *other == name).map(|(_, param)| *param)
        };
        let weight = own("weight").ok_or_else(|| {
            Error::value(format!("the network has no weight in `{}`", self.path)).operation("head")
        })?;
        let bias = own("bias").map(|bias| pass.param(bias));
        let product = x.linear(&pass.param(weight), bias.as_ref());
        product.map_err(|error| pass.locate(error, weight))
    }
}

impl Params for Head {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        self.model.fields()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        self.model.fields_mut()
    }

    fn own_settings(&self) -> Vec<(String, String)> {
        self.model.own_settings()
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, dropout, .. } = self;
        write!(f, "Head `{path}` after dropout {dropout:?}")
    }
}

impl fmt::Debug for FrozenBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrozenBody of {} features", self.width)
    }
}

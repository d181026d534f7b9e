//! A network with everything that it takes to ask it about a photo.

mod frozen;
mod prediction;
mod preprocess;

use std::path::Path;

use plywood_autodiff::{Pass, Var};
use plywood_datasets::Image;
use plywood_layers::{Layer, Module, Params, load, load_state_dict, state_dict};
use plywood_tensor::{Error, Result, Rng, Seed, Tensor};
use serde::{Deserialize, Serialize};

use crate::described::{self, WEIGHTS};
use crate::registry::{self, Task};

pub use frozen::{FrozenBody, Head};
pub use prediction::{Answer, Prediction};
pub use preprocess::Preprocess;

/// An image classifier: a model of the zoo, how a photo becomes its input, and what its classes
/// are called.
///
/// ```
/// use plywood_datasets::chelsea;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{Classifier, Preprocess};
///
/// // Nothing learnt yet: any class may come out.
/// let classifier = Classifier::new("resnet20", Preprocess::fitted(32), ["cat", "dog"], Seed(7))?;
/// let prediction = classifier.classify(&chelsea()?)?;
/// let [(_, first), (_, second)] = prediction.top(2)[..] else { unreachable!() };
/// assert!(first >= second && (first + second - 1.0).abs() < 1e-5);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub struct Classifier {
    name: String,
    /// The network, from `[N, C, side, side]` to logits `[N, classes]`.
    pub model: Box<dyn Layer>,
    preprocess: Preprocess,
    class_names: Vec<String>,
}

/// What `classifier.json` holds.
#[derive(Serialize, Deserialize)]
struct Description {
    model: String,
    preprocess: Preprocess,
    classes: Vec<String>,
}

pub(crate) const DESCRIPTION: &str = "classifier.json";

impl Classifier {
    /// A model of the zoo by its name, with its first values.
    ///
    /// # Errors
    /// When there is no such model, it doesn't classify, or it can't take images of this size.
    pub fn new<Name: Into<String>>(
        model: &str,
        preprocess: Preprocess,
        class_names: impl IntoIterator<Item = Name>,
        seed: Seed,
    ) -> Result<Self> {
        let class_names: Vec<String> = class_names.into_iter().map(Into::into).collect();
        let entry = registry::entry(model)?;
        if entry.task != Task::Classify {
            return Err(
                Error::value("it doesn't classify, it makes its input again").operation(entry.name)
            );
        }
        let side = preprocess.side();
        if side < entry.smallest {
            return Err(Error::value(format!("images of {side}×{side} are too small"))
                .operation(entry.name)
                .hint(format!("it takes {0}×{0} and more", entry.smallest)));
        }
        let built = entry.build(
            [preprocess.channels(), side, side],
            class_names.len(),
            &mut Rng::new(seed),
        )?;
        Ok(Self { name: entry.name.to_owned(), model: built, preprocess, class_names })
    }

    /// The name of the model in the zoo.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its classes are called, in the order of the logits.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// How a photo becomes its input.
    pub fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    /// The score of each class, `[classes]`, for an image of any size.
    ///
    /// # Errors
    /// When the model doesn't fit its settings, which would be a defect.
    pub fn logits(&self, image: &Image) -> Result<Tensor> {
        let input = Var::constant(self.preprocess.input(image)?);
        let logits = self.model.forward(&input, &mut Pass::eval(&self.model))?;
        logits.value()?.reshape([self.class_names.len()])
    }

    /// The probability of each class, for an image of any size.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn classify(&self, image: &Image) -> Result<Prediction> {
        Ok(Prediction::new(self.class_names.clone(), self.logits(image)?.as_slice()))
    }

    /// The path of the last layer, which makes the logits: the part that other classes replace.
    pub fn head(&self) -> String {
        let parameters = self.model.named_parameters();
        let last = parameters.last().and_then(|(name, _)| name.rsplit_once('.'));
        last.map_or("", |(layer, _)| layer).to_owned()
    }

    /// The same network with a new last layer for other classes, the rest [frozen](Params::freeze):
    /// what it has learnt to see is kept, and training begins with telling the new classes apart. The new
    /// layer is zeros, with which all classes are equally probable: what it would make at random of thousands
    /// of learnt features had to be unlearnt first.
    ///
    /// # Errors
    /// When there are no classes.
    pub fn with_classes<Name: Into<String>>(
        &self,
        class_names: impl IntoIterator<Item = Name>,
    ) -> Result<Self> {
        let mut other = Self::new(&self.name, self.preprocess.clone(), class_names, Seed(0))?;
        if other.class_names.is_empty() {
            return Err(Error::value("a classifier needs at least one class").operation(&self.name));
        }
        let head = self.head();
        let is_head =
            |name: &str| name.strip_prefix(&*head).is_some_and(|rest| rest.starts_with('.'));
        let mut state = state_dict(&self.model);
        state.retain(|name, _| !is_head(name));
        let own = state_dict(&other.model).into_iter().filter(|(name, _)| is_head(name));
        for (name, numbers) in own {
            state.insert(name, Tensor::zeros(numbers.shape()).into());
        }
        load_state_dict(&mut other.model, &state)?;
        other.model.freeze("");
        other.model.unfreeze(&head);
        Ok(other)
    }

    /// Writes `classifier.json` and `model.safetensors` into a folder, whole or not at all.
    ///
    /// # Errors
    /// When a file can't be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let description = Description {
            model: self.name.clone(),
            preprocess: self.preprocess.clone(),
            classes: self.class_names.clone(),
        };
        described::write(folder.as_ref(), DESCRIPTION, &description, "classifier", &self.model)
    }

    /// Reads what [`save`](Self::save) has written.
    ///
    /// # Errors
    /// When a file is missing or damaged, or the two don't fit together.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let path = folder.as_ref().join(DESCRIPTION);
        let hint = "a folder that was trained or fine-tuned has one";
        let Description { model, preprocess, classes } =
            described::read(&path, "classifier", hint)?;
        preprocess.check().map_err(|error| error.at(path.display()))?;
        let mut classifier = Self::new(&model, preprocess, classes, Seed(0))
            .map_err(|error| error.at(path.display()))?;
        load(&mut classifier.model, folder.as_ref().join(WEIGHTS))?;
        Ok(classifier)
    }
}

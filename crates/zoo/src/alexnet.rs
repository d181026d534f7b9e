//! AlexNet in torchvision's form: five convolutions and three fully connected layers.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_layers::{Conv2d, Linear, Module, Params, Settings};
use plywood_tensor::{Result, Rng};

use crate::parts::check_image;

/// The network that made convolutions win, in the form that fits one device: fewer channels than in
/// 2012, no groups and no normalisation.
///
/// The names and first values are torchvision's, so that its weights load.
///
/// Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::alexnet;
///
/// let model = alexnet([3, 63, 63], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "features.0.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 63, 63])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct AlexNet {
    features: Features,
    classifier: Classifier,
}

/// The names count ReLU and pooling, too.
#[derive(Debug, Params)]
struct Features {
    #[params(rename = "0")]
    conv1: Conv2d,
    #[params(rename = "3")]
    conv2: Conv2d,
    #[params(rename = "6")]
    conv3: Conv2d,
    #[params(rename = "8")]
    conv4: Conv2d,
    #[params(rename = "10")]
    conv5: Conv2d,
}

#[derive(Debug, Params)]
struct Classifier {
    dropout: f64,
    #[params(rename = "1")]
    fc1: Linear,
    #[params(rename = "4")]
    fc2: Linear,
    #[params(rename = "6")]
    fc3: Linear,
}

/// The settings of an [`AlexNet`].
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::alexnet;
///
/// let rng = &mut Rng::new(Seed(7));
/// let refused = alexnet([3, 224, 224], 1000).dropout(1.5).init(rng).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "alexnet: the dropout is 1.5; it should be between 0 and 1",
/// );
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = AlexNet, operation = "alexnet")]
pub struct AlexNetConfig {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The probability with which the input of a hidden fully connected layer is dropped in training.
    #[setting(default = 0.5, range = 0.0..=1.0)]
    dropout: f64,
}

/// An [`AlexNet`] for images `[C, H, W]` of so many classes. Images of 63×63 or more will do: its own are
/// `[3, 224, 224]`.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::alexnet;
///
/// let model = alexnet([3, 224, 224], 1000).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 61_100_840);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn alexnet(image: [usize; 3], classes: usize) -> AlexNetConfig {
    AlexNetConfig::new(image, classes)
}

impl AlexNetConfig {
    fn build(&self, rng: &mut Rng) -> Result<AlexNet> {
        let &Self { image, classes, dropout } = self;
        check_image("alexnet", image, 63)?;
        Ok(AlexNet {
            features: Features {
                conv1: Conv2d::config(image[0], 64, 11).stride(4).padding(2).init(rng)?,
                conv2: Conv2d::config(64, 192, 5).padding(2).init(rng)?,
                conv3: Conv2d::config(192, 384, 3).padding(1).init(rng)?,
                conv4: Conv2d::config(384, 256, 3).padding(1).init(rng)?,
                conv5: Conv2d::config(256, 256, 3).padding(1).init(rng)?,
            },
            classifier: Classifier {
                dropout,
                fc1: Linear::config(256 * 6 * 6, 4096).init(rng)?,
                fc2: Linear::config(4096, 4096).init(rng)?,
                fc3: Linear::config(4096, classes).init(rng)?,
            },
        })
    }
}

impl Module for AlexNet {
    // The shapes are those of 224×224 images.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let pool = Pool2d::new(3).stride(2);
        let Features { conv1, conv2, conv3, conv4, conv5 } = &self.features;
        let x = conv1.forward(x, pass)?.relu().max_pool2d(pool)?; // [N, 64, 27, 27]
        let x = conv2.forward(&x, pass)?.relu().max_pool2d(pool)?; // [N, 192, 13, 13]
        let x = conv3.forward(&x, pass)?.relu(); // [N, 384, 13, 13]
        let x = conv4.forward(&x, pass)?.relu(); // [N, 256, 13, 13]
        let x = conv5.forward(&x, pass)?.relu().max_pool2d(pool)?; // [N, 256, 6, 6]
        let x = x.adaptive_avg_pool2d(6)?.flatten()?; // [N, 9216]

        let &Classifier { dropout, ref fc1, ref fc2, ref fc3 } = &self.classifier;
        let x = fc1.forward(&x.dropout(dropout, pass)?, pass)?.relu(); // [N, 4096]
        let x = fc2.forward(&x.dropout(dropout, pass)?, pass)?.relu(); // [N, 4096]
        fc3.forward(&x, pass) // [N, classes]
    }
}

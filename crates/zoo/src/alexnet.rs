//! AlexNet in torchvision's form: five convolutions and three fully connected layers.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_layers::{Conv2d, Linear, Module, Params};
use plywood_tensor::{Result, Rng, Seed};

use crate::parts::{check_dropout, check_picture};

/// The network that made convolutions win, in the form that fits one device: fewer channels than in
/// 2012, no groups and no normalisation.
///
/// The names and first values are torchvision's, so that its weights load.
///
/// Source: Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014).
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

/// The sizes of an [`AlexNet`].
#[derive(Clone, Debug)]
pub struct AlexNetConfig {
    image: [usize; 3],
    classes: usize,
    dropout: f64,
}

impl AlexNetConfig {
    /// For images `[C, H, W]` of so many classes. Pictures of 63×63 or more will do: its own are
    /// `[3, 224, 224]`.
    pub fn for_images(image: [usize; 3], classes: usize) -> Self {
        Self { image, classes, dropout: 0.5 }
    }

    /// The probability with which the input of a hidden fully connected layer is dropped in
    /// training; 0.5 by default.
    #[must_use]
    pub fn dropout(mut self, p: f64) -> Self {
        self.dropout = p;
        self
    }
}

/// Makes an [`AlexNet`] with its first values drawn from the seed.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{AlexNetConfig, alexnet};
///
/// let model = alexnet(&AlexNetConfig::for_images([3, 224, 224], 1000), Seed(7))?;
/// assert_eq!(model.parameter_count(), 61_100_840);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the pictures are smaller than 63×63, of which nothing would be left, the dropout is not
/// between 0 and 1, or the sizes are larger than memory.
pub fn alexnet(config: &AlexNetConfig, seed: Seed) -> Result<AlexNet> {
    let &AlexNetConfig { image, classes, dropout } = config;
    check_picture("alexnet", image, 63)?;
    check_dropout("alexnet", dropout)?;
    let rng = &mut Rng::new(seed);
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

impl Module for AlexNet {
    // The shapes are those of 224×224 pictures.
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

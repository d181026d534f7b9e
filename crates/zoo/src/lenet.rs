//! LeNet-5: two convolutions, then three fully connected layers.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Conv2d, Linear, Module, Params, Settings};
use plywood_tensor::{Result, Rng};

use crate::parts::{check_image, product};

/// The network that read handwritten digits, with ReLU and max pooling in place of its sigmoids
/// and subsampling.
///
/// Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::lenet;
///
/// let model = lenet([1, 8, 8], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "conv1.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 1, 8, 8])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct LeNet {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

/// The settings of a [`LeNet`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::lenet;
///
/// let rng = &mut Rng::new(Seed(7));
/// let narrow = lenet([1, 28, 28], 10).channels([2, 4]).init(rng)?;
/// assert_eq!(narrow.named_parameters()[0].1.shape(), [2, 1, 5, 5].into()); // O, C, KH, KW
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = LeNet, operation = "lenet")]
pub struct LeNetConfig {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The channels after the first and the second convolution.
    #[setting(default = [6, 16])]
    channels: [usize; 2],
}

/// A [`LeNet`] for images `[C, H, W]` of so many classes.
///
/// The first convolution keeps the size of the image; the second does too where the image is
/// too small to lose a border, as are 8×8 digits. Images of 4×4 or more will do.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::lenet;
///
/// let model = lenet([1, 28, 28], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 61_706);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn lenet(image: [usize; 3], classes: usize) -> LeNetConfig {
    LeNetConfig::new(image, classes)
}

impl LeNetConfig {
    fn build(&self, rng: &mut Rng) -> Result<LeNet> {
        check_image("lenet", self.image, 4)?;
        let &Self { image: [depth, height, width], classes, channels: [first, second] } = self;
        let halved = [height / 2, width / 2];
        let padding = halved.map(|side| if side < 10 { 2 } else { 0 });
        let side = |axis: usize| (halved[axis] + 2 * padding[axis] - 4) / 2;
        Ok(LeNet {
            conv1: Conv2d::config(depth, first, 5).padding(2).init(rng)?,
            conv2: Conv2d::config(first, second, 5).padding(padding).init(rng)?,
            fc1: Linear::config(product(&[second, side(0), side(1)]), 120).init(rng)?,
            fc2: Linear::config(120, 84).init(rng)?,
            fc3: Linear::config(84, classes).init(rng)?,
        })
    }
}

impl Module for LeNet {
    // The shapes are those of 28×28 images.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.conv1.forward(x, pass)?.relu().max_pool2d(2)?; // [N, 6, 14, 14]
        let x = self.conv2.forward(&x, pass)?.relu().max_pool2d(2)?; // [N, 16, 5, 5]
        let x = self.fc1.forward(&x.flatten()?, pass)?.relu(); // [N, 120]
        let x = self.fc2.forward(&x, pass)?.relu(); // [N, 84]
        self.fc3.forward(&x, pass) // [N, 10]
    }
}

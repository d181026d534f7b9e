//! LeNet-5: two convolutions, then three fully connected layers.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Conv2d, Linear, Module, Params};
use plywood_tensor::{Result, Rng, Seed};

use crate::parts::{check_picture, product};

/// The network that read handwritten digits, with ReLU and max pooling in place of its sigmoids
/// and subsampling.
///
/// Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998).
#[derive(Debug, Params)]
pub struct LeNet {
    conv1: Conv2d,
    conv2: Conv2d,
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

/// The sizes of a [`LeNet`].
#[derive(Clone, Debug)]
pub struct LeNetConfig {
    image: [usize; 3],
    classes: usize,
    channels: [usize; 2],
}

impl LeNetConfig {
    /// For images `[C, H, W]` of so many classes: 6 and 16 channels.
    pub fn for_images(image: [usize; 3], classes: usize) -> Self {
        Self { image, classes, channels: [6, 16] }
    }

    /// The channels after the first and the second convolution.
    #[must_use]
    pub fn channels(mut self, first: usize, second: usize) -> Self {
        self.channels = [first, second];
        self
    }
}

/// Makes a [`LeNet`] with its first values drawn from the seed.
///
/// The first convolution keeps the size of the picture; the second does too where the picture is
/// too small to lose a border, as are 8×8 digits.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::Seed;
/// use plywood_zoo::{LeNetConfig, lenet};
///
/// let model = lenet(&LeNetConfig::for_images([1, 28, 28], 10), Seed(7))?;
/// assert_eq!(model.parameter_count(), 61_706);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
///
/// # Errors
/// When the pictures are smaller than 4×4, of which nothing would be left, or the sizes are larger
/// than memory.
pub fn lenet(config: &LeNetConfig, seed: Seed) -> Result<LeNet> {
    check_picture("lenet", config.image, 4)?;
    let mut rng = Rng::new(seed);
    let &LeNetConfig { image: [depth, height, width], classes, channels: [first, second] } = config;
    let halved = [height / 2, width / 2];
    let padding = halved.map(|side| if side < 10 { 2 } else { 0 });
    let side = |axis: usize| (halved[axis] + 2 * padding[axis] - 4) / 2;
    Ok(LeNet {
        conv1: Conv2d::config(depth, first, 5).padding(2).init(&mut rng)?,
        conv2: Conv2d::config(first, second, 5).padding(padding).init(&mut rng)?,
        fc1: Linear::config(product(&[second, side(0), side(1)]), 120).init(&mut rng)?,
        fc2: Linear::config(120, 84).init(&mut rng)?,
        fc3: Linear::config(84, classes).init(&mut rng)?,
    })
}

impl Module for LeNet {
    // The shapes are those of 28×28 pictures.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.conv1.forward(x, pass)?.relu().max_pool2d(2)?; // [N, 6, 14, 14]
        let x = self.conv2.forward(&x, pass)?.relu().max_pool2d(2)?; // [N, 16, 5, 5]
        let x = self.fc1.forward(&x.flatten()?, pass)?.relu(); // [N, 120]
        let x = self.fc2.forward(&x, pass)?.relu(); // [N, 84]
        self.fc3.forward(&x, pass) // [N, 10]
    }
}

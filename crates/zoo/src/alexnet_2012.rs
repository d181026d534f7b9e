//! AlexNet as it was published: in two groups, normalised across channels, with overlapping pools.

use plywood_autodiff::{Pass, Pool2d, Var};
use plywood_layers::{Conv2d, Conv2dConfig, Init, Linear, Module, Params, Settings};
use plywood_tensor::{LocalResponseOptions, Result, Rng};

use crate::parts::{check_image, product};

/// The network that made convolutions win.
///
/// Each of two graphics cards held half of the channels: the second, fourth and fifth convolution
/// see their own half only. The names are Caffe's.
///
/// Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional neural
/// networks" (2012). Its text says 224×224, its sizes follow from 227×227.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::alexnet_2012;
///
/// let model = alexnet_2012([3, 67, 67], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "conv1.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 67, 67])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct AlexNet2012 {
    conv1: Conv2d,
    conv2: Conv2d,
    conv3: Conv2d,
    conv4: Conv2d,
    conv5: Conv2d,
    fc6: Linear,
    fc7: Linear,
    fc8: Linear,
    dropout: f64,
}

/// The settings of an [`AlexNet2012`].
///
/// ```
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::alexnet_2012;
///
/// let rng = &mut Rng::new(Seed(7));
/// let refused = alexnet_2012([3, 227, 227], 1000).dropout(1.5).init(rng).unwrap_err();
/// assert_eq!(
///     refused.to_string(),
///     "alexnet_2012: the dropout is 1.5; it should be between 0 and 1",
/// );
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = AlexNet2012, operation = "alexnet_2012")]
pub struct AlexNet2012Config {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The probability with which the result of a hidden fully connected layer is dropped in training.
    #[setting(default = 0.5, range = 0.0..=1.0)]
    dropout: f64,
}

/// An [`AlexNet2012`] for images `[C, H, W]` of so many classes. The paper's are `[3, 227, 227]`; others, of
/// 67×67 or more, give the first fully connected layer another size.
///
/// It begins with weights of deviation 0.01, biases 1 in the second, fourth and fifth convolution and the
/// hidden fully connected layers, else 0.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::alexnet_2012;
///
/// let model = alexnet_2012([3, 227, 227], 1000).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 60_965_224);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn alexnet_2012(image: [usize; 3], classes: usize) -> AlexNet2012Config {
    AlexNet2012Config::new(image, classes)
}

impl AlexNet2012Config {
    fn build(&self, rng: &mut Rng) -> Result<AlexNet2012> {
        let &Self { image, classes, dropout } = self;
        check_image("alexnet_2012", image, 67)?;
        let pooled = |side: usize| (side - 3) / 2 + 1;
        let side = |axis: usize| pooled(pooled(pooled((image[axis] - 11) / 4 + 1)));
        let mut conv = |config: Conv2dConfig, bias| {
            config.weight_init(WEIGHTS).bias_init(Init::Constant(bias)).init(rng)
        };
        let conv1 = conv(Conv2d::config(image[0], 96, 11).stride(4), 0.0)?;
        let conv2 = conv(Conv2d::config(96, 256, 5).padding(2).groups(2), 1.0)?;
        let conv3 = conv(Conv2d::config(256, 384, 3).padding(1), 0.0)?;
        let conv4 = conv(Conv2d::config(384, 384, 3).padding(1).groups(2), 1.0)?;
        let conv5 = conv(Conv2d::config(384, 256, 3).padding(1).groups(2), 1.0)?;
        let mut linear = |inputs, outputs, bias| {
            let config = Linear::config(inputs, outputs).weight_init(WEIGHTS);
            config.bias_init(Init::Constant(bias)).init(rng)
        };
        Ok(AlexNet2012 {
            conv1,
            conv2,
            conv3,
            conv4,
            conv5,
            fc6: linear(product(&[256, side(1), side(2)]), 4096, 1.0)?,
            fc7: linear(4096, 4096, 1.0)?,
            fc8: linear(4096, classes, 0.0)?,
            dropout,
        })
    }
}

const WEIGHTS: Init = Init::Normal { std: 0.01 };

/// The paper's settings; its α is not divided by the number of channels.
const NORM: LocalResponseOptions =
    LocalResponseOptions { size: 5, alpha: 5.0 * 1e-4, beta: 0.75, k: 2.0 };

impl Module for AlexNet2012 {
    // The shapes are those of 227×227 images.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let pool = Pool2d::new(3).stride(2);
        let x = self.conv1.forward(x, pass)?.relu(); // [N, 96, 55, 55]
        let x = x.local_response_norm(&NORM)?.max_pool2d(pool)?; // [N, 96, 27, 27]
        let x = self.conv2.forward(&x, pass)?.relu(); // [N, 256, 27, 27]
        let x = x.local_response_norm(&NORM)?.max_pool2d(pool)?; // [N, 256, 13, 13]
        let x = self.conv3.forward(&x, pass)?.relu(); // [N, 384, 13, 13]
        let x = self.conv4.forward(&x, pass)?.relu(); // [N, 384, 13, 13]
        let x = self.conv5.forward(&x, pass)?.relu().max_pool2d(pool)?; // [N, 256, 6, 6]
        let x = self.fc6.forward(&x.flatten()?, pass)?.relu().dropout(self.dropout, pass)?; // [N, 4096]
        let x = self.fc7.forward(&x, pass)?.relu().dropout(self.dropout, pass)?; // [N, 4096]
        self.fc8.forward(&x, pass) // [N, classes]
    }
}

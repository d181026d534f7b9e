//! A convolutional autoencoder: images through a narrow waist, and back.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Conv2d, ConvTranspose2d, Linear, Module, Params, Settings};
use plywood_tensor::{Error, Result, Rng};

use crate::parts::{check_image, product};

/// Two convolutions that halve the image, a code of few numbers, and the way back by transposed
/// convolutions. It learns to give back what it is shown: what the code holds is what matters.
///
/// The result is not bounded: a sigmoid makes probabilities of it, or `binary_cross_entropy` takes
/// it as it is; with `mse_loss` it is the pixels themselves.
///
/// Source: Masci et al., "Stacked convolutional auto-encoders for hierarchical feature extraction"
/// (2011), with strides in place of pools.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::autoencoder;
///
/// let model = autoencoder([1, 8, 8]).code(8).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "encoder.conv1.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 1, 8, 8])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), images.shape());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Autoencoder {
    encoder: Encoder,
    decoder: Decoder,
}

#[derive(Debug, Params)]
struct Encoder {
    conv1: Conv2d,
    conv2: Conv2d,
    fc: Linear,
}

#[derive(Debug, Params)]
struct Decoder {
    fc: Linear,
    conv1: ConvTranspose2d,
    conv2: ConvTranspose2d,
    /// `[C, H, W]` where the code is unfolded.
    #[params(setting)]
    unfolded: [usize; 3],
}

/// The settings of an [`Autoencoder`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::autoencoder;
///
/// let rng = &mut Rng::new(Seed(7));
/// let [one, two] = [1, 2].map(|code| autoencoder([1, 8, 8]).channels([4, 8]).code(code).init(rng));
/// // A number more of the code: 8 · 2 · 2 weights on either side of it, and its bias.
/// assert_eq!(two?.parameter_count() - one?.parameter_count(), 32 + 32 + 1);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = Autoencoder, operation = "autoencoder")]
pub struct AutoencoderConfig {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The channels after the first and the second convolution.
    #[setting(default = [16, 32])]
    channels: [usize; 2],
    /// How many numbers the code has.
    #[setting(default = 32)]
    code: usize,
}

/// An [`Autoencoder`] of images `[C, H, W]`, whose sides must be multiples of 4.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_layers::Module;
/// use plywood_tensor::{Rng, Seed, Tensor};
/// use plywood_zoo::autoencoder;
///
/// let model = autoencoder([1, 28, 28]).code(8).init(&mut Rng::new(Seed(7)))?;
/// let images = Var::constant(Tensor::zeros([2, 1, 28, 28]));
/// let pass = &mut Pass::eval(&model);
/// assert_eq!(model.encode(&images, pass)?.shape(), [2, 8].into());
/// assert_eq!(model.forward(&images, pass)?.shape(), [2, 1, 28, 28].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn autoencoder(image: [usize; 3]) -> AutoencoderConfig {
    AutoencoderConfig::new(image)
}

impl AutoencoderConfig {
    fn build(&self, rng: &mut Rng) -> Result<Autoencoder> {
        let &Self { image, channels: [first, second], code } = self;
        let [depth, height, width] = image;
        if height == 0 || width == 0 || !height.is_multiple_of(4) || !width.is_multiple_of(4) {
            return Err(Error::shape(format!(
                "an image [{depth}, {height}, {width}] (C, H, W) can't be halved twice and doubled back"
            ))
            .operation("autoencoder")
            .hint("its sides must be multiples of 4: pad or crop it"));
        }
        check_image("autoencoder", image, 4)?;
        let unfolded = [second, height / 4, width / 4];
        let flat = product(&unfolded);
        Ok(Autoencoder {
            encoder: Encoder {
                conv1: Conv2d::config(depth, first, 3).stride(2).padding(1).init(rng)?,
                conv2: Conv2d::config(first, second, 3).stride(2).padding(1).init(rng)?,
                fc: Linear::config(flat, code).init(rng)?,
            },
            decoder: Decoder {
                fc: Linear::config(code, flat).init(rng)?,
                conv1: ConvTranspose2d::config(second, first, 4).stride(2).padding(1).init(rng)?,
                conv2: ConvTranspose2d::config(first, depth, 4).stride(2).padding(1).init(rng)?,
                unfolded,
            },
        })
    }
}

impl Autoencoder {
    /// The codes `[N, code]` of images `[N, C, H, W]`.
    ///
    /// # Errors
    /// When the images are other than those it was made for.
    pub fn encode(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let Encoder { conv1, conv2, fc } = &self.encoder;
        let x = conv1.forward(x, pass)?.relu(); // [N, 16, H / 2, W / 2]
        let x = conv2.forward(&x, pass)?.relu(); // [N, 32, H / 4, W / 4]
        fc.forward(&x.flatten()?, pass)
    }

    /// The images `[N, C, H, W]` of codes `[N, code]`.
    ///
    /// # Errors
    /// When the codes have another size.
    pub fn decode(&self, code: &Var, pass: &mut Pass) -> Result<Var> {
        let Decoder { fc, conv1, conv2, unfolded: [c, h, w] } = &self.decoder;
        let x = fc.forward(code, pass)?.relu();
        let x = x.reshape([code.shape()[0], *c, *h, *w])?; // [N, 32, H / 4, W / 4]
        let x = conv1.forward(&x, pass)?.relu(); // [N, 16, H / 2, W / 2]
        conv2.forward(&x, pass)
    }
}

impl Module for Autoencoder {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let code = self.encode(x, pass)?;
        self.decode(&code, pass)
    }
}

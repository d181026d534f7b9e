//! A variational autoencoder: images become distributions over codes, and any code becomes an image.

use plywood_autodiff::{Pass, Var};
use plywood_datasets::ImageBatch;
use plywood_layers::{Linear, Module, Params, Settings};
use plywood_tensor::{Error, Result, Rng, Tensor};
use plywood_training::{Objective, StepOutput};

use crate::parts::{check_image, product};

/// An encoder that gives mean and variance of a code for each image, and a decoder that gives for each code how likely
/// each pixel is to be white: two hidden layers of ReLU on either side. Codes drawn from a normal distribution become
/// images like those it has learnt from.
///
/// As a [`Module`] it gives an image's scores from the mean of its code; a sigmoid makes probabilities of them.
///
/// Source: Kingma and Welling, "Auto-encoding variational Bayes" (2014), section 3 and appendix C.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::vae;
///
/// let model = vae([1, 8, 8]).hidden(16).code(2).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "encoder.fc1.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([5, 1, 8, 8])?; // N, C, H, W
/// let (mean, log_variance) = model.encode(&images, &mut pass)?;
/// assert_eq!([mean.shape(), log_variance.shape()], [[5, 2].into(); 2]);
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), images.shape());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Vae {
    encoder: Encoder,
    decoder: Decoder,
}

#[derive(Debug, Params)]
struct Encoder {
    fc1: Linear,
    fc2: Linear,
    mean: Linear,
    log_variance: Linear,
}

#[derive(Debug, Params)]
struct Decoder {
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
    /// `[C, H, W]`
    #[params(setting)]
    image: [usize; 3],
}

/// The settings of a [`Vae`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::vae;
///
/// let model = vae([1, 8, 8]).hidden(16).code(2).init(&mut Rng::new(Seed(7)))?;
/// // Each matrix and its bias, from the image to mean and variance, and back.
/// let encoder = 64 * 16 + 16 + 16 * 16 + 16 + 2 * (16 * 2 + 2);
/// let decoder = 2 * 16 + 16 + 16 * 16 + 16 + 16 * 64 + 64;
/// assert_eq!(model.parameter_count(), encoder + decoder);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = Vae, operation = "vae")]
pub struct VaeConfig {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The numbers of each hidden layer.
    #[setting(default = 500)]
    hidden: usize,
    /// The numbers of a code.
    #[setting(default = 40)]
    code: usize,
}

/// A [`Vae`] of images `[C, H, W]`.
///
/// ```
/// use plywood_autodiff::{Pass, Var};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::vae;
///
/// let rng = &mut Rng::new(Seed(7));
/// let model = vae([1, 28, 28]).init(rng)?;
/// let codes = Var::constant(rng.normal([3, 40], 0.0, 1.0)); // drawn from the prior
/// let images = model.decode(&codes, &mut Pass::eval(&model))?.sigmoid();
/// assert_eq!(images.shape(), [3, 1, 28, 28].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn vae(image: [usize; 3]) -> VaeConfig {
    VaeConfig::new(image)
}

impl VaeConfig {
    fn build(&self, rng: &mut Rng) -> Result<Vae> {
        check_image("vae", self.image, 1)?;
        let &Self { image, hidden, code } = self;
        let pixels = product(&image);
        Ok(Vae {
            encoder: Encoder {
                fc1: Linear::config(pixels, hidden).init(rng)?,
                fc2: Linear::config(hidden, hidden).init(rng)?,
                mean: Linear::config(hidden, code).init(rng)?,
                log_variance: Linear::config(hidden, code).init(rng)?,
            },
            decoder: Decoder {
                fc1: Linear::config(code, hidden).init(rng)?,
                fc2: Linear::config(hidden, hidden).init(rng)?,
                fc3: Linear::config(hidden, pixels).init(rng)?,
                image,
            },
        })
    }
}

impl Vae {
    /// Mean and logarithm of the variance of the codes, each `[N, code]`, of images `[N, C, H, W]`.
    ///
    /// # Errors
    /// When the images are other than those it was made for.
    pub fn encode(&self, x: &Var, pass: &mut Pass) -> Result<(Var, Var)> {
        let Encoder { fc1, fc2, mean, log_variance } = &self.encoder;
        let x = fc1.forward(&x.flatten()?, pass)?.relu(); // [N, hidden]
        let x = fc2.forward(&x, pass)?.relu();
        Ok((mean.forward(&x, pass)?, log_variance.forward(&x, pass)?))
    }

    /// The numbers of a code.
    pub fn code(&self) -> usize {
        self.encoder.mean.weight.shape()[0]
    }

    /// The [`NegativeElbo`] of images `[N, C, H, W]` of pixels from 0 to 1, whose codes are drawn with this noise ε
    /// `[N, code]`.
    ///
    /// # Errors
    /// When images or noise don't fit, or there are no images.
    pub fn negative_elbo(&self, images: &Tensor, noise: &Tensor, pass: &mut Pass) -> Result<Var> {
        let (mean, log_variance) = self.encode(&Var::constant(images.clone()), pass)?;
        if noise.shape() != mean.shape() || noise.numel() == 0 {
            return Err(Error::shape(format!(
                "the noise {} should be {} (N, code), of one image at least",
                noise.shape(),
                mean.shape()
            ))
            .operation("negative_elbo"));
        }
        let deviation = log_variance.clone().affine(0.5, 0.0).exp();
        let code = mean.add(&deviation.mul(&Var::constant(noise.clone()))?)?;
        let scores = self.decode(&code, pass)?;
        let pixels = scores.binary_cross_entropy_with_logits(images)?.sum();
        // μ² + σ² − ln σ² − 1, twice the divergence.
        let apart = mean.square().add(&log_variance.clone().exp())?.sub(&log_variance)?;
        let loss = pixels.add(&apart.affine(1.0, -1.0).sum().affine(0.5, 0.0))?;
        Ok(loss.affine(1.0 / images.shape()[0] as f64, 0.0))
    }

    /// The scores `[N, C, H, W]` of the images of codes `[N, code]`: a sigmoid makes of each how likely the pixel is to
    /// be white.
    ///
    /// # Errors
    /// When the codes have another size.
    pub fn decode(&self, code: &Var, pass: &mut Pass) -> Result<Var> {
        let Decoder { fc1, fc2, fc3, image: [c, h, w] } = &self.decoder;
        let x = fc1.forward(code, pass)?.relu(); // [N, hidden]
        let x = fc2.forward(&x, pass)?.relu();
        fc3.forward(&x, pass)?.reshape([code.shape()[0], *c, *h, *w])
    }
}

impl Module for Vae {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let (mean, _) = self.encode(x, pass)?;
        self.decode(&mean, pass)
    }
}

/// The negative evidence lower bound in nats, of images whose pixels are 0 or 1: how surprising an image is given a
/// code drawn for it, and how far the code's distribution is from the normal one, as the mean over the images.
///
/// `−ELBO = −Σ ln p(x | z) − ½ · Σ (1 + ln σ² − μ² − σ²)`, `z = μ + σ · ε`, with one ε from a normal distribution for
/// each image. In evaluation ε is drawn as well, the same for the images at the same place of a batch.
///
/// Source: Kingma and Welling, "Auto-encoding variational Bayes" (2014), section 3, equation (10).
///
/// ```
/// use plywood_datasets::{Digits, Split};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_training::Evaluator;
/// use plywood_zoo::{NegativeElbo, vae};
///
/// let digits = Digits::embedded()?;
/// let model = vae([1, 8, 8]).hidden(16).code(2).init(&mut Rng::new(Seed(7)))?;
/// let nats = Evaluator::new().objective(NegativeElbo).evaluate(&model, &digits)?.scores.loss;
/// assert!((nats - 64.0 * 2_f64.ln()).abs() < 3.0); // it has learnt nothing: a bit a pixel
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NegativeElbo;

impl Objective<Vae, ImageBatch> for NegativeElbo {
    fn forward(&self, model: &Vae, batch: &ImageBatch, pass: &mut Pass) -> Result<StepOutput> {
        let codes = [batch.images.shape()[0], model.code()];
        let noise = pass.rng().try_normal(codes, 0.0, 1.0)?;
        Ok(model.negative_elbo(&batch.images, &noise, pass)?.into())
    }
}

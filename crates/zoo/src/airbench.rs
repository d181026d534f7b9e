//! The network that learns CIFAR-10 in few epochs: whitened patches, and three groups of convolutions.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{BatchNorm2d, Conv2d, Init, Linear, Module, Params, Settings};
use plywood_tensor::{Error, Result, Rng, Tensor, memory};

use crate::parts::{check_image, global_max_pool};

/// The side of the patches that the first layer whitens.
const PATCH: usize = 2;

/// What is added to the patches' variances, so that those of hardly any don't become noise.
const EPSILON: f64 = 5e-4;

/// What the scores are multiplied by.
const SCORE_SCALE: f64 = 1.0 / 9.0;

/// Seven convolutions of which the first sees patches of 2×2 pixels, batch normalisation without
/// scales, GELU, and a linear layer.
///
/// [`whiten`](Self::whiten) gives the first layer the directions in which the patches of some
/// images vary, each by its deviation, and their opposites: what it makes of an image is
/// decorrelated and of even size, and it needs no training but for its bias. The other convolutions
/// begin by handing on what they get: filter k is 1 in the middle of channel k, and 0 elsewhere, as
/// far as there are channels.
///
/// Source: K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU" (2024), `airbench94`; whitened
/// patches: D. Page, "How to train your ResNet" (2018), and T. Harris, hlb-CIFAR10 (2023).
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::airbench94;
///
/// let model = airbench94([3, 32, 32], 10).widths([16, 32, 32]).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "whiten.weight");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([8, 3, 32, 32])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [8, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct Airbench94 {
    whiten: Conv2d,
    block1: ConvGroup,
    block2: ConvGroup,
    block3: ConvGroup,
    head: Linear,
    mirror: bool,
}

/// Two 3×3 convolutions, the first followed by pooling, both normalised and activated.
#[derive(Debug, Params)]
struct ConvGroup {
    conv1: Conv2d,
    norm1: BatchNorm2d,
    conv2: Conv2d,
    norm2: BatchNorm2d,
}

/// The settings of an [`Airbench94`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::airbench94;
///
/// let rng = &mut Rng::new(Seed(7));
/// let small = airbench94([3, 32, 32], 10).widths([16, 32, 32]).init(rng)?;
/// let wider = airbench94([3, 32, 32], 10).widths([16, 32, 64]).init(rng)?;
/// assert!(small.parameter_count() < wider.parameter_count());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = Airbench94, operation = "airbench94")]
pub struct Airbench94Config {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The channels of each group.
    #[setting(default = [64, 256, 256])]
    widths: [usize; 3],
    /// Whether scores in evaluation are the mean of an image's and its mirror image's, which takes twice the
    /// time.
    #[setting(default = false)]
    mirror: bool,
}

/// An [`Airbench94`] for images `[C, H, W]` of so many classes. Images of 9×9 or more will do.
///
/// The first layer's filters are directions at right angles, and their opposites, until
/// [`Airbench94::whiten`] knows images.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::airbench94;
///
/// let model = airbench94([3, 32, 32], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 1_972_792);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn airbench94(image: [usize; 3], classes: usize) -> Airbench94Config {
    Airbench94Config::new(image, classes)
}

impl Airbench94Config {
    fn build(&self, rng: &mut Rng) -> Result<Airbench94> {
        check_image("airbench94", self.image, 9)?;
        let &Self { image: [depth, ..], classes, widths, mirror } = self;
        let too_deep =
            || Error::value(format!("images of {depth} channels")).operation("airbench94");
        let patch = depth.checked_mul(PATCH * PATCH).ok_or_else(too_deep)?;
        let width = patch.checked_mul(2).ok_or_else(too_deep)?;
        let mut whiten = Conv2d::config(depth, width, PATCH).bias_init(Init::Zeros).init(rng)?;
        let basis = Init::Orthogonal.draw([patch, patch], rng)?;
        set_filters(&mut whiten, basis.as_slice());
        Ok(Airbench94 {
            whiten,
            block1: ConvGroup::init(width, widths[0], rng)?,
            block2: ConvGroup::init(widths[0], widths[1], rng)?,
            block3: ConvGroup::init(widths[1], widths[2], rng)?,
            head: Linear::config(widths[2], classes).bias(false).init(rng)?,
            mirror,
        })
    }
}

impl Airbench94 {
    /// Computes the first layer's filters from the patches of training images `[N, C, H, W]`, as
    /// normalised as the network will get them, and freezes them. The bias still learns.
    ///
    /// # Errors
    /// When there is no patch, or the images have another number of channels.
    pub fn whiten(&mut self, images: &Tensor) -> Result<()> {
        let covariance = patch_covariance(images, self.whiten.weight.shape()[1])
            .map_err(|error| error.operation("airbench94"))?;
        // Of a symmetric matrix without negative eigenvalues these are the eigenvectors.
        let svd = covariance.svd()?;
        let variances = svd.s.as_slice();
        let count = variances.len();
        let filters: Vec<f32> = svd
            .vt
            .as_slice()
            .iter()
            .enumerate()
            .map(|(place, x)| (x / (variances[place / count] + EPSILON).sqrt()) as f32)
            .collect();
        set_filters(&mut self.whiten, &filters);
        self.whiten.weight.freeze();
        Ok(())
    }
}

/// Gives a convolution these filters, and their opposites after them.
fn set_filters(conv: &mut Conv2d, filters: &[f32]) {
    let weights = conv.weight.value_mut().as_mut_slice();
    let opposites = filters.iter().map(|x| -x);
    weights.iter_mut().zip(filters.iter().copied().chain(opposites)).for_each(|(w, x)| *w = x);
}

/// The mean product of each two numbers of a patch, `[4 · C, 4 · C]`. The mean isn't taken away: the
/// filters have none to take away either.
fn patch_covariance(images: &Tensor, channels: usize) -> Result<Tensor<f64>> {
    let &[count, depth, height, width] = &images.shape()[..] else {
        return Err(Error::shape(format!("{} should be images (N, C, H, W)", images.shape())));
    };
    if depth != channels || count == 0 || height < PATCH || width < PATCH {
        return Err(Error::shape(format!(
            "images {} (N, C, H, W) have no patches [{channels}, {PATCH}, {PATCH}]",
            images.shape()
        )));
    }
    let numbers = depth * PATCH * PATCH;
    let mut patch = vec![0.0; numbers];
    let all = numbers.saturating_mul(numbers);
    let mut sums = memory::vec_with_capacity(all)?;
    sums.resize(all, 0.0);
    for image in images.as_slice().chunks(depth * height * width) {
        for (y, x) in (0..=height - PATCH).flat_map(|y| (0..=width - PATCH).map(move |x| (y, x))) {
            for (place, number) in patch.iter_mut().enumerate() {
                let (channel, row, column) =
                    (place / (PATCH * PATCH), place / PATCH % PATCH, place % PATCH);
                *number = f64::from(image[(channel * height + y + row) * width + x + column]);
            }
            for (sums, a) in sums.chunks_mut(numbers).zip(&patch) {
                sums.iter_mut().zip(&patch).for_each(|(sum, b)| *sum += a * b);
            }
        }
    }
    let patches = (count * (height - PATCH + 1) * (width - PATCH + 1)) as f64;
    let means = sums.into_iter().map(|sum| sum / patches).collect();
    Tensor::from_vec(means, [numbers, numbers])
}

impl ConvGroup {
    fn init(inputs: usize, outputs: usize, rng: &mut Rng) -> Result<Self> {
        Ok(Self {
            conv1: handing_on(inputs, outputs, rng)?,
            norm1: unscaled(outputs)?,
            conv2: handing_on(outputs, outputs, rng)?,
            norm2: unscaled(outputs)?,
        })
    }
}

/// A 3×3 convolution whose first outputs are its inputs: the Dirac initialisation.
fn handing_on(inputs: usize, outputs: usize, rng: &mut Rng) -> Result<Conv2d> {
    let mut conv = Conv2d::config(inputs, outputs, 3).padding(1).bias(false).init(rng)?;
    let filters = conv.weight.value_mut().as_mut_slice().chunks_mut((inputs * 9).max(1));
    for (channel, filter) in filters.take(inputs).enumerate() {
        filter.fill(0.0);
        filter[9 * channel + 4] = 1.0;
    }
    Ok(conv)
}

/// Normalisation whose scale stays 1: the next layer's weights can do the same.
fn unscaled(channels: usize) -> Result<BatchNorm2d> {
    let mut norm = BatchNorm2d::config(channels).epsilon(1e-12).momentum(0.4).init()?;
    norm.weight.freeze();
    Ok(norm)
}

impl Module for ConvGroup {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.conv1.forward(x, pass)?.max_pool2d(2)?;
        let x = self.norm1.forward(&x, pass)?.gelu();
        let x = self.conv2.forward(&x, pass)?;
        Ok(self.norm2.forward(&x, pass)?.gelu())
    }
}

impl Airbench94 {
    // The shapes are those of 32×32 images.
    fn scores(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.whiten.forward(x, pass)?.gelu(); // [N, 24, 31, 31]
        let x = self.block1.forward(&x, pass)?; // [N, 64, 15, 15]
        let x = self.block2.forward(&x, pass)?; // [N, 256, 7, 7]
        let x = self.block3.forward(&x, pass)?; // [N, 256, 3, 3]
        let x = global_max_pool(&x)?; // [N, 256]
        Ok(self.head.forward(&x, pass)? * SCORE_SCALE) // [N, classes]
    }
}

impl Module for Airbench94 {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let scores = self.scores(x, pass)?;
        if !self.mirror || pass.is_training() || pass.is_dry_run() {
            return Ok(scores);
        }
        let width = x.shape()[3] as u32;
        let mirrored = x.index_select(-1, &(0..width).rev().collect::<Vec<_>>().into())?;
        Ok(scores.add(&self.scores(&mirrored, pass)?)? * 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plywood_tensor::Seed;

    /// Images whose neighbouring pixels and channels go together.
    fn images() -> Tensor {
        let noise: Tensor = Rng::new(Seed(5)).normal([16, 3, 12, 12], 0.0, 1.0);
        let shared = noise.sum_keepdim(&[1]).unwrap();
        &noise * 0.3 + &shared
    }

    #[test]
    fn patches_are_whitened() {
        let mut model = airbench94([3, 12, 12], 2).init(&mut Rng::new(Seed(7))).unwrap();
        model.whiten(&images()).unwrap();
        let x = Var::constant(images());
        let y = model.whiten.forward(&x, &mut Pass::eval(&model)).unwrap();
        let y = y.value().unwrap().permute(&[1, 0, 2, 3]).unwrap().flatten(1).unwrap();
        let (count, products) = (y.shape()[1] as f32, y.matmul(y.t()).unwrap());
        for (place, product) in products.as_slice().iter().enumerate() {
            let (row, column) = (place / 24, place % 24);
            // Each filter goes with itself, and against its opposite.
            let expected = match (row, column) {
                _ if row == column => 1.0,
                _ if row % 12 == column % 12 => -1.0,
                _ => 0.0,
            };
            assert!((product / count - expected).abs() < 0.02, "{row} {column}: {product}");
        }
        assert!(model.whiten.weight.is_frozen());
        assert!(model.whiten.bias.is_some_and(|bias| !bias.is_frozen()));
    }

    #[test]
    fn convolutions_begin_by_handing_on() {
        for (inputs, outputs) in [(3, 5), (5, 3), (4, 4)] {
            let conv = handing_on(inputs, outputs, &mut Rng::new(Seed(7))).unwrap();
            let x: Tensor = Rng::new(Seed(8)).normal([2, inputs, 4, 4], 0.0, 1.0);
            let y = conv.forward(&Var::constant(x.clone()), &mut Pass::eval(&conv)).unwrap();
            let same = inputs.min(outputs);
            let [x, y] = [&x, y.value().unwrap()].map(|t| t.narrow(1, 0, same).unwrap());
            let difference = (&x - &y).abs().max().unwrap();
            assert!(difference < 1e-5, "{inputs} {outputs}: {difference}");
        }
    }

    #[test]
    fn both_sides_are_looked_at() {
        let config = airbench94([3, 12, 12], 2).widths([8, 8, 8]);
        let plain = config.init(&mut Rng::new(Seed(7))).unwrap();
        let both = config.mirror(true).init(&mut Rng::new(Seed(7))).unwrap();
        let x = images();
        let turned: Vec<u32> = (0..12).rev().collect();
        let turned = x.index_select(3, &turned.into()).unwrap();
        let scores = |model: &Airbench94, x: &Tensor| {
            let scores = model.forward(&Var::constant(x.clone()), &mut Pass::eval(model)).unwrap();
            scores.value().unwrap().clone()
        };
        let mean = (scores(&plain, &x) + &scores(&plain, &turned)) * 0.5;
        assert_eq!(scores(&both, &x), mean);
        assert_ne!(scores(&plain, &x), mean);
        assert_eq!(scores(&both, &turned), mean);
    }

    #[test]
    fn images_without_patches_are_refused() {
        let mut model = airbench94([3, 12, 12], 2).init(&mut Rng::new(Seed(7))).unwrap();
        assert_eq!(
            model.whiten(&Tensor::zeros([2, 1, 12, 12])).unwrap_err().to_string(),
            "airbench94: images [2, 1, 12, 12] (N, C, H, W) have no patches [3, 2, 2]",
        );
        assert!(!model.whiten.weight.is_frozen());
    }
}

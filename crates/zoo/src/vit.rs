//! The Vision Transformer in small: an image is cut into patches, which attend to each other.

use plywood_autodiff::{Param, Pass, Var};
use plywood_layers::{
    Activation, BatchNorm2d, Conv2d, Init, LayerNorm, Linear, Module, Params, Settings,
    TransformerEncoder, TransformerEncoderLayer,
};
use plywood_tensor::{Error, Result, Rng, Tensor};

use crate::parts::{check_image, conv_bn_relu, product};

/// The deviation of the class token's first values, as in the paper's own program.
const TOKEN_STD: f64 = 0.02;

/// Patches of an image become vectors, each with a learnt position added; an encoder of pre-normalised layers lets
/// them attend to each other, and a linear layer classifies the class token, or the mean of the patches.
///
/// Source: Dosovitskiy et al., "An image is worth 16×16 words: Transformers for image recognition at scale" (2020),
/// section 3.1; the proportions are ours, for small images on a processor.
///
/// ```
/// use plywood_autodiff::Pass;
/// use plywood_layers::{Module, Params};
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::vit_tiny;
///
/// let model = vit_tiny([1, 8, 8], 10).dim(16).layers(1).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.named_parameters()[0].0, "class_token");
/// let mut pass = Pass::dry_run(&model);
/// let images = pass.shape([5, 1, 8, 8])?; // N, C, H, W
/// assert_eq!(model.forward(&images, &mut pass)?.shape(), [5, 10].into());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Debug, Params)]
pub struct VitTiny {
    /// `[1, 1, D]`, unless the mean of the patches is classified.
    class_token: Option<Param>,
    /// Convolutions that see beyond the patch, where there are any.
    stem: Vec<Stem>,
    /// Each patch becomes a vector: `[D, C, P, P]`; behind a stem that is a 1×1 convolution.
    conv_proj: Conv2d,
    /// `[1, L, D]`
    pos_embedding: Param,
    encoder: TransformerEncoder,
    head: Linear,
    dropout: f64,
}

/// A 3×3 convolution that halves the image, normalised and rectified.
#[derive(Debug, Params)]
struct Stem {
    conv: Conv2d,
    bn: BatchNorm2d,
}

/// The settings of a [`VitTiny`].
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::vit_tiny;
///
/// let rng = &mut Rng::new(Seed(7));
/// let mean = vit_tiny([1, 28, 28], 10).class_token(false).init(rng)?;
/// assert_eq!(mean.named_parameters()[2].1.shape(), [1, 49, 64].into()); // 7 · 7 patches
/// let error = vit_tiny([1, 28, 28], 10).heads(5).init(rng).unwrap_err();
/// assert_eq!(error.to_string(), "multihead_attention: 5 heads can't share 64 features");
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
#[derive(Clone, Debug, Settings)]
#[settings(makes = VitTiny, operation = "vit_tiny")]
pub struct VitTinyConfig {
    /// The shape of an image, `[C, H, W]`.
    image: [usize; 3],
    /// The number of classes.
    classes: usize,
    /// The side of a patch, in pixels. Pixels on the right and at the bottom that fill no patch aren't looked at.
    #[setting(default = 4, alias = "patch_size")]
    patch: usize,
    /// The numbers of a patch's vector.
    #[setting(default = 64, alias = "hidden_dim")]
    dim: usize,
    /// The layers of the encoder.
    #[setting(default = 6)]
    layers: usize,
    /// The heads of each attention, which share a vector's numbers.
    #[setting(default = 4)]
    heads: usize,
    /// The features between the two linear layers of each layer.
    #[setting(default = 128, alias = "mlp_dim")]
    feedforward: usize,
    /// Whether the patches' vectors are made by 3×3 convolutions that halve the image, instead of by one of a patch's
    /// size: it learns in fewer epochs. Patches have a side of 4 then. Source: Xiao et al., "Early convolutions help
    /// Transformers see better" (2021).
    #[setting(default = false)]
    conv_stem: bool,
    /// Whether a learnt vector beside those of the patches is classified; if not, their mean is.
    #[setting(default = true)]
    class_token: bool,
    /// The probability with which a training pass drops a number of the vectors and wherever the encoder does.
    #[setting(default = 0.0, range = 0.0..=1.0)]
    dropout: f64,
}

/// A [`VitTiny`] for images `[C, H, W]` of so many classes. Images of 4×4 or more will do.
///
/// ```
/// use plywood_layers::Params;
/// use plywood_tensor::{Rng, Seed};
/// use plywood_zoo::vit_tiny;
///
/// let model = vit_tiny([1, 28, 28], 10).init(&mut Rng::new(Seed(7)))?;
/// assert_eq!(model.parameter_count(), 205_962);
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn vit_tiny(image: [usize; 3], classes: usize) -> VitTinyConfig {
    VitTinyConfig::new(image, classes)
}

impl VitTinyConfig {
    fn build(&self, rng: &mut Rng) -> Result<VitTiny> {
        self.parts(rng).map_err(|error| error.operation("vit_tiny"))
    }

    fn parts(&self, rng: &mut Rng) -> Result<VitTiny> {
        let &Self { image: [depth, height, width], patch, dim, heads, .. } = self;
        if patch == 0 {
            return Err(Error::value("patches of 0 pixels cover no image"));
        }
        check_image("vit_tiny", self.image, patch)?;
        let grid = [height, width].map(|side| match self.conv_stem {
            true => side.div_ceil(patch),
            false => side / patch,
        });
        let patches = product(&grid);
        let places = patches.saturating_add(usize::from(self.class_token));
        let token = Init::TruncatedNormal { std: TOKEN_STD };
        let class_token = match self.class_token {
            true => Some(Param::new(token.draw([1, 1, dim], rng)?)),
            false => None,
        };
        if self.conv_stem && patch != 4 {
            return Err(Error::value(format!(
                "convolutions that halve twice make patches of 4, not of {patch}"
            )));
        }
        let (stem, conv_proj) = match self.conv_stem {
            true => {
                let half = dim.div_ceil(2);
                let stem = vec![Stem::init(depth, half, rng)?, Stem::init(half, dim, rng)?];
                (stem, Conv2d::config(dim, dim, 1).init(rng)?)
            }
            false => (Vec::new(), Conv2d::config(depth, dim, patch).stride(patch).init(rng)?),
        };
        let encoder = TransformerEncoderLayer::config(dim, heads)
            .layers(self.layers)
            .feedforward(self.feedforward)
            .dropout(self.dropout)
            .activation(Activation::GELU)
            .norm_first(true);
        Ok(VitTiny {
            class_token,
            stem,
            conv_proj,
            pos_embedding: Param::new(positions(grid[1], places - patches, [places, dim])?),
            encoder: encoder.encoder(Some(LayerNorm::new([dim])?), rng)?,
            head: Linear::config(dim, self.classes).init(rng)?,
            dropout: self.dropout,
        })
    }
}

impl Stem {
    fn init(inputs: usize, outputs: usize, rng: &mut Rng) -> Result<Self> {
        let conv = Conv2d::config(inputs, outputs, 3).stride(2).padding(1).bias(false);
        Ok(Self { conv: conv.init(rng)?, bn: BatchNorm2d::config(outputs).init()? })
    }
}

/// What positions begin with, `[1, L, D]`: waves of the patch's row in the first half of the numbers, of its column in
/// the second, so that neighbours are alike; nothing for the class token. The longest wave is √10,000 · 2π patches.
///
/// Source: Beyer, Zhai and Kolesnikov, "Better plain ViT baselines for ImageNet-1k" (2022).
fn positions(columns: usize, tokens: usize, [places, dim]: [usize; 2]) -> Result<Tensor> {
    Tensor::try_from_fn([1, places, dim], |at| {
        let Some(patch) = at[1].checked_sub(tokens) else { return 0.0 };
        let half = dim.div_ceil(2);
        let (place, feature) = match at[2] < half {
            true => (patch / columns, at[2]),
            false => (patch % columns, at[2] - half),
        };
        let pair = (feature - feature % 2) as f64;
        let angle = place as f64 / 100_f64.powf(pair / half as f64);
        (if feature % 2 == 0 { angle.sin() } else { angle.cos() }) as f32
    })
}

impl Module for VitTiny {
    // L patches, of which there are H / P · W / P, and the class token.
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let mut x = x.clone();
        for Stem { conv, bn } in &self.stem {
            x = conv_bn_relu(conv, bn, &x, pass)?; // [N, D / 2, H / 2, W / 2], [N, D, H / 4, W / 4]
        }
        let x = self.conv_proj.forward(&x, pass)?; // [N, D, H / P, W / P]
        let [n, dim] = [x.shape()[0], x.shape()[1]];
        let patches = x.shape()[2] * x.shape()[3];
        let mut x = x.reshape([n, dim, patches])?.transpose(1, 2)?; // [N, H / P · W / P, D]
        if let Some(token) = &self.class_token {
            let token = pass.param(token).broadcast_to([n, 1, dim])?;
            x = Var::concat(&[&token, &x], 1)?; // [N, L, D]
        }
        let x = x.add(&pass.param(&self.pos_embedding))?.dropout(self.dropout, pass)?;
        let x = self.encoder.forward(&x, pass)?; // [N, L, D]
        let x = match self.class_token {
            Some(_) => x.narrow(1, 0, 1)?.squeeze(1)?,
            None => x.mean_axes(&[1])?,
        };
        self.head.forward(&x, pass) // [N, classes]
    }
}

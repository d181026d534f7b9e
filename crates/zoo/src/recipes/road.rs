//! A U-Net that tells what is where in front of a car.

use std::path::Path;

use plywood_datasets::transforms::ColorJitter;
use plywood_datasets::{MaskedImages, Normalize, RandomScaleCrop};
use plywood_layers::{CrossEntropy, Layer, Summary, median_frequency_weights, summary};
use plywood_optimizers::{AdamW, Average, OneCycle};
use plywood_tensor::{Error, Result, Rng, Seed, Shape};
use plywood_training::{Evaluation, MeanIou, PixelAccuracy, Run, Supervised, Trainer};

use crate::unet;

/// The classes of CamVid, in the order of its masks as SegNet's authors published them.
pub const ROAD_CLASSES: [&str; 11] = [
    "sky",
    "building",
    "pole",
    "road",
    "pavement",
    "tree",
    "sign",
    "fence",
    "car",
    "pedestrian",
    "bicycle",
];

/// What stands for void in CamVid's masks.
pub const ROAD_VOID: u8 = 11;

/// The height and width that images are brought to.
const SIZE: [usize; 2] = [180, 240];
/// The part of an image that is learnt from at once.
const CROP: [usize; 2] = [144, 192];

/// Everything that a training run needs of a network that gives each pixel a class.
///
/// ```
/// use plywood_datasets::Dataset;
/// use plywood_tensor::Seed;
/// use plywood_zoo::recipes;
///
/// // data/camvid/train/0001TP_006690.png, data/camvid/trainannot/0001TP_006690.png and so on.
/// if let Ok(recipe) = recipes::road("data/camvid", Seed(7)) {
///     assert_eq!((recipe.train.len(), recipe.valid.len(), recipe.test.len()), (367, 101, 233));
/// }
/// ```
pub struct PixelRecipe {
    /// The model, with its first values.
    pub model: Box<dyn Layer>,
    /// What it learns from.
    pub train: MaskedImages,
    /// What is looked at after each epoch.
    pub valid: MaskedImages,
    /// What is looked at once, at the end.
    pub test: MaskedImages,
    /// How it is trained.
    pub trainer: Trainer<Supervised<CrossEntropy>>,
}

/// What a [`PixelRecipe`] came to.
///
/// ```
/// use plywood_zoo::recipes::PixelOutcome;
///
/// /// How far classes and answers overlap, in percent.
/// fn percent(outcome: &PixelOutcome) -> Option<f64> {
///     outcome.result.metric("mean IoU").map(|iou| 100.0 * iou)
/// }
/// # let _ = percent;
/// ```
pub struct PixelOutcome {
    /// The trained model.
    pub model: Box<dyn Layer>,
    /// The training run.
    pub run: Run<Supervised<CrossEntropy>>,
    /// The model on the test set.
    pub result: Evaluation,
    /// The test set.
    pub test: MaskedImages,
}

impl PixelRecipe {
    /// The model's table of operations.
    ///
    /// # Errors
    /// When the model doesn't fit the images.
    pub fn summary(&self) -> Result<Summary> {
        summary(&self.model, Shape::new(&[&[1], &self.valid.shape()[..]].concat())?)
    }

    /// Trains, looks at the test set once, and writes everything into a folder: the checkpoint while it trains, then
    /// metrics, weights and images.
    ///
    /// # Errors
    /// When training fails, or a file can't be written.
    pub fn run(self, folder: impl AsRef<Path>) -> Result<PixelOutcome> {
        let Self { mut model, train, valid, test, trainer } = self;
        let run = trainer.checkpoint_in(folder.as_ref()).fit(&mut model, &train, &valid)?;
        let result = run.evaluate(&model, &test)?;
        run.write(folder, &model, &result)?;
        Ok(PixelOutcome { model, run, result, test })
    }
}

/// A U-Net on CamVid, frames of a drive through Cambridge in which each pixel is of one of [`ROAD_CLASSES`] or void,
/// with its own split of 367, 101 and 233 frames. `folder` is the set as SegNet's authors published it: `train`,
/// `val` and `test` with the frames, `trainannot`, `valannot` and `testannot` with the masks. Frames are brought to
/// 240×180.
///
/// Void is left out of loss and metrics. Rare classes count more, by the root of the median frequency.
///
/// Source of the frames: Brostow et al., "Semantic object classes in video: a high-definition ground truth database"
/// (2009), CC BY-NC; of split and classes: Badrinarayanan et al., "SegNet" (2017).
///
/// # Errors
/// When a file is missing or damaged, or a mask doesn't fit its image.
pub fn road(folder: impl AsRef<Path>, seed: Seed) -> Result<PixelRecipe> {
    let folder = folder.as_ref();
    let part = |name: &str| {
        let masks = folder.join(format!("{name}annot"));
        MaskedImages::open(folder.join(name), masks, ROAD_CLASSES, Some(ROAD_VOID), SIZE)
            .map_err(|error: Error| error.operation("road"))
    };
    let (train, valid, test) = (part("train")?, part("val")?, part("test")?);
    let var = |name: &str, default: f64| {
        std::env::var(name).ok().and_then(|x| x.parse().ok()).unwrap_or(default)
    };
    let weights = median_frequency_weights(&train.pixels_by_class(), var("PX_POWER", 0.5))?;
    let normalize = Normalize::new([0.5; 3], [0.25; 3])?;
    let model = unet([3, SIZE[0], SIZE[1]], ROAD_CLASSES.len())
        .width(var("PX_WIDTH", 24.0) as usize)
        .depth(var("PX_DEPTH", 4.0) as usize)
        .halved(var("PX_HALVED", 1.0) > 0.0)
        .dropout(var("PX_DROPOUT", 0.1));
    let views = RandomScaleCrop::new(CROP).scale([0.7, 1.6]);
    let light = ColorJitter::new().brightness(0.3).contrast(0.3).saturation(0.3);
    let void = u32::from(ROAD_VOID);
    Ok(PixelRecipe {
        model: Box::new(model.init(&mut Rng::new(seed))?),
        train: train.transform_together(views)?.transform(light)?.normalize(&normalize)?,
        valid: valid.normalize(&normalize)?,
        test: test.normalize(&normalize)?,
        trainer: Trainer::new(AdamW::scheduled().weight_decay(0.02))
            .schedule(OneCycle::new(var("PX_LR", 3e-3)).warm_up(0.1))
            .loss(CrossEntropy::new().class_weights(weights).ignore_index(void))
            .average(Average::ema(0.99).use_buffers(true))
            .metric(MeanIou::new().ignore_index(void))
            .metric(PixelAccuracy::new().ignore_index(void))
            .epochs(var("PX_EPOCHS", 60.0) as usize)
            .batch_size(8)
            .seed(seed),
    })
}

//! Transforms of images, given any settings and images.

use plywood::datasets::transforms::{
    AlternatingFlip, BandNorm, BandWarp, CenterCrop, ColorJitter, Normalize, RandomAffine,
    RandomCrop, RandomErasing, RandomHorizontalFlip, RandomTimeCrop, Resize, SpecAugment,
    Transform,
};
use plywood::datasets::{Context, DataLoader, Draw as Epochs, Images};
use plywood::tensor::{Result, Seed, Tensor};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("RandomCrop", |draw| {
        let transform = RandomCrop::new(draw.sizes::<2>("size"))
            .padding(draw.size("padding"))
            .reflect(draw.flag("reflect"));
        changes(draw, transform)
    }),
    ("CenterCrop", |draw| {
        let transform = CenterCrop::new(draw.sizes::<2>("size"));
        changes(draw, transform)
    }),
    ("Resize", |draw| {
        let transform = match draw.flag("shorter side") {
            true if draw.flag("at most") => Resize::at_most(draw.size("pixels")),
            true => Resize::shorter_side(draw.size("pixels")),
            false => Resize::new(draw.sizes::<2>("size")),
        };
        changes(draw, transform)
    }),
    ("RandomAffine", |draw| {
        let transform = RandomAffine::new(draw.number("degrees"))
            .translate([draw.number("horizontal"), draw.number("vertical")])
            .scale([draw.number("least"), draw.number("greatest")])
            .shear([draw.number("of rows"), draw.number("of columns")])
            .edge(draw.flag("edge"));
        changes(draw, transform)
    }),
    ("ColorJitter", |draw| {
        let transform = ColorJitter::new()
            .brightness(draw.number("brightness"))
            .contrast(draw.number("contrast"))
            .saturation(draw.number("saturation"));
        changes(draw, transform)
    }),
    ("RandomErasing", |draw| {
        let transform = RandomErasing::new()
            .probability(draw.number("probability"))
            .area([draw.number("least area"), draw.number("most area")])
            .ratio([draw.number("least ratio"), draw.number("greatest ratio")])
            .value(draw.number("value") as f32);
        changes(draw, transform)
    }),
    ("BandNorm", |draw| {
        let transform = BandNorm::new()
            .norm_vars(draw.flag("variances"))
            .together(draw.flag("together"))
            .min_std(draw.number("least deviation"));
        changes(draw, transform)
    }),
    ("BandWarp", |draw| {
        let transform = BandWarp::new(draw.number("lowest"), draw.number("highest"));
        changes(draw, transform)
    }),
    ("RandomTimeCrop", |draw| {
        let transform = RandomTimeCrop::new(draw.number("inward"), draw.number("outward"));
        changes(draw, transform)
    }),
    ("SpecAugment", |draw| {
        let transform = SpecAugment::new()
            .n_time_masks(draw.size("time masks"))
            .time_mask_param(draw.size("frames"))
            .n_freq_masks(draw.size("frequency masks"))
            .freq_mask_param(draw.size("rows"))
            .p(draw.number("p"))
            .zero_masking(draw.flag("zero"));
        changes(draw, transform)
    }),
    ("flips", |draw| match draw.flag("alternating") {
        true => changes(draw, AlternatingFlip),
        false => {
            let transform = RandomHorizontalFlip::new().probability(draw.number("probability"));
            changes(draw, transform)
        }
    }),
    ("Normalize", |draw| {
        let numbers = |draw: &mut Draw, name| -> Vec<f32> {
            draw.numbers(name, 4).into_iter().map(|x| x as f32).collect()
        };
        let (mean, std) = (numbers(draw, "mean"), numbers(draw, "std"));
        let transform = Normalize::new(mean, std)?;
        changes(draw, transform)
    }),
];

/// A shape of any size, an image of its own, and a data set of images.
fn changes(draw: &mut Draw, transform: impl Transform) -> Result<()> {
    let rule = transform.shape(draw.sizes("any image"));
    let image = draw.tensor("image", 3);
    let mut context = match draw.flag("random") {
        true => Epochs::training(Seed(draw.word("seed")), draw.size("epoch")).context(0),
        false => Context::evaluation(),
    };
    let changed = transform.apply(image, &mut context);
    let sides = draw.sizes::<2>("images").map(|side| side.min(17));
    let pixels = Tensor::full([3, 3, sides[0], sides[1]], 100_u8);
    let images = Images::new(pixels, vec![0, 1, 0], ["a", "b"])?.transform(transform)?;
    for batch in DataLoader::new(&images).augment(Seed(1)).epoch(draw.size("epoch")) {
        batch?;
    }
    rule.and(changed.map(drop))
}

//! Classes of pixels: masks, images with masks, what is learnt from them, and how good it is.

use std::fs;

use plywood::autodiff::Pass;
use plywood::datasets::transforms::{ColorJitter, Resize};
use plywood::datasets::{
    Context, Dataset, Draw as Epochs, Image, Mask, MaskedImages, MaskedTransform, Normalize,
    RandomScaleCrop, Split,
};
use plywood::layers::{CrossEntropy, median_frequency_weights};
use plywood::tensor::{Error, Rng, Seed, Tensor};
use plywood::training::{MeanIou, Metric, PixelAccuracy, PixelCounts};
use plywood::zoo::recipes::{PixelRecipe, road};
use plywood::zoo::{PixelClassifier, SavedModel, unet};

use super::Call;
use super::damage::damaged;
use super::draw::Draw;
use super::files::Folder;
use super::layers::trains;

const COLORS: [[u8; 3]; 3] = [[0; 3], [255, 0, 0], [0, 255, 0]];

pub(super) const CALLS: &[Call] = &[
    ("Mask::decode, decode_within, read, read_within", |draw| {
        let png = mask().encode_png(&COLORS)?;
        let bytes = damaged(draw, &png);
        let limits = plywood::datasets::DecodeLimits::new();
        let _ = Mask::decode_within(&bytes, limits);
        let folder = Folder::of(draw, &[("a.png", &bytes)])?;
        let path = folder.0.join("a.png");
        let _ = (Mask::read(&path), Mask::read_within(folder.0.join("no.png"), limits));
        Mask::decode(&bytes).map(drop)
    }),
    ("Mask::new, resized, over, encode_png, write_png", |draw| {
        let mask = Mask::new(classes(draw, "classes", 2))?;
        let folder = Folder::of(draw, &[])?;
        let colors = &COLORS[..draw.small("colours", 3)];
        let _ = (mask.encode_png(colors), mask.write_png(folder.0.join("m.png"), colors));
        let image = Image::new(Tensor::full([3, 2, 3], 9_u8))?;
        let over = mask.over(&image, colors, draw.number("opacity"));
        mask.resized(draw.size("height"), draw.size("width"))?;
        over.map(drop)
    }),
    ("MaskedImages::new, transform, transform_together, normalize, image", |draw| {
        let images = draw.tensor("images", 4).map(|x| x as u8);
        let masks = match draw.once_in(3) {
            true => classes(draw, "masks", 3),
            false => {
                let shape = images.shape();
                let dims: Vec<usize> = (0..shape.rank()).filter(|&axis| axis != 1).collect();
                let dims: Vec<usize> = dims.into_iter().map(|axis| shape[axis]).collect();
                draw.indices("masks", &dims, 3).map(|class| class as u8)
            }
        };
        let names = ["a", "b", "c"].into_iter().take(draw.small("classes", 3));
        let void = draw.flag("void").then_some(2);
        let mut set = MaskedImages::new(images, masks, names, void)?;
        let _ = (set.fingerprint(), set.pixels_by_class(), set.image(draw.size("image")));
        if draw.flag("cut") {
            set = set.transform_together(crop(draw))?;
        }
        let _ = set.normalize(&Normalize::new([0.5; 3], [0.5; 3])?);
        let _ = set.transform(Resize::new(draw.sizes::<2>("size")));
        set = set.transform(ColorJitter::new().brightness(draw.number("brightness")))?;
        let indices = [draw.size("sample")];
        let _ = set.subset(&indices);
        set.batch(&indices, &Epochs::training(Seed(1), draw.below(3))).map(drop)
    }),
    ("MaskedImages::open, recipes::road and PixelRecipe::summary", |draw| {
        let image = Image::new(Tensor::full([3, 2, 3], 9_u8))?.encode_png()?;
        let mask = mask().encode_png(&COLORS)?;
        let (image, mask) = match draw.flag("images are damaged") {
            true => (damaged(draw, &image), mask),
            false => (image, damaged(draw, &mask)),
        };
        let folder = Folder::of(draw, &[("train/a.png", &image), ("trainannot/a.png", &mask)])?;
        let path = |name: &str| folder.0.join(name);
        let size = draw.sizes::<2>("size");
        let void = draw.flag("void").then_some(2);
        let names = ["a", "b", "c"].into_iter().take(draw.small("classes", 3));
        let opened = MaskedImages::open(path("train"), path("trainannot"), names, void, size);
        PixelRecipe::summary(&road(&folder.0, Seed(draw.word("seed")))?)?;
        opened.map(drop)
    }),
    ("RandomScaleCrop and MaskedTransform", |draw| {
        let crop = crop(draw);
        let _ = MaskedTransform::shape(&crop, draw.sizes::<3>("shape"));
        let pair = (draw.tensor("image", 3), classes(draw, "mask", 2));
        let mut context = match draw.flag("training") {
            true => Epochs::training(Seed(1), 0).context(0),
            false => Context::evaluation(),
        };
        let void = draw.flag("void").then_some(2);
        let _ = MaskedTransform::apply(&crop, pair, void, &mut context);
        let pair = (Tensor::zeros([2, 3, 4]), Tensor::full([3, 4], 1_u8));
        crop.apply(pair, void, &mut context).map(drop)
    }),
    ("CrossEntropy of pixels", |draw| {
        let mut pass = Pass::without_model(&mut Rng::new(Seed(1)));
        let logits = pass.input(draw.tensor("scores", 4));
        let labels = labels(draw, logits.value()?);
        let mut loss = CrossEntropy::new().label_smoothing(draw.number("smoothing"));
        if draw.flag("weighted") {
            loss = loss.class_weights(draw.tensor("class weights", 1));
        }
        if draw.flag("ignoring") {
            loss = loss.ignore_index(draw.small("ignored", 4) as u32);
        }
        let loss = loss.loss(&logits, &labels)?;
        pass.backward(&loss).map(drop)
    }),
    ("median_frequency_weights", |draw| {
        let counts: Vec<u64> = (0..draw.small("classes", 4)).map(|_| draw.word("count")).collect();
        median_frequency_weights(&counts, draw.number("power")).map(drop)
    }),
    ("PixelCounts::update, MeanIou, PixelAccuracy", |draw| {
        let ignored = draw.small("ignored", 4) as u32;
        let mut counts = PixelCounts::new().ignore_index(ignored);
        let mut metrics: [Box<dyn Metric>; 2] =
            [Box::new(MeanIou::new()), Box::new(PixelAccuracy::new().ignore_index(ignored))];
        let mut updated = Ok(());
        for _ in 0..2 {
            let scores = draw.tensor("scores", 4);
            let labels = labels(draw, &scores);
            for metric in &mut metrics {
                let _ = metric.update(&scores, &labels);
                let _ = (metric.value(), metric.sums());
            }
            updated = updated.and(counts.update(&scores, &labels));
        }
        let class = draw.size("class");
        let _ = (counts.iou(class), counts.recall(class), counts.pixels(class), counts.mean_iou());
        for metric in &mut metrics {
            metric.restore(&draw.numbers("sums", 6));
            let _ = metric.value();
        }
        updated
    }),
    ("UNet", |draw| {
        let image = draw.sizes::<3>("image");
        let config = unet(image, draw.size("classes"))
            .width(draw.size("width"))
            .depth(draw.size("depth"))
            .halved(draw.flag("halved"))
            .dropout(draw.number("dropout"));
        let model = config.init(&mut Rng::new(Seed(1)))?;
        trains(draw, &model, 4, image[0])
    }),
    ("PixelClassifier::new, segment, normalization", |draw| {
        let names = ["a", "b"].into_iter().take(draw.small("classes", 2));
        let (size, width) = (draw.sizes("size"), draw.size("width"));
        let classifier = PixelClassifier::new(size, width, draw.flag("halved"), names, Seed(1))?;
        classifier.normalization()?;
        classifier.segment(&Image::new(draw.tensor("photo", 3).map(|x| x as u8))?).map(drop)
    }),
    ("PixelClassifier::save, load", |draw| {
        let folder = Folder::of(draw, &[])?;
        PixelClassifier::new([32, 32], 1, true, ["a", "b"], Seed(1))?.save(&folder.0)?;
        let path = folder.0.join(draw.one_of("file", &["pixels.json", "model.safetensors"]));
        let bytes = fs::read(&path).map_err(|error| Error::io("read", &path, error))?;
        fs::write(&path, damaged(draw, &bytes))
            .map_err(|error| Error::io("write", &path, error))?;
        let _ = SavedModel::load(&folder.0);
        let photo = Image::new(Tensor::full([3, 20, 30], 9_u8))?;
        PixelClassifier::load(&folder.0)?.segment(&photo).map(drop)
    }),
];

/// Of two rows and three columns.
fn mask() -> Mask {
    let classes = Tensor::from([[0_u8, 1, 2], [1, 1, 0]]);
    Mask::new(classes).unwrap_or_else(|error| panic!("{error}"))
}

/// Bytes from 0 to 3, of any shape.
fn classes(draw: &mut Draw, name: &str, rank: usize) -> Tensor<u8> {
    let dims = draw.dims(name, rank);
    draw.indices(name, &dims, 4).map(|class| class as u8)
}

/// The classes of pixels with these scores, or sometimes of others.
fn labels(draw: &mut Draw, scores: &Tensor) -> Tensor<u32> {
    let shape = scores.shape();
    let dims = match &shape[..] {
        [n, _, rest @ ..] if !draw.once_in(4) => [&[*n], rest].concat(),
        _ => draw.dims("shape of the labels", 3),
    };
    draw.indices("labels", &dims, shape.get(1).copied().unwrap_or(1))
}

fn crop(draw: &mut Draw) -> RandomScaleCrop {
    let size = draw.sizes::<2>("size of the part");
    RandomScaleCrop::new(size)
        .scale([draw.number("least"), draw.number("greatest")])
        .flip(draw.number("flip"))
}

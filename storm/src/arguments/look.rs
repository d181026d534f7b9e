//! What the layers see: places, channels and classes that a network doesn't have.

use plywood::datasets::Images;
use plywood::layers::{Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential};
use plywood::look::{
    Excite, Lens, Occlusion, Page, ReceptiveField, feature_maps, first_filters, grad_cam, heat,
    last_maps, overlay, saliency, top_patches,
};
use plywood::tensor::{Result, Rng, Seed, Tensor};

use super::Call;
use super::draw::Draw;

pub(super) const CALLS: &[Call] = &[
    ("Lens", |draw| {
        let model = model()?;
        let lens = Lens::new(&model);
        let places = lens.places(sides(draw));
        lens.scores(&draw.tensor("images", 4))?;
        places.map(drop)
    }),
    ("FeatureMaps", |draw| {
        let model = model()?;
        let (image, place) = (image(draw), place(draw));
        let maps = feature_maps(&Lens::new(&model), &image, place)?;
        maps.liveliest(draw.size("count"));
        maps.image(draw.size("channel")).map(drop)
    }),
    ("Filters", |draw| {
        let model = model()?;
        let filters = first_filters(&Lens::new(&model), sides(draw))?;
        let one = filters.one(draw.size("filter"));
        filters.image(draw.size("scale"))?;
        one.map(drop)
    }),
    ("top_patches", |draw| {
        let model = model()?;
        let images = Tensor::full([3, 3, 8, 8], draw.small("pixel", 255) as u8);
        let images = Images::new(images, vec![0, 1, 0], ["a", "b"])?;
        let channels: Vec<usize> =
            (0..draw.small("channels", 3)).map(|_| draw.size("channel")).collect();
        let count = draw.size("count");
        top_patches(&Lens::new(&model), &images, place(draw), &channels, count).map(drop)
    }),
    ("ReceptiveField", |draw| {
        let model = model()?;
        let field = ReceptiveField::of(&Lens::new(&model), sides(draw), place(draw))?;
        let _ = (field.size(), field.is_whole(), field.window(draw.sizes("unit")));
        Ok(())
    }),
    ("saliency and grad_cam", |draw| {
        let model = model()?;
        let lens = Lens::new(&model);
        let (image, class) = (image(draw), draw.size("class"));
        last_maps(&lens, sides(draw))?;
        let map = grad_cam(&lens, &image, place(draw), class);
        saliency(&lens, &image, class)?;
        overlay(&image, &map?).map(drop)
    }),
    ("Occlusion", |draw| {
        let model = model()?;
        let occlusion = Occlusion::new(draw.size("side"))
            .stride(draw.size("stride"))
            .fill(draw.number("fill") as f32)
            .batch_size(draw.size("batch size"));
        let (image, class) = (image(draw), draw.size("class"));
        let alone = occlusion.alone(&Lens::new(&model), &image, class);
        occlusion.map(&Lens::new(&model), &image, class)?;
        alone.map(drop)
    }),
    ("Excite", |draw| {
        let model = model()?;
        let excite = Excite::new()
            .steps(draw.small("steps", 3))
            .rate(draw.number("rate") as f32)
            .jitter(draw.size("jitter"))
            .decay(draw.number("decay") as f32)
            .largest(draw.size("largest"))
            .seed(Seed(draw.word("seed")));
        let units: Vec<usize> = (0..draw.small("units", 3)).map(|_| draw.size("unit")).collect();
        excite.units(&Lens::new(&model), sides(draw), place(draw), &units).map(drop)
    }),
    ("heat", |draw| heat(&draw.tensor("map", 2)).map(drop)),
    ("overlay", |draw| overlay(&draw.tensor("image", 3), &draw.tensor("map", 2)).map(drop)),
    ("Page", |draw| {
        let model = model()?;
        let (lens, image) = (Lens::new(&model), image(draw));
        let names = ["<a>", "b"];
        let page = Page::new(&lens, &image)
            .class_names(names.into_iter().take(draw.small("names", 2)))
            .places((0..draw.small("places", 2)).map(|_| place(draw)).collect::<Vec<_>>())
            .units(draw.small("units", 2))
            .excite(Excite::new().steps(1));
        let page = match draw.flag("of a class") {
            true => page.class(draw.size("class")),
            false => page,
        };
        page.html().map(drop)
    }),
];

/// A convolution and a linear layer for images of 3×8×8 and two classes.
fn model() -> Result<Sequential> {
    let mut rng = Rng::new(Seed(1));
    Ok(Sequential::new()
        .add(Conv2d::config(3, 4, 3).padding(1).init(&mut rng)?)
        .add(ReLU)
        .add(MaxPool2d::new(2))
        .add(Flatten)
        .add(Linear::config(64, 2).init(&mut rng)?))
}

/// The image that the model takes, or any.
fn image(draw: &mut Draw) -> Tensor {
    match draw.once_in(4) {
        true => draw.tensor("image", 3),
        false => draw.tensor_of("image", &[3, 8, 8]).map(|x| x.clamp(0.0, 1.0)),
    }
}

fn sides(draw: &mut Draw) -> [usize; 3] {
    if draw.once_in(3) { draw.sizes("sides") } else { draw.note("sides", [3, 8, 8]) }
}

fn place(draw: &mut Draw) -> &'static str {
    draw.one_of("place", &["0", "1", "2", "4", "", "no such", "relu", "max_pool2d"])
}

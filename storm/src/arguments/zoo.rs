//! The architectures: every row of the registry and every configuration with odd images, widths and
//! numbers of classes; then a dry run on a batch of such images.

use plywood::autodiff::{Pass, Var};
use plywood::datasets::Images;
use plywood::layers::{Module, Params, profile, profile_of, summary};
use plywood::tensor::{Rng, Seed, Tensor};
use plywood::zoo::{self, Classifier, MODELS, Preprocess};

use super::Call;
use super::draw::Draw;
use super::layers::{step, trains};

pub(super) const CALLS: &[Call] = &[
    ("zoo::build", |draw| {
        let entry = &MODELS[draw.below(MODELS.len())];
        let name = draw.note("name", entry.name);
        let (image, classes) = (image(draw), classes(draw));
        let model = zoo::build(name, image, classes, &mut Rng::new(Seed(1)))?;
        let [c, h, w] = image;
        summary(&model, [draw.size("images"), c, h, w])?.to_string();
        let [c, h, w] = self::image(draw);
        summary(&model, [1, c, h, w]).map(drop)
    }),
    ("zoo::build of an unknown name", |draw| {
        zoo::build(
            draw.one_of("name", &["", "resnet", "lenet ", "é"]),
            [1, 8, 8],
            2,
            &mut Rng::new(Seed(1)),
        )
        .map(drop)
    }),
    ("zoo::entry and Recipe", |draw| {
        zoo::entry(draw.one_of("name", &["", "mlp", "no such"]))?;
        let seed = Seed(draw.word("seed"));
        match draw.flag("folds") {
            true => zoo::recipes::digits_folds(seed)?.swap_remove(0).summary().map(drop),
            false => zoo::recipes::digits(seed)?.summary().map(drop),
        }
    }),
    ("Classifier::frozen_body and FrozenBody::features", |draw| {
        let begun = Classifier::new("lenet", Preprocess::fitted(8), ["a", "b"], Seed(1))?;
        let mut classifier = begun.with_classes(["a", "b"])?;
        if draw.once_in(4) {
            classifier.model.unfreeze("");
        }
        let Some(frozen) = classifier.frozen_body()? else { return Ok(()) };
        let _ = frozen.bytes(draw.size("images"));
        let side = if draw.once_in(4) { 5 } else { 8 };
        let images =
            Images::new(Tensor::full([3, 3, side, side], 7_u8), vec![0, 1, 0], ["a", "b"])?;
        frozen.features(&images, draw.size("batch size")).map(drop)
    }),
    ("profile and profile_of", |draw| {
        let model = zoo::mlp(3, 2).hidden([4]).init(&mut Rng::new(Seed(1)))?;
        if draw.flag("of a tensor") {
            return profile(&model, &draw.tensor("batch", 2)).map(drop);
        }
        let columns = draw.size("columns");
        profile_of(&model, draw.size("samples").min(9), |count, pass| {
            let rows = pass.constant(Tensor::try_full([count, columns], 1.0)?);
            model.forward(&rows, pass)
        })
        .map(drop)
    }),
    ("MelNet", |draw| {
        let image = image(draw);
        let config = zoo::melnet(image, classes(draw)).width(draw.size("width"));
        let model = config.dropout(draw.number("dropout")).init(&mut Rng::new(Seed(1)))?;
        trains(draw, &model, 4, image[0])
    }),
    ("LeNet", |draw| {
        let image = image(draw);
        let config = zoo::lenet(image, classes(draw)).channels(draw.sizes("channels"));
        let model = config.init(&mut Rng::new(Seed(1)))?;
        trains(draw, &model, 4, image[0])
    }),
    ("Mlp", |draw| {
        let inputs = draw.size("inputs");
        let hidden: Vec<usize> =
            (0..draw.small("layers", 3)).map(|_| draw.size("hidden")).collect();
        let config = zoo::mlp(inputs, classes(draw)).hidden(hidden);
        let model = config.dropout(draw.number("dropout")).init(&mut Rng::new(Seed(1)))?;
        trains(draw, &model, 2, inputs)
    }),
    ("ResNet9", |draw| {
        let image = image(draw);
        let config = zoo::resnet9(image, classes(draw)).width(draw.size("width"));
        let config = config.shift(draw.size("shift"));
        let model = config.init(&mut Rng::new(Seed(1)))?;
        trains(draw, &model, 4, image[0])
    }),
    ("Airbench94", |draw| {
        let image = image(draw);
        let config = zoo::airbench94(image, classes(draw))
            .widths(draw.sizes("widths"))
            .mirror(draw.flag("mirror"));
        let mut model = config.init(&mut Rng::new(Seed(1)))?;
        let whitened = model.whiten(&draw.tensor("images", 4));
        trains(draw, &model, 4, image[0])?;
        whitened
    }),
    ("Autoencoder", |draw| {
        let image = image(draw);
        let config =
            zoo::autoencoder(image).channels(draw.sizes("channels")).code(draw.size("code"));
        let model = config.init(&mut Rng::new(Seed(1)))?;
        let (code, images) = (draw.tensor("code", 2), draw.tensor("images", 4));
        let decoded = model.decode(&Var::constant(code), &mut Pass::eval(&model));
        let encoded = model.encode(&Var::constant(images), &mut Pass::eval(&model));
        trains(draw, &model, 4, image[0])?;
        decoded.and(encoded).map(drop)
    }),
    ("TranslationTransformer", |draw| {
        let [source, target] = draw.sizes("words");
        let config = zoo::translation_transformer(source, target)
            .dim(draw.size("dim"))
            .heads(draw.size("heads"))
            .layers(draw.size("layers"))
            .feedforward(draw.size("feedforward"))
            .dropout(draw.number("dropout"));
        let model = config.init(&mut Rng::new(Seed(1)))?;
        let (dims, padding) = (draw.dims("shape of the source", 2), draw.tensor("padding", 2));
        let sentences = zoo::SentencePairs {
            source: draw.indices("source", &dims, source.min(100)),
            target: draw.indices("target", &dims, target.min(100)),
            source_padding: draw.flag("padded").then(|| padding.map(|x| x > 0.0)),
        };
        step(&model, |pass| model.forward(&sentences, pass))
    }),
    ("WideAndDeep", |draw| {
        let numbers = draw.size("numbers");
        let vocabularies: Vec<usize> =
            (0..draw.small("columns", 3)).map(|_| draw.size("vocabulary")).collect();
        let hidden: Vec<usize> =
            (0..draw.small("layers", 2)).map(|_| draw.size("hidden")).collect();
        let config = zoo::wide_and_deep(numbers, &vocabularies[..], draw.size("outputs"))
            .dim(draw.size("dim"))
            .hidden(hidden)
            .dropout(draw.number("dropout"));
        let model = config.init(&mut Rng::new(Seed(1)))?;
        let dims = [draw.small("rows", 3), vocabularies.len()];
        let input = plywood::datasets::TableInput {
            numbers: match numbers <= 64 {
                true => Tensor::zeros([dims[0], numbers]),
                false => draw.tensor("numbers", 2),
            },
            categories: draw.indices("categories", &dims, 2),
        };
        step(&model, |pass| model.forward(&input, pass))
    }),
    ("Preprocess and Classifier", |draw| {
        use plywood::datasets::Image;
        use plywood::zoo::{Classifier, Preprocess};
        let preprocess = match draw.flag("cropped") {
            true => Preprocess::cropped(draw.size("resize"), draw.size("side")),
            false => Preprocess::fitted(draw.size("side")),
        };
        let preprocess = if draw.flag("grey") { preprocess.grey() } else { preprocess };
        let channels = if draw.once_in(8) { draw.small("given", 4) } else { preprocess.channels() };
        let numbers = |draw: &mut Draw, name| -> Vec<f32> {
            (0..channels).map(|_| draw.number(name) as f32).collect()
        };
        let preprocess = preprocess.normalize(numbers(draw, "mean"), numbers(draw, "std"))?;
        let image = Image::new(Tensor::full([draw.small("channels", 3), 5, 7], 90_u8))?;
        let input = preprocess.input(&image);
        let square = preprocess.square(&image);
        let names: Vec<String> =
            (0..draw.small("classes", 4)).map(|name| name.to_string()).collect();
        let name = draw.one_of("model", &["mlp", "lenet", "resnet20", "no such"]);
        let classifier = Classifier::new(name, preprocess, names, Seed(1))?;
        let prediction = classifier.classify(&image)?;
        let _ = (prediction.top(draw.size("count")).len(), prediction.is("1").is_ok());
        classifier.with_classes(["a"; 3].iter().take(draw.small("others", 3)).copied())?;
        input.and(square).map(drop)
    }),
];

/// The shape of an image: about half of them sound.
fn image(draw: &mut Draw) -> [usize; 3] {
    match draw.once_in(2) {
        true => draw.sizes("image"),
        false => {
            let side = draw.one_of("side", &[1, 7, 8, 9, 16, 28, 32, 33, 64]);
            let channels = draw.one_of("channels", &[1, 3]);
            [channels, side, side]
        }
    }
}

fn classes(draw: &mut Draw) -> usize {
    draw.size("classes")
}

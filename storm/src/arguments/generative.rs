//! What writes and draws: rotary positions, texts and their windows, GPT, its cache and its choices, the variational
//! autoencoder.

use plywood::autodiff::{Pass, Var};
use plywood::datasets::{Characters, Dataset, Draw as Augmentation, TextBatch, TextWindows};
use plywood::layers::Module;
use plywood::tensor::{Result, RotaryOptions, Tensor};
use plywood::training::{Evaluator, Objective};
use plywood::zoo::{Gpt, GptCache, NegativeElbo, NextLetter, Sampling, gpt, vae, vit_tiny};

use super::Call;
use super::draw::{Draw, shape};
use super::layers::{step, trains};

pub(super) const CALLS: &[Call] = &[
    ("RotaryOptions::check, Tensor::into_rotary and Var::rotary", |draw| {
        let options = rotary(draw);
        let x = draw.tensor("x", 3);
        let checked = options.check(x.shape());
        let turned = x.clone().into_rotary(&options);
        assert_eq!(checked.is_ok(), turned.is_ok(), "the check and the kernel");
        Var::constant(x).rotary(&options)?;
        checked.and(turned.map(drop))
    }),
    ("Characters", |draw| {
        const TEXTS: [&str; 5] = ["", "a", "banana\n", "é\u{0}\r\n", "日本"];
        let characters = Characters::of(draw.one_of("of", &TEXTS))?;
        let text = draw.one_of("text", &TEXTS);
        let dims = draw.dims("numbers", 1);
        let numbers = draw.indices("numbers", &dims, characters.as_slice().len());
        let decoded = characters.decode(numbers.as_slice());
        let encoded = characters.encode(text)?;
        assert_eq!(characters.decode(encoded.as_slice())?, text);
        decoded.map(drop)
    }),
    ("TextWindows", |draw| {
        let dims = draw.dims("text", 1);
        let text = draw.indices("text", &dims, 5);
        let windows = TextWindows::new(text, draw.size("length"))?.context(draw.size("context"))?;
        let indices = [draw.size("index"), 0];
        windows.batch(&indices[..draw.small("indices", 2)], &Augmentation::evaluation())?;
        let model = writer(draw)?;
        Evaluator::new().objective(NextLetter).evaluate(&model, &windows).map(drop)
    }),
    ("gpt, Gpt::go_on and NextLetter", |draw| {
        let model = writer(draw)?;
        let [dims, more, target] = ["letters", "more", "target"].map(|name| draw.dims(name, 2));
        let input = draw.indices("letters", &dims, 5);
        let (pass, mut cache) = (&mut Pass::eval(&model), GptCache::new());
        let whole = model.forward(&input, pass);
        let went_on = model.go_on(&input, &mut cache, pass);
        let _ = model.go_on(&draw.indices("more", &more, 5), &mut cache, pass);
        let target = draw.indices("target", &[target.iter().product()], 5);
        let batch = TextBatch { input, target };
        let learnt = NextLetter.forward(&model, &batch, &mut Pass::eval(&model));
        whole.and(went_on).and(learnt.map(|output| output.loss)).map(drop)
    }),
    ("Gpt::write and Sampling::choose", |draw| {
        let sampling =
            Sampling::new().temperature(draw.number("temperature")).top_k(draw.size("k"));
        let scores = draw.tensor("scores", 1);
        let chosen = sampling.choose(scores.as_slice(), &mut draw.rng());
        let model = writer(draw)?;
        let dims = draw.dims("text", 1);
        let text = draw.indices("text", &dims, 5);
        model.write(text.as_slice(), draw.small("count", 20), &sampling, &mut draw.rng())?;
        chosen.map(drop)
    }),
    ("vae, Vae::encode, Vae::decode and Vae::negative_elbo", |draw| {
        let image = draw.sizes("image");
        let config = vae(image).hidden(width(draw, "hidden")).code(width(draw, "code"));
        let model = config.init(&mut draw.rng())?;
        let [images, noise] =
            [("images", 4), ("noise", 2)].map(|(name, rank)| draw.tensor(name, rank));
        match draw.small("which", 3) {
            0 => trains(draw, &model, 4, image[0]),
            1 => step(&model, |pass| model.decode(&Var::constant(noise), pass)),
            2 => step(&model, |pass| Ok(model.encode(&Var::constant(images), pass)?.0)),
            _ => {
                let fits = [draw.small("n", 2), image[0], image[1], image[2]];
                let noise = match draw.flag("that fits") {
                    true => draw.tensor_of("noise", &[fits[0], model.code()]),
                    false => noise,
                };
                let images: Tensor = Tensor::try_full(shape(&fits), 1.0)?;
                let batch =
                    plywood::datasets::ImageBatch { images, labels: vec![0; fits[0]].into() };
                let pass = &mut Pass::eval(&model);
                let drawn = NegativeElbo.forward(&model, &batch, pass);
                step(&model, |pass| model.negative_elbo(&batch.images, &noise, pass))?;
                drawn.map(drop)
            }
        }
    }),
    ("vit_tiny", |draw| {
        let image = draw.sizes("image");
        let config = vit_tiny(image, draw.size("classes"))
            .patch(draw.size("patch"))
            .dim(width(draw, "dim"))
            .layers(draw.small("layers", 3))
            .heads(draw.size("heads"))
            .feedforward(width(draw, "feedforward"))
            .conv_stem(draw.flag("stem"))
            .class_token(draw.flag("token"))
            .dropout(draw.number("dropout"));
        let model = config.init(&mut draw.rng())?;
        trains(draw, &model, 4, image[0])
    }),
];

fn rotary(draw: &mut Draw) -> RotaryOptions {
    RotaryOptions {
        head: draw.size("head"),
        features: draw.size("features"),
        first: draw.size("first"),
        base: 10_000.0 * draw.number("base"),
        inverse: draw.flag("inverse"),
    }
}

/// The width of a layer: small, or so large that no memory holds the layer. One that just fits is drawn for minutes.
fn width(draw: &mut Draw, name: &str) -> usize {
    draw.one_of(name, &[0, 1, 4, 6, 8, 1 << 40, usize::MAX])
}

/// A GPT of about five letters.
fn writer(draw: &mut Draw) -> Result<Gpt> {
    let letters = if draw.once_in(4) { draw.size("kinds") } else { 5 };
    gpt(letters, draw.size("context"))
        .dim(width(draw, "dim"))
        .layers(draw.small("layers", 3))
        .heads(draw.size("heads"))
        .rotary(draw.flag("rotary"))
        .dropout(draw.number("dropout"))
        .init(&mut draw.rng())
}

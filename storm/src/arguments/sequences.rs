//! Layers for sequences: recurrent networks, attention and the Transformer.

use plywood::autodiff::{Params, Pass, Var};
use plywood::layers::{
    Activation, AttentionMask, GRU, LSTM, Module, MultiheadAttention, PositionalEncoding,
    Transformer, TransformerConfig, TransformerMasks,
};
use plywood::tensor::{Result, Rng, Seed, Tensor};

use super::Call;
use super::draw::Draw;
use super::layers::{step, trains};

pub(super) const CALLS: &[Call] = &[
    ("LSTM", |draw| {
        let inputs = draw.size("inputs");
        let layer = LSTM::config(inputs, draw.size("hidden"))
            .layers(draw.size("layers"))
            .bias(draw.flag("bias"))
            .batch_first(draw.flag("batch first"))
            .dropout(draw.number("dropout"))
            .bidirectional(draw.flag("bidirectional"))
            .init(&mut draw.rng())?;
        if draw.flag("with a state") {
            let x = input(draw, "x", inputs);
            let [h, c] = ["h", "c"].map(|name| Var::constant(draw.tensor(name, 3)));
            return step(&layer, |pass| Ok(layer.run(&x, Some([&h, &c]), pass)?.output));
        }
        trains(draw, &layer, 3, inputs)
    }),
    ("GRU", |draw| {
        let inputs = draw.size("inputs");
        let layer = GRU::config(inputs, draw.size("hidden"))
            .layers(draw.size("layers"))
            .bias(draw.flag("bias"))
            .batch_first(draw.flag("batch first"))
            .dropout(draw.number("dropout"))
            .bidirectional(draw.flag("bidirectional"))
            .init(&mut draw.rng())?;
        if draw.flag("with a state") {
            let x = input(draw, "x", inputs);
            let h = Var::constant(draw.tensor("h", 3));
            return step(&layer, |pass| Ok(layer.run(&x, Some(&h), pass)?.output));
        }
        trains(draw, &layer, 3, inputs)
    }),
    ("MultiheadAttention", |draw| {
        let dim = draw.size("dim");
        let layer = MultiheadAttention::config(dim, draw.size("heads"))
            .dropout(draw.number("dropout"))
            .bias(draw.flag("bias"))
            .init(&mut draw.rng())?;
        let (x, memory, mask) = (input(draw, "x", dim), input(draw, "memory", dim), mask(draw)?);
        match draw.small("which", 2) {
            0 => step(&layer, |pass| layer.self_attention(&x, &mask, pass)),
            1 => step(&layer, |pass| layer.cross_attention(&x, &memory, &mask, pass)),
            _ => trains(draw, &layer, 3, dim),
        }
    }),
    ("AttentionMask", |draw| {
        let padding = draw.tensor("padding", 2).map(|x| x > 0.0);
        AttentionMask::padding(&padding)?;
        mask(draw)?.and(&mask(draw)?).map(drop)
    }),
    ("PositionalEncoding", |draw| {
        let dim = draw.size("dim");
        let layer = PositionalEncoding::config(dim)
            .places(draw.size("places"))
            .dropout(draw.number("dropout"))
            .init()?;
        trains(draw, &layer, 3, dim)
    }),
    ("Transformer", |draw| {
        let (dim, config) = config(draw);
        let model = config.init(&mut draw.rng())?;
        let (source, target) = (input(draw, "source", dim), input(draw, "target", dim));
        let masks =
            TransformerMasks { source: mask(draw)?, target: mask(draw)?, memory: mask(draw)? };
        step(&model, |pass| model.forward(&source, &target, &masks, pass))
    }),
    ("TransformerEncoder", |draw| {
        let (dim, config) = config(draw);
        let model = config.encoder(None, &mut draw.rng())?;
        trains(draw, &model, 3, dim)
    }),
    ("TransformerEncoderLayer", |draw| {
        let (dim, config) = config(draw);
        let model = config.encoder_layer(&mut draw.rng())?;
        let (x, mask) = (input(draw, "x", dim), mask(draw)?);
        step(&model, |pass| model.encode(&x, &mask, pass))
    }),
    ("TransformerDecoder", |draw| {
        let (dim, config) = config(draw);
        let model = config.decoder(None, &mut draw.rng())?;
        let (x, memory) = (input(draw, "x", dim), input(draw, "memory", dim));
        let (own, other) = (mask(draw)?, mask(draw)?);
        step(&model, |pass| model.decode(&x, &memory, [&own, &other], pass))
    }),
    ("TransformerDecoderLayer", |draw| {
        let (dim, config) = config(draw);
        let model = config.decoder_layer(&mut draw.rng())?;
        let (x, memory) = (input(draw, "x", dim), input(draw, "memory", dim));
        let (own, other) = (mask(draw)?, mask(draw)?);
        step(&model, |pass| model.decode(&x, &memory, [&own, &other], pass))
    }),
    ("Transformer in f64", |draw| {
        let (dim, config) = config(draw);
        let rng = &mut draw.rng();
        let x = input(draw, "x", dim).value()?.cast::<f64>();
        let (x, see) = (Var::constant(x), AttentionMask::default());
        match draw.small("part", 4) {
            0 => {
                step_as(&config.encoder_as(None, rng)?, |model, pass| model.encode(&x, &see, pass))
            }
            1 => {
                step_as(&config.encoder_layer_as(rng)?, |model, pass| model.encode(&x, &see, pass))
            }
            2 => step_as(&config.decoder_as(None, rng)?, |model, pass| {
                model.decode(&x, &x, [&see, &see], pass)
            }),
            3 => step_as(&config.decoder_layer_as(rng)?, |model, pass| {
                model.decode(&x, &x, [&see, &see], pass)
            }),
            _ => step_as(&config.init_as(rng)?, |model: &Transformer<f64>, pass| {
                model.forward(&x, &x, &TransformerMasks::default(), pass)
            }),
        }
    }),
    ("Module::forward of a Transformer's parts", |draw| {
        let (_, config) = config(draw);
        let layer = config.encoder_layer(&mut draw.rng())?;
        let x = Var::constant(draw.tensor("x", 3));
        step(&layer, |pass| layer.forward(&x, pass))
    }),
];

/// As [`step`], of a model of `f64`.
fn step_as<M: Params<f64>>(
    model: &M,
    forward: impl FnOnce(&M, &mut Pass<f64>) -> Result<Var<f64>>,
) -> Result<()> {
    let mut pass = Pass::train(model, &mut Rng::new(Seed(1)));
    let y = forward(model, &mut pass)?.sum();
    pass.backward_partial(&y).map(drop)
}

/// Batches of sequences of `dim` numbers, or sometimes of others.
fn input(draw: &mut Draw, name: &str, dim: usize) -> Var {
    let mut dims = draw.dims(name, 3);
    if let ([.., last], true) = (&mut dims[..], dim <= 64)
        && !draw.once_in(4)
    {
        *last = dim;
    }
    Var::constant(draw.tensor_of(name, &dims))
}

fn mask(draw: &mut Draw) -> Result<AttentionMask> {
    let hidden: Tensor<bool> = match draw.small("mask", 3) {
        0 => draw.tensor("hidden", 2).map(|x| x > 0.0),
        1 => return AttentionMask::padding(&draw.tensor("padding", 2).map(|x| x > 0.0)),
        2 => return Ok(AttentionMask::causal()),
        _ => return Ok(AttentionMask::default()),
    };
    Ok(AttentionMask::hiding(&hidden))
}

/// A Transformer's width, and its other settings.
fn config(draw: &mut Draw) -> (usize, TransformerConfig) {
    let heads = draw.size("heads");
    let dim = match draw.once_in(3) {
        true => draw.size("dim"),
        false => draw.note("dim", heads.saturating_mul(2)),
    };
    let mut config = Transformer::config(dim, heads)
        .feedforward(draw.size("feedforward"))
        .dropout(draw.number("dropout"))
        .activation(draw.one_of("activation", &[Activation::ReLU, Activation::GELU]))
        .norm_first(draw.flag("norm first"))
        .epsilon(draw.number("epsilon"));
    config = match draw.once_in(3) {
        true => config.layers(draw.size("layers")),
        false => config.layers(draw.small("layers", 2)),
    };
    if draw.once_in(4) {
        config = config.encoder_layers(draw.size("encoder layers"));
        config = config.decoder_layers(draw.size("decoder layers"));
    }
    (dim, config)
}

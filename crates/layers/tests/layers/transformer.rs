//! The Transformer and its parts against PyTorch; positions; names and errors.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{
    Activation, AttentionMask, Module, Params, PositionalEncoding, Transformer, TransformerConfig,
    TransformerDecoderLayer, TransformerEncoderLayer, TransformerMasks,
};
use plywood_tensor::Tensor;
use plywood_testkit::fixtures;

use crate::attention::padding;
use crate::support::{agrees_with_pytorch, error_of, eval, names, rng};

fn config() -> TransformerConfig {
    Transformer::config(8, 2).layers(2).feedforward(12).dropout(0.0)
}

/// As in PyTorch by default, and the other way.
fn ways() -> [(&'static str, TransformerConfig); 2] {
    let other = config().norm_first(true).activation(Activation::GELU);
    [("post", config()), ("pre_gelu", other)]
}

#[test]
fn layers_agree_with_pytorch() {
    let fixture = fixtures::load("attention");
    for (way, config) in ways() {
        let layer = config.encoder_layer(&mut rng()).unwrap();
        agrees_with_pytorch(
            &fixture,
            &format!("encoder_{way}"),
            layer,
            &["x"],
            |layer, x, pass| Ok(vec![layer.forward(&x[0], pass)?]),
        );
        let layer = config.decoder_layer(&mut rng()).unwrap();
        let case = format!("decoder_{way}");
        agrees_with_pytorch(&fixture, &case, layer, &["x", "memory"], |layer, x, pass| {
            let masks = [&AttentionMask::causal(), &padding()];
            Ok(vec![layer.decode(&x[0], &x[1], masks, pass)?])
        });
    }
}

#[test]
fn the_whole_agrees_with_pytorch() {
    let fixture = fixtures::load("attention");
    let model = config().init(&mut rng()).unwrap();
    agrees_with_pytorch(&fixture, "transformer", model, &["source", "target"], |model, x, pass| {
        let masks = TransformerMasks {
            source: padding(),
            target: AttentionMask::causal(),
            memory: padding(),
        };
        Ok(vec![model.forward(&x[0], &x[1], &masks, pass)?])
    });
}

#[test]
fn what_is_kept_changes_no_result() {
    let mut rng = rng();
    for (way, config) in ways() {
        let decoder = config.decoder(None, &mut rng).unwrap();
        let [x, memory] =
            [[2, 6, 8], [2, 3, 8]].map(|shape| Var::constant(rng.normal(shape, 0.0, 1.0)));
        let hidden = Tensor::from([[false, false, true], [false, false, false]]);
        let mask = AttentionMask::padding(&hidden).unwrap();
        let mut pass = Pass::eval(&decoder);
        let causal = AttentionMask::causal();
        let whole = decoder.decode(&x, &memory, [&causal, &mask], &mut pass).unwrap();
        let mut cache = decoder.cache(&memory, &mask, &mut pass).unwrap();
        for (first, length) in [(0, 3), (3, 1), (4, 2)] {
            let part = x.narrow(1, first, length).unwrap();
            let part = decoder.decode_next(&part, &mut cache, &mut pass).unwrap();
            let same = whole.narrow(1, first, length).unwrap();
            let far = part.sub(&same).unwrap().abs().value().unwrap().max().unwrap();
            assert!(far < 1e-5, "{way}, from {first}: {far}");
        }
        // The second sample alone goes on as it did beside the first.
        let mut both = cache.clone();
        cache.select(&Tensor::from([1])).unwrap();
        let next = x.narrow(1, 0, 1).unwrap();
        let both = decoder.decode_next(&next, &mut both, &mut pass).unwrap();
        let alone = next.narrow(0, 1, 1).unwrap();
        let alone = decoder.decode_next(&alone, &mut cache, &mut pass).unwrap();
        let far = both.narrow(0, 1, 1).unwrap().sub(&alone).unwrap().abs();
        assert!(far.value().unwrap().max().unwrap() < 1e-5);
        assert_eq!(cache.len(), 7);
        let error = cache.select(&Tensor::from([1])).unwrap_err().to_string();
        assert_eq!(
            error,
            "index_select: index 1 at place 0 is outside axis 0 of [1, 7, 16]; indices go from 0 to 0"
        );
    }
}

#[test]
fn a_cache_of_another_decoder_is_refused() {
    let decoder = |layers| config().layers(layers).decoder(None, &mut rng()).unwrap();
    let (one, two) = (decoder(1), decoder(2));
    let x = Var::constant(Tensor::ones([1, 1, 8]));
    let mut pass = Pass::eval(&one);
    let mut cache = one.cache(&x, &AttentionMask::default(), &mut pass).unwrap();
    let error = two.decode_next(&x, &mut cache, &mut Pass::eval(&two)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "decode_next: the cache is of 1 layers, the decoder has 2; the input [1, 1, 8] should be (B, L, D)"
    );
}

#[test]
fn names_are_pytorchs() {
    let model = config().layers(1).init(&mut rng()).unwrap();
    let own = names(&model);
    for name in [
        "encoder.layers.0.self_attn.in_proj_weight",
        "encoder.layers.0.norm2.bias",
        "encoder.norm.weight",
        "decoder.layers.0.multihead_attn.out_proj.weight",
        "decoder.layers.0.norm3.weight",
        "decoder.norm.bias",
    ] {
        assert!(own.contains(&name.to_owned()), "{name} in {own:?}");
    }
    // PyTorch's `Transformer()` has so many.
    let base = Transformer::config(512, 8).init(&mut rng()).unwrap();
    assert_eq!(base.parameter_count(), 44_140_544);
}

#[test]
fn matrices_of_the_whole_begin_by_glorots_rule() {
    let bound = (6.0_f32 / (8.0 + 12.0)).sqrt();
    let largest =
        |layer: &TransformerEncoderLayer| layer.linear1.weight.value().abs().max().unwrap();
    let model = config().init(&mut rng()).unwrap();
    assert!((0.9 * bound..=bound).contains(&largest(&model.encoder.layers[0])));
    // A layer alone begins as its linear layers do.
    let layer = TransformerEncoderLayer::config(8, 2).feedforward(12).encoder_layer(&mut rng());
    assert!(largest(&layer.unwrap()) <= 1.0 / 8_f32.sqrt());
}

#[test]
fn nothing_flows_from_later_words() {
    let model = config().init(&mut rng()).unwrap();
    let source = Var::constant(rng().normal([1, 4, 8], 0.0, 1.0));
    let masks = TransformerMasks { target: AttentionMask::causal(), ..Default::default() };
    let mut pass = Pass::train(&model, &mut rng());
    let target = pass.input(rng().normal([1, 5, 8], 0.0, 1.0));
    let y = model.forward(&source, &target, &masks, &mut pass).unwrap();
    let loss = y.narrow(1, 0, 3).unwrap().square().sum();
    let grads = pass.backward(&loss).unwrap();
    let slopes: Vec<bool> = grads
        .wrt(&target)
        .unwrap()
        .as_slice()
        .chunks(8)
        .map(|word| word.iter().any(|&slope| slope != 0.0))
        .collect();
    assert_eq!(slopes, [true, true, true, false, false]);
}

#[test]
fn positions_are_waves() {
    let layer = PositionalEncoding::config(4).places(50).dropout(0.0).init().unwrap();
    let zeros = Var::constant(Tensor::zeros([1, 30, 4]));
    let y = layer.forward(&zeros, &mut Pass::eval(&layer)).unwrap();
    let at = |place, feature| f64::from(y.value().unwrap().get(&[0, place, feature]).unwrap());
    for place in [0, 1, 29] {
        let angle = place as f64;
        for (feature, wave) in
            [angle.sin(), angle.cos(), (angle / 100.0).sin(), (angle / 100.0).cos()]
                .into_iter()
                .enumerate()
        {
            assert!((at(place, feature) - wave).abs() < 1e-6);
        }
    }
    assert!(names(&layer).is_empty());
    assert_eq!(
        error_of(eval(&layer, &[1, 51, 4])),
        "positional_encoding: input [1, 51, 4] should be (…, L, 4) with at most 50 places L",
    );
}

#[test]
fn errors_name_the_layer() {
    let model = config().init(&mut rng()).unwrap();
    assert_eq!(
        error_of(eval(&model.encoder, &[2, 5, 9])),
        "layers.0.self_attn: linear: input [2, 5, 9] (…, K) has 9 features, the weight [24, 8] \
         (N, K) expects 8; the layer's input size must be the size of the input's last axis",
    );
    assert_eq!(
        error_of(TransformerDecoderLayer::config(8, 2).dropout(2.0).decoder_layer(&mut rng())),
        "transformer: the dropout is 2; it should be between 0 and 1",
    );
}

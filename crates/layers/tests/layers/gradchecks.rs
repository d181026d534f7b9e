//! The gradients of every layer, of its parameters and its input, against difference quotients in `f64`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use plywood_autodiff::{Var, gradcheck_model};
use plywood_layers::*;
use plywood_tensor::{Result, Rng, Seed, Shape, Tensor};

use crate::support::rng;

/// Numbers of either sign that are not near 0, where some functions have a kink.
fn input(shape: &[usize]) -> Tensor<f64> {
    let mut rng = Rng::new(Seed(9));
    let shape = Shape::new(shape).unwrap();
    let (size, sign) = (rng.uniform::<f64>(shape, 0.2, 1.4), rng.uniform::<f64>(shape, -1.0, 1.0));
    size.zip_into(&sign, f64::copysign).unwrap()
}

/// A layer of `[N, C, H, W]`.
fn of_images<M: Module<Var<f64>, f64> + Clone>(layer: M) -> Result<()> {
    gradcheck_module(&layer, &input(&[2, 2, 4, 4]))
}

/// A layer of `[B, L, D]`.
fn of_sequences<M: Module<Var<f64>, f64> + Clone>(layer: M) -> Result<()> {
    gradcheck_module(&layer, &input(&[2, 3, 4]))
}

/// Layers that take the elements as they are.
fn stateless() -> Vec<(&'static str, Result<()>)> {
    vec![
        ("MaxPool2d", of_images(MaxPool2d::new(2))),
        ("AvgPool2d", of_images(AvgPool2d::new(2))),
        ("AdaptiveAvgPool2d", of_images(AdaptiveAvgPool2d::new(3))),
        ("LocalResponseNorm", of_images(LocalResponseNorm::new(5))),
        ("Flatten", of_images(Flatten)),
        ("Dropout", of_images(Dropout::new(0.5))),
        ("Softmax", of_sequences(Softmax::new(-1))),
        ("LogSoftmax", of_sequences(LogSoftmax::new(1))),
        ("LeakyReLU", of_sequences(LeakyReLU::new().negative_slope(0.1))),
        ("ELU", of_sequences(ELU::new().alpha(0.7))),
        ("ReLU", of_sequences(ReLU)),
        ("ReLU6", of_sequences(ReLU6)),
        ("Sigmoid", of_sequences(Sigmoid)),
        ("Tanh", of_sequences(Tanh)),
        ("GELU", of_sequences(GELU)),
        ("SiLU", of_sequences(SiLU)),
        ("SELU", of_sequences(SELU)),
        ("Mish", of_sequences(Mish)),
        ("Softplus", of_sequences(Softplus)),
        ("Softsign", of_sequences(Softsign)),
        ("LogSigmoid", of_sequences(LogSigmoid)),
        ("Hardsigmoid", of_sequences(Hardsigmoid)),
        ("Hardswish", of_sequences(Hardswish)),
    ]
}

fn with_parameters() -> Result<Vec<(&'static str, Result<()>)>> {
    let rng = &mut rng();
    let conv = Conv2d::config(2, 4, 3).stride(2).padding(1).groups(2).init_as(rng)?;
    let transposed = ConvTranspose2d::config(2, 2, 2).stride(2).init_as(rng)?;
    let words = Embedding::config(5, 3).init_as::<f64>(rng)?;
    let lookup = Tensor::from([[0_u32, 3], [3, 4]]);
    let block = Sequential::default().add(Linear::config(4, 3).init_as::<f64>(rng)?).add(Tanh);
    Ok(vec![
        ("Linear", of_sequences(Linear::config(4, 2).init_as(rng)?)),
        ("Conv2d", of_images(conv)),
        ("ConvTranspose2d", of_images(transposed)),
        ("BatchNorm2d", of_images(BatchNorm2d::config(2).init_as()?)),
        ("LayerNorm", of_sequences(LayerNorm::config([3, 4]).init_as()?)),
        ("RMSNorm", of_sequences(RMSNorm::config([4]).init_as()?)),
        ("Embedding", gradcheck_model(&words, &[], |words, _, pass| words.forward(&lookup, pass))),
        ("MultiheadAttention", of_sequences(MultiheadAttention::config(4, 2).init_as(rng)?)),
        ("LSTM", of_sequences(LSTM::config(4, 2).layers(2).bidirectional(true).init_as(rng)?)),
        ("GRU", of_sequences(GRU::config(4, 3).batch_first(true).init_as(rng)?)),
        ("Sequential", of_sequences(block.clone())),
        ("Recompute", of_sequences(Recompute::new(block))),
        ("PositionalEncoding", of_sequences(PositionalEncoding::config(4).places(3).init_as()?)),
    ])
}

fn transformers() -> Result<Vec<(&'static str, Result<()>)>> {
    let rng = &mut rng();
    let config = Transformer::config(4, 2).layers(1).feedforward(3).activation(Activation::GELU);
    let both = [input(&[2, 2, 4]), input(&[2, 3, 4])];
    let (sees_all, masks) = (AttentionMask::default(), TransformerMasks::default());
    let causal = AttentionMask::causal();
    let see = [&causal, &sees_all];
    let decoder = config.decoder_as::<f64>(Some(LayerNorm::config([4]).init_as()?), rng)?;
    Ok(vec![
        ("TransformerEncoderLayer", of_sequences(config.encoder_layer_as(rng)?)),
        ("TransformerEncoder", of_sequences(config.encoder_as(None, rng)?)),
        (
            "TransformerDecoderLayer",
            gradcheck_model(&config.decoder_layer_as(rng)?, &both, |layer, x, pass| {
                layer.decode(&x[0], &x[1], see, pass)
            }),
        ),
        (
            "TransformerDecoder",
            gradcheck_model(&decoder, &both, |model, x, pass| {
                model.decode(&x[0], &x[1], see, pass)
            }),
        ),
        (
            "Transformer",
            gradcheck_model(&config.init_as(rng)?, &both, |model, x, pass| {
                model.forward(&x[1], &x[0], &masks, pass)
            }),
        ),
    ])
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The layers of the crate: public structs that derive `Params` or are a `Module`, and those that macros write.
fn layers() -> BTreeSet<String> {
    let mut layers = BTreeSet::new();
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(file).unwrap();
        let (mut derives, mut in_macro) = (false, false);
        for line in text.lines() {
            derives |= line.starts_with("#[derive(") && line.contains("Params");
            in_macro |= ["activations!(", "pool!(", "recurrent!("].contains(&line);
            let name = match line.split_once(" for ") {
                _ if derives && line.starts_with("pub struct ") => line.strip_prefix("pub struct "),
                Some((start, name)) if line.starts_with("impl") && start.contains(" Module<") => {
                    Some(name)
                }
                _ if in_macro => line.strip_prefix("    "),
                _ => None,
            };
            let name = name.unwrap_or_default();
            let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
            // One letter is a parameter of an implementation for all of a kind.
            if name.len() > 1 && name != "Box" {
                layers.insert(name);
            }
            derives &= !line.is_empty() && !line.starts_with("pub struct");
            in_macro &= line != ");";
        }
    }
    layers
}

#[test]
fn every_layers_gradients_agree_with_difference_quotients() {
    let checks = [stateless(), with_parameters().unwrap(), transformers().unwrap()].into_iter();
    let mut checked = BTreeSet::new();
    for (name, result) in checks.flatten() {
        assert!(result.is_ok(), "{name}: {}", result.unwrap_err());
        assert!(checked.insert(name.to_owned()), "{name} is checked twice");
    }
    assert_eq!(checked, layers(), "every layer needs a row");
}

//! What a result depends on beside parameters, by path.

use std::collections::BTreeMap;

use plywood_autodiff::Param;
use plywood_layers::*;
use plywood_tensor::Tensor;

use crate::support::rng;

/// The settings in lines, `path: value`.
fn lines(settings: BTreeMap<String, String>) -> Vec<String> {
    settings.into_iter().map(|(path, value)| format!("{path}: {value}")).collect()
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    Fast,
}

#[derive(Params)]
enum Choice {
    Left(Dropout),
    Right,
}

#[derive(Params)]
struct Model {
    features: Sequential,
    weight: Param,
    p: f64,
    steps: Option<usize>,
    #[params(setting)]
    mode: Mode,
    #[params(setting, rename = "sizes.all")]
    sizes: [usize; 2],
    #[params(skip)]
    scratch: Mode,
    choices: Vec<Choice>,
}

fn model(activation: impl Layer + 'static) -> Model {
    let features = Sequential::new().add(activation).add(MaxPool2d::new(2));
    Model {
        features,
        weight: Param::new(Tensor::zeros([2])),
        p: 0.5,
        steps: None,
        mode: Mode::Fast,
        sizes: [3, 4],
        scratch: Mode::Fast,
        choices: vec![Choice::Left(Dropout::new(0.1)), Choice::Right],
    }
}

#[test]
fn kinds_plain_values_and_marked_fields_are_settings() {
    let model = model(ReLU);
    assert!(matches!(model.scratch, Mode::Fast));
    assert_eq!(
        lines(model.settings()),
        [
            "choices.0: Choice::Left",
            "choices.0.0: Dropout",
            "choices.0.0.p: 0.1",
            "choices.1: Choice::Right",
            "features: Sequential",
            "features.0: ReLU",
            "features.1: MaxPool2d",
            "features.1.pool: Pool2d { window: Window { kernel: [2, 2], stride: [2, 2], padding: [0, 0], \
             dilation: [1, 1] }, count_include_pad: true }",
            "mode: Fast",
            "p: 0.5",
            "sizes.all: [3, 4]",
        ],
    );
    assert!(model.slots().iter().all(|(name, _)| name == "weight"));
}

#[test]
fn another_activation_is_another_setting() {
    let (old, new) = (model(ReLU).settings(), model(GELU).settings());
    let differ: Vec<_> = old.iter().filter(|(path, value)| new[*path] != **value).collect();
    assert_eq!(differ, [(&"features.0".to_owned(), &"ReLU".to_owned())]);
}

#[test]
fn layers_tell_what_they_were_made_with() {
    let rng = &mut rng();
    let settings = |model: &dyn Params| lines(model.settings());
    let norm = BatchNorm2d::config(2).momentum(0.2).epsilon(1e-3).init().unwrap();
    assert_eq!(settings(&norm), ["epsilon: 0.001", "momentum: 0.2"]);
    let conv = Conv2d::config(2, 4, 3).stride(2).groups(2).init(rng).unwrap();
    assert_eq!(
        settings(&conv),
        ["options: Conv2dOptions { stride: [2, 2], padding: [0, 0], dilation: [1, 1], groups: 2, \
          direct: false }"],
    );
    let lstm = LSTM::config(2, 3).dropout(0.25).init(rng).unwrap();
    assert_eq!(settings(&lstm), ["batch_first: false", "dropout: 0.25"]);
    let both = Recompute::new(vec![Some(lstm.clone()), None]);
    assert_eq!(lines(both.settings()), ["0: LSTM", "0.batch_first: false", "0.dropout: 0.25"]);
    let encoder = TransformerEncoderLayer::config(4, 2).encoder_layer(rng).unwrap();
    let encoder = settings(&encoder);
    for setting in ["activation: ReLU", "dropout: 0.1", "norm_first: false", "self_attn.heads: 2"] {
        assert!(encoder.contains(&setting.to_owned()), "{setting}: {encoder:?}");
    }
    assert_eq!(Params::<f32>::settings(&Dropout::new(0.5)), [("p".into(), "0.5".into())].into());
}

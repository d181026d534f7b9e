//! `#[derive(Params)]`: every form of struct, and the names that PyTorch would give.

use std::time::Duration;

use plywood_autodiff::{Buffer, Param};
use plywood_layers::{Conv2d, Linear, Module, Params, ReLU, Sequential};
use plywood_tensor::{Float, Tensor};

use crate::support::{names, rng};

fn param() -> Param {
    Param::new(Tensor::zeros([2]))
}

fn linear() -> Linear {
    Linear::config(2, 2).init(&mut rng()).unwrap()
}

#[derive(Params)]
struct Named {
    weight: Param,
    running_mean: Buffer,
    fc: Linear,
}

fn named() -> Named {
    Named { weight: param(), running_mean: Buffer::new(Tensor::zeros([3])), fc: linear() }
}

#[test]
fn named_fields() {
    let model = named();
    assert_eq!(names(&model), ["weight", "running_mean", "fc.weight", "fc.bias"]);
    assert_eq!(model.parameter_count(), 2 + 4 + 2, "a buffer is no parameter");
}

#[test]
fn tuples_and_units() {
    #[derive(Params)]
    struct Tuple(Param, Linear);

    #[derive(Params)]
    struct Unit;

    #[derive(Params)]
    struct Empty {}

    assert_eq!(names(&Tuple(param(), linear())), ["0", "1.weight", "1.bias"]);
    assert!(names(&Unit).is_empty() && names(&Empty {}).is_empty());
}

#[test]
fn renamed_and_left_out() {
    #[derive(Params)]
    struct Renamed {
        #[params(rename = "layer1")]
        first: Linear,
        #[params(rename = "encoder.layer.0")]
        deep: Param,
        // Neither `Params` nor anything to save.
        #[params(skip)]
        timeout: Duration,
        #[params(skip)]
        scratch: Param,
    }

    let mut model = Renamed {
        first: linear(),
        deep: param(),
        timeout: Duration::from_secs(7),
        scratch: param(),
    };
    assert_eq!(names(&model), ["layer1.weight", "layer1.bias", "encoder.layer.0"]);
    assert_eq!(model.slots_mut().len(), 3);
    // What a walk leaves out, a clone still has.
    let copy = model.clone();
    assert_eq!(copy.timeout, Duration::from_secs(7));
    assert_ne!(copy.scratch.id(), model.scratch.id());
}

#[test]
fn generics_and_constants() {
    #[derive(Params)]
    struct Residual<M: Module, const N: usize>
    where
        M: 'static,
    {
        inner: M,
        branches: [Linear; N],
    }

    let model = Residual { inner: linear(), branches: [linear(), linear()] };
    assert_eq!(
        names(&model.clone()),
        [
            "inner.weight",
            "inner.bias",
            "branches.0.weight",
            "branches.0.bias",
            "branches.1.weight",
            "branches.1.bias"
        ],
    );
}

#[test]
fn alternatives_share_their_names() {
    #[derive(Params)]
    enum Shortcut {
        Identity,
        Projection(Conv2d),
        Scaled { scale: Param, by: f64 },
    }

    let conv = Conv2d::config(1, 1, 1).bias(false).init(&mut rng()).unwrap();
    assert!(names(&Shortcut::Identity).is_empty());
    assert_eq!(names(&Shortcut::Projection(conv)), ["0.weight"]);
    let scaled = Shortcut::Scaled { scale: param(), by: 2.0 }.clone();
    assert_eq!(names(&scaled), ["scale"]);
    assert!(matches!(scaled, Shortcut::Scaled { by: 2.0, .. }));
}

#[test]
fn collections_and_boxes() {
    #[derive(Params)]
    struct Collections {
        layers: Vec<Linear>,
        maybe: Option<Linear>,
        not: Option<Linear>,
        boxed: Box<Linear>,
        features: Sequential,
        pair: [Param; 2],
        nested: Vec<Vec<Param>>,
    }

    let mut model = Collections {
        layers: vec![linear(), linear()],
        maybe: Some(linear()),
        not: None,
        boxed: Box::new(linear()),
        features: Sequential::new().add(ReLU).add(linear()),
        pair: [param(), param()],
        nested: vec![vec![param()], vec![], vec![param(), param()]],
    };
    let expected = [
        "layers.0.weight",
        "layers.0.bias",
        "layers.1.weight",
        "layers.1.bias",
        "maybe.weight",
        "maybe.bias",
        "boxed.weight",
        "boxed.bias",
        "features.1.weight",
        "features.1.bias",
        "pair.0",
        "pair.1",
        "nested.0.0",
        "nested.2.0",
        "nested.2.1",
    ];
    assert_eq!(names(&model), expected);
    let mutable: Vec<String> = model.slots_mut().into_iter().map(|(name, _)| name).collect();
    assert_eq!(mutable, expected);
}

#[test]
fn settings_and_keywords() {
    #[derive(Params)]
    struct Settings {
        r#type: Param,
        heads: usize,
        epsilon: f64,
        causal: bool,
        name: String,
        nothing: (),
    }

    let model = Settings {
        r#type: param(),
        heads: 8,
        epsilon: 1e-5,
        causal: true,
        name: "block".into(),
        nothing: (),
    };
    assert_eq!(names(&model.clone()), ["type"]);
}

#[test]
fn a_walk_that_changes() {
    let mut model = named();
    for (name, mut slot) in model.slots_mut() {
        if name.ends_with("weight") {
            let ones = Tensor::ones(slot_shape(&slot));
            slot.set(ones).unwrap();
        }
    }
    assert_eq!(model.weight.value(), &Tensor::ones([2]));
    assert_eq!(model.fc.weight.value(), &Tensor::ones([2, 2]));
    assert_eq!(model.running_mean.value(), Tensor::zeros([3]));
}

/// A `Float` in any place of the declaration is the type of the numbers.
#[test]
fn a_float_is_the_type_of_the_numbers() {
    #[derive(Params)]
    struct Scale<T: Float = f32> {
        scale: Param<T>,
    }

    #[derive(Params)]
    struct Both<L, T>
    where
        T: plywood_tensor::Float,
    {
        first: Scale<T>,
        rest: Vec<L>,
    }

    #[derive(Params)]
    #[params(any_element)]
    struct Around<L> {
        inside: L,
        times: usize,
    }

    let scale = || Scale { scale: Param::new(Tensor::from([2.0_f64])) };
    let layer = Linear::config(2, 2).init_as::<f64>(&mut rng()).unwrap();
    let model = Both { first: scale(), rest: vec![Around { inside: layer, times: 3 }] };
    let names: Vec<String> = model.slots().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["first.scale", "rest.0.inside.weight", "rest.0.inside.bias"]);
    assert_eq!(model.clone().parameter_count(), 1 + 6);
    assert_eq!(model.settings()["rest.0.times"], "3");
    assert_eq!(model.rest[0].times, 3);
    // Without a word it is `f32`, and of all types where it says so.
    let single: Scale = Scale { scale: param() };
    assert_eq!(Around { inside: single, times: 1 }.parameter_count(), 2);
}

fn slot_shape(slot: &plywood_autodiff::SlotMut<'_>) -> plywood_tensor::Shape {
    match slot {
        plywood_autodiff::SlotMut::Param(param) => param.shape(),
        plywood_autodiff::SlotMut::Buffer(buffer) => buffer.value().shape(),
    }
}

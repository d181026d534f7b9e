//! Receptive fields against the definition: the pixels from which a gradient comes.

use std::ops::Range;

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Conv2d, Conv2dConfig, Linear, Module, Params};
use plywood_look::{Lens, ReceptiveField};
use plywood_tensor::{Result, Tensor};

use crate::support::{conv, linear};

/// A bit of everything that moves as a window. All weights are positive, so that no path cancels
/// another.
#[derive(Params)]
struct Everything {
    stem: Conv2d,
    spread: Conv2d,
    near: Conv2d,
    fc: Linear,
}

impl Everything {
    fn new() -> Self {
        let even = |config: Conv2dConfig, shape: [usize; 4]| {
            conv(&config.direct(true), Tensor::full(shape, 0.1))
        };
        Self {
            stem: even(Conv2d::config(1, 2, [5, 3]).stride(2).padding([1, 0]), [2, 1, 5, 3]),
            spread: even(Conv2d::config(2, 2, 3).dilation(2).padding(2), [2, 2, 3, 3]),
            near: even(Conv2d::config(2, 1, 1), [1, 2, 1, 1]),
            fc: linear(Tensor::ones([3, 3 * 7 * 8])),
        }
    }
}

impl Module for Everything {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = x.pad2d([1, 0], [0, 2], 0.0)?;
        let x = self.stem.forward(&x, pass)?.relu();
        let spread = self.spread.forward(&x, pass)?.add(&x)?;
        let near = self.near.forward(&x, pass)?;
        let x = Var::concat(&[&spread, &near], 1)?.avg_pool2d(2)?;
        self.fc.forward(&x.flatten()?, pass)
    }
}

/// Where the gradient of a unit comes from.
fn support(model: &Everything, place: &str, unit: [usize; 2]) -> [Range<usize>; 2] {
    let mut pass = Pass::inspect(model);
    let x = pass.input(Tensor::ones([1, 1, 30, 32]));
    pass.observe();
    model.forward(&x, &mut pass).unwrap();
    let seen = pass.observed().into_iter().find(|seen| seen.name == place).unwrap().value;
    let wanted = Tensor::from_fn(seen.shape(), |at| if at[2..] == unit { 1.0 } else { 0.0 });
    let grads = pass.backward_from(&seen, wanted).unwrap();
    let gradient = grads.wrt(&x).unwrap();
    [2, 3].map(|axis: isize| {
        let others: Vec<isize> = (0..4).filter(|&other| other != axis).collect();
        let sums = gradient.sum_axes(&others).unwrap().to_vec();
        let first = sums.iter().position(|&sum| sum > 0.0).unwrap();
        first..sums.iter().rposition(|&sum| sum > 0.0).unwrap() + 1
    })
}

#[test]
fn a_field_is_where_the_gradient_comes_from() {
    let model = Everything::new();
    let lens = Lens::new(&model);
    let places = lens.places([1, 30, 32]).unwrap();
    let fields = [
        ("input.pad2d", Some([1, 1])),
        ("stem", Some([5, 3])),
        ("stem.relu", Some([5, 3])),
        ("spread", Some([13, 11])),
        ("spread.add", Some([13, 11])),
        ("near", Some([5, 3])),
        ("near.concat", Some([13, 11])),
        ("near.avg_pool2d", Some([15, 13])),
        ("near.reshape", None),
        ("fc", None),
    ];
    assert_eq!(places.len(), fields.len());
    for (place, (name, size)) in places.iter().zip(fields) {
        assert_eq!(place.name, name);
        let field = ReceptiveField::of(&lens, [1, 30, 32], name).unwrap();
        assert_eq!((field.size(), field.is_whole()), (size.unwrap_or([30, 32]), size.is_none()));
        // A border sees nothing, and what sees everything has no place.
        if size.is_none() || place.operation == "pad2d" {
            continue;
        }
        for y in 0..place.shape[2] {
            for x in 0..place.shape[3] {
                let seen = support(&model, name, [y, x]);
                for ((window, seen), size) in
                    field.window([y, x]).into_iter().zip(seen).zip(field.size())
                {
                    // Of a window that is cut off, the gap of a dilation may be what is left.
                    let inside = window.start <= seen.start && seen.end <= window.end;
                    let same = window == seen || window.len() < size;
                    assert!(inside && same, "{name} at {y}, {x}: {window:?}, {seen:?}");
                }
            }
        }
    }
}

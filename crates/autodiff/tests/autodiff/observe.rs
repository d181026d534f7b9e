//! Looking on: results by name, gradients of what is in the middle, and passes that stop early.

use plywood_autodiff::{Param, Params, Pass, Reach, Source, Var};
use plywood_tensor::{Conv2dOptions, Result, Rng, Seed, Tensor, Window};

struct Two {
    first: Param,
    second: Param,
}

impl Params for Two {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        let field = |name: &str| name.to_owned();
        vec![(field("first.weight"), &self.first), (field("second.weight"), &self.second)]
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        let field = |name: &str| name.to_owned();
        vec![(field("first.weight"), &mut self.first), (field("second.weight"), &mut self.second)]
    }
}

impl Two {
    fn new() -> Self {
        let mut rng = Rng::new(Seed(7));
        Self {
            first: Param::new(rng.normal([4, 2, 3, 3], 0.0, 1.0)),
            second: Param::new(rng.normal([3, 4, 3, 3], 0.0, 1.0)),
        }
    }

    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let options = Conv2dOptions::default();
        let x = x.pad2d([1, 1], [1, 1], 0.0)?;
        let x = x.conv2d(&pass.param(&self.first), None, &options)?.relu().relu();
        x.conv2d(&pass.param(&self.second), None, &options)?.mean_axes(&[2, 3])
    }
}

fn image() -> Tensor {
    Rng::new(Seed(8)).normal([1, 2, 6, 6], 0.0, 1.0)
}

const NAMES: [&str; 6] =
    ["input.pad2d", "first", "first.relu", "first.relu#2", "second", "second.mean"];

fn names(pass: &Pass) -> Vec<String> {
    pass.observed().into_iter().map(|seen| seen.name).collect()
}

#[test]
fn every_result_has_a_name_also_in_a_dry_run() {
    let model = Two::new();
    let mut pass = Pass::inspect(&model);
    pass.observe();
    let x = pass.input(image());
    let y = model.forward(&x, &mut pass).unwrap();
    assert_eq!(names(&pass), NAMES);
    let seen = pass.observed();
    let layers: Vec<_> = seen.iter().map(|seen| seen.layer.as_str()).collect();
    assert_eq!(layers, ["", "first", "", "", "second", ""]);
    assert_eq!(seen[5].value.value().unwrap(), y.value().unwrap());
    assert!(seen[1].value.value().unwrap().min().unwrap() < 0.0);
    assert!(seen[2].value.value().unwrap().min().unwrap() >= 0.0);

    let mut dry = Pass::dry_run(&model);
    dry.observe();
    let x = dry.shape([1, 2, 6, 6]).unwrap();
    model.forward(&x, &mut dry).unwrap();
    assert_eq!(names(&dry), NAMES);
    let seen = dry.observed();
    assert_eq!(seen[4].value.shape(), [1, 3, 4, 4].into());
    assert_eq!(seen[0].sources, [Source::Before]);
    assert_eq!(seen[1].sources, [Source::Seen(0), Source::Fixed]);
    assert_eq!(seen[3].sources, [Source::Seen(2)]);
    assert_eq!(seen[0].reach, Reach::Window(Window { padding: [1, 1], ..Window::new([1, 1]) }));
    assert_eq!(seen[1].reach, Reach::Window(Window::new([3, 3])));
    assert_eq!(seen[2].reach, Reach::Pointwise);
}

#[test]
fn an_inspecting_pass_has_the_gradients_of_a_training_pass_but_those_of_parameters() {
    let model = Two::new();
    let gradients = |mut pass: Pass| {
        pass.observe();
        let x = pass.input(image());
        let y = model.forward(&x, &mut pass).unwrap();
        let middle = pass.observed().swap_remove(3).value;
        middle.retain_grad();
        let dy = Tensor::from([[1.0, 0.0, -2.0]]);
        let grads = pass.backward_from(&y, dy).unwrap();
        let of = |var: &Var| grads.wrt(var).unwrap().clone();
        (of(&x), of(&middle), grads.len())
    };
    let (dx, middle, learnt) = gradients(Pass::train(&model, &mut Rng::new(Seed(7))));
    assert_eq!(learnt, 2);
    assert_eq!(gradients(Pass::inspect(&model)), (dx, middle.clone(), 0));
    // The mean over 16 pixels of a convolution: the inner pixels' gradient is the weights' sum.
    let weight = model.second.value();
    let of = |out: usize| weight.narrow(0, out, 1).unwrap().narrow(1, 0, 1).unwrap().sum();
    let expected = (of(0) - 2.0 * of(2)) / 16.0;
    assert!((middle.get(&[0, 0, 2, 2]).unwrap() - expected).abs() < 1e-5);
}

#[test]
fn what_follows_the_last_one_wanted_has_shapes_only() {
    let model = Two::new();
    let mut pass = Pass::inspect(&model);
    pass.observe_until("first.relu");
    let x = pass.input(image());
    let y = model.forward(&x, &mut pass).unwrap();
    assert_eq!(names(&pass), NAMES[..3]);
    assert_eq!(y.shape(), [1, 3].into());
    assert!(y.value().is_err());
    let last = pass.observed().pop().unwrap().value;
    let grads = pass.backward_from(&last, Tensor::ones(last.shape())).unwrap();
    assert_eq!(grads.wrt(&x).unwrap().shape(), [1, 2, 6, 6].into());
}

#[test]
fn nothing_outlives_the_pass() {
    let model = Two::new();
    let mut pass = Pass::inspect(&model);
    pass.observe();
    let x = pass.input(image());
    model.forward(&x, &mut pass).unwrap();
    let values: Vec<Tensor> =
        pass.observed().iter().map(|seen| seen.value.value().unwrap().clone()).collect();
    assert!(values.iter().all(Tensor::is_shared));
    drop((pass, x));
    assert!(!values.iter().any(Tensor::is_shared));
}

#[test]
fn an_evaluating_pass_observes_nothing() {
    let model = Two::new();
    let mut pass = Pass::eval(&model);
    pass.observe();
    let x = pass.input(image());
    model.forward(&x, &mut pass).unwrap();
    assert!(pass.observed().is_empty());
}

//! Values from the testkit's plain arrays, models, and the texts of errors.

use plywood_autodiff::{Pass, Var};
use plywood_layers::{Conv2d, Linear, Module, Params, load_state_dict};
use plywood_tensor::{Result, Rng, Seed, Shape, Tensor};
use plywood_testkit::{Array, assert_close, fixtures::Fixture};

/// A generator that is always the same.
pub(crate) fn rng() -> Rng {
    Rng::new(Seed(7))
}

/// The array's numbers, rounded to `f32`.
pub(crate) fn tensor(array: &Array) -> Tensor {
    Tensor::from_vec(array.f32s(), Shape::new(&array.shape).unwrap()).unwrap()
}

/// Labels or indices of one of PyTorch's arrays.
pub(crate) fn indices(array: &Array) -> Tensor<u32> {
    Tensor::from_vec(array.indices(), Shape::new(&array.shape).unwrap()).unwrap()
}

/// Asserts that a value has a reference's shape and, nearly, its numbers.
#[track_caller]
pub(crate) fn agree(actual: &Tensor, expected: &Array, tolerance: f64) {
    assert_eq!(actual.shape()[..], expected.shape[..]);
    assert_close(actual.as_slice(), &expected.values, tolerance);
}

/// The text of the error that a result should be.
#[track_caller]
pub(crate) fn error_of<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("this should be an error"),
        Err(error) => error.to_string(),
    }
}

/// The names of everything that is saved with a model.
pub(crate) fn names(model: &(impl Params + ?Sized)) -> Vec<String> {
    model.slots().into_iter().map(|(name, _)| name).collect()
}

/// A layer's output for ones of this shape, evaluating.
pub(crate) fn eval(model: &impl Module, shape: &[usize]) -> Result<Var> {
    let ones = Tensor::ones(Shape::new(shape).unwrap());
    model.forward(&Var::constant(ones), &mut Pass::eval(model))
}

/// LeCun's network of 1998 in the form that everybody trains: ReLU and max-pooling.
#[derive(Debug, Params)]
pub(crate) struct LeNet {
    pub(crate) conv1: Conv2d,
    pub(crate) conv2: Conv2d,
    pub(crate) fc1: Linear,
    pub(crate) fc2: Linear,
    pub(crate) fc3: Linear,
}

impl LeNet {
    /// For images of `size` × `size`: conv1 and conv2 with these paddings.
    pub(crate) fn new(size: usize, padding: [usize; 2]) -> Self {
        let rng = &mut rng();
        let side = ((size + 2 * padding[0] - 4) / 2 + 2 * padding[1] - 4) / 2;
        let linear = |i, o, rng: &mut Rng| Linear::config(i, o).init(rng).unwrap();
        Self {
            conv1: Conv2d::config(1, 6, 5).padding(padding[0]).init(rng).unwrap(),
            conv2: Conv2d::config(6, 16, 5).padding(padding[1]).init(rng).unwrap(),
            fc1: linear(16 * side * side, 120, rng),
            fc2: linear(120, 84, rng),
            fc3: linear(84, 10, rng),
        }
    }
}

impl Module for LeNet {
    fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
        let x = self.conv1.forward(x, pass)?.relu().max_pool2d(2)?;
        let x = self.conv2.forward(&x, pass)?.relu().max_pool2d(2)?;
        let x = self.fc1.forward(&x.flatten()?, pass)?.relu();
        let x = self.fc2.forward(&x, pass)?.relu();
        self.fc3.forward(&x, pass)
    }
}

/// Holds a model to PyTorch's case of it: gives it the case's weights and inputs, and compares its
/// results, the gradients of the inputs and those of all parameters.
#[track_caller]
pub(crate) fn agrees_with_pytorch<M: Params>(
    fixture: &Fixture,
    case: &str,
    mut model: M,
    inputs: &[&str],
    run: impl Fn(&M, &[Var], &mut Pass) -> Result<Vec<Var>>,
) {
    let array = |name: &str| &fixture[&format!("{case}.{name}")];
    let prefix = format!("{case}.model.");
    let weights = fixture.names().filter_map(|name| name.strip_prefix(&prefix));
    let state =
        weights.map(|name| (name.to_owned(), tensor(array(&format!("model.{name}"))).into()));
    load_state_dict(&mut model, &state.collect()).unwrap();
    let mut pass = Pass::train(&model, &mut rng());
    let vars: Vec<Var> = inputs.iter().map(|name| pass.input(tensor(array(name)))).collect();
    let results = run(&model, &vars, &mut pass).unwrap();
    let mut loss = Var::constant(Tensor::scalar(0.0));
    for (k, result) in results.iter().enumerate() {
        agree(result.value().unwrap(), array(&format!("output{k}")), 2e-5);
        let dy = Var::constant(tensor(array(&format!("grad_output{k}"))));
        loss = loss.add(&result.mul(&dy).unwrap().sum()).unwrap();
    }
    let grads = pass.backward(&loss).unwrap();
    for (var, name) in vars.iter().zip(inputs) {
        agree(grads.wrt(var).unwrap(), array(&format!("grad.{name}")), 1e-4);
    }
    for (name, gradient) in grads.iter() {
        agree(gradient, array(&format!("grad.{name}")), 1e-4);
    }
}

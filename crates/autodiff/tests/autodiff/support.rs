//! Values from the testkit's plain arrays, gradients, and closeness.

use plywood_autodiff::{Param, Params, Pass, Var};
use plywood_tensor::{Float, Result, Rng, Seed, Shape, Tensor};
use plywood_testkit::{Array, assert_close, fixtures::Fixture};

/// What rounding may do to one operation in `f64`.
pub(crate) const CLOSE: f64 = 1e-10;

/// The array's numbers, rounded to `T`.
pub(crate) fn tensor<T: Float>(array: &Array) -> Tensor<T> {
    let elements = array.values.iter().map(|&x| T::of(x)).collect();
    Tensor::from_vec(elements, Shape::new(&array.shape).unwrap()).unwrap()
}

/// Indices of one of PyTorch's arrays.
pub(crate) fn indices(array: &Array) -> Tensor<u32> {
    Tensor::from_vec(array.indices(), Shape::new(&array.shape).unwrap()).unwrap()
}

/// A training pass for values that are no model's; always the same randomness.
pub(crate) fn pass<T: Float>() -> Pass<T> {
    Pass::without_model(&mut Rng::new(Seed(1)))
}

/// Asserts that a value has a reference's shape and, nearly, its numbers.
#[track_caller]
pub(crate) fn agree<T: Float>(actual: &Tensor<T>, expected: &Array, tolerance: f64) {
    assert_eq!(actual.shape()[..], expected.shape[..]);
    let numbers: Vec<f64> = actual.as_slice().iter().map(|x| x.to_f64()).collect();
    assert_close(&numbers, &expected.values, tolerance);
}

/// An operation's result, and the gradients of `Σ result · dy` with respect to its inputs.
pub(crate) fn with_gradients<T: Float>(
    inputs: &[Tensor<T>],
    dy: &Tensor<T>,
    f: impl Fn(&[Var<T>]) -> Result<Var<T>>,
) -> (Tensor<T>, Vec<Tensor<T>>) {
    let mut pass = pass();
    let vars: Vec<Var<T>> = inputs.iter().map(|input| pass.input(input.clone())).collect();
    let y = f(&vars).unwrap();
    let loss = y.mul(&Var::constant(dy.clone())).unwrap().sum();
    let grads = pass.backward(&loss).unwrap();
    let gradients = vars.iter().map(|var| grads.wrt(var).unwrap().clone()).collect();
    (y.value().unwrap().clone(), gradients)
}

/// As [`with_gradients`], of one input.
pub(crate) fn with_gradient<T: Float>(
    x: &Tensor<T>,
    dy: &Tensor<T>,
    f: impl Fn(&Var<T>) -> Result<Var<T>>,
) -> (Tensor<T>, Tensor<T>) {
    let (y, gradients) = with_gradients(std::slice::from_ref(x), dy, |x| f(&x[0]));
    (y, gradients.into_iter().next().expect("one for one"))
}

/// Holds an operation to PyTorch's `CASE.output` and `CASE.grad_INPUT` for each of `inputs`, in
/// `f64` and, less strictly, in `f32`.
#[track_caller]
pub(crate) fn agrees_with_pytorch(
    fixture: &Fixture,
    case: &str,
    inputs: &[&str],
    wide: impl Fn(&[Var<f64>]) -> Result<Var<f64>>,
    narrow: impl Fn(&[Var<f32>]) -> Result<Var<f32>>,
) {
    let array = |name: &str| &fixture[&format!("{case}.{name}")];
    fn check<'f, T: Float>(
        array: &impl Fn(&str) -> &'f Array,
        inputs: &[&str],
        f: impl Fn(&[Var<T>]) -> Result<Var<T>>,
        tolerance: f64,
    ) {
        let values: Vec<Tensor<T>> = inputs.iter().map(|name| tensor(array(name))).collect();
        let (y, gradients) = with_gradients(&values, &tensor(array("grad_output")), f);
        agree(&y, array("output"), tolerance);
        for (gradient, name) in gradients.iter().zip(inputs) {
            agree(gradient, array(&format!("grad_{name}")), tolerance);
        }
    }
    check(&array, inputs, wide, CLOSE);
    check(&array, inputs, narrow, 1e-4);
}

/// The text of the error that a result should be.
#[track_caller]
pub(crate) fn error_of<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("this should be an error"),
        Err(error) => error.to_string(),
    }
}

/// A model of parameters by name.
pub(crate) struct Model(pub(crate) Vec<(&'static str, Param)>);

impl Model {
    /// Each parameter is `[2]`, of numbers of its own.
    pub(crate) fn new<const N: usize>(names: [&'static str; N]) -> Self {
        let param = |(place, name)| {
            let first = 0.5 + place as f32;
            (name, Param::new(Tensor::from([first, first + 0.25])))
        };
        Self(names.into_iter().enumerate().map(param).collect())
    }

    /// The parameters, in order.
    pub(crate) fn params<const N: usize>(&self) -> [&Param; N] {
        self.0.iter().map(|(_, param)| param).collect::<Vec<_>>().try_into().unwrap()
    }

    pub(crate) fn train(&self) -> Pass {
        Pass::train(self, &mut Rng::new(Seed(1)))
    }
}

impl Params for Model {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        self.0.iter().map(|(name, param)| ((*name).to_owned(), param as &dyn Params)).collect()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        let fields = self.0.iter_mut();
        fields.map(|(name, param)| ((*name).to_owned(), param as &mut dyn Params)).collect()
    }
}

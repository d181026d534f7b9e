//! After a pass has gone back, nothing but the model holds a weight: an optimizer that writes it
//! then copies nothing.

use plywood_autodiff::{Param, Params, Pass, Var};
use plywood_tensor::{Conv2dOptions, Result, Rng, Seed, Tensor};

use crate::support::error_of;

/// A parameter for each operation that keeps a weight for its gradient.
struct Weights {
    conv: Param,
    scale: Param,
    shift: Param,
    linear: Param,
    matrix: Param,
    factor: Param,
    table: Param,
}

impl Weights {
    fn new() -> Self {
        let mut rng = Rng::new(Seed(5));
        let mut draw = |dims: &[usize]| {
            Param::new(rng.uniform(plywood_tensor::Shape::new(dims).unwrap(), 0.5, 1.0))
        };
        Self {
            conv: draw(&[2, 1, 3, 3]),
            scale: draw(&[2]),
            shift: draw(&[2]),
            linear: draw(&[3, 8]),
            matrix: draw(&[3, 3]),
            factor: draw(&[3]),
            table: draw(&[3, 3]),
        }
    }

    fn all(&self) -> [&Param; 7] {
        let Self { conv, scale, shift, linear, matrix, factor, table } = self;
        [conv, scale, shift, linear, matrix, factor, table]
    }

    /// A forward pass in which each weight goes through operations that save it.
    fn loss(&self, pass: &mut Pass) -> Result<Var> {
        let x = pass.input(Tensor::ones([2, 1, 4, 4]));
        let [conv, scale, shift, linear, matrix, factor, table] =
            self.all().map(|param| pass.param(param));
        let x = x.conv2d(&conv, None, &Conv2dOptions::default())?;
        let x = x.batch_norm(&scale, &shift, 1e-5)?.0.relu().flatten()?;
        let x = x.linear(&linear, None)?.matmul(&matrix)?;
        let x = x.mul(&factor)?.div(&factor.clone().square())?.maximum(&factor)?;
        let rows = table.index_select(0, &Tensor::from([2_u32, 0]))?.softmax(1)?;
        // Weights that go straight through functions of one value.
        let own = table.clone().tanh().add(&table.clone().gelu())?.add(&table.log_softmax(0)?)?;
        Ok(&x.mul(&rows)?.mean() + &own.mean())
    }
}

impl Params for Weights {
    fn fields(&self) -> Vec<(String, &dyn Params)> {
        let numbered = self.all().into_iter().enumerate();
        numbered.map(|(place, param)| (place.to_string(), param as &dyn Params)).collect()
    }

    fn fields_mut(&mut self) -> Vec<(String, &mut dyn Params)> {
        unreachable!("nothing here is changed by a walk")
    }
}

#[track_caller]
fn assert_free(model: &Weights) {
    for (place, param) in model.all().into_iter().enumerate() {
        assert!(!param.value().is_shared(), "somebody holds parameter {place}");
    }
}

fn train(model: &Weights) -> Pass {
    Pass::train(model, &mut Rng::new(Seed(1)))
}

#[test]
fn after_backward() {
    let model = Weights::new();
    let mut pass = train(&model);
    let loss = model.loss(&mut pass).unwrap();
    let shared = model.all().iter().filter(|param| param.value().is_shared()).count();
    assert_eq!(shared, 6, "the tape saves all but what is only added");
    let grads = pass.backward(&loss).unwrap();
    assert_eq!(grads.len(), 7);
    assert_free(&model);
    drop((loss, grads));
}

#[test]
fn after_a_backward_that_is_refused() {
    let model = Weights::new();
    let mut pass = train(&model);
    let loss = model.loss(&mut pass).unwrap();
    let wide = Var::constant(Tensor::ones([2])).mul(&loss).unwrap();
    assert_eq!(
        error_of(pass.backward(&wide)),
        "backward: the loss [2] is not a single number; `mean` or `sum` makes it one",
    );
    assert_free(&model);
}

#[test]
fn after_a_pass_that_never_goes_back() {
    let model = Weights::new();
    let mut pass = train(&model);
    let loss = model.loss(&mut pass).unwrap();
    drop(pass);
    assert_free(&model);
    assert!(loss.item().unwrap().is_finite());
}

#[test]
fn after_an_evaluation_and_a_dry_run() {
    let model = Weights::new();
    let loss = model.loss(&mut Pass::eval(&model)).unwrap();
    assert_free(&model);
    drop(loss);
    let mut pass = Pass::dry_run(&model);
    let start = pass.shape([2, 1, 4, 4]).unwrap();
    let kernel = pass.param(&model.conv);
    start.conv2d(&kernel, None, &Conv2dOptions::default()).unwrap();
    assert_free(&model);
}

/// A metric computed from the logits after the step belongs to no tape any more.
#[test]
fn operations_after_backward_keep_nothing() {
    let model = Weights::new();
    let mut pass = train(&model);
    let loss = model.loss(&mut pass).unwrap();
    pass.backward(&loss).unwrap();
    let weight = Var::constant(model.factor.value().clone());
    let after = loss.mul(&weight).unwrap();
    assert!(!after.needs_gradient());
    drop(weight);
    assert_free(&model);
}

/// The gradient of a product needs the other factor, and of that only where it is asked for.
#[test]
fn what_no_gradient_needs_is_not_kept() {
    let shared = |var: &Var| var.value().unwrap().is_shared();
    let frozen =
        |dims: &[usize]| Var::constant(Tensor::ones(plywood_tensor::Shape::new(dims).unwrap()));
    type Product = fn(&Var, &Var) -> Result<Var>;
    let products: [(Product, &[usize]); 5] = [
        (|x, w| x.linear(w, None), &[3, 4]),
        (|x, w| x.matmul(w), &[4, 3]),
        (|x, w| x.mul(w), &[4]),
        (|x, w| x.div(w), &[4]),
        (|x, w| x.conv2d(w, None, &Conv2dOptions::default()), &[2, 1, 2, 2]),
    ];
    for (place, (product, dims)) in products.into_iter().enumerate() {
        let mut pass = crate::support::pass::<f32>();
        let (x, weight) = (pass.input(Tensor::ones([1, 1, 4, 4])), frozen(dims));
        let y = product(&x, &weight).unwrap();
        assert_eq!((shared(&x), shared(&weight)), (false, true), "product {place}");
        pass.backward(&y.sum()).unwrap();
        assert_eq!((shared(&x), shared(&weight)), (false, false), "product {place} after backward");
        // Nothing at all where no gradient is asked for.
        let _constant = product(&frozen(&[1, 1, 4, 4]), &weight).unwrap();
        assert!(!shared(&weight), "product {place} of constants");
    }
}

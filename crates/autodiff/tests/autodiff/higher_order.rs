//! Gradients of gradients, and passes that are kept.

use plywood_autodiff::{
    HESSIAN_LIMIT, Pass, Var, gradgradcheck, hessian, hessian_vector_product, jacobian, jvp,
};
use plywood_tensor::{Conv2dOptions, Result, Rng, Seed, Tensor};

use crate::support::{CLOSE, Model, pass};

fn higher_order() -> Pass<f64> {
    pass().higher_order()
}

fn near(actual: &Tensor<f64>, expected: &[f64]) {
    assert_eq!(actual.numel(), expected.len());
    for (actual, expected) in actual.as_slice().iter().zip(expected) {
        assert!((actual - expected).abs() < CLOSE, "{actual} {expected}");
    }
}

#[test]
fn every_derivative_of_a_sine_like_function() {
    // tanh: y′ = 1 − y², y″ = −2y · y′, y‴ = (6y² − 2) · y′
    let pass = &mut higher_order();
    let x = pass.input(Tensor::from([0.3, -1.1]));
    let mut derivative = x.clone().tanh();
    let y: Vec<f64> = derivative.value().unwrap().to_vec();
    let mut found = Vec::new();
    for _ in 0..3 {
        derivative = pass.gradients(&derivative.sum(), &[&x]).unwrap().remove(0);
        found.push(derivative.value().unwrap().clone());
    }
    let slope: Vec<f64> = y.iter().map(|y| 1.0 - y * y).collect();
    let times = |f: fn(f64) -> f64| -> Vec<f64> {
        y.iter().zip(&slope).map(|(&y, slope)| f(y) * slope).collect()
    };
    near(&found[0], &slope);
    near(&found[1], &times(|y| -2.0 * y));
    near(&found[2], &times(|y| 6.0 * y * y - 2.0));
}

#[test]
fn a_penalty_on_the_gradient_trains_parameters() {
    // L = (d/dx Σw·x²)² = 4(Σw)²x², dL/dw = 8x²Σw
    let model = Model::new(["weight"]);
    let [weight] = model.params();
    let mut pass = model.train().higher_order();
    let x = pass.input(Tensor::from([3.0]));
    let y = x.clone().square().mul(&pass.param(weight)).unwrap().sum();
    let slope = pass.gradients(&y, &[&x]).unwrap().remove(0);
    let penalty = slope.square().sum();
    let grads = pass.backward(&penalty).unwrap();
    let expected = 8.0 * 9.0 * weight.value().sum();
    assert!(grads.of(weight).unwrap().as_slice().iter().all(|&gradient| gradient == expected));
}

#[test]
fn networks_of_convolutions_norms_and_losses() {
    let mut rng = Rng::new(Seed(3));
    let mut draw =
        |dims: &[usize]| rng.normal::<f64>(plywood_tensor::Shape::new(dims).unwrap(), 0.0, 0.5);
    let inputs = [draw(&[3, 2, 5, 5]), draw(&[2, 2, 3, 3]), draw(&[2]), draw(&[2]), draw(&[3, 18])];
    let network = |x: &[Var<f64>], _: &mut Pass<f64>| {
        let options = Conv2dOptions { padding: [1, 1], ..Conv2dOptions::default() };
        let y = x[0].conv2d(&x[1], None, &options)?.batch_norm(&x[2], &x[3], 1e-3)?.0;
        let y = y.silu().avg_pool2d(plywood_autodiff::Pool2d::new(2).stride(1).padding(1))?;
        let y = y.narrow(2, 0, 3)?.narrow(3, 0, 3)?.flatten()?.linear(&x[4], None)?;
        y.cross_entropy(&Tensor::from([0_u32, 2, 1]), 0.1)
    };
    gradgradcheck(&inputs, network).unwrap();
}

/// Rosenbrock's valley: (1 − x)² + 100 · (y − x²)².
fn valley(x: &Var<f64>, _: &mut Pass<f64>) -> Result<Var<f64>> {
    let [a, b] = [x.narrow(0, 0, 1)?, x.narrow(0, 1, 1)?];
    let off = b.sub(&a.clone().square())?.square() * 100.0;
    Ok(a.affine(-1.0, 1.0).square().add(&off)?.sum())
}

#[test]
fn matrices_and_their_products_agree() {
    let (x, v) = (Tensor::from([0.5, -0.3]), Tensor::from([0.7, 0.2]));
    let h = hessian(&x, valley).unwrap();
    // 2 − 400 (y − 3x²), −400x, 200
    near(&h, &[2.0 - 400.0 * (-0.3 - 0.75), -200.0, -200.0, 200.0]);
    let product = hessian_vector_product(&x, &v, valley).unwrap();
    near(&product, h.matmul(&v.reshape([2, 1]).unwrap()).unwrap().as_slice());

    let f = |x: &Var<f64>, _: &mut Pass<f64>| {
        let weight = Tensor::from([[1.0, 2.0], [0.5, -1.0], [0.0, 3.0]]);
        Ok(Var::constant(weight).matmul(&x.reshape([2, 1])?)?.reshape([3])?.sigmoid())
    };
    let j = jacobian(&x, f).unwrap();
    assert_eq!(j.shape(), [3, 2].into());
    let (y, along) = jvp(&x, &v, f).unwrap();
    near(&along, j.matmul(&v.reshape([2, 1]).unwrap()).unwrap().as_slice());
    near(&y, f(&Var::constant(x.clone()), &mut pass()).unwrap().value().unwrap().as_slice());

    // Nothing depends on the input, or only in a straight line.
    let h = hessian(&x, |x, _| Ok(x.clone().affine(3.0, 1.0).sum())).unwrap();
    assert_eq!(h, Tensor::full([2, 2], 0.0));
    let h = hessian(&x, |_, _| Ok(Var::constant(Tensor::scalar(1.0)))).unwrap();
    assert_eq!(h, Tensor::full([2, 2], 0.0));
}

#[test]
fn a_pass_that_is_kept_goes_back_again_and_again() {
    let mut pass = pass::<f64>();
    let x = pass.input(Tensor::from([1.5, -0.5]));
    let y = x.clone().exp().dropout(0.5, &mut pass).unwrap().sum();
    let first = pass.backward_and_keep(&y).unwrap();
    let second = pass.backward_and_keep(&y).unwrap();
    let third = pass.backward(&(y * 2.0)).unwrap();
    assert_eq!(first.wrt(&x), second.wrt(&x));
    let doubled = first.wrt(&x).unwrap().map(|x| 2.0 * x);
    assert_eq!(third.wrt(&x), Some(&doubled));
}

#[test]
fn what_cannot_be_differentiated_twice_is_named_with_its_place() {
    let pass = &mut higher_order();
    let x = pass.input(Rng::new(Seed(1)).normal([1, 1, 4, 4], 0.0, 1.0));
    let y = x.clone().square().max_pool2d(2).unwrap().sum();
    assert_eq!(
        pass.gradients(&y, &[&x]).unwrap_err().to_string(),
        "node 2 of the graph: max_pool2d: it has no second derivative; `Operation::vjp` gives it one"
    );
    let bump = x.clone().map_with_gradient(f64::exp, f64::exp).sum();
    assert_eq!(
        pass.gradients(&bump, &[&x]).unwrap_err().to_string(),
        "node 4 of the graph: map: it has no second derivative; `Operation::vjp` gives it one"
    );
    // It isn't on the way from here.
    let beside = x.clone().square().sum().mul(&y.detach()).unwrap();
    assert!(pass.gradients(&beside, &[&x]).is_ok());
}

#[test]
fn senseless_demands_are_errors() {
    let error = |pass: &Pass<f64>, y: &Var<f64>, x: &Var<f64>| {
        pass.gradients(y, &[x]).unwrap_err().to_string()
    };
    let mut first_order = pass::<f64>();
    let x = first_order.input(Tensor::from([1.0, 2.0]));
    assert_eq!(
        error(&first_order, &x.clone().square().sum(), &x),
        "gradients: this pass keeps no operands, which the gradient needs; make it with \
         `Pass::higher_order`"
    );
    let other = &mut higher_order();
    let own = other.input(Tensor::from([1.0, 2.0]));
    assert_eq!(
        error(other, &x.clone().square().sum(), &own),
        "gradients: a value is from another pass"
    );
    assert_eq!(
        error(other, &own.clone().square(), &own),
        "gradients: the value [2] is not a single number; `mean` or `sum` makes it one; \
         `gradients_from` takes a gradient with respect to it"
    );
    let dy = Var::constant(Tensor::from([1.0, 1.0, 1.0]));
    assert_eq!(
        other.gradients_from(&own.clone().square(), &dy, &[&own]).unwrap_err().to_string(),
        "gradients: the gradient is [3], the value [2]"
    );
    let beside = other.input(Tensor::from([1.0]));
    assert_eq!(
        error(other, &own.sum(), &beside),
        "gradients: the value doesn't depend on input 0, [1]; leave that input out: its gradient is 0"
    );
    let dry = &mut Pass::<f64>::dry_run_without_model().higher_order();
    let shape = dry.shape([2]).unwrap();
    assert_eq!(
        error(dry, &shape.sum(), &shape),
        "gradients: an evaluating pass or a dry run has no tape; `Pass::train` and `Pass::inspect` make \
         passes with one"
    );
    // What was computed before the operands were kept.
    let mut late = pass::<f64>();
    let x = late.input(Tensor::from([1.0, 2.0]));
    let y = x.clone().square();
    let late = late.higher_order();
    assert_eq!(
        error(&late, &y.sum(), &x),
        "node 1 of the graph: gradients: its operands weren't kept; make the pass with \
         `Pass::higher_order` before anything is computed"
    );
}

#[test]
fn matrices_that_would_be_too_large_are_errors() {
    let large = Tensor::full([HESSIAN_LIMIT + 1], 0.0);
    let square = |x: &Var<f64>, _: &mut Pass<f64>| Ok(x.clone().square().sum());
    assert_eq!(
        hessian(&large, square).unwrap_err().to_string(),
        "hessian: the input [4097] has 4097 numbers; more than 4096 would take a way back for each; \
         `hessian_vector_product` and `jvp` give products with a direction, without the matrix"
    );
    assert_eq!(
        jacobian(&Tensor::from([1.0]), |x, _| x.broadcast_to([4097])).unwrap_err().to_string(),
        "jacobian: the result [4097] has 4097 numbers; more than 4096 would take a way back for each; \
         `hessian_vector_product` and `jvp` give products with a direction, without the matrix"
    );
    assert_eq!(
        hessian(&Tensor::from([1.0, 2.0]), |x, _| Ok(x.clone().square())).unwrap_err().to_string(),
        "hessian: the result [2] is not a single number; `mean` or `sum` makes it one; `jacobian` takes \
         any result"
    );
    let direction = Tensor::from([1.0]);
    assert_eq!(
        hessian_vector_product(&large, &direction, square).unwrap_err().to_string(),
        "hessian_vector_product: the direction is [1], the input [4097]"
    );
    assert_eq!(
        jvp(&large, &direction, square).unwrap_err().to_string(),
        "jvp: the direction is [1], the input [4097]"
    );
}

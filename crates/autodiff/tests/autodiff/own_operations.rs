//! Operations that are written outside of the crate: what works, and what their mistakes lead to.

use plywood_autodiff::{
    Function, NodeKind, OperandGrads, Operands, Operation, Param, Pass, SlopeFrom, Var, VarGrads,
    gradcheck, gradgradcheck,
};
use plywood_tensor::{Error, Float, Result, Shape, Tensor};
use plywood_testkit::{cases, noise, shapes};
use proptest::prelude::*;

use crate::support::pass;

/// `y = scale · a · b`, elementwise and without broadcasting, with the mistakes that one can make.
#[derive(Clone, Copy, Debug, Default)]
struct ScaledProduct {
    scale: f64,
    mistake: Mistake,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Mistake {
    #[default]
    None,
    /// The result is a sum.
    Result,
    GradientShape,
    /// The second operand gets none.
    Forgotten,
    Twice,
    /// A third operand gets one.
    NoOperand,
}

impl<T: Float> Operation<T> for ScaledProduct {
    type Saved = [Tensor<T>; 2];

    fn name(&self) -> &'static str {
        "scaled_product"
    }

    fn shape(&self, operands: &[Shape]) -> Result<Shape> {
        match operands {
            [a, b] if a == b => Ok(*a),
            _ => Err(Error::shape(format!("{operands:?} should be two of one shape"))),
        }
    }

    fn forward(&self, operands: &mut Operands<'_, T>) -> Result<(Tensor<T>, [Tensor<T>; 2])> {
        assert_eq!(operands.len(), 2);
        let (a, b) = (&operands[0], &operands[1]);
        let y = a.mul(b)?.into_map(|x| x * T::of(self.scale));
        let y = if self.mistake == Mistake::Result { Tensor::scalar(y.sum()) } else { y };
        Ok((y, [a.clone(), b.clone()]))
    }

    fn gradient(
        &self,
        [a, b]: [Tensor<T>; 2],
        dy: Tensor<T>,
        grads: &mut OperandGrads<'_, T>,
    ) -> Result<()> {
        let dy = dy.into_map(|dy| dy * T::of(self.scale));
        grads.accumulate(0, || match self.mistake {
            Mistake::GradientShape => dy.mul(&b)?.unsqueeze(0),
            _ => dy.mul(&b),
        })?;
        match self.mistake {
            Mistake::Forgotten => return Ok(()),
            Mistake::Twice => grads.accumulate(1, || dy.mul(&a))?,
            Mistake::NoOperand => grads.accumulate(2, || dy.mul(&a))?,
            _ => {}
        }
        grads.accumulate(1, || dy.mul(&a))
    }

    fn vjp(
        &self,
        operands: &[Var<T>],
        _y: &Var<T>,
        dy: &Var<T>,
        grads: &mut VarGrads<'_, T>,
    ) -> Result<()> {
        let dy = dy.clone().affine(self.scale, 0.0);
        grads.accumulate(0, || match self.mistake {
            Mistake::GradientShape => dy.mul(&operands[1])?.unsqueeze(0),
            _ => dy.mul(&operands[1]),
        })?;
        match self.mistake {
            Mistake::Forgotten => return Ok(()),
            Mistake::Twice => grads.accumulate(1, || dy.mul(&operands[0]))?,
            Mistake::NoOperand => grads.accumulate(2, || dy.mul(&operands[0]))?,
            _ => {}
        }
        grads.accumulate(1, || dy.mul(&operands[0]))
    }

    fn multiply_adds(&self, operands: &[Shape]) -> u64 {
        operands[0].numel() as u64
    }
}

fn product(mistake: Mistake) -> ScaledProduct {
    ScaledProduct { scale: 0.5, mistake }
}

#[test]
fn its_gradient_is_checked_as_any() {
    let x = Tensor::from([[0.3_f64, -1.2, 2.0], [0.7, 0.1, -0.4]]);
    let y = x.map(|x| x - 0.5);
    gradcheck(&[x.clone(), y], |v, _| Var::apply(product(Mistake::None), &[&v[0], &v[1]])).unwrap();
    // Twice the same value: both gradients are added.
    let twice = |v: &[Var<f64>], _: &mut _| Var::apply(product(Mistake::None), &[&v[0], &v[0]]);
    gradcheck(std::slice::from_ref(&x), twice).unwrap();
    gradgradcheck(&[x], twice).unwrap();
}

/// `y = x² + shift`, which works in place.
#[derive(Debug)]
struct ShiftedSquare {
    shift: f64,
}

impl Function for ShiftedSquare {
    const SLOPE_FROM: SlopeFrom = SlopeFrom::Input;

    fn name(&self) -> &'static str {
        "shifted_square"
    }

    fn value<T: Float>(&self, x: T) -> T {
        x * x + T::of(self.shift)
    }

    fn gradient<T: Float>(&self, dy: T, x: T) -> T {
        dy * (x + x)
    }

    fn vjp<T: Float>(&self, x: &Var<T>, _y: &Var<T>, dy: &Var<T>) -> Result<Var<T>> {
        dy.mul(&x.clone().affine(2.0, 0.0))
    }
}

#[test]
fn a_function_of_one_number_is_an_operation() {
    let x = [Tensor::from([0.3_f64, -1.2])];
    let apply = |v: &[Var<f64>], _: &mut _| Var::apply(ShiftedSquare { shift: 1.0 }, &[&v[0]]);
    gradcheck(&x, apply).unwrap();
    gradgradcheck(&x, apply).unwrap();
    let one = Var::constant(Tensor::from([1.0]));
    let error = Var::apply(ShiftedSquare { shift: 1.0 }, &[&one, &one]).unwrap_err().to_string();
    assert_eq!(error, "shifted_square: it takes one operand, and was given 2");
}

#[test]
fn it_is_in_dry_runs_and_graphs() {
    let apply = |x: &Var, y: &Var| Var::apply(product(Mistake::None), &[x, y]).unwrap();
    let mut dry = Pass::dry_run_without_model();
    let x = dry.shape([2, 3]).unwrap();
    assert_eq!(apply(&x, &x).shape(), [2, 3].into());
    let rows = dry.trace();
    assert_eq!((rows[0].operation, rows[0].multiply_adds), ("scaled_product", 6));

    let mut pass: Pass = pass();
    let x = pass.input(Tensor::from([1.0, 2.0]));
    let y = apply(&x, &Var::constant(Tensor::from([3.0, 4.0])));
    let node = &pass.graph().nodes[1];
    assert_eq!((node.operation, node.kind), ("scaled_product", NodeKind::Result));
    assert_eq!(node.operands, [Some(0), None]);
    // Only the operand that needs a gradient is asked for one.
    let grads = pass.backward(&y.sum()).unwrap();
    assert_eq!(grads.wrt(&x), Some(&Tensor::from([1.5, 2.0])));
}

/// The error of going forward, or else of going back.
fn refusal(mistake: Mistake) -> String {
    let mut pass: Pass = pass();
    let [x, y] = [1.0, 2.0].map(|value| pass.input(Tensor::full([2, 3], value)));
    let result = match Var::apply(product(mistake), &[&x, &y]) {
        Ok(result) => result,
        Err(error) => return error.to_string(),
    };
    pass.backward(&result.sum()).unwrap_err().to_string()
}

/// The error of the gradient that is made of operations.
fn second_refusal(mistake: Mistake) -> String {
    let mut pass = pass::<f32>().higher_order();
    let [x, y] = [1.0, 2.0].map(|value| pass.input(Tensor::full([2, 3], value)));
    let sum = Var::apply(product(mistake), &[&x, &y]).unwrap().sum();
    pass.gradients(&sum, &[&x, &y]).unwrap_err().to_string()
}

#[test]
fn mistakes_in_its_vjp_are_named_with_their_place() {
    let place = "node 2 of the graph: scaled_product: it gives operand";
    for (mistake, what) in [
        (Mistake::GradientShape, "0 the gradient [1, 2, 3], the operand is [2, 3]"),
        (Mistake::Forgotten, "1 no gradient; call `accumulate` once for each operand"),
        (Mistake::Twice, "1 more than one gradient; call `accumulate` once for each operand"),
        (Mistake::NoOperand, "2 a gradient, and has 2 operands"),
    ] {
        assert_eq!(second_refusal(mistake), format!("{place} {what}"));
    }
}

#[test]
fn mistakes_are_named_with_the_operation() {
    assert_eq!(
        refusal(Mistake::Result),
        "scaled_product: the result is [], by its shape rule it should be [2, 3]"
    );
    assert_eq!(
        refusal(Mistake::GradientShape),
        "gradient of scaled_product: it gives operand 0 the gradient [1, 2, 3], the operand is [2, 3]"
    );
    assert_eq!(
        refusal(Mistake::Forgotten),
        "gradient of scaled_product: it gives operand 1 no gradient; call `accumulate` once for each operand"
    );
    assert_eq!(
        refusal(Mistake::Twice),
        "gradient of scaled_product: it gives operand 1 more than one gradient; call `accumulate` once \
         for each operand"
    );
    assert_eq!(
        refusal(Mistake::NoOperand),
        "gradient of scaled_product: it gives operand 2 a gradient, and has 2 operands"
    );
}

#[test]
fn operands_that_dont_fit_are_its_own_errors() {
    let error = Var::<f32>::apply(product(Mistake::None), &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "scaled_product: it takes one operand or more, and was given none"
    );
    let x = Var::constant(Tensor::from([1.0, 2.0]));
    let error = Var::apply(product(Mistake::None), &[&x]).unwrap_err().to_string();
    assert_eq!(error, "scaled_product: [[2]] should be two of one shape");
    let mut over: Pass = pass();
    let gone = over.input(Tensor::from([1.0, 2.0]));
    over.backward(&gone.sum()).unwrap();
    let mut next: Pass = pass();
    let here = next.input(Tensor::from([1.0, 2.0]));
    let error = Var::apply(product(Mistake::None), &[&here, &gone]).unwrap_err().to_string();
    assert!(
        error.starts_with("scaled_product: one operand is from a pass that is over"),
        "{error}"
    );
}

#[test]
fn a_wrong_slope_is_found() {
    let x = Tensor::from([0.3_f64, -1.2]);
    let right = |x: Var<f64>| x.map_with_gradient(|x| x * x, |x| 2.0 * x);
    gradcheck(std::slice::from_ref(&x), |v, _| Ok(right(v[0].clone()))).unwrap();
    let wrong = |x: Var<f64>| x.map_with_gradient(|x| x * x, |x| x);
    let error = gradcheck(&[x], |v, _| Ok(wrong(v[0].clone()))).unwrap_err().to_string();
    assert!(error.starts_with("gradcheck: input 0: element 0 of [2] has gradient"), "{error}");
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn prop_any_operands(a in shapes(0..=4, 0..=4), b in shapes(0..=4, 0..=4), same in any::<bool>()) {
        let b = if same { a.clone() } else { b };
        let value = |dims: &[usize]| -> Tensor {
            let numbers = noise(1, dims.iter().product()).into_iter().map(|x| x as f32).collect();
            Tensor::from_vec(numbers, Shape::new(dims).unwrap()).unwrap()
        };
        let mut pass: Pass = pass();
        let (x, y) = (pass.input(value(&a)), pass.input(value(&b)));
        match Var::apply(product(Mistake::None), &[&x, &y]) {
            Ok(result) => {
                prop_assert_eq!(&a, &b);
                let grads = pass.backward_from(&result, Tensor::ones(result.shape())).unwrap();
                prop_assert_eq!(grads.wrt(&x).unwrap().shape(), x.shape());
                let mut pass = Pass::inspect(&Param::new(value(&a))).higher_order();
                let (x, y) = (pass.input(value(&a)), pass.input(value(&b)));
                let sum = Var::apply(product(Mistake::None), &[&x, &y]).unwrap().sum();
                let slope = pass.gradients(&sum, &[&x]).unwrap().remove(0);
                let grads = pass.backward(&slope.sum()).unwrap();
                prop_assert_eq!(grads.wrt(&y).unwrap().shape(), y.shape());
            }
            Err(_) => prop_assert_ne!(a, b),
        }
    }
}

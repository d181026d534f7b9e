//! Operators of owned and borrowed values and of numbers on either side: values, gradients, memory, and where a panic
//! points.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Arc, Mutex};

use plywood_autodiff::{Pass, Var};
use plywood_tensor::{Result, Tensor};

use crate::support::{pass, with_gradients};

type OfTwo = fn(&Var<f64>, &Var<f64>) -> Var<f64>;

/// One operator, in each way of holding its operands.
macro_rules! every_way {
    ($operator:tt) => {
        [
            |a: &Var<f64>, b: &Var<f64>| a $operator b,
            |a: &Var<f64>, b: &Var<f64>| a.clone() $operator b,
            |a: &Var<f64>, b: &Var<f64>| a $operator b.clone(),
            |a: &Var<f64>, b: &Var<f64>| a.clone() $operator b.clone(),
            // Held by nobody else.
            |a: &Var<f64>, b: &Var<f64>| (a.clone().affine(1.0, 0.0)) $operator (b.clone().affine(1.0, 0.0)),
            |a: &Var<f64>, b: &Var<f64>| (a.clone().affine(1.0, 0.0)) $operator b,
        ] as [OfTwo; 6]
    };
}

#[test]
fn every_way_of_holding_operands_gives_the_same() {
    let inputs = [Tensor::from([[1.5, -2.0], [0.3, 4.0]]), Tensor::from([[3.0, 0.7], [-1.0, 5.0]])];
    let broadcast = [inputs[0].clone(), Tensor::from([3.0, 0.7])];
    let dy = Tensor::from([[1.0, 0.5], [-2.0, 0.25]]);
    for ways in [every_way!(+), every_way!(-), every_way!(*), every_way!(/)] {
        for inputs in [&inputs, &broadcast] {
            let of = |way: OfTwo| with_gradients(inputs, &dy, |x| Ok(way(&x[0], &x[1])));
            let expected = of(ways[0]);
            ways.into_iter().for_each(|way| assert_eq!(of(way), expected));
        }
    }
}

#[test]
fn a_value_with_itself() {
    let x = [Tensor::from([1.0, 2.0])];
    let (y, gradients) = with_gradients(&x, &Tensor::from([1.0, 1.0]), |x| {
        let x = x[0].clone().affine(1.0, 0.0);
        Ok(x.clone() * x)
    });
    assert_eq!((y, &gradients[0]), (Tensor::from([1.0, 4.0]), &Tensor::from([2.0, 4.0])));
}

#[test]
fn numbers_on_either_side() {
    type Function = fn(&Var<f64>) -> Var<f64>;
    let cases: [(Function, f64, f64); 12] = [
        (|x| x + 2.0, 6.0, 1.0),
        (|x| x - 2.0, 2.0, 1.0),
        (|x| x * 2.0, 8.0, 2.0),
        (|x| x / 2.0, 2.0, 0.5),
        (|x| 2.0 + x, 6.0, 1.0),
        (|x| 2.0 - x, -2.0, -1.0),
        (|x| 2.0 * x, 8.0, 2.0),
        (|x| 2.0 / x, 0.5, -0.125),
        (|x| 1.0 - x.clone(), -3.0, -1.0),
        (|x| 2.0 / x.clone(), 0.5, -0.125),
        (|x| -x, -4.0, -1.0),
        (|x| -(0.5 * x.clone() + 1.0), -3.0, -0.5),
    ];
    for (place, (f, value, slope)) in cases.into_iter().enumerate() {
        let x = [Tensor::from([4.0])];
        let (y, gradients) = with_gradients(&x, &Tensor::from([1.0]), |x| Ok(f(&x[0])));
        assert_eq!(
            (y.as_slice(), gradients[0].as_slice()),
            (&[value][..], &[slope][..]),
            "{place}"
        );
    }
}

/// Whether the result lies where the left operand lay.
fn stays(f: fn(Var, &Var) -> Var, a: Var, b: &Var) -> bool {
    let address = a.value().unwrap().address();
    f(a, b).value().unwrap().address() == address
}

#[test]
fn an_owned_value_on_the_left_is_overwritten_where_nobody_else_holds_it() {
    let numbers = || Tensor::linspace(1.0, 2.0, 1000);
    let b = Var::constant(numbers());
    let operators: [fn(Var, &Var) -> Var; 4] =
        [|a, b| a + b, |a, b| a - b, |a, b| a * b, |a, b| a / b];
    for f in operators {
        assert!(stays(f, Var::constant(numbers()), &b));
        let held = Var::constant(numbers());
        assert!(!stays(f, held.clone(), &b));
        assert_eq!(held.value().unwrap(), &numbers());
    }
    // In training, sums need no operand for their gradient, products do.
    let mut pass = pass();
    let (a, b) = (pass.input(numbers()), pass.input(numbers()));
    let fresh = || a.clone().affine(1.0, 0.0);
    assert!(stays(operators[0], fresh(), &b) && stays(operators[1], fresh(), &b));
    assert!(!stays(operators[2], fresh(), &b) && !stays(operators[3], fresh(), &b));
}

#[test]
fn dry_runs_have_shapes() {
    let model = plywood_autodiff::Param::new(Tensor::zeros([1]));
    let mut pass: Pass = Pass::dry_run(&model);
    let x = pass.shape([2, 3]).unwrap();
    let y = 1.0 / (1.0 - &x) + x.clone() * (2.0 * x.sum_keepdim(&[1]).unwrap());
    assert_eq!(y.shape(), [2, 3].into());
    assert_eq!(x.reshape([-1]).unwrap().shape(), [6].into());
}

/// The message and the place that a panic points at.
fn panic_of(work: impl FnOnce()) -> (String, String) {
    let (own, seen) = (std::thread::current().id(), Arc::new(Mutex::new(String::new())));
    let previous: Arc<dyn Fn(&std::panic::PanicHookInfo<'_>) + Send + Sync> =
        std::panic::take_hook().into();
    let (others, place) = (previous.clone(), seen.clone());
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == own {
            *place.lock().unwrap() = info.location().map(Location::to_string).unwrap_or_default();
        } else {
            others(info);
        }
    }));
    let message = catch_unwind(AssertUnwindSafe(work)).unwrap_err().downcast::<String>().unwrap();
    std::panic::set_hook(Box::new(move |info| previous(info)));
    let place = seen.lock().unwrap().clone();
    (*message, place)
}

#[test]
fn panics_point_at_the_callers_line() {
    let (a, b) = (Var::constant(Tensor::zeros([2, 3])), Var::constant(Tensor::zeros([2])));
    let wrong = "[2, 3] and [2] don't broadcast: 3 and 2 at axis -1; \
                 sizes must be equal or 1, counted from the last axis";
    let points = |name: &str, line: u32, work: &dyn Fn() -> Var| {
        let (message, place) = panic_of(|| drop(work()));
        assert_eq!(message, format!("{name}: {wrong}"));
        assert!(place.contains("operators.rs") && place.contains(&format!(":{line}:")), "{place}");
    };
    points("add", line!(), &|| &a + &b);
    points("sub", line!(), &|| &a - b.clone());
    points("mul", line!(), &|| a.clone() * &b);
    points("div", line!(), &|| a.clone() / b.clone());
}

#[test]
fn methods_return_what_operators_panic_with() -> Result<()> {
    let a = Var::constant(Tensor::from([1.0, 2.0]));
    assert_eq!(a.add(&a)?.value()?, (&a + &a).value()?);
    Ok(())
}

//! Operators with a number: what reads as arithmetic is one operation, in place.

use plywood_autodiff::Var;
use plywood_tensor::Tensor;

use crate::support::with_gradient;

#[test]
fn numbers_on_the_right_of_each_operator() {
    type Function = fn(Var<f64>) -> Var<f64>;
    let cases: [(Function, f64, f64); 6] = [
        (|x| x + 2.0, 5.0, 1.0),
        (|x| x - 2.0, 1.0, 1.0),
        (|x| x * 2.0, 6.0, 2.0),
        (|x| x / 2.0, 1.5, 0.5),
        (|x| x.affine(-2.0, 1.0), -5.0, -2.0),
        (|x| (x - 1.0) * 3.0 + 0.5, 6.5, 3.0),
    ];
    for (place, (f, value, slope)) in cases.into_iter().enumerate() {
        let (y, gradient) =
            with_gradient(&Tensor::from([3.0]), &Tensor::from([1.0]), |x| Ok(f(x.clone())));
        assert_eq!((y.as_slice(), gradient.as_slice()), (&[value][..], &[slope][..]), "{place}");
    }
}

//! Parts of values, stacked values, kept axes and open axes: shapes, gradients and errors.

use plywood_autodiff::Var;
use plywood_tensor::{Result, Tensor};

use crate::support::with_gradient;

fn numbers() -> Tensor<f64> {
    Tensor::from_fn([2, 6], |i| (i[0] * 6 + i[1]) as f64)
}

fn shapes(parts: &[Var<f64>]) -> Vec<Vec<usize>> {
    parts.iter().map(|part| part.shape().to_vec()).collect()
}

#[test]
fn parts_as_pytorch_cuts_them() {
    let x = Var::constant(numbers());
    assert_eq!(shapes(&x.split(4, 1).unwrap()), [[2, 4], [2, 2]]);
    assert_eq!(shapes(&x.split(9, -1).unwrap()), [[2, 6]]);
    assert_eq!(shapes(&x.split_sizes(&[1, 0, 5], 1).unwrap()), [[2, 1], [2, 0], [2, 5]]);
    // torch.chunk(torch.zeros(2, 6), 4, 1) gives three.
    assert_eq!(shapes(&x.chunk(4, 1).unwrap()), [[2, 2]; 3]);
    assert_eq!(shapes(&x.chunk(usize::MAX, 0).unwrap()), [[1, 6]; 2]);
    let empty = Var::constant(numbers().narrow(0, 0, 0).unwrap());
    assert_eq!(shapes(&empty.split(2, 0).unwrap()), [[0, 6]]);
    assert_eq!(shapes(&empty.chunk(2, 0).unwrap()), [[0, 6]]);
}

#[test]
fn stacking_takes_parts_back_together() {
    let dy = numbers().reshape([2, 3, 2]).unwrap().map(|x| x * x);
    for axis in [1, -2] {
        let (y, gradient) = with_gradient(&numbers(), &dy, |x| {
            let parts = x.chunk(3, 1)?;
            Var::stack(&parts.iter().collect::<Vec<_>>(), axis)
        });
        assert_eq!(y, numbers().reshape([2, 3, 2]).unwrap());
        assert_eq!(gradient, dy.reshape([2, -1]).unwrap());
    }
}

#[test]
fn kept_axes() {
    let ones = Tensor::from([[1.0; 6]; 2]);
    let shares = |x: &Var<f64>| -> Result<Var<f64>> { Ok(x / x.sum_keepdim(&[1])?) };
    let (y, gradient) = with_gradient(&numbers().map(|x| x + 1.0), &ones, shares);
    y.sum_axes(&[1]).unwrap().as_slice().iter().for_each(|sum| assert!((sum - 1.0).abs() < 1e-12));
    assert!(gradient.as_slice().iter().all(|g| g.abs() < 1e-12));
    let x = Var::constant(numbers());
    assert_eq!(x.max_keepdim(0).unwrap().value().unwrap().shape(), [1, 6].into());
    assert_eq!(
        x.mean_keepdim(&[0, 1]).unwrap().value().unwrap(),
        &numbers().mean_keepdim(&[0, 1]).unwrap(),
    );
    for correction in [0, 1] {
        let own = x.var_keepdim(&[-1], correction).unwrap();
        let expected = numbers().var_keepdim(&[-1], correction).unwrap();
        assert_eq!(own.shape(), expected.shape());
        let pairs = own.value().unwrap().as_slice().iter().zip(expected.as_slice());
        pairs.for_each(|(own, expected)| assert!((own - expected).abs() < 1e-12));
    }
    assert!(x.var_axes(&[0], 2).unwrap().value().unwrap().as_slice()[0].is_infinite());
}

#[test]
fn the_gradient_of_the_variance() {
    // 2 (x − mean) / (n − 1)
    let x = Tensor::from([1.0, 3.0, 8.0]);
    let (y, gradient) = with_gradient(&x, &Tensor::scalar(1.0), |x| x.var_axes(&[0], 1));
    assert_eq!((y.item().unwrap(), gradient), (13.0, Tensor::from([-3.0, -1.0, 4.0])));
}

#[test]
fn errors_say_what_is_wrong() {
    let x = Var::constant(numbers());
    fn says<R>(result: Result<R>, expected: &str) {
        assert_eq!(result.err().expect("refused").to_string(), expected);
    }
    says(x.split(0, 1), "split: parts of axis 1 of [2, 6] can't be 0 long");
    says(x.split(1, 2), "split: [2, 6] has no axis 2; its axes are 0 to 1, or -2 to -1");
    says(x.chunk(0, 0), "chunk: axis 0 of [2, 6] can't be cut into 0 parts");
    says(x.split_sizes(&[2, 3], 1), "split_sizes: [2, 3] add up to 5, axis 1 of [2, 6] is 6 long");
    says(Var::<f64>::stack(&[], 0), "stack: there are no values");
    says(
        Var::stack(&[&x, &x.narrow(1, 0, 2).unwrap()], 0),
        "stack: value 1 is [2, 2], the first is [2, 6]: they should be of one shape",
    );
    says(Var::stack(&[&x], 3), "unsqueeze: [2, 6] has no place 3 for a new axis");
    says(x.sum_keepdim(&[0, -2]), "sum_keepdim: axis -2 of [2, 6] is named twice");
    says(x.var_axes(&[4], 1), "var_axes: [2, 6] has no axis 4; its axes are 0 to 1, or -2 to -1");
    says(
        x.reshape([-1, 5]),
        "reshape: [2, 6] has 12 elements, which 5, the product of the other sizes in [-1, 5], \
         doesn't divide",
    );
    says(
        x.reshape([-1, -1]),
        "reshape: [-1, -1] has more than one -1; one size can follow from the others",
    );
    let endless = Var::constant(Tensor::<f64>::full([1 << 50, 0], 0.0));
    assert!(endless.split(1, 0).is_err());
}

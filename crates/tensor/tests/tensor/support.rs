//! Tensors from the testkit's plain arrays, and back.

use plywood_tensor::{BatchNorm, ChannelStatistics, Float, Result, Shape, Tensor};
use plywood_testkit::{Array, assert_close};

/// A shape that is known to be one.
pub(crate) fn shape(dims: &[usize]) -> Shape {
    Shape::new(dims).unwrap()
}

/// The array's numbers, rounded to `T`.
pub(crate) fn tensor<T: Float>(array: &Array) -> Tensor<T> {
    let elements = array.values.iter().map(|&x| T::of(x)).collect();
    Tensor::from_vec(elements, shape(&array.shape)).unwrap()
}

/// Indices of one of PyTorch's arrays.
pub(crate) fn indices(array: &Array) -> Tensor<u32> {
    Tensor::from_vec(array.indices(), shape(&array.shape)).unwrap()
}

/// Numbers between −1 and 1, the same in every precision.
pub(crate) fn noise<T: Float>(seed: u64, dims: &[usize]) -> Tensor<T> {
    let values = plywood_testkit::noise(seed, dims.iter().product());
    tensor(&Array { shape: dims.to_vec(), values })
}

/// The elements as numbers to compare.
pub(crate) fn f64s<T: Float>(tensor: &Tensor<T>) -> Vec<f64> {
    tensor.as_slice().iter().map(|x| x.to_f64()).collect()
}

/// What rounding allows a sum of so many products of numbers around 1, in the precision of `T`.
pub(crate) fn tolerance<T: Float>(terms: usize) -> f64 {
    T::EPSILON.to_f64() * (terms + 8) as f64
}

/// Asserts that a result has the shape and, nearly, the numbers of one computed in `f64`.
#[track_caller]
pub(crate) fn agree<T: Float>(actual: &Tensor<T>, expected: &Tensor<f64>, tolerance: f64) {
    assert_eq!(actual.shape(), expected.shape());
    assert_close(&f64s(actual), expected.as_slice(), tolerance);
}

/// Every index of a shape, in row-major order.
pub(crate) fn places(dims: &[usize]) -> Vec<Vec<usize>> {
    dims.iter().fold(vec![vec![]], |places, &size| {
        let longer = |place: Vec<usize>| {
            (0..size).map(move |index| {
                let mut place = place.clone();
                place.push(index);
                place
            })
        };
        places.into_iter().flat_map(longer).collect()
    })
}

/// The gradients of a batch normalisation without ReLU.
pub(crate) fn batch_norm_grad<T: Float>(
    dy: &Tensor<T>,
    x: &Tensor<T>,
    statistics: &ChannelStatistics<T>,
    weight: &Tensor<T>,
    epsilon: T,
) -> Result<[Tensor<T>; 3]> {
    let bias = &Tensor::full(weight.shape(), T::ZERO);
    BatchNorm { weight, bias, epsilon, relu: false }.gradient(dy, x, statistics)
}

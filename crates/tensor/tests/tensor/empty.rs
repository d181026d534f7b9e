//! Tensors without elements: each operation gives the result that its definition has for them.

use plywood_tensor::{
    Conv2dOptions, Rng, Seed, Tensor, Window, avg_pool2d, avg_pool2d_grad, channel_statistics,
    conv2d, conv2d_input_grad, conv2d_weight_grad, linear, max_pool2d, max_pool2d_grad,
    scale_shift,
};

use crate::support::{batch_norm_grad, noise};

#[test]
fn no_images() {
    for groups in [1, 2] {
        let options = Conv2dOptions { padding: [1, 1], groups, ..Default::default() };
        let x = Tensor::zeros([0, 4, 5, 6]);
        let (weight, bias) = (noise(1, &[6, 4 / groups, 3, 3]), noise(2, &[6]));
        let y = conv2d(&x, &weight, Some(&bias), &options).unwrap();
        assert_eq!(y.shape(), [0, 6, 5, 6].into());
        let dx = conv2d_input_grad(&y, &weight, x.shape(), &options).unwrap();
        assert_eq!(dx, x);
        let dw = conv2d_weight_grad(&x, &y, weight.shape(), &options).unwrap();
        assert_eq!(dw, Tensor::zeros(weight.shape()));
    }
    let (x, window) = (Tensor::zeros([0, 4, 6, 6]), Window::new([2, 2]));
    let pooled = max_pool2d(&x, &window).unwrap();
    assert_eq!(pooled.values.shape(), [0, 4, 5, 5].into());
    assert_eq!(max_pool2d_grad(&pooled.values, &pooled.places).unwrap(), x);
    let y = avg_pool2d(&x, &window, true).unwrap();
    assert_eq!(avg_pool2d_grad(&y, x.shape(), &window, true).unwrap(), x);
}

#[test]
fn no_channels() {
    let plain = Conv2dOptions::default();
    let (x, weight, bias) =
        (Tensor::zeros([2, 0, 5, 5]), Tensor::zeros([3, 0, 2, 2]), Tensor::from([1.0, 2.0, 3.0]));
    let y = conv2d(&x, &weight, Some(&bias), &plain).unwrap();
    let expected = bias.reshape([3, 1, 1]).unwrap().broadcast_to([2, 3, 4, 4]);
    assert_eq!(y, expected.unwrap());
    assert_eq!(conv2d_input_grad(&y, &weight, x.shape(), &plain).unwrap(), x);
    assert_eq!(conv2d_weight_grad(&x, &y, weight.shape(), &plain).unwrap(), weight);
    let none = conv2d(&noise(1, &[2, 3, 5, 5]), &Tensor::zeros([0, 3, 2, 2]), None, &plain);
    assert_eq!(none.unwrap().shape(), [2, 0, 4, 4].into());
    let dx = conv2d_input_grad(
        &Tensor::zeros([2, 0, 4, 4]),
        &Tensor::zeros([0, 3, 2, 2]),
        [2, 3, 5, 5].into(),
        &plain,
    );
    assert_eq!(dx.unwrap(), Tensor::zeros([2, 3, 5, 5]));
}

/// Padding alone is an image too, for a convolution; a maximum of nothing is none.
#[test]
fn no_pixels() {
    let options = Conv2dOptions { padding: [1, 1], ..Default::default() };
    let (x, weight) = (Tensor::zeros([2, 3, 0, 4]), noise(1, &[5, 3, 2, 3]));
    let y = conv2d(&x, &weight, Some(&Tensor::ones([5])), &options).unwrap();
    assert_eq!(y, Tensor::ones([2, 5, 1, 4]));
    assert_eq!(conv2d_input_grad(&y, &weight, x.shape(), &options).unwrap(), x);
    let dw = conv2d_weight_grad(&x, &y, weight.shape(), &options).unwrap();
    assert_eq!(dw, Tensor::zeros(weight.shape()));
    for image in [[2, 3, 0, 4], [2, 3, 4, 0]] {
        let options = Conv2dOptions { padding: [2, 2], stride: [2, 2], ..Default::default() };
        let x = Tensor::zeros(image);
        let y = conv2d(&x, &weight, None, &options).unwrap();
        assert_eq!(y, Tensor::zeros(y.shape()));
        assert_eq!(conv2d_input_grad(&y, &weight, x.shape(), &options).unwrap(), x);
        let dw = conv2d_weight_grad(&x, &y, weight.shape(), &options).unwrap();
        assert_eq!(dw, Tensor::zeros(weight.shape()));
    }
    let window = Window { padding: [1, 1], ..Window::new([2, 2]) };
    assert!(max_pool2d(&x, &window).is_err());
    assert!(avg_pool2d(&x, &window, false).is_err());
}

#[test]
fn no_features() {
    let product = linear(&Tensor::zeros([2, 0]), &Tensor::zeros([3, 0]), Some(&Tensor::ones([3])));
    assert_eq!(product.unwrap(), Tensor::ones([2, 3]));
    let none = linear(&Tensor::ones([2, 4]), &Tensor::zeros([0, 4]), None);
    assert_eq!(none.unwrap(), Tensor::zeros([2, 0]));
    let deep = Tensor::zeros([5, 2, 0]).matmul(&Tensor::zeros([0, 3]));
    assert_eq!(deep.unwrap(), Tensor::zeros([5, 2, 3]));
    let no_batch = Tensor::ones([0, 2, 4]).matmul(&Tensor::ones([4, 3]));
    assert_eq!(no_batch.unwrap(), Tensor::zeros([0, 2, 3]));
}

#[test]
fn reductions_of_nothing() {
    let x = Tensor::zeros([2, 0, 3]);
    assert_eq!((x.sum(), x.max(), x.min()), (0.0, None, None));
    assert!(x.mean().is_nan());
    assert_eq!(x.sum_axes(&[1]).unwrap(), Tensor::zeros([2, 3]));
    assert_eq!(x.sum_axes(&[0]).unwrap(), Tensor::zeros([0, 3]));
    assert!(x.mean_axes(&[1]).unwrap().as_slice().iter().all(|x| x.is_nan()));
    assert_eq!(x.argmax(0).unwrap().shape(), [0, 3].into());
    assert_eq!(x.max_axis(2).unwrap().shape(), [2, 0].into());
    assert_eq!(x.sum_to([3]).unwrap(), Tensor::zeros([3]));
    for axis in 0..3 {
        assert_eq!(x.softmax(axis).unwrap(), x);
        assert_eq!(x.log_softmax(axis).unwrap(), x);
    }
}

#[test]
fn choosing_from_nothing() {
    let x = Tensor::zeros([2, 0]);
    let nothing = Tensor::from(Vec::<u32>::new());
    assert_eq!(x.index_select(1, &nothing).unwrap(), x);
    assert_eq!(x.index_select(0, &Tensor::from([1_u32; 3])).unwrap(), Tensor::zeros([3, 0]));
    assert_eq!(Tensor::ones([2, 3]).index_select(0, &nothing).unwrap().shape(), [0, 3].into());
    assert_eq!(x.pick(0, &nothing).unwrap().shape(), [0].into());
    assert_eq!(x.narrow(1, 0, 0).unwrap(), x);
    assert_eq!(x.widen(1, 1, 2).unwrap(), Tensor::zeros([2, 2]));
    assert_eq!(Tensor::concat(&[&x, &Tensor::ones([2, 1]), &x], 1).unwrap(), Tensor::ones([2, 1]));
    assert_eq!(Tensor::stack(&[&x, &x], 0).unwrap().shape(), [2, 2, 0].into());
    let mut sums = Tensor::zeros([2, 0]);
    sums.index_add(0, &Tensor::from([1_u32, 1]), &x).unwrap();
    assert_eq!(x.transpose(0, 1).unwrap().shape(), [0, 2].into());
    assert_eq!((&x + &Tensor::ones([2, 1])).shape(), x.shape());
    assert_eq!(Tensor::linspace(0.0, 1.0, 0).numel(), 0);
    assert_eq!(Rng::new(Seed(1)).normal::<f32>([0, 3], 0.0, 1.0).numel(), 0);
}

#[test]
fn statistics_of_nothing() {
    for dims in [[0, 3, 4, 4], [2, 0, 4, 4], [2, 3, 0, 4]] {
        let x = Tensor::zeros(dims);
        let weight = Tensor::ones([dims[1]]);
        let statistics = channel_statistics(&x).unwrap();
        assert_eq!(statistics.count, dims[0] * dims[2] * dims[3]);
        assert_eq!(scale_shift(&x, &weight, &weight).unwrap(), x);
        let [dx, ..] = batch_norm_grad(&x, &x, &statistics, &weight, 1e-5).unwrap();
        assert_eq!(dx, x);
    }
}

#[test]
fn matrices_without_rows_or_columns() {
    for dims in [[0, 3], [3, 0], [0, 0]] {
        let x = Tensor::zeros(dims);
        let (q, r) = x.qr().unwrap();
        assert_eq!((q.shape(), r.shape()), ([dims[0], 0].into(), [0, dims[1]].into()));
        let svd = x.svd().unwrap();
        assert_eq!(svd.u.shape(), [dims[0], 0].into());
        assert_eq!(svd.s.shape(), [0].into());
        assert_eq!(svd.vt.shape(), [0, dims[1]].into());
        let unknown = x.least_squares(&Tensor::zeros([dims[0], 2])).unwrap();
        assert_eq!(unknown, Tensor::zeros([dims[1], 2]));
    }
    let none = Tensor::zeros([0, 0]);
    assert_eq!(none.cholesky().unwrap(), none);
    assert_eq!(none.solve(&Tensor::zeros([0, 2])).unwrap().shape(), [0, 2].into());
    assert_eq!(Tensor::eye(2).solve(&Tensor::zeros([2, 0])).unwrap(), Tensor::zeros([2, 0]));
}

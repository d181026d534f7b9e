//! Nothing that returns a `Result` panics, whatever it is given. Where it works, the result has
//! the shape that the shape rule says.

use plywood_tensor::{
    ChannelStatistics, Conv2dOptions, Shape, Tensor, Window, avg_pool2d, avg_pool2d_grad,
    channel_statistics, conv2d, conv2d_input_grad, conv2d_shape, conv2d_weight_grad, linear,
    linear_shape, matmul_shape, max_pool2d, max_pool2d_grad, pool2d_shape, scale_shift,
};
use plywood_testkit::{cases, shapes};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{batch_norm_grad, noise};

/// Any small shape, with axes of size 0 and 1 among them.
fn any_shape() -> impl Strategy<Value = Vec<usize>> {
    shapes(0..=5, 0..=4)
}

/// Mostly images.
fn images() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![5 => shapes(4..=4, 0..=5), 1 => any_shape()]
}

/// Also as many as vectors hold.
fn batches() -> impl Strategy<Value = Vec<usize>> {
    let many = shapes(3..=3, 0..=5).prop_map(|image| [&[27], &image[..]].concat());
    prop_oneof![3 => images(), 1 => many]
}

fn any_axis() -> impl Strategy<Value = isize> {
    prop_oneof![8 => -6_isize..=6, 1 => select(vec![isize::MIN, isize::MAX])]
}

/// A setting of a window: mostly small, sometimes absurd. In between lies what only a machine
/// with more memory could do, and so it is with some that are absurd.
fn setting() -> impl Strategy<Value = usize> {
    let huge = usize::MAX;
    prop_oneof![
        12 => 0_usize..=4,
        1 => select(vec![huge, huge / 2, huge / 2 + 1, huge / 4, huge / 4 + 1, huge / 8, 1 << 60]),
    ]
}

fn pair() -> impl Strategy<Value = [usize; 2]> {
    [setting(), setting()]
}

fn options() -> impl Strategy<Value = Conv2dOptions> {
    (pair(), pair(), pair(), 0_usize..=3).prop_map(|(stride, padding, dilation, groups)| {
        Conv2dOptions { stride, padding, dilation, groups, direct: false }
    })
}

fn window() -> impl Strategy<Value = Window> {
    (pair(), pair(), pair(), pair()).prop_map(|(kernel, stride, padding, dilation)| Window {
        kernel,
        stride,
        padding,
        dilation,
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn prop_convolutions_never_panic(
        x in batches(), weight in images(), bias in any_shape(), dy in images(), options in options(),
    ) {
        let (x, weight, bias) = (noise::<f32>(1, &x), noise(2, &weight), noise(3, &bias));
        let rule = conv2d_shape(x.shape(), weight.shape(), None, &options);
        if let Ok((y, _)) = rule {
            let spread = [2, 3].map(|axis| (weight.shape()[axis] - 1) * options.dilation[axis - 2]);
            prop_assume!([y[2], y[3], spread[0], spread[1]].iter().all(|&size| size <= 1 << 32));
        }
        let y = conv2d(&x, &weight, None, &options);
        if let (Ok((shape, _)), Ok(y)) = (&rule, &y) {
            prop_assert_eq!(*shape, y.shape());
        }
        prop_assert!(rule.is_ok() || y.is_err());
        let _ = conv2d(&x, &weight, Some(&bias), &options);
        let _ = conv2d_input_grad(&noise::<f32>(4, &dy), &weight, x.shape(), &options);
        let _ = conv2d_weight_grad(&x, &noise(4, &dy), weight.shape(), &options);
        if let Ok(dy) = y {
            let dx = conv2d_input_grad(&dy, &weight, x.shape(), &options).unwrap();
            let dw = conv2d_weight_grad(&x, &dy, weight.shape(), &options).unwrap();
            prop_assert_eq!((dx.shape(), dw.shape()), (x.shape(), weight.shape()));
        }
    }

    #[test]
    fn prop_poolings_never_panic(
        x in images(), dy in images(), window in window(), include: bool,
    ) {
        let x = noise::<f32>(1, &x);
        let rule = pool2d_shape(x.shape(), &window);
        let (max, average) = (max_pool2d(&x, &window), avg_pool2d(&x, &window, include));
        prop_assert_eq!(rule.is_ok(), max.is_ok());
        prop_assert_eq!(rule.is_ok(), average.is_ok());
        let dy = noise::<f32>(2, &dy);
        let _ = avg_pool2d_grad(&dy, x.shape(), &window, include);
        if let (Ok(shape), Ok(max), Ok(average)) = (rule, max, average) {
            prop_assert_eq!([shape; 2], [max.values.shape(), average.shape()]);
            prop_assert!(average.all_finite() && max.values.all_finite());
            prop_assert!(max_pool2d_grad(&max.values, &max.places).is_ok());
            let _ = max_pool2d_grad(&dy, &max.places);
            prop_assert!(avg_pool2d_grad(&average, x.shape(), &window, include).is_ok());
        }
    }

    #[test]
    fn prop_products_never_panic(a in any_shape(), b in any_shape(), c in any_shape()) {
        let (x, y, bias) = (noise::<f32>(1, &a), noise::<f32>(2, &b), noise::<f32>(3, &c));
        for crossed in [[false, false], [false, true], [true, false], [true, true]] {
            let product = match crossed {
                [false, false] => x.matmul(&y),
                [false, true] => x.matmul(y.t()),
                [true, false] => x.t().matmul(&y),
                [true, true] => x.t().matmul(y.t()),
            };
            let rule = matmul_shape((x.shape(), crossed[0]), (y.shape(), crossed[1]));
            prop_assert_eq!(product.map(|c| c.shape()).ok(), rule.ok());
        }
        let rule = linear_shape(x.shape(), y.shape(), Some(bias.shape()));
        prop_assert_eq!(linear(&x, &y, Some(&bias)).map(|y| y.shape()).ok(), rule.ok());
        let rule = linear_shape(x.shape(), y.shape(), None);
        prop_assert_eq!(linear(&x, &y, None).map(|y| y.shape()).ok(), rule.ok());
    }

    #[test]
    fn prop_two_shapes_never_panic(a in any_shape(), b in any_shape(), c in any_shape()) {
        let (x, y) = (noise::<f32>(1, &a), noise::<f32>(2, &b));
        let rule = x.shape().broadcast(&y.shape()).ok();
        prop_assert_eq!(x.add(&y).map(|z| z.shape()).ok(), rule);
        let _ = x.broadcast_to(y.shape());
        let _ = x.sum_to(y.shape());
        let _ = x.reshape(y.shape());
        let _ = x.clone().add_assign(&y);
        let _ = x.zip_into(&y, f32::max);
        let (mask, z) = (y.map(|x| x > 0.0), noise::<f32>(3, &c));
        let _ = mask.choose(&y, &z);
        let _ = mask.choose(&z, &y);
        let _ = (z.get(&a), z.get(&b), z.item(), z.as_matrix().is_ok());
    }

    #[test]
    fn prop_axes_never_panic(
        dims in any_shape(), axes in proptest::collection::vec(any_axis(), 0..5), correction in 0_usize..4,
    ) {
        let x = noise::<f32>(1, &dims);
        for &axis in &axes {
            let _ = (x.shape().axis(axis), x.unsqueeze(axis), x.squeeze(axis), x.flatten(axis));
            let _ = (x.argmax(axis), x.argmin(axis), x.max_axis(axis), x.min_axis(axis));
            let _ = (x.softmax(axis), x.log_softmax(axis), x.transpose(axis, axes[0]));
        }
        let _ = (x.permute(&axes), x.sum_axes(&axes), x.mean_axes(&axes));
        let _ = x.var_axes(&axes, correction);
        let _ = Shape::new(&axes.iter().map(|&axis| axis as usize).collect::<Vec<_>>());
    }

    #[test]
    fn prop_indices_never_panic(
        dims in any_shape(), others in any_shape(), axis in any_axis(), start in setting(),
        len in setting(), chosen in any_shape(), seed: u64,
    ) {
        let (x, y) = (noise::<f32>(1, &dims), noise::<f32>(2, &others));
        let chosen = noise::<f64>(seed, &chosen).map(|x| ((x + 1.0) * 2.0) as u32);
        let _ = (x.index_select(axis, &chosen), x.pick(axis, &chosen));
        let _ = x.index_select(axis, &chosen.flatten(0).unwrap_or(Tensor::from([0])));
        let _ = x.clone().index_add(axis, &chosen, &y);
        let _ = Tensor::unpick(x.shape(), axis, &chosen, &y);
        let _ = x.narrow(axis, start, len);
        let _ = x.widen(axis, start, len.min(4));
        let _ = x.widen(axis, 0, usize::MAX);
        let _ = (Tensor::concat(&[&x, &y, &x], axis), Tensor::stack(&[&x, &y], axis));
    }

    #[test]
    fn prop_batch_norm_never_panics(
        x in any_shape(), dy in any_shape(), c in any_shape(), d in any_shape(),
    ) {
        let (x, dy) = (noise::<f32>(1, &x), noise::<f32>(2, &dy));
        let (scale, shift) = (noise::<f32>(3, &c), noise::<f32>(4, &d));
        let _ = scale_shift(&x, &scale, &shift);
        let statistics = ChannelStatistics { mean: shift.clone(), variance: scale.clone(), count: 3 };
        let _ = batch_norm_grad(&x, &x, &statistics, &scale, 1e-5);
        if let Ok(statistics) = channel_statistics(&x) {
            let _ = batch_norm_grad(&dy, &x, &statistics, &scale, 1e-5);
            let _ = batch_norm_grad(&x, &x, &statistics, &scale, 1e-5);
        }
    }

    #[test]
    fn prop_linear_algebra_never_panics(
        a in prop_oneof![4 => shapes(2..=2, 0..=4), 1 => any_shape()],
        b in prop_oneof![4 => shapes(1..=2, 0..=4), 1 => any_shape()],
        scale in select(vec![0.0, 1e-30, 1.0, 1e30, f32::MAX, f32::NAN]),
    ) {
        let (x, y) = (&noise::<f32>(1, &a) * scale, noise::<f32>(2, &b));
        let _ = (x.qr(), x.svd(), x.cholesky(), x.solve(&y), x.least_squares(&y));
        let _ = (x.solve(&x), x.least_squares(&x));
    }
}

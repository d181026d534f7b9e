//! What each function says about input that doesn't fit.

use plywood_tensor::{
    ChannelStatistics, Conv2dOptions, ErrorKind, Result, Shape, Tensor, Window, avg_pool2d,
    avg_pool2d_grad, channel_statistics, conv2d, conv2d_input_grad, conv2d_shape,
    conv2d_weight_grad, linear, linear_shape, matmul_shape, max_pool2d, max_pool2d_grad,
    pool2d_shape, scale_shift, threads,
};

use crate::support::batch_norm_grad;
/// Asserts that something failed, in these words.
#[track_caller]
fn says<T>(result: Result<T>, text: &str) {
    match result {
        Ok(_) => panic!("it worked, instead of: {text}"),
        Err(error) => assert_eq!(error.to_string(), text),
    }
}

fn zeros(dims: &[usize]) -> Tensor {
    Tensor::zeros(Shape::new(dims).unwrap())
}

#[test]
fn shapes() {
    says(
        Shape::new(&[1 << 40, 1 << 40]),
        "[1099511627776, 1099511627776] has more elements than memory can address",
    );
    says(Shape::SCALAR.axis(0), "[] has no axis 0; it is a single number");
    let x = zeros(&[2, 3]);
    says(
        Tensor::from_vec(vec![1.0], [2, 3]),
        "from_vec: 1 elements can't fill [2, 3], which has 6",
    );
    says(Tensor::from_slice(&[1.0], [0]), "from_vec: 1 elements can't fill [0], which has 0");
    says(x.get(&[0]), "get: [0] is not an index into [2, 3]");
    says(x.get(&[2, 0]), "get: [2, 0] is not an index into [2, 3]");
    says(x.item(), "item: [2, 3] has 6 elements, a single number was asked for");
    says(x.reshape([4, 2]), "reshape: [2, 3] has 6 elements, [4, 2] has 8");
    says(x.unsqueeze(3), "unsqueeze: [2, 3] has no place 3 for a new axis");
    says(
        zeros(&[1; 8]).unsqueeze(0),
        "unsqueeze: [1, 1, 1, 1, 1, 1, 1, 1, 1] has 9 axes, a tensor has at most 8",
    );
    says(x.squeeze(0), "squeeze: axis 0 of [2, 3] is not of size 1");
    says(x.squeeze(2), "squeeze: [2, 3] has no axis 2; its axes are 0 to 1, or -2 to -1");
    says(x.flatten(-3), "flatten: [2, 3] has no axis -3; its axes are 0 to 1, or -2 to -1");
    says(x.permute(&[0]), "permute: [0] doesn't name each axis of [2, 3] once");
    says(x.transpose(0, 2), "transpose: [2, 3] has no axis 2; its axes are 0 to 1, or -2 to -1");
    says(zeros(&[2]).as_matrix(), "as_matrix: [2] is not a matrix: it should have 2 axes");
}

#[test]
fn broadcasting() {
    let (a, b) = (zeros(&[2, 3]), zeros(&[2]));
    let rule = "[2, 3] and [2] don't broadcast: 3 and 2 at axis -1; \
                sizes must be equal or 1, counted from the last axis";
    for (result, name) in [
        (a.add(&b), "add"),
        (a.sub(&b), "sub"),
        (a.mul(&b), "mul"),
        (a.div(&b), "div"),
        (a.maximum(&b), "maximum"),
        (a.minimum(&b), "minimum"),
    ] {
        says(result, &format!("{name}: {rule}"));
    }
    for (result, name) in [
        (a.eq_elements(&b), "eq_elements"),
        (a.ne_elements(&b), "ne_elements"),
        (a.gt(&b), "gt"),
        (a.ge(&b), "ge"),
        (a.lt(&b), "lt"),
        (a.le(&b), "le"),
    ] {
        says(result, &format!("{name}: {rule}"));
    }
    // Whoever calls `zip` gives the operation its name.
    says(a.zip(&b, |a, b| a + b), rule);
    says(a.clone().zip_into(&b, |a, b| a + b), "[2, 3] and [2] should be equal to work in place");
    says(
        Tensor::from([true, false]).choose(&a, &a),
        "choose: [2] and [2, 3] don't broadcast: 2 and 3 at axis -1; \
         sizes must be equal or 1, counted from the last axis",
    );
    says(a.clone().add_assign(&b), "add_assign: [2] can't be added to [2, 3] in place");
    says(a.broadcast_to([2, 4]), "broadcast_to: [2, 3] doesn't broadcast to [2, 4]");
    says(a.broadcast_to([3]), "broadcast_to: [2, 3] doesn't broadcast to [3]");
    says(a.sum_to([2]), "sum_to: [2] doesn't broadcast to [2, 3]");
    says(a.sum_to([1, 2, 3]), "sum_to: [1, 2, 3] doesn't broadcast to [2, 3]");
}

#[test]
#[should_panic(expected = "add: [2, 3] and [2] don't broadcast: 3 and 2 at axis -1")]
fn operators_panic_with_the_text_of_the_method() {
    let _ = &zeros(&[2, 3]) + &zeros(&[2]);
}

#[test]
fn reductions() {
    let x = zeros(&[2, 3]);
    let no_axis = "[2, 3] has no axis 2; its axes are 0 to 1, or -2 to -1";
    let twice = "axis -1 of [2, 3] is named twice";
    for (axes, text) in [(&[2][..], no_axis), (&[1, -1], twice)] {
        says(x.sum_axes(axes), &format!("sum_axes: {text}"));
        says(x.mean_axes(axes), &format!("mean_axes: {text}"));
        says(x.var_axes(axes, 1), &format!("var_axes: {text}"));
    }
    says(x.argmax(2), &format!("argmax: {no_axis}"));
    says(x.argmin(2), &format!("argmin: {no_axis}"));
    says(x.max_axis(2), &format!("max_axis: {no_axis}"));
    says(x.min_axis(2), &format!("min_axis: {no_axis}"));
    let empty = zeros(&[2, 0]);
    says(empty.argmax(1), "argmax: axis 1 of [2, 0] is empty");
    says(empty.argmin(1), "argmin: axis 1 of [2, 0] is empty");
    says(empty.max_axis(1), "max_axis: axis 1 of [2, 0] is empty");
    says(empty.min_axis(-1), "min_axis: axis 1 of [2, 0] is empty");
    says(x.softmax(2), &format!("softmax: {no_axis}"));
    says(x.log_softmax(2), &format!("log_softmax: {no_axis}"));
    says(Tensor::scalar(1.0).softmax(-1), "softmax: [] has no axis -1; it is a single number");
}

#[test]
fn indices() {
    let x = zeros(&[2, 3]);
    let places = |places: &[u32]| Tensor::from(places.to_vec());
    says(
        x.index_select(2, &places(&[0])),
        "index_select: [2, 3] has no axis 2; its axes are 0 to 1, or -2 to -1",
    );
    says(
        x.index_select(1, &places(&[0, 3])),
        "index_select: index 3 at place 1 is outside axis 1 of [2, 3]; indices go from 0 to 2",
    );
    says(
        x.index_select(1, &Tensor::from([[0_u32]])),
        "index_select: indices [1, 1] should have one axis; flatten them, and reshape the result",
    );
    says(
        zeros(&[2, 0]).index_select(1, &places(&[0])),
        "index_select: index 0 at place 0 is outside axis 1 of [2, 0]; the axis is empty",
    );
    says(x.pick(1, &places(&[0])), "pick: indices [1] should be [2]: [2, 3] without axis 1");
    says(
        x.pick(1, &places(&[0, 7])),
        "pick: index 7 at place 1 is outside axis 1 of [2, 3]; indices go from 0 to 2",
    );
    says(
        Tensor::unpick([2, 3], 1, &places(&[0, 0]), &zeros(&[3])),
        "unpick: values [3] and indices [2] differ",
    );
    says(
        Tensor::unpick([2, 3], 1, &places(&[0, 3]), &zeros(&[2])),
        "unpick: index 3 at place 1 is outside axis 1 of [2, 3]; indices go from 0 to 2",
    );
    says(
        x.clone().index_add(1, &places(&[0, 1]), &x),
        "index_add: source [2, 3] and indices [2] don't fit [2, 3] at axis 1",
    );
    says(
        x.clone().index_add(1, &places(&[0, 1, 3]), &x),
        "index_add: index 3 at place 2 is outside axis 1 of [2, 3]; indices go from 0 to 2",
    );
    says(x.narrow(1, 2, 2), "narrow: 2 from 2 on end outside axis 1 of [2, 3]");
    says(
        x.narrow(1, usize::MAX, 2),
        "narrow: 2 from 18446744073709551615 on end outside axis 1 of [2, 3]",
    );
    says(x.widen(1, 2, 4), "widen: axis 1 of [2, 3] from 2 on ends outside 4");
    says(
        x.widen(1, 0, usize::MAX),
        "widen: [2, 18446744073709551615] has more elements than memory can address",
    );
    says(Tensor::<f32>::concat(&[], 0), "concat: there are no tensors");
    says(
        Tensor::concat(&[&x, &zeros(&[3])], 0),
        "concat: tensor 1 is [3], the first is [2, 3]: they may differ at axis 0 only",
    );
    says(Tensor::<f32>::stack(&[], 0), "stack: there are no tensors");
    says(
        Tensor::stack(&[&x, &zeros(&[2, 4])], 0),
        "stack: tensor 1 is [2, 4], the first is [2, 3]: they should be of one shape",
    );
    let long = zeros(&[1 << 59, 0]);
    says(
        Tensor::concat(&[&long; 40], 0),
        "concat: [18446744073709551615, 0] has more elements than memory can address",
    );
}

#[test]
fn matrix_products() {
    let (x, vector) = (zeros(&[2, 3]), zeros(&[3]));
    says(x.matmul(&x), "matmul: [2, 3] (…, M, K) has K = 3, [2, 3] (…, K, N) has K = 2");
    says(
        x.t().matmul(x.t()),
        "matmul: [2, 3] (transposed) (…, M, K) has K = 2, [2, 3] (transposed) (…, K, N) has K = 3",
    );
    let few = "matmul: [3] should have at least two axes; \
               `unsqueeze` makes a vector a row or a column";
    says(vector.matmul(&x), few);
    says(vector.t().matmul(&x), few);
    says(
        matmul_shape(([2, 3, 4].into(), false), ([3, 4, 5].into(), false)),
        "matmul: [2] and [3] don't broadcast: 2 and 3 at axis -1; \
         sizes must be equal or 1, counted from the last axis",
    );
    says(
        linear(&x, &zeros(&[4, 5]), None),
        "linear: input [2, 3] (…, K) has 3 features, the weight [4, 5] (N, K) expects 5; \
         the layer's input size must be the size of the input's last axis",
    );
    says(linear(&x, &vector, None), "linear: the weight [3] should have two axes (N, K)");
    says(
        linear(&x, &zeros(&[4, 3]), Some(&vector)),
        "linear: the bias [3] should be [4], as the weight [4, 3]",
    );
    says(
        linear(&Tensor::scalar(1.0), &zeros(&[4, 3]), None),
        "linear: the input is a single number, it should be (…, K)",
    );
    says(
        linear_shape([1 << 40, 0].into(), [1 << 40, 0].into(), None),
        "linear: [1099511627776, 1099511627776] has more elements than memory can address",
    );
}

#[test]
fn convolutions() {
    let plain = Conv2dOptions::default();
    let (x, weight) = (zeros(&[2, 4, 8, 8]), zeros(&[8, 3, 3, 3]));
    let channels = "input [2, 4, 8, 8] (N, C, H, W) has 4 channels, \
                    the weight [8, 3, 3, 3] expects 3";
    says(conv2d(&x, &weight, None, &plain), &format!("conv2d: {channels}"));
    says(
        conv2d_input_grad(&x, &weight, x.shape(), &plain),
        &format!("conv2d_input_grad: {channels}"),
    );
    says(
        conv2d_weight_grad(&x, &x, weight.shape(), &plain),
        &format!("conv2d_weight_grad: {channels}"),
    );
    says(
        conv2d(&zeros(&[4, 8, 8]), &weight, None, &plain),
        "conv2d: input [4, 8, 8] should have four axes (N, C, H, W); \
         `unsqueeze(0)` makes an image a batch of one",
    );
    says(
        conv2d(&zeros(&[4, 64]), &weight, None, &plain),
        "conv2d: input [4, 64] should have four axes (N, C, H, W); \
         `reshape` the flat images to (N, C, H, W)",
    );
    says(
        conv2d(&x, &zeros(&[8, 4]), None, &plain),
        "conv2d: the weight [8, 4] should have four axes (O, C, H, W)",
    );
    let with = |set: fn(&mut Conv2dOptions)| {
        let mut options = plain;
        set(&mut options);
        options
    };
    let weight = zeros(&[8, 4, 3, 3]);
    says(
        conv2d(&x, &weight, Some(&zeros(&[4])), &plain),
        "conv2d: the bias [4] should be [8], as the weight [8, 4, 3, 3]",
    );
    says(
        conv2d(&x, &weight, None, &with(|o| o.groups = 3)),
        "conv2d: 3 groups don't divide 4 input and 8 output channels",
    );
    says(
        conv2d(&x, &weight, None, &with(|o| o.groups = 0)),
        "conv2d: 0 groups don't divide 4 input and 8 output channels",
    );
    says(
        conv2d(&x, &weight, None, &with(|o| o.groups = 2)),
        "conv2d: input [2, 4, 8, 8] (N, C, H, W) has 4 channels, \
         the weight [8, 4, 3, 3] in 2 groups expects 8",
    );
    says(
        conv2d(&x, &weight, None, &with(|o| o.stride = [1, 0])),
        "conv2d: the stride is [1, 0]; each should be 1 or more",
    );
    says(
        conv2d(&x, &weight, None, &with(|o| o.dilation = [0, 1])),
        "conv2d: the dilation is [0, 1]; each should be 1 or more",
    );
    says(
        conv2d(&x, &zeros(&[8, 4, 0, 3]), None, &plain),
        "conv2d: the kernel size is [0, 3]; each should be 1 or more",
    );
    says(
        conv2d(&x, &weight, None, &with(|o| o.dilation = [4, 1])),
        "conv2d: a window of 9 rows doesn't fit H = 8 with padding 0; \
         a larger input, more padding, or fewer layers that halve the image",
    );
    says(
        conv2d(&x, &weight, None, &with(|o| o.padding = [0, usize::MAX])),
        "conv2d: the window is larger than memory can address",
    );
    says(
        conv2d_shape(x.shape(), weight.shape(), Some([4].into()), &plain),
        "conv2d: the bias [4] should be [8], as the weight [8, 4, 3, 3]",
    );
    says(
        conv2d_input_grad(&x, &weight, x.shape(), &plain),
        "conv2d_input_grad: dy [2, 4, 8, 8] should be [2, 8, 6, 6]",
    );
    says(
        conv2d_weight_grad(&x, &x, weight.shape(), &plain),
        "conv2d_weight_grad: dy [2, 4, 8, 8] should be [2, 8, 6, 6]",
    );
}

#[test]
fn pooling() {
    let x = zeros(&[1, 2, 4, 4]);
    let window = Window::new([2, 2]);
    let axes = "input [4, 4] should have four axes (N, C, H, W); \
                `reshape` the flat images to (N, C, H, W)";
    says(max_pool2d(&zeros(&[4, 4]), &window), &format!("max_pool2d: {axes}"));
    says(avg_pool2d(&zeros(&[4, 4]), &window, true), &format!("avg_pool2d: {axes}"));
    says(pool2d_shape([4, 4].into(), &window), axes);
    let padded = Window { padding: [0, 2], ..window };
    says(
        max_pool2d(&x, &padded),
        "max_pool2d: the padding [0, 2] should be at most half of the kernel size [2, 2]",
    );
    says(
        max_pool2d(&x, &Window::new([5, 1])),
        "max_pool2d: a window of 5 rows doesn't fit H = 4 with padding 0; \
         a larger input, more padding, or fewer layers that halve the image",
    );
    says(
        avg_pool2d(&x, &Window::new([0, 1]), true),
        "avg_pool2d: the kernel size is [0, 1]; each should be 1 or more",
    );
    let gaps = Window { padding: [1, 0], dilation: [5, 1], ..window };
    says(
        max_pool2d(&x, &gaps),
        "max_pool2d: a window sees nothing but padding: the kernel [2, 2] with dilation [5, 1] \
         and padding [1, 0] on rows of H = 4",
    );
    let places = max_pool2d(&x, &window).unwrap().places;
    says(max_pool2d_grad(&x, &places), "max_pool2d_grad: dy [1, 2, 4, 4] should be [1, 2, 3, 3]");
    says(
        avg_pool2d_grad(&x, x.shape(), &window, true),
        "avg_pool2d_grad: dy [1, 2, 4, 4] should be [1, 2, 3, 3]",
    );
}

#[test]
fn batch_norm() {
    let x = zeros(&[2, 3, 4, 4]);
    let three = zeros(&[3]);
    let statistics = channel_statistics(&x).unwrap();
    says(channel_statistics(&three), "batch_norm: input [3] should have axes (N, C, …)");
    says(
        scale_shift(&x, &zeros(&[4]), &three),
        "batch_norm: input [2, 3, 4, 4] (N, C, …) has 3 channels, the scale is [4]",
    );
    says(
        scale_shift(&x, &three, &zeros(&[1])),
        "batch_norm: input [2, 3, 4, 4] (N, C, …) has 3 channels, the shift is [1]",
    );
    says(
        batch_norm_grad(&zeros(&[2, 3]), &x, &statistics, &three, 1e-5),
        "batch_norm_grad: dy [2, 3] should be [2, 3, 4, 4]",
    );
    says(
        batch_norm_grad(&x, &x, &statistics, &zeros(&[4]), 1e-5),
        "batch_norm_grad: input [2, 3, 4, 4] (N, C, …) has 3 channels, the weight is [4]",
    );
    let others = ChannelStatistics { variance: zeros(&[2]), ..statistics };
    says(
        batch_norm_grad(&x, &x, &others, &three, 1e-5),
        "batch_norm_grad: input [2, 3, 4, 4] (N, C, …) has 3 channels, the variance is [2]",
    );
}

#[test]
fn linear_algebra() {
    let (x, cube) = (Tensor::eye(2), zeros(&[2, 2, 2]));
    let tall = zeros(&[3, 2]);
    says(cube.qr(), "qr: [2, 2, 2] is not a matrix: it should have 2 axes");
    says(cube.svd(), "svd: [2, 2, 2] is not a matrix: it should have 2 axes");
    says(tall.cholesky(), "cholesky: [3, 2] is not square");
    says(tall.solve(&zeros(&[3])), "solve: [3, 2] is not square");
    says(
        x.solve(&zeros(&[3, 1])),
        "solve: the right side [3, 1] should have 2 rows, as the matrix [2, 2] has",
    );
    says(
        tall.least_squares(&zeros(&[2])),
        "least_squares: the right side [2] should have 3 rows, as the matrix [3, 2] has",
    );
    says(
        x.solve(&Tensor::from([f32::INFINITY, 0.0])),
        "solve: the matrix holds an infinity or NaN",
    );
    let error = zeros(&[2, 2]).solve(&zeros(&[2])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Singular);
}

#[test]
fn threads_must_be_some() {
    says(threads::with(0, || ()), "threads: 0 threads can't do any work");
}

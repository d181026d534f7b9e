//! The kernels of batch normalisation against loops in `f64`, finite differences, and PyTorch's.

use plywood_tensor::{ChannelStatistics, Float, Tensor, channel_statistics, scale_shift};
use plywood_testkit::{assert_close, cases, fixtures};
use proptest::prelude::*;

use crate::support::{agree, batch_norm_grad, noise, tensor, tolerance};

const EPSILON: f64 = 1e-5;

/// The numbers of each channel of `[N, C, …]`.
fn channels(x: &Tensor<f64>) -> Vec<Vec<f64>> {
    let (images, count) = (x.shape()[0], x.shape()[1]);
    let pixels: usize = x.shape()[2..].iter().product();
    (0..count)
        .map(|channel| {
            (0..images)
                .flat_map(|image| &x.as_slice()[(image * count + channel) * pixels..][..pixels])
                .copied()
                .collect()
        })
        .collect()
}

/// Normalised, scaled and shifted, as a layer does it.
fn forward<T: Float>(x: &Tensor<T>, weight: &Tensor<T>, bias: &Tensor<T>) -> Tensor<T> {
    let ChannelStatistics { mean, variance, .. } = channel_statistics(x).unwrap();
    let scale = weight / &(&variance + T::of(EPSILON)).sqrt();
    let shift = bias - &(&mean * &scale);
    scale_shift(x, &scale, &shift).unwrap()
}

fn statistics_agree<T: Float>(x: &Tensor<f64>) {
    let statistics = channel_statistics(&x.cast::<T>()).unwrap();
    let channels = channels(x);
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let variance = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / values.len() as f64
    };
    let expected = |f: &dyn Fn(&[f64]) -> f64| {
        Tensor::from(channels.iter().map(|channel| f(channel)).collect::<Vec<f64>>())
    };
    let tolerance = tolerance::<T>(8);
    agree(&statistics.mean, &expected(&mean), tolerance);
    agree(&statistics.variance, &expected(&variance), tolerance);
    assert_eq!(statistics.count, channels.first().map_or(0, Vec::len));
}

fn images() -> impl Strategy<Value = Vec<usize>> {
    (1_usize..=4, 1_usize..=4, plywood_testkit::shapes(0..=2, 1..=5))
        .prop_map(|(n, c, rest)| [&[n, c], &rest[..]].concat())
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn prop_statistics_of_channels(dims in images(), offset in -3_i32..3) {
        let x = &noise::<f64>(1, &dims) + f64::from(offset);
        statistics_agree::<f32>(&x);
        statistics_agree::<f64>(&x);
    }

    #[test]
    fn prop_scale_and_shift_by_channel(dims in images()) {
        let x = noise::<f64>(1, &dims);
        let (scale, shift) = (noise::<f64>(2, &dims[1..2]), noise::<f64>(3, &dims[1..2]));
        let pixels: usize = dims[2..].iter().product();
        let expected = x.as_slice().iter().enumerate().map(|(place, x)| {
            let channel = place / pixels % dims[1];
            x * scale.as_slice()[channel] + shift.as_slice()[channel]
        });
        let expected = Tensor::from_vec(expected.collect(), x.shape()).unwrap();
        agree(&scale_shift(&x, &scale, &shift).unwrap(), &expected, tolerance::<f64>(2));
        let y = scale_shift(&x.cast::<f32>(), &scale.cast(), &shift.cast()).unwrap();
        agree(&y, &expected, tolerance::<f32>(2));
    }

    /// Along one random direction of all inputs, the loss `⟨y, dy⟩` changes as the gradients say.
    #[test]
    fn prop_gradients_agree_with_differences(dims in images(), seed: u64) {
        prop_assume!(dims.iter().product::<usize>() / dims[1] > 1);
        let c = &dims[1..2];
        let inputs = [noise::<f64>(seed, &dims), noise(1, c), noise(2, c)];
        let directions = [noise::<f64>(3, &dims), noise(4, c), noise(5, c)];
        let dy = noise::<f64>(6, &dims);
        let loss = |step: f64| {
            let [x, weight, bias] = [0, 1, 2].map(|i| &inputs[i] + &(&directions[i] * step));
            (&forward(&x, &weight, &bias) * &dy).sum()
        };
        let step = 1e-5;
        let difference = (loss(step) - loss(-step)) / (2.0 * step);

        let statistics = channel_statistics(&inputs[0]).unwrap();
        let gradients = batch_norm_grad(&dy, &inputs[0], &statistics, &inputs[1], EPSILON).unwrap();
        let slope: f64 = gradients.iter().zip(&directions).map(|(g, d)| (g * d).sum()).sum();
        // Nearly equal numbers in a channel make the function curved at this scale.
        prop_assume!(statistics.variance.min().unwrap() > 1e-2);
        assert_close(&[slope], &[difference], 1e-6);

        let single = ChannelStatistics {
            mean: statistics.mean.cast::<f32>(),
            variance: statistics.variance.cast(),
            count: statistics.count,
        };
        let [x, weight] = [inputs[0].cast::<f32>(), inputs[1].cast()];
        let singles = batch_norm_grad(&dy.cast(), &x, &single, &weight, EPSILON as f32).unwrap();
        for (single, gradient) in singles.iter().zip(&gradients) {
            agree(single, gradient, 1e-4);
        }
    }
}

#[test]
fn agrees_with_pytorch() {
    let fixture = fixtures::load("batch_norm2d");
    for step in 0..3 {
        let array = |name: &str| tensor::<f64>(&fixture[&format!("batch_norm.step{step}.{name}")]);
        let (x, weight, bias) = (array("input"), array("weight"), array("bias"));
        agree(&forward(&x, &weight, &bias), &array("output"), 1e-12);
        let statistics = channel_statistics(&x).unwrap();
        let dy = array("grad_output");
        let gradients = batch_norm_grad(&dy, &x, &statistics, &weight, EPSILON).unwrap();
        for (gradient, name) in gradients.iter().zip(["input", "weight", "bias"]) {
            agree(gradient, &array(&format!("grad_{name}")), 1e-12);
        }
    }
}

//! The kernels of layer normalisation against the definition, finite differences, and PyTorch's.

use plywood_tensor::{Float, LayerNorm, Tensor, naive};
use plywood_testkit::{assert_close, cases, fixtures};
use proptest::prelude::*;

use crate::support::{agree, noise, tensor};

fn with<'a, T: Float>(
    weight: &'a Tensor<T>,
    bias: &'a Tensor<T>,
    epsilon: f64,
    centered: bool,
) -> LayerNorm<'a, T> {
    LayerNorm { weight, bias: Some(bias), epsilon: T::of(epsilon), centered }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn prop_rows_of_any_length(rows in 1_usize..40, n in 2_usize..200, centered: bool) {
        let x = noise::<f64>(1, &[rows, n]);
        let (weight, bias) = (noise::<f64>(2, &[n]), noise::<f64>(3, &[n]));
        let norm = with(&weight, &bias, 1e-3, centered);
        let expected = naive::layer_norm(&x, &norm).unwrap();
        agree(&norm.forward(&x).unwrap().0, &expected, 1e-12);
        let (weight, bias) = (weight.cast::<f32>(), bias.cast());
        let norm = with(&weight, &bias, 1e-3, centered);
        // A variance of at least ε scales the input's rounding up by 32 at most.
        agree(&norm.forward(&x.cast()).unwrap().0, &expected, 1e-5);
    }

    /// Along one random direction of all inputs, the loss `⟨y, dy⟩` changes as the gradients say.
    #[test]
    fn prop_gradients_agree_with_differences(rows in 1_usize..40, n in 4_usize..70, centered: bool) {
        let inputs = [noise::<f64>(1, &[rows, n]), noise(2, &[n]), noise(3, &[n])];
        let directions = [noise::<f64>(4, &[rows, n]), noise(5, &[n]), noise(6, &[n])];
        let dy = noise::<f64>(7, &[rows, n]);
        let loss = |step: f64| {
            let [x, weight, bias] = [0, 1, 2].map(|i| &inputs[i] + &(&directions[i] * step));
            (&with(&weight, &bias, 1e-2, centered).forward(&x).unwrap().0 * &dy).sum()
        };
        let difference = (loss(1e-5) - loss(-1e-5)) / 2e-5;
        let norm = with(&inputs[1], &inputs[2], 1e-2, centered);
        let (_, statistics) = norm.forward(&inputs[0]).unwrap();
        let gradients = norm.gradient(&dy, &inputs[0], &statistics).unwrap();
        let slope: f64 = gradients.iter().zip(&directions).map(|(g, d)| (g * d).sum()).sum();
        assert_close(&[slope], &[difference], 1e-6);

        let [x, weight, bias] = inputs.map(|input| input.cast::<f32>());
        let norm = with(&weight, &bias, 1e-2, centered);
        let (_, statistics) = norm.forward(&x).unwrap();
        for (single, gradient) in
            norm.gradient(&dy.cast(), &x, &statistics).unwrap().iter().zip(&gradients)
        {
            agree(single, gradient, 1e-4);
        }
    }
}

#[test]
fn agrees_with_pytorch() {
    let fixture = fixtures::load("batch_norm2d");
    for case in 0..3 {
        let array = |name: &str| tensor::<f64>(&fixture[&format!("layer_norm{case}.{name}")]);
        let (x, weight, bias) = (array("input"), array("weight"), array("bias"));
        let norm = with(&weight, &bias, 1e-5, true);
        let (y, statistics) = norm.forward(&x).unwrap();
        agree(&y, &array("output"), 1e-12);
        let gradients = norm.gradient(&array("grad_output"), &x, &statistics).unwrap();
        for (gradient, name) in gradients.iter().zip(["input", "weight", "bias"]) {
            agree(gradient, &array(&format!("grad_{name}")), 1e-11);
        }
    }
}

#[test]
fn nothing_is_normalised_to_nothing() {
    let weight = Tensor::ones([3]);
    let norm = LayerNorm { weight: &weight, bias: None, epsilon: 1e-5, centered: true };
    let x = Tensor::zeros([0, 3]);
    let (y, statistics) = norm.forward(&x).unwrap();
    assert_eq!(y.shape(), x.shape());
    let [_, of_weight, of_bias] = norm.gradient(&y, &x, &statistics).unwrap();
    assert_eq!([of_weight, of_bias], [Tensor::zeros([3]), Tensor::zeros([3])]);
}

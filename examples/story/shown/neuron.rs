//! A neuron: weights, a bias and an activation.

/// What a neuron answers: each input counts as much as its weight says, the bias is added,
/// and the activation decides what becomes of the sum.
pub(crate) fn neuron(
    inputs: &[f32],
    weights: &[f32],
    bias: f32,
    activation: fn(f32) -> f32,
) -> f32 {
    let sum: f32 = inputs.iter().zip(weights).map(|(x, w)| x * w).sum();
    activation(sum + bias)
}

/// From 0 to 1: a probability.
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// From −1 to 1.
pub(crate) fn tanh(x: f32) -> f32 {
    x.tanh()
}

/// Nothing of what is negative, all of what is positive.
pub(crate) fn relu(x: f32) -> f32 {
    x.max(0.0)
}

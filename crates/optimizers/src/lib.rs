//! Optimizers, learning-rate schedules, averages of weights, and gradient clipping.
//!
//! ```
//! use plywood_autodiff::{Param, Pass};
//! use plywood_optimizers::{Optimizer, SGD};
//! use plywood_tensor::{Rng, Seed, Tensor};
//!
//! // The lowest point of (w − 3)².
//! let mut weight = Param::new(Tensor::from([0.0]));
//! let mut optimizer = SGD::new(0.1).momentum(0.5);
//! let mut rng = Rng::new(Seed(7));
//! for _ in 0..50 {
//!     let mut pass = Pass::train(&weight, &mut rng);
//!     let loss = (pass.param(&weight) - 3.0).square().sum();
//!     let grads = pass.backward(&loss)?;
//!     optimizer.step(&mut weight, &grads)?;
//! }
//! assert!((weight.value().item()? - 3.0).abs() < 1e-3);
//! # Ok::<(), plywood_tensor::Error>(())
//! ```
//!
//! An optimizer's state goes by the parameters' names, so that training can be taken up by another
//! process. One of your own is its [rule](UpdateRule) alone. [`ByRule::group`] gives some parameters
//! settings of their own.

mod average;
mod by_rule;
mod clip;
mod element;
mod group;
mod lookahead;
mod optimizer;
mod plateau;
mod rule;
pub mod rules;
mod schedule;

pub use average::Average;
pub use by_rule::ByRule;
pub use clip::{clip_grad_norm, clip_grad_value, grad_norm};
pub use group::{Group, Select};
pub use lookahead::Lookahead;
pub use optimizer::{Optimizer, OptimizerState, Slots};
pub use plateau::ReduceOnPlateau;
/// The trait, and the macro that derives it.
pub use plywood_derive::Settings;
pub use plywood_tensor::Settings;
pub use rule::{Turn, UpdateRule};
pub use schedule::{
    Constant, CosineAnnealing, MultiStepDecay, OneCycle, PiecewiseLinear, Progress, Schedule,
    StepDecay, Warmup,
};

/// Stochastic gradient descent, with momentum, Nesterov's momentum, and weight decay.
///
/// ```text
/// g ← g + weight_decay · x
/// v ← momentum · v + (1 − dampening) · g        (g itself in a parameter's first step)
/// x ← x − lr · v                                (Nesterov: x − lr · (g + momentum · v))
/// ```
///
/// Source: Sutskever et al., "On the importance of initialization and momentum in deep learning"
/// (2013), in PyTorch's form.
pub type SGD<T = f32> = ByRule<rules::SGD, T>;

/// Adam: steps of about the learning rate for each parameter, whatever the gradient's size.
///
/// ```text
/// m ← β₁ · m + (1 − β₁) · g
/// v ← β₂ · v + (1 − β₂) · g²
/// x ← x − lr · m̂ / (√v̂ + ε),   m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
/// ```
///
/// t counts the steps of each parameter by itself.
///
/// Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2014).
pub type Adam<T = f32> = ByRule<rules::Adam, T>;

/// [`Adam`] with weight decay that acts on the parameters themselves: `x ← x · (1 − lr · decay)`.
///
/// Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (2017).
pub type AdamW<T = f32> = ByRule<rules::AdamW, T>;

/// RMSprop: gradients divided by the root of the running mean of their squares.
///
/// ```text
/// g ← g + weight_decay · x
/// s ← α · s + (1 − α) · g²
/// r ← g / (√s + ε)                 (centred: √(s − a²), a the running mean of g)
/// v ← momentum · v + r
/// x ← x − lr · v                   (without momentum: x − lr · r)
/// ```
///
/// Source: Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5 (2012), in
/// PyTorch's form.
pub type RMSprop<T = f32> = ByRule<rules::RMSprop, T>;

//! Optimizers, learning-rate schedules and gradient clipping.
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
//! process.

mod adam;
mod clip;
mod lookahead;
mod optimizer;
mod rmsprop;
mod schedule;
mod sgd;

pub use adam::{Adam, AdamW};
pub use clip::{clip_grad_norm, clip_grad_value, grad_norm};
pub use lookahead::Lookahead;
pub use optimizer::{Optimizer, OptimizerState, Slots};
pub use rmsprop::RMSprop;
pub use schedule::{
    Constant, CosineAnnealing, MultiStepDecay, OneCycle, PiecewiseLinear, Progress, Schedule,
    StepDecay, Warmup,
};
pub use sgd::SGD;

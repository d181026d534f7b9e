//! Making a work ready, and what it costs.

use plywood_tensor::{Error, Result};

use crate::kernel::{Kernel, kernels};
use crate::work::{Cost, Function, Work, Workload};
use crate::{network, operation, translation};

impl Work {
    /// Makes it ready: the same inputs each time.
    pub(crate) fn prepare(&self) -> Result<Box<dyn Workload>> {
        match self {
            Self::Train { network, optimizer, learning_rate } => {
                Ok(Box::new(network::Training::new(network, *optimizer, *learning_rate)?))
            }
            Self::TrainTransformer { sizes, optimizer, learning_rate } => {
                Ok(Box::new(translation::Training::new(*sizes, *optimizer, *learning_rate)?))
            }
            Self::Infer { network, .. } => Ok(Box::new(network::Inference::new(network)?)),
            Self::Kernel { name } => Ok(Box::new(kernel(name)?.prepare()?)),
            other => Ok(Box::new(operation::prepare(other)?)),
        }
    }

    /// What it costs at least.
    pub(crate) fn cost(&self) -> Result<Cost> {
        let flop = |operations: u64| Cost { gflop: operations as f64 / 1e9, gbyte: 0.0 };
        let bytes = |numbers: usize| Cost { gflop: 0.0, gbyte: 4.0 * numbers as f64 / 1e9 };
        Ok(match self {
            Self::Matmul { m, k, n } => flop(2 * (m * k * n) as u64),
            Self::Conv(conv) => {
                // Each of the two large gradients takes as much as the way forward.
                let passes = if conv.backward { 3 } else { 1 };
                flop(2 * passes * operation::multiply_adds(conv)?)
            }
            Self::Elementwise { function: Function::Add, numel } => bytes(3 * numel),
            Self::Elementwise { numel, .. } => bytes(2 * numel),
            Self::Sum { numel } => bytes(*numel),
            Self::Transpose { side } => bytes(2 * side * side),
            Self::Train { network, .. } => flop(2 * network::training_multiply_adds(network)?),
            Self::TrainTransformer { sizes, .. } => {
                flop(2 * translation::training_multiply_adds(sizes)?)
            }
            Self::Infer { network, .. } => {
                flop(2 * network::multiply_adds(network)?.iter().sum::<u64>())
            }
            Self::Kernel { name } => kernel(name)?.cost,
            Self::MaxPool { .. }
            | Self::BatchNorm { .. }
            | Self::Attention { .. }
            | Self::Lstm { .. }
            | Self::LayerNorm { .. }
            | Self::CrossEntropy { .. }
            | Self::Embedding { .. } => Cost::default(),
        })
    }
}

fn kernel(name: &str) -> Result<Kernel> {
    let kernel = kernels()?.into_iter().find(|kernel| kernel.name == name);
    kernel.ok_or_else(|| Error::value(format!("there is no kernel `{name}`")))
}

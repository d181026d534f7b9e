//! What can be measured: each kind of work, with the sizes that both sides need to know.

use plywood_tensor::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// A work that both sides know how to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Work {
    /// `[m, k] · [k, n]`
    Matmul { m: usize, k: usize, n: usize },
    /// A convolution with bias.
    Conv(Conv),
    /// The largest of each window of `[N, C, H, W]`.
    MaxPool { shape: [usize; 4], kernel: usize, stride: usize, padding: usize, backward: bool },
    /// Batch normalisation of `[N, C, H, W]` with the batch's own statistics.
    BatchNorm { shape: [usize; 4], backward: bool },
    /// Multi-head attention of `[batch, length, dim]` to itself, with its projections.
    Attention { batch: usize, length: usize, dim: usize, heads: usize, backward: bool },
    /// A layer of long short-term memory over all steps of `[steps, batch, inputs]`, from 0.
    Lstm { batch: usize, steps: usize, inputs: usize, hidden: usize, backward: bool },
    /// Normalisation of each row of `[rows, features]`.
    LayerNorm { rows: usize, features: usize, backward: bool },
    /// The mean cross-entropy of scores `[rows, classes]`.
    CrossEntropy { rows: usize, classes: usize, backward: bool },
    /// `words` vectors out of a table `[count, dim]`.
    Embedding { count: usize, dim: usize, words: usize, backward: bool },
    /// Something done with each of `numel` numbers.
    Elementwise { function: Function, numel: usize },
    /// The sum of `numel` numbers.
    Sum { numel: usize },
    /// A copy of a square matrix, rows as columns.
    Transpose { side: usize },
    /// Zero gradients, forward, cross-entropy, backward and the optimizer's step.
    Train { network: Network, optimizer: Optimizer, learning_rate: f64 },
    /// As `Train`, of a Transformer that translates.
    TrainTransformer { sizes: TransformerSizes, optimizer: Optimizer, learning_rate: f64 },
    /// An evaluation without gradients.
    Infer { network: Network, beside: Runtime },
    /// A kernel of this side alone, by its name.
    Kernel { name: String },
}

/// What an inference is set beside.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Runtime {
    Torch,
    /// PyTorch's model, exported and run by onnxruntime.
    Onnxruntime,
}

/// A convolution, `[batch, from, size, size]` to `to` channels.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Conv {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) padding: usize,
    pub(crate) groups: usize,
    pub(crate) size: usize,
    pub(crate) batch: usize,
    /// Whether the three gradients are wanted too.
    pub(crate) backward: bool,
}

/// A model of the zoo and a batch of images for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Network {
    pub(crate) model: String,
    /// `[C, H, W]`
    pub(crate) image: [usize; 3],
    pub(crate) classes: usize,
    pub(crate) batch: usize,
}

/// A Transformer of the zoo, and a batch of sentences for it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct TransformerSizes {
    pub(crate) dim: usize,
    pub(crate) heads: usize,
    /// Of the encoder, and of the decoder.
    pub(crate) layers: usize,
    pub(crate) feedforward: usize,
    pub(crate) batch: usize,
    pub(crate) length: usize,
    /// Of either language.
    pub(crate) words: usize,
}

/// A function of single numbers.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Function {
    Relu,
    Gelu,
    Tanh,
    Exp,
    /// The sum of two numbers.
    Add,
}

/// An optimizer.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Optimizer {
    /// With momentum 0.9.
    Sgd,
    Adam,
}

/// A work made ready.
pub(crate) trait Workload {
    /// What it begins with, for the other side: inputs, weights, labels.
    fn tensors(&self) -> Vec<(String, Tensor)>;

    /// Does it once, from the state that the last run has left.
    fn run(&mut self) -> Result<()>;

    /// What it gives at first: the result or the loss, and every gradient. Changes nothing.
    fn check(&mut self) -> Result<Vec<(String, Tensor)>>;
}

/// What a work costs at least; 0 where that is not what limits it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Cost {
    /// 10⁹ floating-point operations, a multiply-add being two.
    pub(crate) gflop: f64,
    /// 10⁹ bytes that have to come from memory or go there.
    pub(crate) gbyte: f64,
}

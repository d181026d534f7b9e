//! Deep learning with cargo alone: the whole stack behind one door.
//!
//! ```
//! use plywood::prelude::*;
//!
//! # fn main() -> Result<()> {
//! let digits = Digits::embedded()?; // 1,797 real 8×8 images, in the crate
//! let [train, valid, test] = digits.split([0.7, 0.1, 0.2], Seed(7))?; // stratified
//! let mut model = zoo::lenet([1, 8, 8], 10).init(&mut Rng::new(Seed(7)))?;
//!
//! let run = Trainer::new(AdamW::scheduled())
//!     .schedule(OneCycle::new(3e-3)) // a schedule owns the learning rate
//!     .loss(cross_entropy)
//!     .metric(Accuracy::top(1))
//! #   .quiet(true)
//!     .epochs(2)
//!     .batch_size(64)
//!     .seed(Seed(7))
//!     .fit(&mut model, &train, &valid)?;
//!
//! let result = run.evaluate(&model, &test)?; // the test set is looked at once
//! println!("{result}");
//! # Ok(())
//! # }
//! ```
//!
//! # What would you like to do?
//!
//! | task | where to begin |
//! |---|---|
//! | compute with arrays | [`Tensor`](tensor::Tensor), [`Rng`](tensor::Rng) |
//! | read images, tables or your own data | [`ImageFolder`](datasets::ImageFolder), [`Table`](datasets::Table), [`Rows`](datasets::Rows), the trait [`Dataset`](datasets::Dataset) |
//! | read recordings, with the feature `audio` | `datasets::AudioFolder`, `datasets::MelSpectrogram` |
//! | change images on their way to the model | [`transforms`](datasets::transforms), [`Normalize`](datasets::Normalize) |
//! | write a model | [`Module`](layers::Module), [`Sequential`](layers::Sequential), the [layers] |
//! | take a published one | [`zoo::MODELS`], [`zoo::PRETRAINED`] |
//! | see its shapes before it runs | [`summary`](layers::summary) |
//! | train it | [`Trainer`](training::Trainer); [`Pass`](autodiff::Pass) and [`Optimizer`](optimizers::Optimizer) for a loop of your own |
//! | change what happens between steps | [`Callback`](training::Callback), the trait [`Schedule`](optimizers::Schedule) |
//! | give some parameters other settings | [`ByRule::group`](optimizers::ByRule::group), [`Select`](optimizers::Select), [`freeze`](autodiff::Params::freeze) |
//! | measure it | [`Evaluator`](training::Evaluator), [`Metric`](training::Metric) |
//! | see where it is wrong | [`Predictions`](training::Predictions), [`ClassReport`](training::ClassReport), [`RocCurve`](training::RocCurve), [plots](training::plots) |
//! | show others what came of it | [`Report`](training::Report), [`Run::report`](training::Run::report) |
//! | see which columns a model of tables goes by | [`TableModel::importance`](zoo::TableModel::importance) |
//! | go on where a run was interrupted | [`Trainer::checkpoint_in`](training::Trainer::checkpoint_in) |
//! | save and load weights, PyTorch's too | [`save`](layers::save), [`load`](layers::load), [`StateDict`](layers::StateDict) |
//! | see what it has learnt | [`Lens`](look::Lens), [`Page`](look::Page) |
//! | write an operation, a loss or an optimizer | [`Operation`](autodiff::Operation), [`Loss`](layers::Loss), [`UpdateRule`](optimizers::UpdateRule) |
//! | check a gradient | [`gradcheck`](autodiff::gradcheck), [`gradcheck_module`](layers::gradcheck_module) |
//! | differentiate twice | [`Pass::higher_order`](autodiff::Pass::higher_order), [`hessian`](autodiff::hessian), [`jacobian`](autodiff::jacobian) |
//! | know what a word means, or PyTorch's name here | [`terms`], [`from_pytorch`] |
//!
//! # The stack
//!
//! Whoever needs less depends on less: each module here is a crate of its own, and depends only on
//! those above it.
//!
//! | module | what it is |
//! |---|---|
//! | [`tensor`] | arrays, kernels, random numbers, errors |
//! | [`autodiff`] | the tape, passes, parameters |
//! | [`layers`] | layers, losses, initialisation, weights on disk, summaries |
//! | [`optimizers`] | optimizers, schedules, averages of weights, clipping |
//! | [`datasets`] | data sets, loaders, readers |
//! | [`training`] | the training loop, metrics, checkpoints, the report |
//! | [`look`] | what the layers see |
//! | [`zoo`] | architectures and recipes |

pub use plywood_autodiff as autodiff;
pub use plywood_datasets as datasets;
pub use plywood_layers as layers;
pub use plywood_look as look;
pub use plywood_optimizers as optimizers;
pub use plywood_tensor as tensor;
pub use plywood_training as training;
pub use plywood_zoo as zoo;

/// What most programs need, for `use plywood::prelude::*`; all else is imported from its module, as in
/// `use plywood::datasets::Mnist`.
pub mod prelude {
    pub use plywood_autodiff::{Buffer, Functions, Grads, Param, Pass, Var, gradcheck};
    pub use plywood_datasets::{
        DataLoader, Dataset, Digits, Encoding, ImageBatch, ImageFolder, Images, Normalize, Split,
        Table, Transform,
    };
    pub use plywood_layers::{
        BatchNorm2d, Conv2d, CrossEntropy, Dropout, Embedding, Flatten, Init, LSTM, Layer,
        LayerNorm, Linear, Loss, MaxPool2d, Module, Params, ReLU, Sequential, Settings,
        cross_entropy, load, mse_loss, save, summary,
    };
    pub use plywood_look as look;
    pub use plywood_optimizers::{
        Adam, AdamW, Average, OneCycle, Optimizer, SGD, Schedule, clip_grad_norm,
    };
    pub use plywood_tensor::{Error, Float, Result, Rng, Seed, Shape, Tensor, threads};
    pub use plywood_training::{
        Accuracy, Callback, EarlyStopping, Evaluator, Flow, Metric, Trainer,
    };
    pub use plywood_zoo as zoo;
}

#[doc = include_str!("../../../docs/from-pytorch.md")]
pub mod from_pytorch {}

#[doc = include_str!("../../../docs/terms.md")]
pub mod terms {}

/// What README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

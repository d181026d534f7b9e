//! Architectures, and the recipes that train them on real data.
//!
//! Each model is one file that reads like its paper's table. [`build`] makes one by name, [`MODELS`]
//! lists them. A [recipe](recipes) has everything that a training run needs.

mod alexnet;
mod alexnet_2012;
mod cifar_resnet;
mod lenet;
mod mlp;
mod parts;
pub mod recipes;
mod registry;
mod resnet;

pub use alexnet::{AlexNet, AlexNetConfig, alexnet};
pub use alexnet_2012::{AlexNet2012, AlexNet2012Config, alexnet_2012};
pub use cifar_resnet::{
    CifarResNet, CifarResNetConfig, resnet20, resnet32, resnet44, resnet56, resnet110,
};
pub use lenet::{LeNet, LeNetConfig, lenet};
pub use mlp::{Mlp, MlpConfig, mlp};
pub use recipes::Recipe;
pub use registry::{Entry, MODELS, build};
pub use resnet::{ResNet, ResNetConfig, resnet18, resnet34, resnet50, resnet101, resnet152};

//! Architectures, and the recipes that train them on real data.
//!
//! Each model is one file that reads like its paper's table. [`build`] makes one by name, [`MODELS`]
//! lists them. A [recipe](recipes) has everything that a training run needs.

mod airbench;
mod alexnet;
mod alexnet_2012;
mod autoencoder;
mod cifar_resnet;
mod classifier;
mod densenet;
mod described;
mod efficientnet_lite;
mod gpt;
pub mod imagenet;
mod lenet;
mod melnet;
mod mlp;
mod mobilenet_v2;
mod parts;
mod pixel_classifier;
pub mod pretrained;
pub mod recipes;
mod registry;
mod resnet;
mod resnet9;
mod sampling;
mod saved;
#[cfg(feature = "audio")]
mod sound;
mod squeezenet;
mod tables;
mod translation;
mod unet;
mod vae;
mod vgg;
mod vit;
mod wide_and_deep;

pub use airbench::{Airbench94, Airbench94Config, airbench94};
pub use alexnet::{AlexNet, AlexNetConfig, alexnet};
pub use alexnet_2012::{AlexNet2012, AlexNet2012Config, alexnet_2012};
pub use autoencoder::{Autoencoder, AutoencoderConfig, autoencoder};
pub use cifar_resnet::{
    CifarResNet, CifarResNetConfig, resnet20, resnet32, resnet44, resnet56, resnet110,
};
pub use classifier::{Answer, Classifier, FrozenBody, Head, Prediction, Preprocess};
pub use densenet::{DenseNet, DenseNetConfig, densenet121};
pub use efficientnet_lite::{EfficientNetLite, EfficientNetLiteConfig, efficientnet_lite0};
pub use gpt::{Gpt, GptCache, GptConfig, NextLetter, gpt};
pub use lenet::{LeNet, LeNetConfig, lenet};
pub use melnet::{MelNet, MelNetConfig, melnet};
pub use mlp::{Mlp, MlpConfig, mlp};
pub use mobilenet_v2::{MobileNetV2, MobileNetV2Config, mobilenet_v2};
pub use pixel_classifier::PixelClassifier;
/// What a [`TranslationTransformer`] reads.
pub use plywood_datasets::SentencePairs;
pub use pretrained::{PRETRAINED, Pretrained};
pub use recipes::Recipe;
pub use registry::{Entry, MODELS, Task, build, entry};
pub use resnet::{ResNet, ResNetConfig, resnet18, resnet34, resnet50, resnet101, resnet152};
pub use resnet9::{ResNet9, ResNet9Config, resnet9};
pub use sampling::Sampling;
pub use saved::SavedModel;
#[cfg(feature = "audio")]
pub use sound::{SoundClassifier, SoundPreprocess, SoundRegressor};
pub use squeezenet::{SqueezeNet, SqueezeNetConfig, squeezenet1_0, squeezenet1_1};
pub use tables::{
    Importance, LinearTableModel, MemberLoss, TableModel, TableModelConfig, TableNetwork,
    TablePrediction,
};
pub use translation::{
    BeamSearch, TranslationAttention, TranslationLoss, TranslationTransformer,
    TranslationTransformerConfig, Translator, translation_transformer,
};
pub use unet::{UNet, UNetConfig, unet};
pub use vae::{NegativeElbo, Vae, VaeConfig, vae};
pub use vgg::{Vgg, VggConfig, vgg11, vgg13, vgg16, vgg19};
pub use vit::{VitTiny, VitTinyConfig, vit_tiny};
pub use wide_and_deep::{WideAndDeep, WideAndDeepConfig, wide_and_deep};

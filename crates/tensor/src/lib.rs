//! N-dimensional arrays and the CPU kernels of a deep learning library.
//!
//! A [`Tensor`] is contiguous, row-major, cheap to clone and copied on write. Kernels run on all
//! cores and give the same bits on any number of threads. Random numbers come from an [`Rng`] that
//! is a key and a position. Every error is one [`Error`], which says what, where, with which
//! sizes.
//!
//! ```
//! use plywood_tensor::{Rng, Seed, Tensor};
//!
//! let mut rng = Rng::new(Seed(7));
//! let x: Tensor = rng.normal([128, 784], 0.0, 1.0);
//! let weight = rng.normal([10, 784], 0.0, 0.05);
//! let probabilities = x.matmul(weight.t())?.softmax(-1)?;
//! assert_eq!(probabilities.shape(), [128, 10].into());
//! # Ok::<(), plywood_tensor::Error>(())
//! ```
//!
//! Gradients live one floor up, in `plywood-autodiff`: nothing here knows of them, but for the
//! kernels that compute them.

mod adaptive_pool;
mod any_tensor;
mod arange;
mod arithmetic;
mod attention;
mod batch_norm;
mod broadcast;
mod budget;
mod by_element;
mod cast;
mod combine;
mod compare;
mod conv;
mod conversion;
mod convert;
mod cross_entropy;
mod decoder_panic;
mod display;
mod downcast;
mod dtype;
mod element;
mod error;
mod file;
mod functions;
mod gemm;
mod half;
mod half_sums;
mod huge_pages;
mod index;
#[cfg(all(debug_assertions, not(test)))]
mod instances;
mod integers;
mod keepdim;
mod layer_norm;
mod linalg;
mod local_response_norm;
mod loops;
mod matmul;
pub mod memory;
mod nearest;
mod number;
mod operators;
mod optimized;
mod or_panic;
mod pad;
mod panels;
mod past_caches;
mod permute;
mod polyphase;
mod pool;
mod pool2d;
mod recurrent;
mod reduce;
mod reshape;
mod rng;
mod rotary;
mod settings;
mod shape;
mod simd;
mod softmax;
mod storage;
mod tensor;
pub mod threads;
mod update;
mod visible;
mod window;

pub use adaptive_pool::{adaptive_avg_pool2d, adaptive_avg_pool2d_grad, adaptive_pool2d_shape};
pub use any_tensor::AnyTensor;
pub use attention::{Attention, AttentionOptions, Heads};
pub use batch_norm::{BatchNorm, ChannelStatistics, channel_statistics, scale_shift};
pub use conv::{Conv2dOptions, conv2d, conv2d_input_grad, conv2d_shape, conv2d_weight_grad};
pub use convert::RowMajorView;
pub use cross_entropy::{
    Targets, check_labels, cross_entropy, cross_entropy_grad, cross_entropy_losses,
};
pub use decoder_panic::catch_decoder_panic;
pub use dtype::Dtype;
#[doc(hidden)]
pub use element::ByElement;
pub use element::{Element, Float};
pub use error::{Error, ErrorKind, Result, Row};
pub use file::{remove_unfinished, replace_file};
pub use half::{bf16, f16};
pub use index::{index_select_shape, pick_shape};
pub use layer_norm::{LayerNorm, RowStatistics, layer_norm_shape};
pub use linalg::Svd;
pub use local_response_norm::{
    LocalResponseOptions, local_response_norm, local_response_norm_grad,
};
pub use matmul::{MatrixOperand, Transposed, linear, linear_shape, matmul_shape};
pub use nearest::{did_you_mean, nearest};
pub use number::Number;
pub use optimized::optimized;
#[doc(hidden)]
pub use or_panic::or_panic;
pub use pad::{pad2d, pad2d_shape};
pub use pool::release_idle_memory;
pub use pool2d::{
    MaxPlaces, MaxPooled, avg_pool2d, avg_pool2d_grad, max_pool2d, max_pool2d_grad, pool2d_shape,
};
pub use recurrent::{Recurrence, RecurrenceGrads, RecurrentUnit};
pub use reshape::IntoReshape;
pub use rng::{Rng, Seed};
pub use rotary::RotaryOptions;
pub use settings::{Numbers, POSITIVE, Settings, check_setting};
pub use shape::{IntoShape, MAX_RANK, Shape};
pub use simd::{Instructions, check_instructions, instructions};
pub use tensor::Tensor;
pub use visible::{visible, visible_line};
pub use window::Window;

/// The slow kernels that say what the fast ones compute: references for tests.
pub mod naive {
    pub use crate::adaptive_pool::naive::adaptive_avg_pool2d;
    pub use crate::attention::naive::attention;
    pub use crate::conv::naive::{conv2d, conv2d_input_grad, conv2d_weight_grad};
    pub use crate::layer_norm::naive::layer_norm;
    pub use crate::local_response_norm::naive::local_response_norm;
    pub use crate::pad::naive::pad2d;
    pub use crate::pool2d::naive::{avg_pool2d, max_pool2d};
    pub use crate::recurrent::naive::recurrence;
    pub use crate::rotary::naive::rotary;
}

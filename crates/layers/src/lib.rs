//! Neural network layers, losses, initialisation, weights on disk, and summaries.
//!
//! A model is a plain struct of layers; [`Module`] says how they are put together. Its parameters
//! have the names that PyTorch's state dictionaries use, so that published weights load by name.
//!
//! ```
//! use plywood_autodiff::{Pass, Var};
//! use plywood_layers::{Conv2d, Linear, Module, Params, summary};
//! use plywood_tensor::{Result, Rng, Seed};
//!
//! #[derive(Params)]
//! struct Small {
//!     conv: Conv2d,
//!     fc: Linear,
//! }
//!
//! impl Module for Small {
//!     fn forward(&self, x: &Var, pass: &mut Pass) -> Result<Var> {
//!         let x = self.conv.forward(x, pass)?.relu().max_pool2d(2)?; // [N, 8, 4, 4]
//!         self.fc.forward(&x.flatten()?, pass) // [N, 10]
//!     }
//! }
//!
//! let mut rng = Rng::new(Seed(7));
//! let model = Small {
//!     conv: Conv2d::config(1, 8, 3).padding(1).init(&mut rng)?,
//!     fc: Linear::new(8 * 4 * 4, 10, &mut rng)?,
//! };
//! println!("{}", summary(&model, [1, 1, 8, 8])?);
//! # Ok::<(), plywood_tensor::Error>(())
//! ```

mod activations;
mod attention_mask;
mod batch_norm2d;
mod conv2d;
mod conv_transpose2d;
mod depth;
mod embedding;
mod gradcheck;
mod init;
#[cfg(all(debug_assertions, not(test)))]
mod instances;
mod layer_norm;
mod linear;
mod load;
mod losses;
mod module;
mod multihead_attention;
mod numbers;
mod pickle;
mod pools;
mod profile;
mod recompute;
mod recurrent;
mod sequential;
mod state;
mod stateless;
mod summary;
mod transformer;

pub use activations::*;
pub use attention_mask::AttentionMask;
pub use batch_norm2d::{BatchNorm2d, BatchNorm2dConfig};
pub use conv_transpose2d::{ConvTranspose2d, ConvTranspose2dConfig};
pub use conv2d::{Conv2d, Conv2dConfig};
pub use depth::MAX_LAYERS;
pub use embedding::{Embedding, EmbeddingConfig};
pub use gradcheck::gradcheck_module;
pub use init::Init;
pub use layer_norm::{LayerNorm, LayerNormConfig, RMSNorm, RMSNormConfig};
pub use linear::{Linear, LinearConfig};
pub use load::load;
pub use losses::{
    CrossEntropy, Loss, balanced_class_weights, binary_cross_entropy_with_logits, cross_entropy,
    median_frequency_weights, mse_loss,
};
pub use module::Module;
pub use multihead_attention::{MultiheadAttention, MultiheadAttentionConfig};
pub use pickle::{read_pickle, read_pth};
/// The trait, and the macro that derives it.
pub use plywood_autodiff::Params;
pub use plywood_derive::{Params, Settings};
pub use plywood_tensor::Settings;
/// Files that are replaced whole.
pub use plywood_tensor::replace_file;
pub use pools::{AvgPool2d, MaxPool2d};
pub use profile::{LayerTime, Profile, profile, profile_of};
pub use recompute::Recompute;
pub use recurrent::{GRU, LSTM, RecurrentConfig, RecurrentOutput};
pub use sequential::{Layer, Sequential};
pub use state::{
    StateDict, load_state_dict, read_safetensors, save, save_as, state_dict, write_safetensors,
    write_state_dict,
};
pub use stateless::*;
pub use summary::{Summary, SummaryRow, summary, summary_of};
pub use transformer::{
    Activation, DecoderCache, PositionalEncoding, PositionalEncodingConfig, Transformer,
    TransformerConfig, TransformerDecoder, TransformerDecoderLayer, TransformerEncoder,
    TransformerEncoderLayer, TransformerMasks,
};

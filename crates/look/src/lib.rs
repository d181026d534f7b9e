//! What the layers of a network see.
//!
//! A [`Lens`] holds a model, any [`Module`](plywood_layers::Module) that takes images, and how it
//! wants them. Each question is a function:
//!
//! | question | answer |
//! |---|---|
//! | What does the first layer look for? | [`first_filters`] |
//! | Where in this image does a channel find it? | [`feature_maps`] |
//! | Which pixels can a unit see? | [`ReceptiveField`] |
//! | What would excite a unit most? | [`Excite`] makes an image |
//! | What excites it most among real images? | [`top_patches`] |
//! | What happens to the score when a part is covered? | [`Occlusion`] |
//! | Which pixels would change the score fastest? | [`saliency`] |
//! | Which places of a layer speak for a class? | [`grad_cam`] |
//!
//! [`Page`] asks them all, and writes one HTML file that explains the answers.

mod blur;
mod excite;
mod feature_maps;
mod filters;
mod grad_cam;
mod heat;
mod lens;
mod occlusion;
mod page;
mod patches;
mod receptive;
mod saliency;

pub use excite::{Excite, Excited};
pub use feature_maps::{FeatureMaps, feature_maps};
pub use filters::{Filters, first_filters};
pub use grad_cam::{grad_cam, last_maps};
pub use heat::{heat, overlay};
pub use lens::{Lens, Place};
pub use occlusion::Occlusion;
pub use page::Page;
pub use patches::{Patch, top_patches};
pub use receptive::ReceptiveField;
pub use saliency::saliency;

//! Readers of standard formats. All work on any [`Read`](std::io::Read), unpack gzip by its magic
//! number, and believe no header before the data is there; paths are a convenience on top.

mod cifar;
pub(crate) mod files;
mod folder;
mod gtsrb;
pub mod idx;
mod medmnist;
mod mnist;
pub mod npy;
mod npz;
pub(crate) mod source;

pub use cifar::{Cifar10, Cifar100};
pub use folder::ImageFolder;
pub use gtsrb::{Gtsrb, GtsrbSigns};
pub use medmnist::MedMnist;
pub use mnist::{FashionMnist, Mnist};
pub use npz::Npz;

//! Data sets that are inside this crate: nothing to fetch. `data/SOURCES.md` says where they are
//! from and under which licences.

mod ames;
mod breast_cancer;
mod chelsea;
mod digits;

pub use ames::Ames;
pub use breast_cancer::BreastCancer;
pub use chelsea::chelsea;
pub use digits::Digits;

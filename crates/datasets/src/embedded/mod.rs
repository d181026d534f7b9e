//! Data sets that are inside this crate: nothing to fetch. `data/SOURCES.md` says where they are
//! from and under which licences.

mod chelsea;
mod digits;

pub use chelsea::chelsea;
pub use digits::Digits;

//! Data sets that are inside this crate: nothing to fetch. `data/SOURCES.md` says where they are
//! from and under which licences.

mod digits;

pub use digits::Digits;

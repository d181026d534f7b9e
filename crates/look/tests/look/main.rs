//! Tests of the look crate through its public interface: small networks whose answers are known.
#![cfg(test)]

mod evidence;
mod excite;
mod fields;
mod maps;
mod page;
mod patches;
mod support;

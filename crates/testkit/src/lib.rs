//! Oracles, strategies and closeness for the tests of every crate

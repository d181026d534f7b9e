//! Whether the kernels are compiled with optimisation.

/// Whether this crate, and with it the kernels, is compiled with optimisation. In a program's debug build it
/// isn't, unless its `Cargo.toml` has these lines, with which the program itself stays debuggable:
///
/// ```toml
/// [profile.dev.package."*"]
/// opt-level = 3
/// ```
///
/// ```
/// assert!(plywood_tensor::optimized()); // as Plywood's own tests are
/// ```
pub fn optimized() -> bool {
    // `debug_assertions` says nothing about it: either can be on without the other.
    env!("PLYWOOD_OPT_LEVEL") != "0"
}

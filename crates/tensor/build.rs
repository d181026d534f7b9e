//! Tells the crate how far it is optimised, which `cfg!` can't say.

fn main() {
    let level = std::env::var("OPT_LEVEL").unwrap_or_default();
    println!("cargo::rustc-env=PLYWOOD_OPT_LEVEL={level}");
    println!("cargo::rerun-if-changed=build.rs");
}

//! `cargo xtask bench`: the benchmarks, alone or beside PyTorch.

mod kernels;
mod peers;
mod times;

use anyhow::Result;
use std::num::NonZeroUsize;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Measure only what has this in its name
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Run on so many threads; one for each core if it isn't said
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Keep the times under this name, to compare with later
    #[arg(long, value_name = "NAME", conflicts_with = "peers")]
    save: Option<String>,
    /// Set the times beside those that were saved under this name
    #[arg(long, value_name = "NAME", conflicts_with = "peers")]
    compare: Option<String>,
    /// Measure in alternation with PyTorch; also on one thread, and beside a busy program
    #[arg(long)]
    peers: bool,
    /// Turns that each side has at each workload
    #[arg(long, value_name = "N", default_value = "5", requires = "peers")]
    rounds: NonZeroUsize,
    /// A Python that has torch and torchvision, instead of one in target/peers-venv
    #[arg(long, value_name = "PATH", requires = "peers")]
    python: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if args.peers { peers::run(args) } else { kernels::run(args) }
}

/// The geometric mean, of ratios: twice as fast and half as fast make the same.
fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    if ratios.is_empty() {
        return None;
    }
    Some((ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gain_and_an_equal_loss_make_1() {
        assert!((geometric_mean(&[0.5, 2.0]).unwrap() - 1.0).abs() < 1e-12);
        assert!((geometric_mean(&[2.0, 8.0]).unwrap() - 4.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }
}

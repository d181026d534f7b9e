//! `cargo xtask`: every command that the project's own work needs, from the tests to the data sets.

/// As the standard library's, which panics where a line can't be written: `cargo xtask bench | head -1`.
macro_rules! println {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

mod bench;
mod budget;
mod ci;
mod command;
mod data;
mod decoders;
mod examples;
mod fixtures;
mod props;
mod python;
mod report;
mod results;
mod sanitize;
mod storm;
mod tables;
mod test;
mod tidy;
mod workspace;

use clap::{Parser, Subcommand};
use command::causes;
use std::io::Write;
use std::process::ExitCode;

/// The chores of the Plywood workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run everything that a change must pass, cheapest first
    Ci,
    /// Run all unit, integration and documentation tests
    Test,
    /// Run the property tests (functions named `prop_...`) on many cases
    Props(props::Args),
    /// Run the kernels' tests under AddressSanitizer or Miri, with a nightly toolchain
    Sanitize(sanitize::Args),
    /// Call the public functions with random and senseless arguments
    Storm(storm::Args),
    /// Check the rules that no compiler checks, such as the stack's direction
    Tidy,
    /// Run the benchmarks
    Bench(bench::Args),
    /// Print each crate's number of packages and its cold build time
    Budget(budget::Args),
    /// Run the examples of the tour in a few seconds each, as CI does
    Examples(examples::Args),
    /// Train on real data and write README's table of results
    Results(results::Args),
    /// Open reports in headless Chromium: no error, no request to the network, and screenshots of them
    Report(report::Args),
    /// Make the reference numbers of the tests anew with PyTorch
    Fixtures(fixtures::Args),
    /// Compare the command on tables with scikit-learn's models, each with its defaults
    Tables(tables::Args),
    /// Compare the decoders of images with Pillow's on some thousand small files
    Decoders(decoders::Args),
    /// Bring a data set into data/ and check that it is whole
    Data(data::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().chore {
        Chore::Ci => ci::run(),
        Chore::Test => test::run(),
        Chore::Props(args) => props::run(args.cases),
        Chore::Sanitize(args) => sanitize::run(&args),
        Chore::Storm(args) => storm::run(&args),
        Chore::Tidy => tidy::run(),
        Chore::Bench(args) => bench::run(&args),
        Chore::Budget(args) => budget::run(&args),
        Chore::Examples(args) => examples::run(&args),
        Chore::Results(args) => results::run(&args),
        Chore::Report(args) => report::run(&args),
        Chore::Fixtures(args) => fixtures::run(&args),
        Chore::Tables(args) => tables::run(&args),
        Chore::Decoders(args) => decoders::run(&args),
        Chore::Data(args) => data::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let text = causes(&error).replace('\n', "\n  ").replace("\n  \n", "\n\n");
            let _ = writeln!(std::io::stderr(), "error: {text}");
            ExitCode::FAILURE
        }
    }
}

//! Programs that treat Plywood badly. `cargo xtask storm` starts them as processes of their own,
//! so that it also sees one that dies or never ends.
#![expect(clippy::print_stdout, reason = "the parent process reads standard output")]

mod arguments;
mod train;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "plywood-storm", about = "What `cargo xtask storm` starts")]
struct Cli {
    #[command(subcommand)]
    storm: Storm,
}

#[derive(Subcommand)]
enum Storm {
    /// Call the public functions with random and senseless arguments
    Arguments(arguments::Args),
    /// Train, saving after each step, until somebody kills it
    Train(train::Args),
}

fn main() -> plywood::tensor::Result<()> {
    match Cli::parse().storm {
        Storm::Arguments(args) => arguments::run(&args),
        Storm::Train(args) => train::run(&args)?,
    }
    Ok(())
}

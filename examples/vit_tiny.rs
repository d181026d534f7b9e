//! Trains a small ResNet on the 70,000 pieces of clothing of Fashion-MNIST.
//!
//! Shows a recipe of the zoo on a set of full size. `cargo xtask data fashion` brings the set;
//! everything that comes of it is written to `runs/fashion`.
//!
//! Run it with `cargo run --release --example fashion`; `-- --seed 8` takes another seed.

use plywood::prelude::*;
use plywood_examples::{finish, println};

fn main() -> Result<()> {
    threads::init();
    let (seed, folder) = plywood_examples::seed_and_folder("vit_tiny")?;
    let mut recipe = zoo::recipes::vit_tiny(plywood_examples::idx_folder("fashion")?, seed)?;
    recipe.trainer = plywood_examples::shortened(recipe.trainer).stop_on_signals(true);
    println!("{}\n", recipe.summary()?);
    let outcome = recipe.run(&folder)?;
    println!("{}\n", outcome.result);
    println!("trained for {:.1} s, written to {folder}", outcome.run.train_seconds());
    finish()
}

//! An X-ray becomes a probability.

use std::path::Path;

use plywood::prelude::*;
use plywood::training::Evaluation;
use plywood::zoo::recipes;

/// Learns from 4,708 X-rays of children's chests in `pneumoniamnist.npz`, and says how well it
/// judges 624 of other children.
pub(crate) fn learn(folder: impl AsRef<Path>) -> Result<Evaluation> {
    let recipe = recipes::xray(folder, Seed(7))?; // the data, a small ResNet, its training
    let outcome = recipe.run("runs/story/xray")?; // 20 epochs
    Ok(outcome.result)
}

//! What a network wants to see.

use plywood::look::{Excite, Lens};
use plywood::prelude::*;

/// For each of ten digits an image `[1, 8, 8]` that makes its score as large as it can: the
/// network's weights stay as they are, and the pixels learn.
pub(crate) fn wanted(model: &zoo::LeNet, steps: usize) -> Result<Vec<Tensor>> {
    let lens = Lens::new(model);
    let digits: Vec<usize> = (0..10).collect();
    let excite = Excite::new().steps(steps).seed(Seed(7));
    let excited = excite.units(&lens, [1, 8, 8], "fc3", &digits)?;
    Ok(excited.into_iter().map(|of_digit| of_digit.pixels).collect())
}

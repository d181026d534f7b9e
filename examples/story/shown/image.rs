//! A picture as an array.

use plywood::datasets::{Draw, chelsea};
use plywood::prelude::*;

/// A handwritten digit `[1, 8, 8]`, and a photograph `[3, 224, 224]` of red, green and blue.
pub(crate) fn pictures() -> Result<[Tensor; 2]> {
    let digits = Digits::embedded()?;
    let batch = digits.batch(&[2], &Draw::evaluation())?; // images [1, 1, 8, 8], labels [1]
    Ok([batch.images.squeeze(0)?, chelsea()?.to_unit()])
}

//! Normalisation with what is measured on images.

use super::Images;
use crate::transforms::Normalize;

impl Normalize {
    /// With the mean and standard deviation of each channel over all pixels of `images`, before
    /// their transforms. A channel that is the same everywhere has nothing to scale: its standard
    /// deviation counts as 1.
    pub fn measured_on(images: &Images) -> Self {
        Self::measured(images.channel_moments())
    }
}

//! Tests of images with masks.

use plywood_tensor::{Rng, Seed};

use super::*;

//! Which coefficients of a progressive JPEG its scans have completed.

use super::frame::{Coding, Frame};
use super::scan::Scan;

/// More bits than any scan leaves to later ones.
const NONE_YET: u32 = u32::MAX;

/// The bits that each component's coefficients still lack, along the zigzag.
pub(super) struct Refinement {
    lacking: Vec<[u32; 64]>,
}

impl Refinement {
    pub(super) fn new(frame: &Frame) -> Self {
        let lacking = match frame.coding {
            // One scan says all of them.
            Coding::Sequential => Vec::new(),
            Coding::Progressive => vec![[NONE_YET; 64]; frame.components.len()],
        };
        Self { lacking }
    }

    pub(super) fn note(&mut self, scan: &Scan) {
        let [first, last] = scan.band;
        for &[place, ..] in &scan.components {
            let Some(lacking) = self.lacking.get_mut(place) else { continue };
            lacking.get_mut(first..=last).unwrap_or_default().fill(scan.low);
        }
    }

    /// Whether no coefficient lacks anything.
    pub(super) fn is_complete(&self) -> bool {
        self.lacking.iter().flatten().all(|&bits| bits == 0)
    }
}

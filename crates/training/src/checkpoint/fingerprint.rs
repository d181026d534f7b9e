//! What a run began with, in one line: another beginning leads elsewhere.

use crc32fast::Hasher;
use plywood_autodiff::{Params, Slot};

/// Numbers that are hashed at once.
const PART: usize = 1024;

/// How many numbers a model has, how many of them are frozen, and a checksum of its names, sizes,
/// values, and of which are frozen.
pub(crate) fn fingerprint(model: &dyn Params) -> String {
    let mut hasher = Hasher::new();
    let mut bytes = Vec::with_capacity(PART * size_of::<f32>());
    let (mut numbers, mut frozen) = (0, 0);
    for (name, slot) in model.slots() {
        let value = slot.value();
        let stays = matches!(slot, Slot::Param(param) if param.is_frozen());
        numbers += value.numel();
        frozen += if stays { value.numel() } else { 0 };
        hasher.update(format!("{name} {} {stays}", value.shape()).as_bytes());
        for part in value.as_slice().chunks(PART) {
            bytes.clear();
            bytes.extend(part.iter().flat_map(|x| x.to_le_bytes()));
            hasher.update(&bytes);
        }
    }
    format!("{numbers} numbers, {frozen} frozen, crc32 {:08x}", hasher.finalize())
}

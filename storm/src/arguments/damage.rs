//! Damage to bytes that were sound: what a file may have met on its way.

use super::draw::Draw;

/// Numbers that lengths and counts overflow by.
const EXTREMES: [u8; 5] = [0, 1, 0x7f, 0x80, 0xff];

/// Some changes to a sound file: bytes replaced, a word of extremes, parts cut out, repeated, or cut
/// off. One in eight stays as it was.
pub(super) fn damaged(draw: &mut Draw, file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    if draw.once_in(8) {
        return file;
    }
    for _ in 0..1 + draw.below(4) {
        if file.is_empty() {
            break;
        }
        // Headers are in front, where one byte decides most.
        let reach = if draw.once_in(2) { file.len().min(64) } else { file.len() };
        let at = draw.below(reach);
        match draw.below(7) {
            0 | 1 => file[at] = draw.below(256) as u8,
            2 => file[at] ^= 1 << draw.below(8),
            3 => {
                let (len, value) = (1 + draw.below(8), EXTREMES[draw.below(EXTREMES.len())]);
                file.iter_mut().skip(at).take(len).for_each(|byte| *byte = value);
            }
            4 => file.truncate(at),
            5 => drop(file.drain(at..(at + 1 + draw.below(8)).min(file.len()))),
            _ => {
                let part = file[at..(at + 1 + draw.below(32)).min(file.len())].to_vec();
                file.splice(at..at, part);
            }
        }
    }
    file
}

/// Random bytes behind a sound beginning.
pub(super) fn begun(draw: &mut Draw, beginning: &[u8]) -> Vec<u8> {
    [beginning, &draw.bytes(300)].concat()
}

//! The inverse cosine transform of JPEG's blocks, to the bits of libjpeg's accurate one for integers (`islow`).
//!
//! C. Loeffler, A. Ligtenberg, G. Moschytz: Practical fast 1-D DCT algorithms with 11 multiplications,
//! ICASSP 1989.

use super::scan::Block;

/// The bits after the point of the constants, and those that the first pass keeps.
const FRACTION: u32 = 13;
const KEPT: u32 = 2;

/// Eight numbers of 16 bits: what is in a file fits, and processors multiply these faster than longer ones.
type Lanes = [i16; 8];

/// A block's 64 samples, row by row.
pub(super) fn samples(block: &Block, quantisers: &[u16; 64]) -> [u8; 64] {
    if block[1..].iter().all(|&coefficient| coefficient == 0) {
        let mean = block[0].wrapping_mul(quantisers[0] as i16);
        // As both passes do: the first one shifts up what the second rounds away.
        return [sample(((i32::from(mean) + 4) >> 3) as i16); 64];
    }
    let mut rows = [[0; 8]; 8];
    for (place, number) in rows.as_flattened_mut().iter_mut().enumerate() {
        *number = block[place].wrapping_mul(quantisers[place] as i16);
    }
    let columns = transposed(&pass::<{ FRACTION - KEPT }>(&rows));
    let rows = transposed(&pass::<{ FRACTION + KEPT + 3 }>(&columns));
    let mut samples = [0; 64];
    for (out, &value) in samples.iter_mut().zip(rows.as_flattened()) {
        *out = sample(value);
    }
    samples
}

/// As the instructions do that libjpeg-turbo uses: what doesn't fit, in a corrupted file, becomes the limit.
fn narrow(value: i32) -> i16 {
    value.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

fn sample(value: i16) -> u8 {
    value.saturating_add(128).clamp(0, 255) as u8
}

fn transposed(rows: &[Lanes; 8]) -> [Lanes; 8] {
    let mut columns = [[0; 8]; 8];
    for (y, row) in rows.iter().enumerate() {
        for (x, &number) in row.iter().enumerate() {
            columns[x][y] = number;
        }
    }
    columns
}

/// Transforms eight vectors at once, of which `x[k]` has the k-th number each, and rounds `SHIFT` bits off.
///
/// The paper's steps are multiplied out, so that every factor is a number that comes in.
#[inline(always)]
fn pass<const SHIFT: u32>(x: &[Lanes; 8]) -> [Lanes; 8] {
    let mut out = [[0; 8]; 8];
    for lane in 0..8 {
        let [x0, x1, x2, x3, x4, x5, x6, x7] = [
            x[0][lane], x[1][lane], x[2][lane], x[3][lane], x[4][lane], x[5][lane], x[6][lane],
            x[7][lane],
        ]
        .map(i32::from);
        let half = 1 << (SHIFT - 1);
        let (t0, t1) = (((x0 + x4) << FRACTION) + half, ((x0 - x4) << FRACTION) + half);
        let (t2, t3) = (x2 * 4433 - x6 * 10_704, x2 * 10_703 + x6 * 4433);
        let [e0, e1, e2, e3] = [t0 + t3, t1 + t2, t1 - t2, t0 - t3];
        let o0 = x1 * 11_363 + x3 * 9633 + x5 * 6437 + x7 * 2260;
        let o1 = x1 * 9633 - x3 * 2259 - x5 * 11_362 - x7 * 6436;
        let o2 = x1 * 6437 - x3 * 11_362 + x5 * 2261 + x7 * 9633;
        let o3 = x1 * 2260 - x3 * 6436 + x5 * 9633 - x7 * 11_363;
        out[0][lane] = narrow((e0 + o0) >> SHIFT);
        out[1][lane] = narrow((e1 + o1) >> SHIFT);
        out[2][lane] = narrow((e2 + o2) >> SHIFT);
        out[3][lane] = narrow((e3 + o3) >> SHIFT);
        out[4][lane] = narrow((e3 - o3) >> SHIFT);
        out[5][lane] = narrow((e2 - o2) >> SHIFT);
        out[6][lane] = narrow((e1 - o1) >> SHIFT);
        out[7][lane] = narrow((e0 - o0) >> SHIFT);
    }
    out
}

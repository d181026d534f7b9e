//! The inverse cosine transform of JPEG's blocks, to the bits of libjpeg's accurate one for integers (`islow`).
//!
//! C. Loeffler, A. Ligtenberg, G. Moschytz: Practical fast 1-D DCT algorithms with 11 multiplications,
//! ICASSP 1989.

use super::scan::Block;

/// The bits after the point of the constants, and those that the first pass keeps.
const FRACTION: u32 = 13;
const KEPT: u32 = 2;

/// Eight columns, or rows, that go through the same steps.
type Lanes = [i32; 8];

/// A block's 64 samples, row by row.
pub(super) fn samples(block: &Block, quantisers: &[u16; 64]) -> [u8; 64] {
    if block[1..].iter().all(|&coefficient| coefficient == 0) {
        let mean = i32::from(block[0]).wrapping_mul(quantisers[0].into());
        // As both passes do: the first one shifts up what the second rounds away.
        return [sample(mean.wrapping_add(4) >> 3); 64];
    }
    let mut rows = [[0_i32; 8]; 8];
    for (row, (block, quantisers)) in
        rows.iter_mut().zip(block.chunks_exact(8).zip(quantisers.chunks_exact(8)))
    {
        for (number, (&coefficient, &quantiser)) in row.iter_mut().zip(block.iter().zip(quantisers)) {
            *number = i32::from(coefficient) * i32::from(quantiser);
        }
    }
    let columns = transposed(pass(rows, FRACTION - KEPT));
    let rows = transposed(pass(columns, FRACTION + KEPT + 3));
    let mut samples = [0; 64];
    for (out, row) in samples.chunks_exact_mut(8).zip(rows) {
        for (out, value) in out.iter_mut().zip(row) {
            *out = sample(value);
        }
    }
    samples
}

fn sample(value: i32) -> u8 {
    (value.wrapping_add(128)).clamp(0, 255) as u8
}

fn transposed(rows: [Lanes; 8]) -> [Lanes; 8] {
    std::array::from_fn(|column| std::array::from_fn(|row| rows[row][column]))
}

fn each(a: Lanes, b: Lanes, of: impl Fn(i32, i32) -> i32) -> Lanes {
    std::array::from_fn(|lane| of(a[lane], b[lane]))
}

fn add(a: Lanes, b: Lanes) -> Lanes {
    each(a, b, i32::wrapping_add)
}

fn sub(a: Lanes, b: Lanes) -> Lanes {
    each(a, b, i32::wrapping_sub)
}

fn times(a: Lanes, by: i32) -> Lanes {
    a.map(|a| a.wrapping_mul(by))
}

/// Transforms eight vectors at once, of which `x[k]` has the k-th number each, and rounds `shift` bits off.
#[inline(always)]
fn pass(x: [Lanes; 8], shift: u32) -> [Lanes; 8] {
    // The even half.
    let z1 = times(add(x[2], x[6]), 4433); // 0.541196100
    let t2 = add(z1, times(x[6], -15137)); // 1.847759065
    let t3 = add(z1, times(x[2], 6270)); // 0.765366865
    let t0 = times(add(x[0], x[4]), 1 << FRACTION);
    let t1 = times(sub(x[0], x[4]), 1 << FRACTION);
    let even = [add(t0, t3), add(t1, t2), sub(t1, t2), sub(t0, t3)];

    // The odd half.
    let [z1, z2, z3, z4] = [add(x[7], x[1]), add(x[5], x[3]), add(x[7], x[3]), add(x[5], x[1])];
    let z5 = times(add(z3, z4), 9633); // 1.175875602
    let z1 = times(z1, -7373); // 0.899976223
    let z2 = times(z2, -20995); // 2.562915447
    let z3 = add(times(z3, -16069), z5); // 1.961570560
    let z4 = add(times(z4, -3196), z5); // 0.390180644
    let odd = [
        add(add(times(x[1], 12299), z1), z4), // 1.501321110
        add(add(times(x[3], 25172), z2), z3), // 3.072711026
        add(add(times(x[5], 16819), z2), z4), // 2.053119869
        add(add(times(x[7], 2446), z1), z3),  // 0.298631336
    ];

    let rounded = |sum: Lanes| sum.map(|sum| sum.wrapping_add(1 << (shift - 1)) >> shift);
    std::array::from_fn(|k| match k {
        0..4 => rounded(add(even[k], odd[k])),
        _ => rounded(sub(even[7 - k], odd[7 - k])),
    })
}

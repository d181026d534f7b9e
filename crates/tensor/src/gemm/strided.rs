//! Products of `f32` matrices that lie in memory as the kernel wants them: nothing is packed.
#![allow(unsafe_code, reason = "vectors are loaded by address")]

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

use crate::simd::{F32x8, F32x16, Vector};

/// The columns of a panel of the right operand and of a tile of the result.
pub(crate) const COLUMNS: usize = 16;
/// The cache lines of both operands that a block of the depth may touch: most of a first-level
/// cache of 32 KiB, whose lines have 16 numbers.
const LINES: usize = 352;

/// A left operand: element `(i, k)` lies at `i · row + k · depth`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) elements: &'a [f32],
    pub(crate) row: usize,
    pub(crate) depth: usize,
}

/// A right operand: some panels of 16 columns, `next` apart, in each of which row `k` lies at
/// `k · depth`.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    pub(crate) elements: &'a [f32],
    pub(crate) depth: usize,
    pub(crate) panels: usize,
    pub(crate) next: usize,
}

/// A result: rows are `row` apart, panels `next`.
pub(crate) struct Result<'a> {
    pub(crate) elements: &'a mut [f32],
    pub(crate) row: usize,
    pub(crate) next: usize,
}

/// `c = a · b`, or `c += a · b` if `add`, for so many rows.
pub(crate) fn multiply([rows, depth]: [usize; 2], a: Left, b: Right, c: Result, add: bool) {
    if rows == 0 || b.panels == 0 {
        return;
    }
    let last = |next: usize, panels: usize| (panels - 1) * next + COLUMNS;
    assert!((rows - 1) * c.row + last(c.next, b.panels) <= c.elements.len());
    if depth == 0 {
        for place in (0..b.panels * rows).map(|i| i / rows * c.next + i % rows * c.row) {
            if !add {
                c.elements[place..][..COLUMNS].fill(0.0);
            }
        }
        return;
    }
    assert!((rows - 1) * a.row + (depth - 1) * a.depth < a.elements.len());
    assert!((depth - 1) * b.depth + last(b.next, b.panels) <= b.elements.len());
    assert!(crate::simd::avx2());
    let wide = crate::simd::avx512();
    let most = if wide { 2 } else { 1 };
    let mut panel = 0;
    while panel < b.panels {
        let panels = most.min(b.panels - panel);
        let tiles: &[(usize, Tile)] = match (wide, panels) {
            (false, _) => &NARROW,
            (true, 1) => &SINGLE,
            (true, _) => &PAIR,
        };
        // The elements of `A` that a tile reads lie along as many lines as it has rows, or each row
        // of the depth in a line of its own.
        let lines_for_16 = 16 * panels + if a.depth == 1 { tiles[0].0 } else { 16 };
        let deepest = (LINES * most / lines_for_16).max(1) * 16;
        for start in (0..depth).step_by(deepest) {
            let place = Place {
                depth: deepest.min(depth - start),
                a: [a.row, a.depth],
                b: [b.depth, b.next],
                c: [c.row, c.next],
                add: add || start > 0,
            };
            let (a, b) =
                (&a.elements[start * a.depth..], &b.elements[start * b.depth + panel * b.next..]);
            let c = c.elements[panel * c.next..].as_mut_ptr();
            let mut row = 0;
            while row < rows {
                let fitting = tiles.iter().find(|(height, _)| *height <= rows - row);
                let (height, tile) = fitting.expect("one of them has a single row");
                // SAFETY: the lengths and the instruction set were just checked.
                unsafe {
                    tile(
                        &place,
                        a.as_ptr().add(row * place.a[0]),
                        b.as_ptr(),
                        c.add(row * place.c[0]),
                    )
                };
                row += height;
            }
        }
        panel += panels;
    }
}

/// How the operands of a tile lie.
struct Place {
    depth: usize,
    /// From one row of the left operand to the next, and from one element of it to the next.
    a: [usize; 2],
    /// From one row of the right operand to the next, and from one panel to the next.
    b: [usize; 2],
    /// From one row of the result to the next, and from one panel to the next.
    c: [usize; 2],
    add: bool,
}

/// # Safety
/// The machine has the tile's instruction set, and the pointers reach as far as the place says.
type Tile = unsafe fn(&Place, a: *const f32, b: *const f32, c: *mut f32);

/// Tiles by their rows, each two vectors wide.
macro_rules! tiles {
    ($name:ident: $features:literal, $vector:ident, $vectors:literal, [$($rows:literal),*]) => {
        const $name: [(usize, Tile); [$($rows),*].len()] = {
            /// # Safety
            /// As for [`Tile`].
            #[target_feature(enable = $features)]
            unsafe fn tile<const R: usize>(
                place: &Place,
                a: *const f32,
                b: *const f32,
                c: *mut f32,
            ) {
                // SAFETY: the caller's promise.
                unsafe { product::<$vector, R, $vectors>(place, a, b, c) }
            }
            [$(($rows, tile::<$rows>)),*]
        };
    };
}

// Twelve of 16 registers have sums, or 24 of 32.
tiles!(NARROW: "avx2,fma", F32x8, 2, [6, 5, 4, 3, 2, 1]);
tiles!(SINGLE: "avx512f,avx2,fma", F32x16, 1, [12, 8, 4, 3, 2, 1]);
tiles!(PAIR: "avx512f,avx2,fma", F32x16, 2, [12, 8, 4, 3, 2, 1]);

/// # Safety
/// As for [`Tile`].
#[inline(always)]
unsafe fn product<V: Vector<Element = f32>, const R: usize, const N: usize>(
    place: &Place,
    a: *const f32,
    b: *const f32,
    c: *mut f32,
) {
    // Two halves of a panel, or two panels.
    let half = |next: usize| if V::LANES == COLUMNS { next } else { V::LANES };
    let ([a_row, a_depth], [b_depth, b_next], [c_row, c_next]) = (place.a, place.b, place.c);
    let mut sums = [[V::splat(0.0); N]; R];
    for k in 0..place.depth {
        if a_depth == 1 && k % 16 == 0 {
            // The next tile's rows: each is too short for the processor to see where it leads.
            for row in 0..R {
                let next = a.wrapping_add((R + row) * a_row + k);
                // SAFETY: a hint reads nothing.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(next.cast()) };
            }
        }
        let mut right = [V::splat(0.0); N];
        for (vector, right) in right.iter_mut().enumerate() {
            // SAFETY: the caller promises `depth` rows of each vector.
            *right = unsafe { V::load_at(b.add(k * b_depth + vector * half(b_next))) };
        }
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the caller promises `R` rows of `depth` elements.
            let left = V::splat(unsafe { *a.add(row * a_row + k * a_depth) });
            for (sum, &right) in sums.iter_mut().zip(&right) {
                *sum = left.mul_add(right, *sum);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        for (vector, &sum) in sums.iter().enumerate() {
            // SAFETY: the caller promises `R` rows of each vector.
            unsafe {
                let c = c.add(row * c_row + vector * half(c_next));
                let sum = if place.add { V::load_at(c) + sum } else { sum };
                sum.store_at(c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::naive;

    /// Small whole numbers, so that every order of additions gives the same result.
    fn numbers(len: usize, seed: usize) -> Vec<f32> {
        (0..len).map(|i| ((i * 7 + seed) % 11) as f32 - 5.0).collect()
    }

    #[test]
    fn every_height_and_depth_multiplies() {
        if !crate::simd::avx2() {
            return;
        }
        for rows in [1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 25] {
            for (depth, panels) in [(0, 1), (1, 1), (37, 1), (300, 2), (900, 3)] {
                check(rows, depth, panels);
            }
        }
    }

    fn check(rows: usize, depth: usize, panels: usize) {
        let (a, b) = (numbers(rows * depth, 1), numbers(panels * depth * COLUMNS, 2));
        let plane = rows * 20;
        let mut c = numbers(panels * plane, 3);
        let before = c.clone();
        let left = Left { elements: &a, row: depth, depth: 1 };
        let right = Right { elements: &b, depth: COLUMNS, panels, next: depth * COLUMNS };
        for add in [true, false, true] {
            let result = Result { elements: &mut c, row: 20, next: plane };
            multiply([rows, depth], left, right, result, add);
        }
        for panel in 0..panels {
            let b = &b[panel * depth * COLUMNS..][..depth * COLUMNS];
            let product = naive::product([rows, depth, COLUMNS], &a, b);
            for place in 0..plane {
                let expected = match place % 20 {
                    column if column < COLUMNS => 2.0 * product[place / 20 * COLUMNS + column],
                    _ => before[panel * plane + place],
                };
                let found = c[panel * plane + place];
                assert_eq!(found, expected, "{rows} × {depth}, panel {panel} at {place}");
            }
        }
    }
}

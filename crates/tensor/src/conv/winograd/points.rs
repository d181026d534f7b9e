//! The small transforms of Winograd's algorithm, along one axis.
//!
//! `Y` outputs of a filter with `K` taps are a product of two polynomials, computed at
//! `Y + K − 1 = 6` points instead of multiplied out (Lavin and Gray, "Fast Algorithms for
//! Convolutional Neural Networks", 2015, §4). The points are 0, ±3/4, ±3/2 and ∞: with them the
//! constants of `Data` and `outputs` are exact, and rounding errors are a quarter of those with the
//! customary 0, ±1, ±2 and ∞.
//!
//! ```text
//! y = outputs( weights(g) ⊙ Data(d) )       d: 6 inputs, g: K taps, y: Y outputs
//! dm = OutputsGrad(dy),   dg = weights_grad(dm ⊙ Data(d))    the chain rule of the above
//! ```

use crate::simd::{Wide, each};

/// The powers of 3/4 and of 3/2.
const POWERS: [[f32; 5]; 2] =
    [[1.0, 0.75, 0.5625, 0.421_875, 0.316_406_25], [1.0, 1.5, 2.25, 3.375, 5.0625]];
/// (3/4)² + (3/2)² and (3/4)² · (3/2)².
const SUM: f32 = 2.8125;
const PRODUCT: f32 = 1.265_625;
/// One over the product of a point's distances from the others, for 0, and for ±3/4 and ±3/2.
const SCALE_0: f32 = 64.0 / 81.0;
const SCALE: [f32; 2] = [-128.0 / 243.0, 32.0 / 243.0];

#[inline(always)]
fn times<V: Wide>(x: V, factor: f32) -> V {
    x * V::splat(factor)
}

/// `x + y · factor`
#[inline(always)]
fn plus<V: Wide>(x: V, y: V, factor: f32) -> V {
    y.mul_add(V::splat(factor), x)
}

/// The polynomial's even and odd part at a point: its value there and at the opposite point are
/// their sum and their difference.
#[inline(always)]
fn parts<V: Wide, const N: usize>(coefficients: [V; N], powers: [f32; 5], scale: f32) -> [V; 2] {
    each(|odd| {
        let mut part = times(coefficients[odd], powers[odd] * scale);
        let mut i = odd + 2;
        while i < N {
            part = plus(part, coefficients[i], powers[i] * scale);
            i += 2;
        }
        part
    })
}

/// The transposed of [`parts`], for both pairs of points: coefficient number `i` of what belongs to
/// values at ±3/4 and ±3/2.
#[inline(always)]
fn coefficient<V: Wide>(m: [V; 6], i: usize, scales: [f32; 2]) -> V {
    let both = |pair: usize| {
        let [at, opposite] = [m[1 + 2 * pair], m[2 + 2 * pair]];
        if i.is_multiple_of(2) { at + opposite } else { at - opposite }
    };
    let factor = |pair: usize| POWERS[pair][i] * scales[pair];
    plus(times(both(0), factor(0)), both(1), factor(1))
}

/// What brings pixels to the six points: a trait, because a function passed as a value is not
/// certain to be inlined.
pub(super) trait AtPoints<const N: usize> {
    fn at_points<V: Wide>(pixels: [V; N]) -> [V; 6];
}

/// Six inputs at the six points.
pub(super) struct Data;

impl AtPoints<6> for Data {
    #[inline(always)]
    fn at_points<V: Wide>(d: [V; 6]) -> [V; 6] {
        // At each pair of points, the product of the other pair's factors.
        let [a, b] = each(|pair| {
            let other = POWERS[1 - pair][2];
            let even = plus(d[4], d[2], -other);
            let odd = times(plus(d[3], d[1], -other), POWERS[pair][1]);
            [even + odd, even - odd]
        });
        [
            plus(plus(d[4], d[2], -SUM), d[0], PRODUCT),
            a[0],
            a[1],
            b[0],
            b[1],
            plus(plus(d[5], d[3], -SUM), d[1], PRODUCT),
        ]
    }
}

/// `K` taps at the six points.
#[inline(always)]
pub(super) fn weights<V: Wide, const K: usize>(g: [V; K]) -> [V; 6] {
    let [a, b] = each(|pair| parts(g, POWERS[pair], SCALE[pair]));
    [times(g[0], SCALE_0), a[0] + a[1], a[0] - a[1], b[0] + b[1], b[0] - b[1], g[K - 1]]
}

/// The gradient of [`weights`].
#[inline(always)]
pub(super) fn weights_grad<V: Wide, const K: usize>(du: [V; 6]) -> [V; K] {
    each(|i| {
        let dg = coefficient(du, i, SCALE);
        match i {
            0 => plus(dg, du[0], SCALE_0),
            i if i == K - 1 => dg + du[5],
            _ => dg,
        }
    })
}

/// `Y` outputs from the products at the six points.
#[inline(always)]
pub(super) fn outputs<V: Wide, const Y: usize>(m: [V; 6]) -> [V; Y] {
    each(|i| {
        let y = coefficient(m, i, [1.0; 2]);
        match i {
            0 => y + m[0],
            i if i == Y - 1 => y + m[5],
            _ => y,
        }
    })
}

/// The gradient of [`outputs`].
pub(super) struct OutputsGrad;

impl<const Y: usize> AtPoints<Y> for OutputsGrad {
    #[inline(always)]
    fn at_points<V: Wide>(dy: [V; Y]) -> [V; 6] {
        let [a, b] = each(|pair| parts(dy, POWERS[pair], 1.0));
        [dy[0], a[0] + a[1], a[0] - a[1], b[0] + b[1], b[0] - b[1], dy[Y - 1]]
    }
}

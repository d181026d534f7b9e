//! The small transforms of Winograd's algorithm F(4, 3), along one axis.
//!
//! Four outputs of a filter with three taps are the product of two polynomials, computed at six
//! points instead of multiplied out: 6 multiplications instead of 12, and 36 instead of 144 in two
//! dimensions (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, §4). The
//! points are 0, ±3/4, ±3/2 and ∞: with them the constants of `Data` and `outputs` are exact, and
//! rounding errors are a quarter of those with the customary 0, ±1, ±2 and ∞.
//!
//! ```text
//! y = outputs( weights(g) ⊙ Data(d) )        d: 6 inputs, g: 3 taps, y: 4 outputs
//! dm = OutputsGrad(dy),    dg = weights_grad(dm ⊙ Data(d))    the chain rule of the above
//! ```

use crate::simd::F32x8;

/// 3/4 and its powers.
const A: [f32; 4] = [1.0, 0.75, 0.5625, 0.421_875];
/// 3/2 and its powers.
const B: [f32; 4] = [1.0, 1.5, 2.25, 3.375];
/// (3/4)² + (3/2)² and (3/4)² · (3/2)².
const SUM: f32 = 2.8125;
const PRODUCT: f32 = 1.265_625;
/// One over the product of a point's distances from the others, for 0, ±3/4 and ±3/2.
const SCALE: [f32; 3] = [64.0 / 81.0, -128.0 / 243.0, 32.0 / 243.0];

#[inline(always)]
fn times(x: F32x8, factor: f32) -> F32x8 {
    x * F32x8::splat(factor)
}

/// `x + y · factor`
#[inline(always)]
fn plus(x: F32x8, y: F32x8, factor: f32) -> F32x8 {
    y.mul_add(F32x8::splat(factor), x)
}

/// What brings pixels to the six points: a trait, because a function passed as a value is not
/// certain to be inlined.
pub(super) trait AtPoints<const N: usize> {
    fn at_points(pixels: [F32x8; N]) -> [F32x8; 6];
}

/// Six inputs at the six points.
pub(super) struct Data;

impl AtPoints<6> for Data {
    #[inline(always)]
    fn at_points(d: [F32x8; 6]) -> [F32x8; 6] {
        let (even_a, odd_a) = (plus(d[4], d[2], -B[2]), times(plus(d[3], d[1], -B[2]), A[1]));
        let (even_b, odd_b) = (plus(d[4], d[2], -A[2]), times(plus(d[3], d[1], -A[2]), B[1]));
        [
            plus(plus(d[4], d[2], -SUM), d[0], PRODUCT),
            even_a + odd_a,
            even_a - odd_a,
            even_b + odd_b,
            even_b - odd_b,
            plus(plus(d[5], d[3], -SUM), d[1], PRODUCT),
        ]
    }
}

/// Three taps at the six points.
#[inline(always)]
pub(super) fn weights(g: [F32x8; 3]) -> [F32x8; 6] {
    let at = |powers: &[f32; 4], scale: f32| {
        let even = times(plus(g[0], g[2], powers[2]), scale);
        let odd = times(g[1], powers[1] * scale);
        (even + odd, even - odd)
    };
    let (a, minus_a) = at(&A, SCALE[1]);
    let (b, minus_b) = at(&B, SCALE[2]);
    [times(g[0], SCALE[0]), a, minus_a, b, minus_b, g[2]]
}

/// Four outputs from the products at the six points.
#[inline(always)]
pub(super) fn outputs(m: [F32x8; 6]) -> [F32x8; 4] {
    let (sum_a, difference_a) = (m[1] + m[2], m[1] - m[2]);
    let (sum_b, difference_b) = (m[3] + m[4], m[3] - m[4]);
    [
        m[0] + sum_a + sum_b,
        plus(times(difference_a, A[1]), difference_b, B[1]),
        plus(times(sum_a, A[2]), sum_b, B[2]),
        plus(plus(m[5], difference_a, A[3]), difference_b, B[3]),
    ]
}

/// The gradient of [`outputs`].
pub(super) struct OutputsGrad;

impl AtPoints<4> for OutputsGrad {
    #[inline(always)]
    fn at_points(dy: [F32x8; 4]) -> [F32x8; 6] {
        let at = |powers: &[f32; 4]| {
            let even = plus(dy[0], dy[2], powers[2]);
            let odd = plus(times(dy[1], powers[1]), dy[3], powers[3]);
            (even + odd, even - odd)
        };
        let ((a, minus_a), (b, minus_b)) = (at(&A), at(&B));
        [dy[0], a, minus_a, b, minus_b, dy[3]]
    }
}

/// The gradient of [`weights`].
#[inline(always)]
pub(super) fn weights_grad(du: [F32x8; 6]) -> [F32x8; 3] {
    let (sum_a, difference_a) = (du[1] + du[2], du[1] - du[2]);
    let (sum_b, difference_b) = (du[3] + du[4], du[3] - du[4]);
    let at_zero = times(du[0], SCALE[0]);
    [
        plus(plus(at_zero, sum_a, SCALE[1]), sum_b, SCALE[2]),
        plus(times(difference_a, A[1] * SCALE[1]), difference_b, B[1] * SCALE[2]),
        plus(plus(du[5], sum_a, A[2] * SCALE[1]), sum_b, B[2] * SCALE[2]),
    ]
}

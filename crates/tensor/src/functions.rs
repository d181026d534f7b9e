//! Functions of one `f32`, without branches and without calls, so that a loop over them becomes
//! vectors of eight.
//!
//! Each reduces its argument to a short interval, and has a polynomial there. How far they are
//! from the truth at most is said of each in units in the last place of the result (ulp), a little
//! above the most that a comparison with `f64` for every eleventh `f32` has found. Infinities, NaN,
//! zeros, and results that over- or underflow, are what they should be.
//!
//! Source of the polynomials for exp, ln and tanh: Moshier, "Cephes mathematical library" (1989).

/// ln 2 in two parts: whole numbers of up to 15 bits times the first are exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];

/// A sum with this has no room for fractions: it is rounded to a whole number, which stands in the
/// lowest bits.
const ROUND: f32 = 12_582_912.0;

/// `c[0] + c[1] · x + c[2] · x² + …`, even and odd powers apart, so that a processor has two
/// products to compute at once.
#[inline(always)]
fn polynomial<const N: usize>(x: f32, c: [f32; N]) -> f32 {
    let square = x * x;
    let (mut last, mut before) = (c[N - 1], c[N - 2]);
    for power in (0..N - 2).rev() {
        (last, before) = (before, last * square + c[power]);
    }
    before + last * x
}

/// `x = n · ln 2 + r` with a small `r`: gives `n`, and `exp(r) − 1`. The rest of `x` that an `f32`
/// has no room for is `tail`.
#[inline(always)]
fn reduced_exp(x: f32, tail: f32) -> (i32, f32) {
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2[0] - n * LN_2[1] + tail;
    let p = polynomial(
        r,
        [0.5, 1.666_666_5e-1, 4.166_579_6e-2, 8.333_452e-3, 1.398_199_9e-3, 1.987_569_1e-4],
    );
    let whole = shifted.to_bits().wrapping_sub(ROUND.to_bits());
    (whole as i32, p * (r * r) + r)
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

/// exp(x + tail) for a small `tail`.
#[inline(always)]
fn exp_of_sum(x: f32, tail: f32) -> f32 {
    // Beyond these the result is 0 or ∞; NaN passes both.
    let x = if x < -104.0 { -104.0 } else { x };
    let x = if x > 89.0 { 89.0 } else { x };
    let (n, rest) = reduced_exp(x, tail);
    // In two steps, for results below the smallest normal number, or close to the largest.
    let half = n >> 1;
    (rest + 1.0) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// eˣ, within 1.1 ulp.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    exp_of_sum(x, 0.0)
}

/// eˣ − 1, also where eˣ is close to 1, within 1.8 ulp.
#[inline(always)]
pub(crate) fn exp_minus_one(x: f32) -> f32 {
    let x = if x < -18.0 { -18.0 } else { x };
    let x = if x > 89.0 { 89.0 } else { x };
    let (n, rest) = reduced_exp(x, 0.0);
    let half = n >> 1;
    let (first, second) = (power_of_two(half), power_of_two(n.wrapping_sub(half)));
    let y = (rest * first + (first - power_of_two(half.wrapping_sub(n)))) * second;
    y.copysign(x)
}

/// The natural logarithm, within 0.9 ulp.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    let tiny = x < f32::MIN_POSITIVE;
    let normal = if tiny { x * 8_388_608.0 } else { x };
    // normal = m · 2ⁿ with √½ ≤ m < √2
    let bits = normal.to_bits().wrapping_sub(0x3F35_04F3) as i32;
    let n = (bits >> 23) as f32 - if tiny { 23.0 } else { 0.0 };
    let m = f32::from_bits(((bits & 0x007F_FFFF) + 0x3F35_04F3) as u32);
    let f = m - 1.0;
    let p = polynomial(
        f,
        [
            3.333_333e-1,
            -2.499_999_4e-1,
            2.000_071_5e-1,
            -1.666_805_8e-1,
            1.424_932_3e-1,
            -1.242_014_1e-1,
            1.167_699_9e-1,
            -1.151_461e-1,
            7.037_683_6e-2,
        ],
    );
    let square = f * f;
    let rest = f * square * p + n * LN_2[1] - 0.5 * square;
    let y = rest + f + n * LN_2[0];
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    // Also NaN itself.
    let y = if x >= 0.0 { y } else { f32::NAN };
    if x == f32::INFINITY { x } else { y }
}

/// ln(1 + x), also where 1 + x is close to 1, within 1.6 ulp.
#[inline(always)]
pub(crate) fn ln_plus_one(x: f32) -> f32 {
    let sum = 1.0 + x;
    // What the sum has lost in rounding, times the slope there.
    let lost = (x - (sum - 1.0)) / sum;
    let y = ln(sum);
    if sum > 0.0 && sum < f32::INFINITY { y + lost } else { y }
}

/// The hyperbolic tangent, within 1.4 ulp.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let square = x * x;
    let p = polynomial(
        square,
        [-3.333_328e-1, 1.333_144_2e-1, -5.373_971_6e-2, 2.063_908_8e-2, -5.704_988_7e-3],
    );
    let small = p * square * x + x;
    let size = x.abs();
    let large = 1.0 - 2.0 / (exp(size + size) + 1.0);
    (if size < 0.625 { small } else { large }).copysign(x)
}

/// The logistic function 1 / (1 + exp(−x)), within 2.5 ulp.
#[inline(always)]
pub(crate) fn logistic(x: f32) -> f32 {
    let e = exp(-x.abs());
    (if x < 0.0 { e } else { 1.0 }) / (1.0 + e)
}

/// The normal distribution: the probability of less than `x`, within 6.5 ulp (the share of small
/// probabilities, which a plain `1 − erf` would lose), and the density at `x`, within 2.3 ulp.
#[inline(always)]
pub(crate) fn normal(x: f32) -> (f32, f32) {
    let z = x.abs();
    let z = if z > 20.0 { 20.0 } else { z };
    // exp(−z² / 2): the square of the upper half of z is exact.
    let upper = f32::from_bits(z.to_bits() & 0xFFFF_F000);
    let e = exp_of_sum(-0.5 * upper * upper, -0.5 * (z - upper) * (z + upper));
    // The probability beyond z is exp(−z² / 2) · t · p(u), fitted with a relative error of 1.5e-8.
    let t = 2.5 / (2.5 + z);
    let u = 2.0 * t - 1.0;
    let p = polynomial(
        u,
        [
            0.282_662_66,
            0.173_476_8,
            0.052_794_784,
            -0.003_694_373_2,
            -0.006_554_379,
            0.000_640_409_6,
            0.001_009_203_5,
            -0.000_273_727_9,
            -0.000_124_206_21,
            6.282_709_4e-5,
        ],
    );
    let beyond = e * t * p;
    (if x < 0.0 { beyond } else { 1.0 - beyond }, e * 0.398_942_3)
}

/// As [`normal`], to 13 digits, for checks: by the definition's series where that adds up quickly,
/// by Laplace's continued fraction beyond.
pub(crate) fn normal_in_double(x: f64) -> (f64, f64) {
    let z = x.abs();
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    let beyond = if z < 3.0 {
        // z + z³ / 3 + z⁵ / (3 · 5) + …
        let terms = (1..60).scan(z, |term, n| {
            let this = *term;
            *term *= z * z / f64::from(2 * n + 1);
            Some(this)
        });
        0.5 - density * terms.sum::<f64>()
    } else {
        density / (1..150).rev().fold(z, |rest, n| z + f64::from(n) / rest)
    };
    (if x < 0.0 { beyond } else { 1.0 - beyond }, density)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    /// How far `actual` is from the truth, in units in the last place.
    fn ulps(actual: f32, truth: f64) -> f64 {
        let nearest = truth as f32;
        if nearest.is_nan() || !nearest.is_finite() {
            // Where the truth is just beyond the largest number, that is right too.
            let right = actual == nearest || actual.is_nan() && nearest.is_nan();
            return if right || actual.abs() == f32::MAX { 0.0 } else { f64::INFINITY };
        }
        let size = truth.abs().max(f64::from(f32::MIN_POSITIVE));
        (f64::from(actual) - truth).abs() / (size.log2().floor() - 23.0).exp2()
    }

    type Function = (&'static str, fn(f32) -> f32, fn(f64) -> f64, f64);

    const FUNCTIONS: [Function; 8] = [
        ("exp", super::exp, f64::exp, 1.1),
        ("exp_minus_one", super::exp_minus_one, f64::exp_m1, 1.8),
        ("ln", super::ln, f64::ln, 0.9),
        ("ln_plus_one", super::ln_plus_one, f64::ln_1p, 1.6),
        ("tanh", super::tanh, f64::tanh, 1.4),
        ("logistic", super::logistic, |x| 1.0 / (1.0 + (-x).exp()), 2.5),
        ("normal", |x| super::normal(x).0, |x| libm::erfc(-x / 2_f64.sqrt()) / 2.0, 6.5),
        (
            "density",
            |x| super::normal(x).1,
            |x| (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt(),
            2.3,
        ),
    ];

    fn check(x: f32) {
        for (name, function, truth, bound) in FUNCTIONS {
            let (actual, truth) = (function(x), truth(f64::from(x)));
            let error = ulps(actual, truth);
            assert!(error <= bound, "{name}({x:e}) is {actual:e}, not {truth:e}: {error} ulp");
        }
    }

    proptest! {
        #![proptest_config(plywood_testkit::cases(20_000))]

        #[test]
        fn prop_functions_are_close_to_the_truth(bits: u32, x in -120_f32..120.0, small in -2_f32..2.0) {
            check(f32::from_bits(bits));
            check(x);
            check(small);
        }
    }

    #[test]
    fn the_normal_distribution_to_many_digits() {
        for step in -400..=400 {
            let x = f64::from(step) * 0.05;
            let truth = libm::erfc(-x / 2_f64.sqrt()) / 2.0;
            let (actual, _) = super::normal_in_double(x);
            assert!((actual - truth).abs() <= 1e-12 * truth, "{x}: {actual:e}, not {truth:e}");
        }
        assert_eq!(super::normal_in_double(f64::INFINITY).0, 1.0);
        assert!(super::normal_in_double(f64::NAN).0.is_nan());
    }

    #[test]
    fn special_values() {
        let largest = [f32::INFINITY, f32::MAX, f32::MIN_POSITIVE, 1e-45, 1.0, 88.722_84, 103.98];
        largest.into_iter().flat_map(|x| [x, -x]).chain([0.0, -0.0, f32::NAN]).for_each(check);
        for exact in [super::exp(0.0), super::logistic(f32::INFINITY), super::tanh(20.0)] {
            assert_eq!(exact, 1.0);
        }
        assert_eq!(super::tanh(-0.0).to_bits(), (-0.0_f32).to_bits());
        assert_eq!(super::normal(0.0).0, 0.5);
    }
}

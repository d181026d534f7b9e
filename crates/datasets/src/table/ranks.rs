//! Numbers by their ranks: for columns of which a few are far from the others.

/// How many places of the training numbers are kept.
const PLACES: usize = 1000;

/// Ranks this near to 0 and 1 are taken for the ends.
const END: f64 = 1e-7;

/// Where a number stands among the training numbers, from the smallest to the largest, as the number that
/// stands there among those of a normal distribution: scikit-learn's `QuantileTransformer` with
/// `output_distribution="normal"`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub(super) struct Ranks {
    /// The training numbers at equal distances of rank, from the smallest to the largest.
    places: Vec<f64>,
}

impl Ranks {
    /// Of numbers of which there are at least two different ones.
    pub(super) fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        let count = numbers.len().clamp(2, PLACES);
        let at = |place: usize| {
            let rank = place as f64 / (count - 1) as f64 * (numbers.len() - 1) as f64;
            let (below, part) = (rank.floor() as usize, rank.fract());
            let next = numbers[(below + 1).min(numbers.len() - 1)];
            numbers[below] + (next - numbers[below]) * part
        };
        Self { places: (0..count).map(at).collect() }
    }

    /// What a number becomes: from −5.2 to 5.2.
    pub(super) fn normal(&self, x: f64) -> f64 {
        // Of equal numbers the middle of their ranks.
        let below = self.places.partition_point(|&place| place < x);
        let above = self.places.partition_point(|&place| place <= x);
        let last = (self.places.len() - 1) as f64;
        let rank = match (below, above) {
            (0, 0) => 0.0,
            _ if below == self.places.len() => last,
            (below, above) if below < above => (below + above - 1) as f64 / 2.0,
            (below, _) => {
                let (low, high) = (self.places[below - 1], self.places[below]);
                (below - 1) as f64 + (x - low) / (high - low)
            }
        };
        normal_quantile((rank / last).clamp(END, 1.0 - END))
    }
}

/// The number below which a part `p` of a normal distribution is, to 1e-15: Wichura, "Algorithm AS 241: The
/// percentage points of the normal distribution" (1988).
fn normal_quantile(p: f64) -> f64 {
    let middle = p - 0.5;
    if middle.abs() <= 0.425 {
        let r = 0.180_625 - middle * middle;
        return middle * ratio(r, &MIDDLE);
    }
    let r = (-p.min(1.0 - p).ln()).sqrt();
    let x = if r <= 5.0 { ratio(r - 1.6, &SIDE) } else { ratio(r - 5.0, &END_OF_TAIL) };
    x.copysign(middle)
}

/// Two polynomials, the lowest coefficient first.
type Coefficients = [[f64; 8]; 2];

fn ratio(x: f64, [above, below]: &Coefficients) -> f64 {
    let value = |of: &[f64; 8]| of.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient);
    value(above) / value(below)
}

const MIDDLE: Coefficients = [
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
];

const SIDE: Coefficients = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        0.000_774_545_014_278_341_4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        0.000_547_593_808_499_534_5,
        1.050_750_071_644_416_9e-9,
    ],
];

const END_OF_TAIL: Coefficients = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_887_9,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        0.000_786_869_131_145_613_3,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_normal_distribution() {
        // scipy.stats.norm.ppf
        let known = [
            (0.5, 0.0),
            (0.6, 0.253_347_103_135_799_7),
            (0.975, 1.959_963_984_540_054),
            (1e-7, -5.199_337_582_192_817),
            (1e-12, -7.034_483_825_301_131),
        ];
        for (p, x) in known {
            assert!((normal_quantile(p) - x).abs() < 1e-13, "{p}: {}", normal_quantile(p));
            assert!((normal_quantile(1.0 - p) + x).abs() < 1e-3);
        }
    }

    #[test]
    fn numbers_become_what_stands_at_their_rank() {
        let ranks = Ranks::of(vec![1.0, 100.0, 2.0, 3.0, 1e9]);
        let quarter = normal_quantile(0.25);
        assert!((ranks.normal(2.0) - quarter).abs() < 1e-12);
        assert_eq!(ranks.normal(3.0), 0.0);
        assert!((ranks.normal(51.5) - normal_quantile(0.625)).abs() < 1e-12);
        // Beyond the ends is at them.
        assert_eq!(ranks.normal(-5.0), ranks.normal(1.0));
        assert_eq!(ranks.normal(1e30), ranks.normal(1e9));
        assert!((ranks.normal(1e9) - 5.2).abs() < 0.01);
    }

    #[test]
    fn equal_numbers_have_the_middle_of_their_ranks() {
        let ranks = Ranks::of(vec![0.0, 0.0, 0.0, 0.0, 7.0]);
        assert!((ranks.normal(0.0) - normal_quantile(1.5 / 4.0)).abs() < 1e-12);
    }

    #[test]
    fn of_many_numbers_a_thousand_places_are_kept() {
        let ranks = Ranks::of((0..5000).map(f64::from).collect());
        assert_eq!(ranks.places.len(), PLACES);
        assert!((ranks.normal(1249.75) - normal_quantile(0.25)).abs() < 1e-9);
    }
}

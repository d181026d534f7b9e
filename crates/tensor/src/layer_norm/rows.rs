//! What is done with one row.

use crate::element::Float;
use crate::reduce::{add_lanes, sum_slice, sum_squares};
use crate::simd::vectorized;

/// Sums in flight: two vectors of eight `f32` for each of two sums.
const LANES: usize = 16;

/// The mean and `1 / √(variance + ε)`, in two passes; a mean of 0 if it isn't to be subtracted.
pub(super) fn statistics<T: Float>(x: &[T], epsilon: T, centered: bool) -> [T; 2] {
    let n = T::of(x.len() as f64);
    let mean = if centered { sum_slice(x) / n } else { T::ZERO };
    let variance = sum_squares(x, mean) / n;
    [mean, T::ONE / (variance + epsilon).sqrt()]
}

vectorized! {
    /// `y = (x − mean) · r · weight + bias`
    pub(super) fn normalise<T: Float>(
        x: &[T],
        statistics: [T; 2],
        weight: &[T],
        bias: Option<&[T]>,
        y: &mut [T],
    ) {
        let [mean, r] = statistics;
        let scaled = y.iter_mut().zip(x.iter().zip(weight));
        match bias {
            Some(bias) => scaled
                .zip(bias)
                .for_each(|((y, (&x, &weight)), &bias)| *y = (x - mean) * r * weight + bias),
            None => scaled.for_each(|(y, (&x, &weight))| *y = (x - mean) * r * weight),
        }
    }
}

vectorized! {
    /// `Σ g` and `Σ g · x̂` with `g = dy · weight`; adds `dy · x̂` and `dy` to the sums over all rows.
    pub(super) fn sums<T: Float>(
        dy: &[T],
        x: &[T],
        statistics: [T; 2],
        weight: &[T],
        over_rows: [&mut [T]; 2],
    ) -> [T; 2] {
        let [mean, r] = statistics;
        let [of_weight, of_bias] = over_rows;
        let mut lanes = [[T::ZERO; 2]; LANES];
        let groups = dy.chunks(LANES).zip(x.chunks(LANES)).zip(weight.chunks(LANES));
        let over_rows = of_weight.chunks_mut(LANES).zip(of_bias.chunks_mut(LANES));
        for (((dy, x), weight), (of_weight, of_bias)) in groups.zip(over_rows) {
            let mut add = |lane: usize| {
                let normal = (x[lane] - mean) * r;
                of_weight[lane] += dy[lane] * normal;
                of_bias[lane] += dy[lane];
                let g = dy[lane] * weight[lane];
                lanes[lane][0] += g;
                lanes[lane][1] += g * normal;
            };
            if x.len() == LANES {
                // A loop of known length, which becomes vectors.
                (0..LANES).for_each(&mut add);
            } else {
                (0..x.len()).for_each(&mut add);
            }
        }
        [0, 1].map(|sum| add_lanes(lanes.map(|both| both[sum])))
    }
}

vectorized! {
    /// `dx = r · (dy · weight − terms[0] − x̂ · terms[1])`
    pub(super) fn input_grad<T: Float>(
        dy: &[T],
        x: &[T],
        statistics: [T; 2],
        weight: &[T],
        terms: [T; 2],
        dx: &mut [T],
    ) {
        let [mean, r] = statistics;
        for ((dx, &dy), (&x, &weight)) in dx.iter_mut().zip(dy).zip(x.iter().zip(weight)) {
            let normal = (x - mean) * r;
            *dx = r * (dy * weight - terms[0] - normal * terms[1]);
        }
    }
}

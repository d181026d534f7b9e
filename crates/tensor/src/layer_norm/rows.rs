//! What is done with one row.

use crate::element::Float;
use crate::reduce::{sum_slice, sum_squares};
use crate::simd::{add_lanes, vectorized};

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
        let [of_weight, of_bias] = over_rows;
        let mut both = [[T::ZERO; LANES]; 2];
        let (dys, dy_rest) = dy.as_chunks::<LANES>();
        let (xs, x_rest) = x.as_chunks::<LANES>();
        let (weights, weight_rest) = weight.as_chunks::<LANES>();
        let (of_weights, of_weight_rest) = of_weight.as_chunks_mut::<LANES>();
        let (of_biases, of_bias_rest) = of_bias.as_chunks_mut::<LANES>();
        let groups = dys.iter().zip(xs).zip(weights);
        for (((dy, x), weight), (of_weight, of_bias)) in
            groups.zip(of_weights.iter_mut().zip(of_biases))
        {
            add(dy, x, statistics, weight, of_weight, of_bias, &mut both);
        }
        add(dy_rest, x_rest, statistics, weight_rest, of_weight_rest, of_bias_rest, &mut both);
        both.map(add_lanes)
    }
}

/// Adds what up to a vector's lanes of elements have to add, lane by lane.
#[inline(always)]
fn add<T: Float>(
    dy: &[T],
    x: &[T],
    [mean, r]: [T; 2],
    weight: &[T],
    of_weight: &mut [T],
    of_bias: &mut [T],
    [plain, products]: &mut [[T; LANES]; 2],
) {
    for lane in 0..dy.len() {
        let normal = (x[lane] - mean) * r;
        of_weight[lane] += dy[lane] * normal;
        of_bias[lane] += dy[lane];
        let g = dy[lane] * weight[lane];
        plain[lane] += g;
        products[lane] += g * normal;
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

//! Sums, means, variances and extrema against loops in `f64`.

use plywood_tensor::{Float, Tensor};
use plywood_testkit::{Array, arrays, assert_close, axis_of, cases, distinct, noise, shapes};
use proptest::prelude::*;
use proptest::sample::subsequence;

use crate::support::{agree, f64s, places, shape, tensor, tolerance};

/// An array and some of its axes.
fn reductions() -> impl Strategy<Value = (Array, Vec<isize>)> {
    arrays(shapes(0..=4, 0..=4)).prop_flat_map(|array| {
        let rank = array.shape.len();
        let axes: Vec<isize> = (0..rank as isize).collect();
        let some = subsequence(axes, 0..=rank).prop_shuffle();
        (Just(array), some, any::<bool>()).prop_map(|(array, axes, from_the_back)| {
            let back = if from_the_back { array.shape.len() as isize } else { 0 };
            (array, axes.into_iter().map(|axis| axis - back).collect())
        })
    })
}

/// For each place of the result, the numbers that fall on it.
fn groups(array: &Array, axes: &[isize]) -> (Vec<usize>, Vec<Vec<f64>>) {
    let rank = array.shape.len();
    let kept: Vec<usize> = (0..rank)
        .filter(|&axis| !axes.iter().any(|&a| a.rem_euclid(rank as isize) as usize == axis))
        .collect();
    let result: Vec<usize> = kept.iter().map(|&axis| array.shape[axis]).collect();
    let mut groups = vec![Vec::new(); result.iter().product()];
    for (place, &x) in places(&array.shape).iter().zip(&array.values) {
        let to = kept.iter().fold(0, |to, &axis| to * array.shape[axis] + place[axis]);
        groups[to].push(x);
    }
    (result, groups)
}

fn along_axes<T: Float>(array: &Array, axes: &[isize]) {
    let x = tensor::<T>(array);
    let (result, groups) = groups(array, axes);
    let naive = |f: &dyn Fn(&[f64]) -> f64| {
        let values = groups.iter().map(|group| f(group)).collect();
        Tensor::from_vec(values, shape(&result)).unwrap()
    };
    let sum = |group: &[f64]| group.iter().sum::<f64>();
    let mean = |group: &[f64]| sum(group) / group.len() as f64;
    let squares = |group: &[f64]| {
        let mean = mean(group);
        group.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()
    };
    let tolerance = tolerance::<T>(array.values.len());
    agree(&x.sum_axes(axes).unwrap(), &naive(&sum), tolerance);
    agree(&x.mean_axes(axes).unwrap(), &naive(&mean), tolerance);
    for correction in 0..=2 {
        let variance = |group: &[f64]| {
            let degrees = group.len() as f64 - correction as f64;
            let squares = squares(group);
            // Rounding decides between 0 / 0 and ε / 0.
            if degrees <= 0.0 { f64::NAN } else { squares / degrees }
        };
        let actual = x.var_axes(axes, correction).unwrap();
        let expected = naive(&variance);
        let undefined = expected.as_slice().iter().zip(f64s(&actual)).filter(|(e, _)| e.is_nan());
        for (_, actual) in undefined {
            assert!(!actual.is_finite(), "{actual}");
        }
        if expected.all_finite() {
            agree(&actual, &expected, tolerance);
        }
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_sums_means_and_variances_along_axes((array, axes) in reductions()) {
        along_axes::<f32>(&array, &axes);
        along_axes::<f64>(&array, &axes);
    }

    #[test]
    fn prop_sums_of_every_length(seed: u64, len in 0_usize..3000) {
        let values = noise(seed, len);
        let expected: f64 = values.iter().sum();
        let x = tensor::<f64>(&Array { shape: vec![len], values });
        assert_close(&[x.sum()], &[expected], 1e-12);
        assert_close(&[x.cast::<f32>().sum()], &[expected], 1e-5);
        if len > 0 {
            assert_close(&[x.mean()], &[expected / len as f64], 1e-13);
        }
    }

    #[test]
    fn prop_extrema_are_where_they_say((dims, axis) in axis_of(shapes(1..=4, 1..=4)), seed: u64) {
        // Few different values, so that there are ties.
        let len = dims.iter().product();
        let values = noise(seed, len).iter().map(|x| (x * 2.0).round()).collect();
        let x = tensor::<f32>(&Array { shape: dims.clone(), values });
        let (largest, smallest) = (x.argmax(axis).unwrap(), x.argmin(axis).unwrap());
        let along = axis.rem_euclid(dims.len() as isize) as usize;
        let mut without = dims.clone();
        without.remove(along);
        prop_assert_eq!(largest.shape(), shape(&without));
        let (tops, bottoms) = (x.max_axis(axis).unwrap(), x.min_axis(axis).unwrap());
        for (index, place) in places(&without).into_iter().enumerate() {
            let line: Vec<f32> = (0..dims[along])
                .map(|i| {
                    let mut place = place.clone();
                    place.insert(along, i);
                    x.get(&place).unwrap()
                })
                .collect();
            let top = line.iter().copied().fold(f32::MIN, f32::max);
            let bottom = line.iter().copied().fold(f32::MAX, f32::min);
            let first = |value| line.iter().position(|&x| x == value).unwrap() as u32;
            prop_assert_eq!(tops.as_slice()[index], top);
            prop_assert_eq!(bottoms.as_slice()[index], bottom);
            prop_assert_eq!(largest.as_slice()[index], first(top));
            prop_assert_eq!(smallest.as_slice()[index], first(bottom));
        }
    }

    #[test]
    fn prop_nan_is_every_extremum(values in distinct(9), at in 0_usize..9) {
        let mut x = tensor::<f64>(&Array { shape: vec![9], values });
        prop_assert_eq!(x.max().unwrap(), 4.0 / 64.0);
        prop_assert_eq!(x.min().unwrap(), -4.0 / 64.0);
        x.as_mut_slice()[at] = f64::NAN;
        prop_assert!(x.max().unwrap().is_nan() && x.min().unwrap().is_nan());
        prop_assert_eq!(x.argmax(0).unwrap().item().unwrap() as usize, at);
        prop_assert_eq!(x.argmin(0).unwrap().item().unwrap() as usize, at);
        prop_assert!(x.max_axis(0).unwrap().item().unwrap().is_nan());
        prop_assert!(x.min_axis(-1).unwrap().item().unwrap().is_nan());
    }
}

/// Sizes on both sides of the borders at which the sums change their way of working: 512 elements
/// of a block, 32 and 4,096 columns, 16,384 elements of a task, four rows at a time.
#[test]
fn long_and_wide_sums() {
    for [outer, n, inner] in [
        [1, 40_000, 1],
        [3, 16_385, 1],
        [2, 127, 5],
        [2, 129, 511],
        [2, 300, 512],
        [1, 33, 1500],
        [1, 16_400, 2],
        [5, 1, 700],
        [2, 511, 1],
        [3000, 7, 1],
        [2, 1030, 31],
        [2, 1030, 32],
        [3, 18, 4096],
        [2, 19, 4099],
        [700, 5, 3],
    ] {
        let x = crate::support::noise::<f64>(7, &[outer, n, inner]);
        let mut expected = vec![0.0; outer * inner];
        for (place, value) in x.as_slice().iter().enumerate() {
            expected[place / (n * inner) * inner + place % inner] += value;
        }
        let expected = Tensor::from_vec(expected, [outer, inner]).unwrap();
        agree(&x.sum_axes(&[1]).unwrap(), &expected, 1e-12);
        agree(&x.cast::<f32>().sum_axes(&[1]).unwrap(), &expected, 1e-5);
    }
}

/// A plain running sum stops growing at 2²⁴ in `f32`.
#[test]
fn many_small_numbers_add_up() {
    assert_eq!(Tensor::ones([20_000_000]).sum(), 2e7);
    let thirds = Tensor::full([3_000_000], 1.0 / 3.0_f32);
    assert_close(&[thirds.sum()], &[1e6], 1e-7);
    assert_close(&[thirds.mean()], &[1.0 / 3.0], 1e-7);
}

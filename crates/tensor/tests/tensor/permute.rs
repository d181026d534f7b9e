//! Reordered axes, an element at a time.

use plywood_tensor::Tensor;
use plywood_testkit::{axis_of, cases, orders, shapes};
use proptest::prelude::*;

use crate::support::{noise, places, shape};

/// The element at each place of the result is the one at the place put back in order.
fn naive(x: &Tensor, order: &[usize]) -> Tensor {
    let dims: Vec<usize> = order.iter().map(|&axis| x.shape()[axis]).collect();
    let elements = places(&dims)
        .into_iter()
        .map(|place| {
            let mut from = vec![0; order.len()];
            for (&index, &axis) in place.iter().zip(order) {
                from[axis] = index;
            }
            x.get(&from).unwrap()
        })
        .collect();
    Tensor::from_vec(elements, shape(&dims)).unwrap()
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_permute_moves_every_element((dims, order) in orders(shapes(0..=5, 0..=5))) {
        let x = noise::<f32>(1, &dims);
        let signed: Vec<isize> = order.iter().map(|&axis| axis as isize).collect();
        let moved = x.permute(&signed).unwrap();
        prop_assert_eq!(&moved, &naive(&x, &order));
        let back: Vec<isize> = (0..order.len())
            .map(|axis| order.iter().position(|&from| from == axis).unwrap() as isize)
            .collect();
        prop_assert_eq!(moved.permute(&back).unwrap(), x);
    }

    #[test]
    fn prop_transpose_swaps_two_axes((dims, a) in axis_of(shapes(1..=4, 0..=5)), b in 0_isize..4) {
        let rank = dims.len() as isize;
        let b = b.rem_euclid(rank);
        let x = noise::<f32>(2, &dims);
        let mut order: Vec<usize> = (0..dims.len()).collect();
        order.swap(a.rem_euclid(rank) as usize, b as usize);
        prop_assert_eq!(x.transpose(a, b).unwrap(), naive(&x, &order));
    }
}

/// So large that it goes past the caches, with rows that begin at cache lines and rows that don't.
#[test]
fn transposed_past_the_caches() {
    for (rows, columns) in [(2048, 4128), (2051, 4100)] {
        let x = Tensor::from_vec((0..rows * columns).map(|i| i as u32).collect(), [rows, columns]);
        let y = x.unwrap().transpose(0, 1).unwrap();
        for (column, y) in y.as_slice().chunks(rows).enumerate() {
            assert!(y.iter().enumerate().all(|(row, &y)| y as usize == row * columns + column));
        }
    }
}

/// Sides on both sides of the tiles that a transposed copy goes by.
#[test]
fn transposed_by_tiles() {
    for (rows, columns) in [(15, 17), (16, 16), (33, 64), (1, 100), (100, 1), (300, 401)] {
        let x = noise::<f32>(3, &[rows, columns]);
        assert_eq!(x.transpose(0, 1).unwrap(), naive(&x, &[1, 0]));
    }
    let x = noise::<f32>(4, &[2, 3, 40, 50]);
    for order in [[0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 2, 3]] {
        let signed = order.map(|axis: usize| axis as isize);
        assert_eq!(x.permute(&signed).unwrap(), naive(&x, &order));
    }
}

//! Matrix products against three loops in `f64`, and PyTorch's.

use plywood_tensor::{Float, Tensor, linear};
use plywood_testkit::{MatmulProblem, cases, fixtures, matmul_problems};
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{agree, noise, places, shape, tensor, tolerance};

/// `[…, M, K] · […, K, N]` of operands stored as they are or transposed.
fn multiply<T: Float>(a: &Tensor<T>, b: &Tensor<T>, transposed: [bool; 2]) -> Tensor<T> {
    match transposed {
        [false, false] => a.matmul(b),
        [false, true] => a.matmul(b.t()),
        [true, false] => a.t().matmul(b),
        [true, true] => a.t().matmul(b.t()),
    }
    .unwrap()
}

/// One matrix with another.
fn naive([m, k, n]: [usize; 3], a: &[f64], b: &[f64], transposed: [bool; 2]) -> Vec<f64> {
    let mut c = vec![0.0; m * n];
    for (i, row) in c.chunks_mut(n.max(1)).enumerate().take(m) {
        for p in 0..k {
            let x = a[if transposed[0] { p * m + i } else { i * k + p }];
            for (j, out) in row.iter_mut().enumerate() {
                *out += x * b[if transposed[1] { j * k + p } else { p * n + j }];
            }
        }
    }
    c
}

/// For each matrix of the result, which of the operand's it is made of.
fn batch_places(own: &[usize], result: &[usize]) -> Vec<usize> {
    let index = |place: Vec<usize>| {
        let last = &place[place.len() - own.len()..];
        own.iter()
            .zip(last)
            .fold(0, |index, (&size, &place)| index * size + if size == 1 { 0 } else { place })
    };
    places(result).into_iter().map(index).collect()
}

fn batched(problem: &MatmulProblem) -> Tensor<f64> {
    let MatmulProblem { m, k, n, ref batch, transposed } = *problem;
    let (a, b) = (noise::<f64>(1, &problem.left()), noise::<f64>(2, &problem.right()));
    let pairs = batch_places(&batch.left, &batch.result)
        .into_iter()
        .zip(batch_places(&batch.right, &batch.result));
    let elements = pairs.flat_map(|(left, right)| {
        let a = &a.as_slice()[left * m * k..][..m * k];
        let b = &b.as_slice()[right * k * n..][..k * n];
        naive([m, k, n], a, b, transposed)
    });
    let dims = [&batch.result[..], &[m, n]].concat();
    Tensor::from_vec(elements.collect(), shape(&dims)).unwrap()
}

fn check<T: Float>(problem: &MatmulProblem, expected: &Tensor<f64>) {
    let (a, b) = (noise::<T>(1, &problem.left()), noise::<T>(2, &problem.right()));
    agree(&multiply(&a, &b, problem.transposed), expected, tolerance::<T>(problem.k));
}

/// Sides just below, at and above the kernels' tiles (4, 6, 8, 16) and the blocks (144 rows, 192
/// columns, 256 deep), and depths that are split among tasks.
fn sides() -> impl Strategy<Value = ([usize; 3], [bool; 2])> {
    let m = select(vec![1, 3, 5, 6, 7, 12, 13, 17, 32, 33, 143, 144, 145, 289]);
    let k = select(vec![1, 2, 31, 255, 256, 257, 511, 513, 1024, 1500, 5000]);
    let n = select(vec![1, 4, 7, 8, 9, 15, 16, 17, 33, 191, 192, 193, 385]);
    let sides = (m, k, n).prop_map(|(m, k, n)| [m, k, n]);
    let affordable = sides.prop_filter("takes too long", |[m, k, n]| m * k * n < 4_000_000);
    (affordable, any::<[bool; 2]>())
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn prop_batches_of_small_matrices(problem in matmul_problems()) {
        let expected = batched(&problem);
        check::<f32>(&problem, &expected);
        check::<f64>(&problem, &expected);
    }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn prop_sides_around_the_blocks((sides, transposed) in sides()) {
        let [m, k, n] = sides;
        let stored = |rows, columns, crossed| if crossed { [columns, rows] } else { [rows, columns] };
        let (left, right) = (stored(m, k, transposed[0]), stored(k, n, transposed[1]));
        let (a, b) = (noise::<f64>(3, &left), noise::<f64>(4, &right));
        let expected = naive(sides, a.as_slice(), b.as_slice(), transposed);
        let expected = Tensor::from_vec(expected, [m, n]).unwrap();
        agree(&multiply(&a, &b, transposed), &expected, tolerance::<f64>(k));
        let (a, b) = (a.cast::<f32>(), b.cast::<f32>());
        agree(&multiply(&a, &b, transposed), &expected, tolerance::<f32>(k));
    }

    #[test]
    fn prop_linear_is_a_product_and_a_bias(
        batch in plywood_testkit::shapes(0..=2, 0..=5),
        k in 0_usize..40,
        n in 0_usize..40,
        biased: bool,
    ) {
        let x = noise::<f64>(5, &[&batch[..], &[k]].concat());
        let (weight, bias) = (noise::<f64>(6, &[n, k]), noise::<f64>(7, &[n]));
        let rows = batch.iter().product();
        let product = naive([rows, k, n], x.as_slice(), weight.as_slice(), [false, true]);
        let dims = [&batch[..], &[n]].concat();
        let mut expected = Tensor::from_vec(product, shape(&dims)).unwrap();
        if biased {
            expected = &expected + &bias;
        }
        let y = linear(&x, &weight, biased.then_some(&bias)).unwrap();
        agree(&y, &expected, tolerance::<f64>(k));
        let (x, weight, bias) = (x.cast::<f32>(), weight.cast(), bias.cast());
        let y = linear(&x, &weight, biased.then_some(&bias)).unwrap();
        agree(&y, &expected, tolerance::<f32>(k));
    }
}

#[test]
fn agrees_with_pytorch() {
    let fixture = fixtures::load("matmul_embedding");
    for case in fixture.cases("matmul") {
        let array = |name: &str| tensor::<f64>(&fixture[&format!("{case}.{name}")]);
        let (a, b, dy) = (array("a"), array("b"), array("grad_output"));
        agree(&a.matmul(&b).unwrap(), &array("output"), 1e-14);
        // da = dy · bᵀ and db = aᵀ · dy, summed over what was broadcast.
        let da = dy.matmul(b.t()).unwrap().sum_to(a.shape()).unwrap();
        let db = a.t().matmul(&dy).unwrap().sum_to(b.shape()).unwrap();
        agree(&da, &array("grad_a"), 1e-13);
        agree(&db, &array("grad_b"), 1e-13);
    }
}

//! Choosing by index and placing side by side, against PyTorch.

use plywood_autodiff::Var;
use plywood_tensor::Tensor;
use plywood_testkit::fixtures;

use crate::support::{agrees_with_pytorch, indices};

#[test]
fn an_embedding_looks_up_rows() {
    let fixture = fixtures::load("matmul_embedding");
    let words = indices(&fixture["embedding.indices"]);
    let flat = words.reshape([words.numel()]).unwrap();
    agrees_with_pytorch(
        &fixture,
        "embedding",
        &["weight"],
        |x| x[0].index_select(0, &flat)?.reshape([2, 4, 3]),
        |x| x[0].index_select(0, &flat)?.reshape([2, 4, 3]),
    );
}

#[test]
fn index_select_along_another_axis() {
    let fixture = fixtures::load("matmul_embedding");
    let places = indices(&fixture["index_select.indices"]);
    agrees_with_pytorch(
        &fixture,
        "index_select",
        &["input"],
        |x| x[0].index_select(1, &places),
        |x| x[0].index_select(-2, &places),
    );
}

#[test]
fn concat_of_unequal_parts() {
    let fixture = fixtures::load("matmul_embedding");
    let parts = ["a", "b", "c"];
    agrees_with_pytorch(
        &fixture,
        "concat",
        &parts,
        |x| Var::concat(&[&x[0], &x[1], &x[2]], 1),
        |x| Var::concat(&[&x[0], &x[1], &x[2]], -2),
    );
}

/// A gather along the last axis, in single picks: as many as there are columns to choose.
#[test]
fn gather_is_a_stack_of_picks() {
    let fixture = fixtures::load("matmul_embedding");
    let all = indices(&fixture["gather.indices"]);
    let columns: Vec<Tensor<u32>> =
        (0..6).map(|column| all.narrow(1, column, 1).unwrap().reshape([3]).unwrap()).collect();
    let gather = |x: &[Var<f64>]| {
        let picked: Result<Vec<_>, _> =
            columns.iter().map(|column| x[0].pick(1, column)?.unsqueeze(1)).collect();
        Var::concat(&picked?.iter().collect::<Vec<_>>(), 1)
    };
    let narrow = |x: &[Var<f32>]| {
        let picked: Result<Vec<_>, _> =
            columns.iter().map(|column| x[0].pick(1, column)?.unsqueeze(1)).collect();
        Var::concat(&picked?.iter().collect::<Vec<_>>(), 1)
    };
    agrees_with_pytorch(&fixture, "gather", &["input"], gather, narrow);
}

//! Tests of tensors as a data set.

use plywood_tensor::Seed;

use super::*;
use crate::loader::DataLoader;

#[test]
fn rows_come_together() {
    let input = Tensor::arange(24).reshape([4, 2, 3]).unwrap();
    let rows = Rows::new(input.clone(), Tensor::from([[0.0], [1.0], [2.0], [3.0]])).unwrap();
    let batch = rows.batch(&[3, 0], &Draw::evaluation()).unwrap();
    assert_eq!(batch.input.shape(), [2, 2, 3].into());
    assert_eq!(batch.input.as_slice()[..2], [18.0, 19.0]);
    assert_eq!(batch.target, Tensor::from([[3.0], [0.0]]));
    assert_eq!((batch.len(), batch.target().values()), (2, Some(&batch.target)));
    assert_eq!(rows.fingerprint(), rows.clone().fingerprint());
    assert_ne!(rows.fingerprint(), rows.take(3).unwrap().fingerprint());

    let loader = DataLoader::new(&rows).batch_size(3).shuffle(Seed(1)).threads(2);
    let sizes: Vec<usize> = loader.epoch(0).map(|batch| batch.unwrap().len()).collect();
    assert_eq!(sizes, [3, 1]);
}

#[test]
fn classes_are_stratified() {
    let labels: Vec<u32> = (0..40).map(|i| u32::from(i % 4 == 0)).collect();
    let rows = Rows::new(Tensor::zeros([40, 2]), Tensor::from(labels)).unwrap();
    let [_, test] = rows.split([0.8, 0.2], Seed(1)).unwrap();
    assert_eq!(test.target().as_slice().iter().sum::<u32>(), 2);

    let named = test.clone().with_class_names(["common", "rare"]).unwrap();
    assert_eq!(named.take(1).unwrap().class_names(), ["common", "rare"]);
    let row = test.target().as_slice().iter().position(|&class| class == 1).unwrap();
    assert_eq!(
        test.with_class_names(["common"]).unwrap_err().to_string(),
        format!("rows: row {row} is of class 1, there are 1 class names; classes count from 0"),
    );
}

#[test]
fn what_doesnt_match_is_refused() {
    let refusal = |input: Tensor, target: Tensor| Rows::new(input, target).unwrap_err().to_string();
    assert_eq!(
        refusal(Tensor::zeros([3, 2]), Tensor::zeros([2, 1])),
        "rows: inputs [3, 2] have 3 rows, their targets 2",
    );
    assert_eq!(refusal(Tensor::zeros([0, 2]), Tensor::zeros([0])), "rows: inputs [0, 2] are empty",);
    assert_eq!(
        refusal(Tensor::scalar(1.0), Tensor::zeros([1])),
        "rows: a tensor without axes has no rows",
    );
    let rows = Rows::new(Tensor::zeros([3, 2]), Tensor::zeros([3])).unwrap();
    assert_eq!(
        rows.batch(&[3], &Draw::evaluation()).unwrap_err().to_string(),
        "rows: there is no sample 3 in a data set of 3",
    );
}

#[test]
fn a_row_is_named_by_its_place_in_the_whole_set() {
    let rows = Rows::new(Tensor::zeros([6, 1]), Tensor::zeros([6])).unwrap();
    let part = rows.subset(&[5, 3, 1]).unwrap().subset(&[2, 0]).unwrap();
    assert_eq!([part.sample_name(0), part.sample_name(1)], ["sample 1", "sample 5"]);
    assert_eq!(rows.sample_name(4), "sample 4");
}

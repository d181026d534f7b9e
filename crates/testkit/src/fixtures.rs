//! The reference numbers from PyTorch in the workspace's `fixtures/`; its README says what each
//! of them is.

use std::collections::BTreeMap;
use std::ops::Index;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};

use crate::Array;

/// One file of reference numbers.
#[derive(Clone, Debug)]
pub struct Fixture {
    name: String,
    arrays: BTreeMap<String, Array>,
}

/// Reads `fixtures/NAME.safetensors`.
///
/// # Panics
/// When it isn't there or can't be read: a test can't go on without it.
#[track_caller]
pub fn load(name: &str) -> Fixture {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("fixtures").join(format!("{name}.safetensors"));
    let bytes = std::fs::read(&path).unwrap_or_else(|error| {
        panic!("can't read fixtures/{name}.safetensors: {error}; fixtures/make.py makes it")
    });
    Fixture::parse(name, &bytes)
}

impl Fixture {
    #[track_caller]
    fn parse(name: &str, bytes: &[u8]) -> Self {
        let tensors = SafeTensors::deserialize(bytes)
            .unwrap_or_else(|error| panic!("fixtures/{name}.safetensors is damaged: {error}"));
        let mut arrays = BTreeMap::new();
        for (key, view) in tensors.tensors() {
            let values = numbers(view.dtype(), view.data()).unwrap_or_else(|| {
                panic!(
                    "fixtures/{name}.safetensors: {key} is {:?}; f64, f32 and i64 are read",
                    view.dtype()
                )
            });
            let shape = view.shape().to_vec();
            arrays.insert(key, Array { shape, values });
        }
        Self { name: name.to_owned(), arrays }
    }

    /// The array of this name, if there is one.
    pub fn get(&self, name: &str) -> Option<&Array> {
        self.arrays.get(name)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.keys().map(String::as_str)
    }

    /// `prefix0`, `prefix1`, … for as long as there are arrays that begin with that and a point:
    /// the cases of an operation.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn cases(&self, prefix: &str) -> Vec<String> {
        let cases: Vec<String> = (0..)
            .map(|k| format!("{prefix}{k}"))
            .take_while(|case| {
                let start = format!("{case}.");
                self.names().any(|name| name.starts_with(&start))
            })
            .collect();
        assert!(!cases.is_empty(), "{} has no {prefix}0", self.name);
        cases
    }
}

impl Index<&str> for Fixture {
    type Output = Array;

    /// # Panics
    /// When there is no array of that name; says which there are.
    #[track_caller]
    fn index(&self, name: &str) -> &Array {
        self.get(name).unwrap_or_else(|| {
            let names: Vec<&str> = self.names().collect();
            panic!("fixtures/{}.safetensors has no `{name}`, but {}", self.name, names.join(", "))
        })
    }
}

/// Little-endian numbers of a type that the fixtures use.
fn numbers(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f64>> {
    fn decode<const N: usize>(bytes: &[u8], number: fn([u8; N]) -> f64) -> Vec<f64> {
        let (chunks, _) = bytes.as_chunks::<N>();
        chunks.iter().map(|&chunk| number(chunk)).collect()
    }
    match dtype {
        Dtype::F64 => Some(decode(bytes, f64::from_le_bytes)),
        Dtype::F32 => Some(decode(bytes, |b| f64::from(f32::from_le_bytes(b)))),
        Dtype::I64 => Some(decode(bytes, |b| i64::from_le_bytes(b) as f64)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_read() {
        let cases = [
            ("activations", "input", vec![97]),
            ("attention", "sdpa_mask.q", vec![2, 2, 3, 4]),
            ("batch_norm2d", "layer_norm1.weight", vec![5]),
            ("conv2d", "case9.params", vec![7]),
            ("conv_transpose2d", "case3.params", vec![9]),
            ("lenet", "images", vec![8, 1, 8, 8]),
            ("local_response_norm", "case4.params", vec![4]),
            ("matmul_embedding", "embedding.indices", vec![2, 4]),
            ("optimizers", "p0_f32", vec![7]),
            ("pad2d", "case0.output", vec![2, 2, 6, 7]),
            ("pool2d", "case4.output", vec![2, 2, 7, 3]),
            ("recurrent", "lstm_deep.h0", vec![4, 2, 5]),
            ("schedules", "one_cycle.lr", vec![50]),
            ("softmax_losses", "mse.loss", vec![]),
            ("zoo", "resnet20.logits", vec![2, 10]),
        ];
        for (name, key, shape) in cases {
            let fixture = load(name);
            for key in fixture.names() {
                let array = &fixture[key];
                assert_eq!(array.values.len(), array.shape.iter().product::<usize>(), "{key}");
            }
            assert_eq!(fixture[key].shape, shape);
        }
        let conv = load("conv2d");
        assert_eq!(conv["case9.params"].sizes(), [2, 1, 1, 2, 1, 3, 2]);
        assert_eq!(conv.cases("case").len(), 15);
        assert_eq!(load("lenet")["loss"].shape, [0; 0]);
    }

    #[test]
    #[should_panic(expected = "fixtures/schedules.safetensors has no `cosine`, but cosine.lr, ")]
    fn what_is_missing_is_named() {
        let _ = &load("schedules")["cosine"];
    }

    #[test]
    #[should_panic(expected = "can't read fixtures/conv9d.safetensors: ")]
    fn a_file_that_is_missing_is_named() {
        load("conv9d");
    }

    #[test]
    #[should_panic(expected = "fixtures/short.safetensors is damaged: ")]
    fn a_damaged_file_is_named() {
        Fixture::parse("short", &[1, 2, 3]);
    }
}

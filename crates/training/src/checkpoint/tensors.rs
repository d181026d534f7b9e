//! Tensors in a checkpoint: a shape and little-endian bytes.

use std::collections::BTreeMap;

use plywood_autodiff::Params;
use plywood_tensor::{Result, Shape, Tensor};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::order::by_name;

/// A tensor as a checkpoint holds it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored(pub(super) Tensor);

/// Every parameter and buffer of a model by name, sharing the model's memory.
pub(super) fn store(model: &dyn Params) -> BTreeMap<String, Stored> {
    by_name(model.slots().into_iter().map(|(name, slot)| (name, Stored(slot.value()))))
}

/// Tensors of something else than a model, by name.
pub(super) fn keep(tensors: BTreeMap<String, Tensor>) -> BTreeMap<String, Stored> {
    by_name(tensors.into_iter().map(|(name, tensor)| (name, Stored(tensor))))
}

/// The tensors that are stored, as a model's [state](plywood_layers::StateDict) or as they are.
pub(super) fn restore<V: From<Tensor>>(stored: &BTreeMap<String, Stored>) -> BTreeMap<String, V> {
    by_name(stored.iter().map(|(name, Stored(tensor))| (name.clone(), tensor.clone().into())))
}

impl Serialize for Stored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = self.0.as_slice().iter().flat_map(|x| x.to_le_bytes()).collect();
        (self.0.shape().to_vec(), Bytes(bytes)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (dims, bytes) = <(Vec<usize>, &[u8])>::deserialize(deserializer)?;
        let (words, []) = bytes.as_chunks() else {
            return Err(D::Error::custom("a tensor's bytes are no whole numbers"));
        };
        let numbers = words.iter().map(|&word| f32::from_le_bytes(word)).collect();
        let tensor = Shape::new(&dims).and_then(|shape| Tensor::from_vec(numbers, shape));
        tensor.map(Self).map_err(D::Error::custom)
    }
}

/// Bytes that are written and read at once instead of one by one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&[u8]>::deserialize(deserializer).map(|bytes| Self(bytes.to_vec()))
    }
}

//! From what a pickle has built to tensors by name.

use std::collections::HashMap;

use plywood_tensor::{Error, Result, Shape, Tensor};
use safetensors::Dtype;

use crate::numbers::floats;
use crate::state::{StateDict, is_counter};

use super::value::{Array, Loaded, Node, Storage, Value, View};

/// Limits of the walk: a few lists that contain each other can stand for more values than there is
/// memory.
const MOST_DEPTH: usize = 64;
const MOST_NAME: usize = 1024;
const MOST_VALUES: usize = 1 << 21;
const MOST_TENSORS: usize = 1 << 16;

/// Makes tensors of everything in a pickle.
pub(super) struct Arrays<'l, 'a> {
    loaded: &'l Loaded<'a>,
    /// The bytes of PyTorch's storages, by key.
    storages: &'l HashMap<String, &'a [u8]>,
    /// Those that are made already: tied weights are one tensor.
    made: HashMap<View, Tensor>,
    /// How many more numbers there may be: views can overlap, but all together have no more numbers
    /// than the file has bytes.
    room: usize,
    values: usize,
    state: StateDict,
}

impl<'l, 'a> Arrays<'l, 'a> {
    pub(super) fn new(
        loaded: &'l Loaded<'a>,
        storages: &'l HashMap<String, &'a [u8]>,
        file: usize,
    ) -> Self {
        let (made, state) = (HashMap::new(), StateDict::new());
        Self { loaded, storages, made, room: file, values: 0, state }
    }

    /// All tensors, by the names on the way to them.
    pub(super) fn by_name(mut self) -> Result<StateDict> {
        let root = self.loaded.root;
        self.walk(root, &mut String::new(), 0)?;
        if self.state.is_empty() {
            let kind = root.kind(&self.loaded.nodes);
            return Err(Error::data(format!("there are no weights: the pickle is {kind}")));
        }
        Ok(self.state)
    }

    fn walk(&mut self, value: Value<'a>, name: &mut String, depth: usize) -> Result<()> {
        self.values += 1;
        if depth > MOST_DEPTH
            || name.len() > MOST_NAME
            || self.values > MOST_VALUES
            || self.state.len() > MOST_TENSORS
        {
            return Err(Error::data(format!(
                "the pickle's values contain each other too often: more than {MOST_DEPTH} deep, \
                 {MOST_VALUES} in all, {MOST_TENSORS} tensors, or names of {MOST_NAME} bytes"
            )));
        }
        let Value::Node(place) = value else { return Ok(()) };
        let loaded = self.loaded;
        let tensor = match &loaded.nodes[place] {
            Node::List(elements) | Node::Tuple(elements) => {
                for (place, &element) in elements.iter().enumerate() {
                    self.enter(&place.to_string(), element, name, depth)?;
                }
                return Ok(());
            }
            Node::Dict(pairs) => {
                for &(key, value) in pairs {
                    match key {
                        Value::Text(key) => self.enter(key, value, name, depth)?,
                        Value::Int(key) => self.enter(&key.to_string(), value, name, depth)?,
                        _ => {
                            let kind = key.kind(&loaded.nodes);
                            return Err(Error::data(format!("a key is {kind}")).within(name));
                        }
                    }
                }
                return Ok(());
            }
            Node::Bytes(_) | Node::Storage(_) | Node::Type(_) => return Ok(()),
            // Nobody needs how many batches a normalisation has seen.
            _ if is_counter(name) => return Ok(()),
            Node::Tensor(view) => self.tensor(view),
            Node::Array(Some(array)) => self.array(array),
            Node::Array(None) => Err(Error::data("the array has no contents")),
        };
        let tensor = tensor.map_err(|error| error.within(name))?;
        self.state.insert(name.clone(), tensor);
        Ok(())
    }

    fn enter(
        &mut self,
        key: &str,
        value: Value<'a>,
        name: &mut String,
        depth: usize,
    ) -> Result<()> {
        let outer = name.len();
        if outer > 0 {
            name.push('.');
        }
        name.push_str(key);
        self.walk(value, name, depth + 1)?;
        name.truncate(outer);
        Ok(())
    }

    fn tensor(&mut self, view: &View) -> Result<Tensor> {
        if let Some(made) = self.made.get(view) {
            return Ok(made.clone());
        }
        let Node::Storage(Storage { key, dtype, len }) = self.loaded.nodes[view.storage] else {
            return Err(Error::data("the tensor is a view of something else than a storage"));
        };
        let bytes = self.storages.get(key).copied().ok_or_else(|| {
            Error::data(format!("its numbers, storage `{}`, are missing", key.escape_debug()))
        })?;
        let expected = bytes_of(dtype, len);
        if expected != Some(bytes.len()) {
            return Err(Error::data(format!(
                "{len} numbers of {dtype:?} should be in its storage, it has {} bytes",
                bytes.len()
            )));
        }
        let tensor = self.gather(bytes, dtype, view)?;
        self.made.insert(view.clone(), tensor.clone());
        Ok(tensor)
    }

    fn array(&mut self, array: &Array<'a>) -> Result<Tensor> {
        let data: &[u8] = match array.data {
            Value::Bytes(bytes) => bytes,
            Value::Text(text) => text.as_bytes(),
            Value::Node(place) => match &self.loaded.nodes[place] {
                Node::Bytes(bytes) => bytes,
                _ => &[],
            },
            _ => &[],
        };
        let mut strides = vec![0; array.sizes.len()];
        let mut count = Some(1_u64);
        let mut axes: Vec<usize> = (0..strides.len()).collect();
        if !array.fortran {
            axes.reverse();
        }
        for axis in axes {
            strides[axis] = count.unwrap_or(0);
            count = count.and_then(|count| count.checked_mul(array.sizes[axis]));
        }
        if count.and_then(|count| bytes_of(array.dtype, count)) != Some(data.len()) {
            return Err(Error::data(format!(
                "an array {:?} of {:?} has {} bytes",
                array.sizes,
                array.dtype,
                data.len()
            )));
        }
        let view = View { storage: 0, offset: 0, sizes: array.sizes.clone(), strides };
        self.gather(data, array.dtype, &view)
    }

    /// The numbers of a view, in the order of a tensor.
    fn gather(&mut self, bytes: &[u8], dtype: Dtype, view: &View) -> Result<Tensor> {
        let width = dtype.bitsize() / 8;
        let View { offset, sizes, strides, .. } = view;
        let wrong = || {
            Error::data(format!(
                "a view of sizes {sizes:?}, strides {strides:?} from number {offset} on doesn't fit \
                 the {} numbers that there are",
                bytes.len() / width.max(1)
            ))
        };
        if sizes.len() != strides.len() {
            return Err(wrong());
        }
        let count = sizes.iter().try_fold(1_u64, |count, &size| count.checked_mul(size));
        // The last number of all, if there is any.
        let mut last = Some(*offset);
        for (&size, &stride) in sizes.iter().zip(strides) {
            let most = size.saturating_sub(1).checked_mul(stride);
            last = last.zip(most).and_then(|(last, most)| last.checked_add(most));
        }
        let numbers = (bytes.len() / width.max(1)) as u64;
        let (count, last) = count.zip(last).ok_or_else(wrong)?;
        if count > numbers || (count > 0 && last >= numbers) {
            return Err(wrong());
        }
        // Both are at most the file's length now.
        let (count, offset) = (count as usize, *offset as usize);
        self.room = self.room.checked_sub(count).ok_or_else(|| {
            Error::data("the file's tensors overlap: they have more numbers than it has bytes")
        })?;
        let axes = sizes.iter().map(|&size| usize::try_from(size).map_err(|_| wrong()));
        let axes = axes.collect::<Result<Vec<usize>>>()?;
        let shape = Shape::new(&axes)?;
        let mut layout = axes.iter().zip(strides).zip(shape.strides());
        let plain = layout.all(|((&size, &own), plain)| size == 1 || own == plain as u64);
        let numbers = if count == 0 || plain {
            let start = if count == 0 { 0 } else { offset * width };
            floats(dtype, &bytes[start..][..count * width])
        } else {
            floats(dtype, &in_order(bytes, width, offset, &axes, strides))
        };
        let numbers = numbers.ok_or_else(|| {
            Error::data(format!("it holds {dtype:?}, which is no floating-point number"))
        })?;
        Tensor::from_vec(numbers, shape)
    }
}

fn bytes_of(dtype: Dtype, count: u64) -> Option<usize> {
    let bytes = count.checked_mul(dtype.bitsize() as u64 / 8)?;
    usize::try_from(bytes).ok()
}

/// The bytes of every number of a view, all of which are there.
fn in_order(
    bytes: &[u8],
    width: usize,
    offset: usize,
    sizes: &[usize],
    strides: &[u64],
) -> Vec<u8> {
    let mut index = vec![0; sizes.len()];
    let mut place = offset;
    let mut ordered = Vec::new();
    for _ in 0..sizes.iter().product() {
        ordered.extend(&bytes[place * width..][..width]);
        // The last axis moves first; one that has reached its end begins anew.
        for axis in (0..sizes.len()).rev() {
            let stride = strides[axis] as usize;
            index[axis] += 1;
            place += stride;
            if index[axis] < sizes[axis] {
                break;
            }
            place -= stride * sizes[axis];
            index[axis] = 0;
        }
    }
    ordered
}

//! From what a pickle has built to tensors by name.

use std::collections::HashMap;

use plywood_tensor::{AnyTensor, Dtype, Error, Result, Shape};

use crate::numbers::dtype_of;
use crate::state::StateDict;

use super::value::{Array, Loaded, Node, Storage, Type, Value, View};

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
    made: HashMap<View, AnyTensor>,
    /// How many more numbers come without asking the memory budget. Views can overlap, but usually all
    /// together have no more numbers than the file has bytes.
    room: usize,
    values: usize,
    state: StateDict,
    /// How Python gets to each tensor, by its name here.
    ways: HashMap<String, String>,
}

/// The way to a value.
#[derive(Default)]
struct Way {
    /// The keys, with dots between them: the tensor's name.
    name: String,
    /// The keys in brackets, as in Python.
    brackets: String,
}

impl<'l, 'a> Arrays<'l, 'a> {
    pub(super) fn new(
        loaded: &'l Loaded<'a>,
        storages: &'l HashMap<String, &'a [u8]>,
        file: usize,
    ) -> Self {
        let (made, ways, state) = (HashMap::new(), HashMap::new(), StateDict::new());
        Self { loaded, storages, made, room: file, values: 0, state, ways }
    }

    /// All tensors, by the names on the way to them.
    pub(super) fn by_name(mut self) -> Result<StateDict> {
        let root = self.loaded.root;
        self.walk(root, &mut Way::default(), 0)?;
        if self.state.is_empty() {
            let kind = root.kind(&self.loaded.nodes);
            return Err(Error::data(format!("there are no weights: the pickle is {kind}")));
        }
        Ok(self.state)
    }

    fn walk(&mut self, value: Value<'a>, way: &mut Way, depth: usize) -> Result<()> {
        self.values += 1;
        if depth > MOST_DEPTH
            || way.name.len() > MOST_NAME
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
                    let place = place.to_string();
                    self.enter(&place, &place, element, way, depth)?;
                }
                return Ok(());
            }
            Node::Dict(pairs) => {
                for &(key, value) in pairs {
                    match key {
                        Value::Text(key) => {
                            self.enter(key, &format!("{key:?}"), value, way, depth)?;
                        }
                        Value::Int(key) => {
                            let key = key.to_string();
                            self.enter(&key, &key, value, way, depth)?;
                        }
                        _ => {
                            let key = format!("the key is {}", key.kind(&loaded.nodes));
                            self.nameless(value, &key, way, depth)?;
                        }
                    }
                }
                return Ok(());
            }
            Node::Set(elements) => {
                for &element in elements {
                    self.nameless(element, "it is in a set, which has no order", way, depth)?;
                }
                return Ok(());
            }
            Node::Bytes(_) | Node::Storage(_) | Node::Type(_) | Node::Other(_) => return Ok(()),
            Node::Tensor(view) => self.tensor(view),
            Node::Array(Some(array)) => self.array(array),
            Node::Array(None) => Err(Error::data("the array has no contents")),
        };
        let tensor = tensor.map_err(|error| error.within(&way.name))?;
        let first = self.ways.insert(way.name.clone(), way.brackets.clone());
        // Python, too, keeps the last value of one key.
        if let Some(first) = first.filter(|first| *first != way.brackets) {
            return Err(Error::data(format!(
                "two tensors have this name: {first} and {}",
                way.brackets
            ))
            .within(&way.name)
            .hint(
                "a name is the keys on the way to a tensor, with dots between: rename one of them",
            ));
        }
        self.state.insert(way.name.clone(), tensor);
        Ok(())
    }

    fn enter(
        &mut self,
        key: &str,
        index: &str,
        value: Value<'a>,
        way: &mut Way,
        depth: usize,
    ) -> Result<()> {
        let outer = (way.name.len(), way.brackets.len());
        if outer.0 > 0 {
            way.name.push('.');
        }
        way.name.push_str(key);
        way.brackets.extend(["[", index, "]"]);
        self.walk(value, way, depth + 1)?;
        way.name.truncate(outer.0);
        way.brackets.truncate(outer.1);
        Ok(())
    }

    /// Goes through a value that has no name. It may be anything but a tensor.
    fn nameless(&mut self, value: Value<'a>, why: &str, way: &mut Way, depth: usize) -> Result<()> {
        // Every tensor inside has this name or a longer one, which no other tensor has.
        let before = self.state.len();
        self.enter("?", "?", value, way, depth)?;
        if self.state.len() == before {
            return Ok(());
        }
        Err(Error::data(format!("a tensor has no name: {why}"))
            .within(&way.name)
            .hint("keys of weights are texts or whole numbers"))
    }

    fn tensor(&mut self, view: &View) -> Result<AnyTensor> {
        if let Some(made) = self.made.get(view) {
            return Ok(made.clone());
        }
        let Node::Storage(Storage { key, dtype, len }) = self.loaded.nodes[view.storage] else {
            return Err(Error::data("the tensor is a view of something else than a storage"));
        };
        let bytes = self.storages.get(key).copied().ok_or_else(|| {
            Error::data(format!("its numbers, storage `{}`, are missing", key.escape_debug()))
        })?;
        let dtype = dtype_of(dtype)?;
        let expected = bytes_of(dtype, len);
        if expected != Some(bytes.len()) {
            return Err(Error::data(format!(
                "{len} numbers of {dtype} should be in its storage, it has {} bytes",
                bytes.len()
            )));
        }
        let tensor = self.gather(bytes, dtype, view)?;
        self.made.insert(view.clone(), tensor.clone());
        Ok(tensor)
    }

    fn array(&mut self, array: &Array<'a>) -> Result<AnyTensor> {
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
        let dtype = numpy_dtype(array.dtype)?;
        if count.and_then(|count| bytes_of(dtype, count)) != Some(data.len()) {
            return Err(Error::data(format!(
                "an array {:?} of {dtype} has {} bytes",
                array.sizes,
                data.len()
            )));
        }
        let view = View { storage: 0, offset: 0, sizes: array.sizes.clone(), strides };
        self.gather(data, dtype, &view)
    }

    /// The numbers of a view, in the order of a tensor.
    fn gather(&mut self, bytes: &[u8], dtype: Dtype, view: &View) -> Result<AnyTensor> {
        let width = dtype.size();
        let View { offset, sizes, strides, .. } = view;
        let wrong = || {
            Error::data(format!(
                "a view of sizes {sizes:?}, strides {strides:?} from number {offset} on doesn't fit \
                 the {} numbers that there are",
                bytes.len() / width
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
        let numbers = (bytes.len() / width) as u64;
        let (count, last) = count.zip(last).ok_or_else(wrong)?;
        if count > 0 && last >= numbers {
            return Err(wrong());
        }
        let axes = sizes.iter().map(|&size| usize::try_from(size).map_err(|_| wrong()));
        let axes = axes.collect::<Result<Vec<usize>>>()?;
        let shape = Shape::new(&axes)?;
        if count == 0 {
            return AnyTensor::from_le_bytes(dtype, shape, &[]);
        }
        // The last number of the view is in memory, so the first one is.
        let offset = *offset as usize;
        let room = self.room.checked_sub(shape.numel());
        let mut layout = axes.iter().zip(strides).zip(shape.strides());
        let plain = layout.all(|((&size, &own), plain)| size == 1 || own == plain as u64);
        if let Some(room) = room {
            self.room = room;
            if plain {
                let bytes = &bytes[offset * width..][..shape.numel() * width];
                return AnyTensor::from_le_bytes(dtype, shape, bytes);
            }
        }
        // A view may have one number a million times, so the budget is asked.
        let mut places = Places::new(offset, &axes, strides);
        AnyTensor::try_from_bytes(dtype, shape, || &bytes[places.next() * width..][..width])
    }
}

fn bytes_of(dtype: Dtype, count: u64) -> Option<usize> {
    let bytes = count.checked_mul(dtype.size() as u64)?;
    usize::try_from(bytes).ok()
}

fn numpy_dtype(Type { code, order }: Type<'_>) -> Result<Dtype> {
    match (code, order) {
        ("f2", "<") => Ok(Dtype::F16),
        ("f4", "<") => Ok(Dtype::F32),
        ("f8", "<") => Ok(Dtype::F64),
        ("i1", "|") => Ok(Dtype::I8),
        ("i2", "<") => Ok(Dtype::I16),
        ("i4", "<") => Ok(Dtype::I32),
        ("i8", "<") => Ok(Dtype::I64),
        ("u1", "|") => Ok(Dtype::U8),
        ("u2", "<") => Ok(Dtype::U16),
        ("u4", "<") => Ok(Dtype::U32),
        ("b1", "|") => Ok(Dtype::Bool),
        _ => {
            let (order, code) = (order.escape_debug(), code.escape_debug());
            Err(Error::data(format!("the array has the type `{order}{code}`")).hint(
                "little-endian f2, f4, f8, integers of up to i8 and u4, and b1 are read: leave it out of what is saved, or save it as \
                 `array.astype(\"<f4\")`",
            ))
        }
    }
}

/// The places in its storage of a view's numbers, in the order of a tensor. All are there.
struct Places<'v> {
    place: usize,
    index: Vec<usize>,
    sizes: &'v [usize],
    strides: &'v [u64],
}

impl<'v> Places<'v> {
    fn new(offset: usize, sizes: &'v [usize], strides: &'v [u64]) -> Self {
        Self { place: offset, index: vec![0; sizes.len()], sizes, strides }
    }

    fn next(&mut self) -> usize {
        let place = self.place;
        // The last axis moves first; one that has reached its end begins anew.
        for axis in (0..self.sizes.len()).rev() {
            let stride = self.strides[axis] as usize;
            self.index[axis] += 1;
            if self.index[axis] < self.sizes[axis] {
                self.place += stride;
                break;
            }
            self.place -= stride * (self.sizes[axis] - 1);
            self.index[axis] = 0;
        }
        place
    }
}

//! Saving and loading weights by PyTorch's names: safetensors files, and reading of PyTorch's.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Read, Write};
use std::path::Path;

use plywood_autodiff::{ParamId, Params, Slot};
use plywood_tensor::{Error, ErrorKind, Result, Shape, Tensor, catch_decoder_panic, replace_file};
use safetensors::tensor::{Dtype, SafeTensors, View};

use crate::numbers::floats;

/// Whether this is what PyTorch's batch normalisation counts and nobody needs: it is left out in
/// silence.
pub(crate) fn is_counter(name: &str) -> bool {
    name.rsplit('.').next() == Some("num_batches_tracked")
}

/// Tensors by name.
pub type StateDict = BTreeMap<String, Tensor>;

/// Every parameter and buffer of a model by name, sharing the model's memory. Tied parameters
/// appear under each of their names.
pub fn state_dict(model: &(impl Params + ?Sized)) -> StateDict {
    model.slots().into_iter().map(|(name, slot)| (name, slot.value())).collect()
}

/// Gives a model the values of a state dictionary. Of a tied parameter any of its names will do.
///
/// # Errors
/// When a name is missing, unexpected, has another shape, or is that of two of the model's tensors, or
/// when tied parameters have different values: the error lists all of them, and the model is left as it was.
pub fn load_state_dict(model: &mut (impl Params + ?Sized), state: &StateDict) -> Result<()> {
    let mut problems: Vec<String> = shared_name(model)
        .map(|name| format!("two tensors of the model are named {name}"))
        .into_iter()
        .collect();
    let mut values: BTreeMap<String, &Tensor> = BTreeMap::new();
    for Entry { names, shape } in entries(model) {
        let mut given = names.iter().filter_map(|name| Some((name, state.get(name)?)));
        match given.next() {
            None => problems.push(format!("{} {shape} is missing", names[0])),
            Some((first, value)) => {
                for (name, own) in std::iter::once((first, value)).chain(given) {
                    if own.shape() != shape {
                        problems.push(format!("{name} is {}, the model's is {shape}", own.shape()));
                    } else if !same_bits(own, value) {
                        problems.push(format!("{name} differs from {first}, which it is tied to"));
                    }
                }
                values.extend(names.into_iter().map(|name| (name, value)));
            }
        }
    }
    let own: HashSet<String> = model.slots().into_iter().map(|(name, _)| name).collect();
    let unexpected = state.keys().filter(|name| !own.contains(*name) && !is_counter(name));
    problems.extend(unexpected.map(|name| format!("{name} is not in the model")));
    if !problems.is_empty() {
        let message = format!("the weights don't fit the model: {}", problems.join("; "));
        return Err(Error::data(message).operation("load"));
    }
    for (name, mut slot) in model.slots_mut() {
        slot.set(values[&name].clone())?;
    }
    Ok(())
}

/// A name that a model gives to two tensors, as one of `a.b` and one of `b` within `a`: a file has room for
/// one of them.
fn shared_name(model: &(impl Params + ?Sized)) -> Option<String> {
    let mut names = HashSet::new();
    model.slots().into_iter().map(|(name, _)| name).find(|name| !names.insert(name.clone()))
}

/// Something that is saved, under all of its names.
struct Entry {
    names: Vec<String>,
    shape: Shape,
}

/// What a model saves, in its own order: tied parameters are one entry.
fn entries(model: &(impl Params + ?Sized)) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: HashMap<ParamId, usize> = HashMap::new();
    for (name, slot) in model.slots() {
        let place = match slot {
            Slot::Param(param) => *places.entry(param.id()).or_insert(entries.len()),
            Slot::Buffer(_) => entries.len(),
        };
        match entries.get_mut(place) {
            Some(entry) => entry.names.push(name),
            None => entries.push(Entry { names: vec![name], shape: slot.value().shape() }),
        }
    }
    entries
}

fn same_bits(a: &Tensor, b: &Tensor) -> bool {
    let bits = |tensor: &Tensor| tensor.as_slice().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    a.shape() == b.shape() && (a.address() == b.address() || bits(a) == bits(b))
}

/// Writes a model's parameters and buffers in the safetensors format. The same values give the same
/// bytes.
///
/// # Errors
/// When the writer refuses, or two tensors of the model have one name.
pub fn write_safetensors(model: &(impl Params + ?Sized), writer: &mut impl Write) -> Result<()> {
    if let Some(name) = shared_name(model) {
        return Err(Error::data(format!("two tensors of the model are named {name}"))
            .operation("save")
            .hint("rename a field on the way to one of them"));
    }
    let state = state_dict(model);
    let views = state.iter().map(|(name, tensor)| (name, Bytes { shape: tensor.shape(), tensor }));
    let bytes = safetensors::serialize(views, None).map_err(|error| {
        Error::data(format!("the weights can't be written: {error}"))
            .operation("save")
            .caused_by(error)
    })?;
    writer.write_all(&bytes).map_err(|error| {
        Error::new(ErrorKind::Io, format!("can't write the weights: {error}"))
            .operation("save")
            .caused_by(error)
    })
}

/// Writes a model's parameters and buffers to a safetensors file. What the file held before is kept
/// until the new contents are safely on the disk.
///
/// # Errors
/// When the file can't be written, or two tensors of the model have one name.
pub fn save(model: &(impl Params + ?Sized), path: impl AsRef<Path>) -> Result<()> {
    let mut bytes = Vec::new();
    write_safetensors(model, &mut bytes)?;
    replace_file(path, &bytes)
}

/// Reads tensors of floating-point numbers in the safetensors format; `f16`, `bf16` and `f64` become
/// `f32`. Batch normalisation's `num_batches_tracked`, which nothing here uses, is left out.
///
/// # Errors
/// When the reader fails, or the data is no safetensors file, cut short, or holds other numbers, or numbers
/// too large for `f32`.
pub fn read_safetensors(reader: &mut impl Read) -> Result<StateDict> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Io, format!("can't read the weights: {error}"))
            .operation("load")
            .caused_by(error)
    })?;
    catch_decoder_panic("safetensors", || parse(&bytes)).map_err(|error| error.operation("load"))
}

fn parse(bytes: &[u8]) -> Result<StateDict> {
    let file = SafeTensors::deserialize(bytes).map_err(|error| {
        Error::data(format!("this is no whole safetensors file: {error} ({} bytes)", bytes.len()))
            .caused_by(error)
    })?;
    // By name, so that of several wrong ones it is always the same that is told.
    let views: BTreeMap<_, _> = file.iter().filter(|(name, _)| !is_counter(name)).collect();
    let mut state = StateDict::new();
    for (name, view) in views {
        let tensor = floats(view.dtype(), view.data())
            .and_then(|numbers| Tensor::from_vec(numbers, Shape::new(view.shape())?))
            .map_err(|error| error.within(name))?;
        state.insert(name.to_owned(), tensor);
    }
    Ok(state)
}

/// A tensor as safetensors writes it.
struct Bytes<'a> {
    shape: Shape,
    tensor: &'a Tensor,
}

impl View for Bytes<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.tensor.as_slice().iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>().into()
    }

    fn data_len(&self) -> usize {
        self.tensor.numel() * size_of::<f32>()
    }
}

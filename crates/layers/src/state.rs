//! Saving and loading weights by PyTorch's names: safetensors files, and reading of PyTorch's.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Read, Write};
use std::path::Path;

use plywood_autodiff::{ParamId, Params, Slot};
use plywood_tensor::{
    AnyTensor, Dtype, Error, ErrorKind, Float, Result, Shape, Tensor, catch_decoder_panic,
    replace_file,
};
use safetensors::tensor::{SafeTensors, View};

use crate::numbers::{dtype_of, file_dtype};

/// Tensors of any type by name.
pub type StateDict = BTreeMap<String, AnyTensor>;

/// Every parameter and buffer of a model by name, sharing the model's memory. Tied parameters
/// appear under each of their names.
///
/// A model of numbers of another type takes the values over by it:
///
/// ```
/// use plywood_layers::{Linear, load_state_dict, state_dict};
/// use plywood_tensor::{Rng, Seed};
///
/// let config = Linear::config(3, 2);
/// let single = config.init(&mut Rng::new(Seed(7)))?;
/// let mut double = config.init_as::<f64>(&mut Rng::new(Seed(8)))?;
/// load_state_dict(&mut double, &state_dict(&single))?;
/// assert_eq!(double.weight.value(), &single.weight.value().cast::<f64>());
/// # Ok::<(), plywood_tensor::Error>(())
/// ```
pub fn state_dict<T: Float>(model: &(impl Params<T> + ?Sized)) -> StateDict {
    model.slots().into_iter().map(|(name, slot)| (name, slot.value().into())).collect()
}

/// Gives a model the values of a state dictionary, in the type of the model's numbers. Of a tied parameter any
/// of its names will do. Tensors of whole numbers that the model hasn't, such as the `num_batches_tracked` of
/// PyTorch's batch normalisation, are passed over: they are no weights.
///
/// # Errors
/// When a name is missing, unexpected, has another shape, or is that of two of the model's tensors, when a
/// tensor holds whole numbers, or finite ones too large for the model's type, or when tied parameters have
/// different values: the error lists all of them, and the model is left as it was.
pub fn load_state_dict<T: Float>(
    model: &mut (impl Params<T> + ?Sized),
    state: &StateDict,
) -> Result<()> {
    let mut problems: Vec<String> = shared_name(model)
        .map(|name| format!("two tensors of the model are named {name}"))
        .into_iter()
        .collect();
    let mut values: BTreeMap<String, Tensor<T>> = BTreeMap::new();
    for Entry { names, shape } in entries(model) {
        let mut given: Vec<(&String, Tensor<T>)> = Vec::new();
        let mut is_missing = true;
        for name in &names {
            let Some(own) = state.get(name) else { continue };
            is_missing = false;
            match own.to_float() {
                _ if own.shape() != shape => {
                    problems.push(format!("{name} is {}, the model's is {shape}", own.shape()));
                }
                Err(error) => problems.push(format!("{name}: {error}")),
                Ok(value) => given.push((name, value)),
            }
        }
        if is_missing {
            problems.push(format!("{} {shape} is missing", names[0]));
        }
        let Some((first, value)) = given.first() else { continue };
        for (name, own) in &given[1..] {
            if !same_bits(own, value) {
                problems.push(format!("{name} differs from {first}, which it is tied to"));
            }
        }
        values.extend(names.iter().map(|name| (name.clone(), value.clone())));
    }
    let own: HashSet<String> = model.slots().into_iter().map(|(name, _)| name).collect();
    let unexpected = state.iter().filter(|(name, tensor)| {
        !own.contains(*name) && tensor.dtype().is_float() && !is_counter(name)
    });
    problems.extend(unexpected.map(|(name, _)| format!("{name} is not in the model")));
    if !problems.is_empty() {
        let message = format!("the weights don't fit the model: {}", problems.join("; "));
        return Err(Error::data(message).operation("load"));
    }
    for (name, mut slot) in model.slots_mut() {
        slot.set(values[&name].clone())?;
    }
    Ok(())
}

/// Whether this is what PyTorch's batch normalisation counts and nobody needs, also where a `half()` or a
/// `float()` has made it a floating-point number.
fn is_counter(name: &str) -> bool {
    name.rsplit('.').next() == Some("num_batches_tracked")
}

/// A name that a model gives to two tensors, as one of `a.b` and one of `b` within `a`: a file has room for
/// one of them.
fn shared_name<T: Float>(model: &(impl Params<T> + ?Sized)) -> Option<String> {
    let mut names = HashSet::new();
    model.slots().into_iter().map(|(name, _)| name).find(|name| !names.insert(name.clone()))
}

/// Something that is saved, under all of its names.
struct Entry {
    names: Vec<String>,
    shape: Shape,
}

/// What a model saves, in its own order: tied parameters are one entry.
fn entries<T: Float>(model: &(impl Params<T> + ?Sized)) -> Vec<Entry> {
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

fn same_bits<T: Float>(a: &Tensor<T>, b: &Tensor<T>) -> bool {
    let bits = |tensor: &Tensor<T>| {
        tensor.as_slice().iter().map(|x| x.to_f64().to_bits()).collect::<Vec<_>>()
    };
    a.address() == b.address() || bits(a) == bits(b)
}

/// Writes a model's parameters and buffers in the safetensors format. The same values give the same
/// bytes.
///
/// # Errors
/// When the writer refuses, or two tensors of the model have one name.
pub fn write_safetensors<T: Float>(
    model: &(impl Params<T> + ?Sized),
    writer: &mut impl Write,
) -> Result<()> {
    refuse_shared_name(model)?;
    write_state_dict(&state_dict(model), writer)
}

fn refuse_shared_name<T: Float>(model: &(impl Params<T> + ?Sized)) -> Result<()> {
    match shared_name(model) {
        None => Ok(()),
        Some(name) => Err(Error::data(format!("two tensors of the model are named {name}"))
            .operation("save")
            .hint("rename a field on the way to one of them")),
    }
}

/// Writes tensors in the safetensors format, each in its own type. The same values give the same bytes.
///
/// # Errors
/// When the writer refuses.
pub fn write_state_dict(state: &StateDict, writer: &mut impl Write) -> Result<()> {
    let views = state.iter().map(|(name, tensor)| {
        let dtype = file_dtype(tensor.dtype()).map_err(|error| error.within(name))?;
        Ok((name, Bytes { shape: tensor.shape(), dtype, tensor }))
    });
    let views = views.collect::<Result<Vec<_>>>().map_err(|error| error.operation("save"))?;
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
pub fn save<T: Float>(model: &(impl Params<T> + ?Sized), path: impl AsRef<Path>) -> Result<()> {
    let mut bytes = Vec::new();
    write_safetensors(model, &mut bytes)?;
    replace_file(path, &bytes)
}

/// As [`save`], rounded to numbers of another type: `Dtype::BF16` and `Dtype::F16` make a file of half the size.
/// [`load`](crate::load) reads it like any other.
///
/// # Errors
/// As for [`save`], or when the type is none of floating-point numbers, or has none as large as one of the model's.
pub fn save_as<T: Float>(
    model: &(impl Params<T> + ?Sized),
    path: impl AsRef<Path>,
    dtype: Dtype,
) -> Result<()> {
    refuse_shared_name(model)?;
    if !dtype.is_float() {
        let message =
            format!("weights can't be saved as {dtype}, which is no floating-point number");
        return Err(Error::value(message).operation("save").hint("f32, f64, bf16 and f16 are"));
    }
    let rounded = state_dict(model).into_iter().map(|(name, tensor)| {
        let tensor =
            tensor.cast_to(dtype).map_err(|error| error.operation("save").within(&name))?;
        Ok((name, tensor))
    });
    let mut bytes = Vec::new();
    write_state_dict(&rounded.collect::<Result<_>>()?, &mut bytes)?;
    replace_file(path, &bytes)
}

/// Reads the tensors of a safetensors file, each in its own type.
///
/// # Errors
/// When the reader fails, or the data is no safetensors file, cut short, or holds numbers of a type that no tensor
/// has here, such as complex ones.
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
    let views: BTreeMap<_, _> = file.iter().collect();
    let mut state = StateDict::new();
    for (name, view) in views {
        let tensor = dtype_of(view.dtype())
            .and_then(|dtype| {
                AnyTensor::from_le_bytes(dtype, Shape::new(view.shape())?, view.data())
            })
            .map_err(|error| error.within(name))?;
        state.insert(name.to_owned(), tensor);
    }
    Ok(state)
}

/// A tensor as safetensors writes it.
struct Bytes<'a> {
    shape: Shape,
    dtype: safetensors::Dtype,
    tensor: &'a AnyTensor,
}

impl View for Bytes<'_> {
    fn dtype(&self) -> safetensors::Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.tensor.to_le_bytes().into()
    }

    fn data_len(&self) -> usize {
        self.shape.numel() * self.tensor.dtype().size()
    }
}

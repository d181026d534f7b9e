//! Weights that Python has pickled: PyTorch's `.pth` files and dictionaries of NumPy arrays.
//!
//! A pickle is a program for a machine with a stack, and may tell Python to call any function that
//! it can import. Here nothing of that is run: the machine knows the few instructions that build
//! plain values, and of what they may call only the names in [`globals`], each of which is a note of
//! how a tensor lies in memory, or of something beside the weights that is passed over. Everything else is
//! refused by its name. What is kept grows with the file's length and not with what the file says of
//! itself, but for views that have a number more than once: those are made within the memory budget.
//!
//! Crates that read pickles aim at Python's objects in general; none of them has PyTorch's persistent
//! identifiers and a list of what may be called.

mod arrays;
mod built;
mod bytes;
mod globals;
mod machine;
mod objects;
mod torch;
mod value;

use std::collections::HashMap;
use std::io::Read;

use plywood_tensor::{Error, ErrorKind, Result};

use crate::state::StateDict;
use arrays::Arrays;
use bytes::Bytes;

pub(crate) use torch::is_pth;

/// Reads the weights in a PyTorch file (`.pth`, `.pt`), of today's format or that from before 1.6,
/// without Python and without doing what the file says.
///
/// The names are the keys on the way to each tensor, with dots between them: a file of
/// `{"state_dict": {"conv1.weight": …}}` has `state_dict.conv1.weight`. Elements of lists are named
/// by their place. Each tensor has its own type. Numbers, texts, sizes, devices, types and sets are left out. A view that an `expand` has made comes in with all its numbers.
///
/// A file of today's format has a checksum for each of its parts, and they are compared, unless it was
/// written without any
/// (`torch.serialization.set_crc32_options(False)`): then, as in the old format, only lengths tell that
/// it is damaged.
///
/// [`load`](crate::load) gives a model the weights of such a file whose names are its own.
///
/// # Errors
/// When the reader fails, the file is none of PyTorch's, cut short, or holds more than tensors in
/// dictionaries and lists: a whole pickled model is code, and is refused with what it asks for. When two
/// tensors would have one name, as in `{"a": {"b": …}, "a.b": …}`, or one has none, as in a set. When a
/// tensor holds numbers of a type that there is none of here, such as complex ones.
pub fn read_pth(reader: &mut impl Read) -> Result<StateDict> {
    let file = whole(reader)?;
    torch::read(&file).map_err(|error| error.operation("load"))
}

/// Reads NumPy's arrays in a pickle of dictionaries and lists, each in its own type, without
/// Python and without doing what the file says. Names are made as [`read_pth`] makes them.
///
/// # Errors
/// When the reader fails, or the data is no such pickle, or cut short; and as for [`read_pth`].
pub fn read_pickle(reader: &mut impl Read) -> Result<StateDict> {
    let file = whole(reader)?;
    let read = || {
        let mut bytes = Bytes::new(&file);
        let loaded = machine::load(&mut bytes)?;
        if !bytes.is_at_end() {
            return Err(Error::data("something follows the pickle's end").at(bytes.place()));
        }
        Arrays::new(&loaded, &HashMap::new(), file.len()).by_name()
    };
    read().map_err(|error: Error| error.operation("load"))
}

fn whole(reader: &mut impl Read) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    reader.read_to_end(&mut file).map_err(|error| {
        Error::new(ErrorKind::Io, format!("can't read the weights: {error}"))
            .operation("load")
            .caused_by(error)
    })?;
    Ok(file)
}

//! What Python would call, as the plain description of a tensor or array that it is.

use plywood_tensor::{Error, Result};

use super::built::Built;
use super::globals::{Global, Kind, SAVE_WEIGHTS};
use super::value::{Array, Node, Storage, Type, Value, View};

/// The most axes that are looked at; tensors have fewer.
const MOST_AXES: usize = 16;
/// What is refused of lists that are copied too often.
const LISTS: &str = "lists become more elements";

/// What stands for the call of a known name.
pub(super) fn call<'a>(
    built: &mut Built<'a>,
    function: Value<'a>,
    arguments: Value<'a>,
) -> Result<Value<'a>> {
    let Value::Global(global) = function else {
        let kind = function.kind(&built.nodes);
        return Err(Error::data(format!("the pickle calls {kind}, which is no function")));
    };
    let Some(given) = built.tuple(arguments) else {
        let kind = arguments.kind(&built.nodes);
        return Err(odd(format!("`{global}` is called with {kind} in place of its arguments")));
    };
    let node = match (global.kind, given) {
        (Kind::OrderedDict | Kind::DefaultDict | Kind::Counter, []) => Node::Dict(Vec::new()),
        // Python 2's is made of a list of its pairs.
        (Kind::OrderedDict, &[list]) => {
            let Some(pairs) = pairs(built, list) else {
                return Err(odd_call(built, global, given));
            };
            spend(built, pairs.len(), LISTS)?;
            Node::Dict(pairs)
        }
        (
            Kind::DefaultDict,
            [Value::None | Value::Global(Global { kind: Kind::PlainType, .. })],
        ) => Node::Dict(Vec::new()),
        (Kind::Counter, &[dict @ Value::Node(place)])
            if matches!(built.nodes[place], Node::Dict(_)) =>
        {
            return Ok(dict);
        }
        (Kind::Set, []) => Node::Set(Vec::new()),
        (Kind::Set, &[list]) => {
            let Some(elements) = elements(built, list) else {
                return Err(odd_call(built, global, given));
            };
            let elements = elements.to_vec();
            spend(built, elements.len(), LISTS)?;
            Node::Set(elements)
        }
        (Kind::Size, &[sizes]) if built.tuple(sizes).is_some() => return Ok(sizes),
        (Kind::Device, [Value::Text(_), ..]) => Node::Other("a device"),
        (Kind::Complex, [_, _]) => return Ok(Value::Number),
        (Kind::Tensor, &[Value::Node(storage), Value::Int(offset), sizes, strides, ..])
            if matches!(built.nodes[storage], Node::Storage(_)) =>
        {
            Node::Tensor(View {
                storage,
                offset: not_negative(offset)?,
                sizes: axes(built, sizes)?,
                strides: axes(built, strides)?,
            })
        }
        (
            Kind::TensorOfClass,
            &[
                function @ Value::Global(Global { kind: Kind::Tensor | Kind::Parameter, .. }),
                Value::Global(Global { kind: Kind::TensorClass, .. }),
                arguments,
                ..,
            ],
        ) => return call(built, function, arguments),
        (Kind::Parameter, &[tensor @ Value::Node(place), ..])
            if matches!(built.nodes[place], Node::Tensor(_)) =>
        {
            return Ok(tensor);
        }
        (Kind::EmptyArray, [Value::Global(Global { kind: Kind::ArrayClass, .. }), ..]) => {
            Node::Array(None)
        }
        (Kind::FilledArray, &[data, dtype, sizes, Value::Text(order)]) => {
            Node::Array(Some(Array {
                dtype: type_of(built, dtype)?,
                sizes: axes(built, sizes)?,
                fortran: order == "F",
                data,
            }))
        }
        (Kind::ArrayType, &[Value::Text(code), ..]) => Node::Type(Type { code, order: "" }),
        (Kind::ArrayScalar, &[dtype, ..]) => {
            type_of(built, dtype)?;
            Node::Other("a number of NumPy's")
        }
        (Kind::Encode, []) => Node::Bytes(Vec::new()),
        (Kind::Encode, &[bytes @ Value::Bytes(_)]) => return Ok(bytes),
        (Kind::Encode, &[bytes @ Value::Node(place)])
            if matches!(built.nodes[place], Node::Bytes(_)) =>
        {
            return Ok(bytes);
        }
        (Kind::Encode, &[Value::Text(text), Value::Text("latin1" | "latin-1")]) => {
            // As many bytes as the text has letters.
            spend(built, text.len(), "texts become more bytes")?;
            let bytes = text.chars().map(|letter| u8::try_from(u32::from(letter)));
            let bytes: Result<Vec<u8>, _> = bytes.collect();
            let bytes = bytes.map_err(|_| Error::data("a text of bytes has other letters"))?;
            Node::Bytes(bytes)
        }
        _ => return Err(odd_call(built, global, given)),
    };
    Ok(built.node(node))
}

/// The most arguments that an error lists.
const MOST_LISTED: usize = 6;

/// A known name that is called with other arguments than it is in files of weights.
fn odd_call(built: &Built<'_>, global: &Global, given: &[Value<'_>]) -> Error {
    let listed = given.iter().take(MOST_LISTED).map(|value| value.kind(&built.nodes));
    let mut listed: Vec<String> = listed.collect();
    if given.len() > MOST_LISTED {
        listed.push(format!("{} more", given.len() - MOST_LISTED));
    }
    odd(format!("`{global}` is called with ({})", listed.join(", ")))
}

fn odd(call: String) -> Error {
    Error::data(format!("{call}, as in no file of PyTorch's weights")).hint(SAVE_WEIGHTS)
}

/// The pairs of a list of lists or tuples of two.
fn pairs<'a>(built: &Built<'a>, list: Value<'a>) -> Option<Vec<(Value<'a>, Value<'a>)>> {
    let pair = |&pair: &Value<'a>| match elements(built, pair)? {
        &[key, value] => Some((key, value)),
        _ => None,
    };
    elements(built, list)?.iter().map(pair).collect()
}

/// The elements of a list or tuple.
fn elements<'m, 'a>(built: &'m Built<'a>, value: Value<'a>) -> Option<&'m [Value<'a>]> {
    match value {
        Value::Node(place) => match &built.nodes[place] {
            Node::List(elements) | Node::Tuple(elements) => Some(elements),
            _ => None,
        },
        _ => None,
    }
}

/// Takes room for what one instruction makes of so many bytes or elements.
fn spend(built: &mut Built<'_>, count: usize, what: &str) -> Result<()> {
    built.room = built.room.checked_sub(count).ok_or_else(|| {
        Error::data(format!("its {what} than the file has: one is used repeatedly"))
    })?;
    Ok(())
}

/// Gives an object its state.
pub(super) fn build<'a>(built: &mut Built<'a>, object: Value<'a>, state: Value<'a>) -> Result<()> {
    let Value::Node(place) = object else {
        let kind = object.kind(&built.nodes);
        return Err(Error::data(format!("{kind} can't be given a state")));
    };
    let given = built.tuple(state).unwrap_or_default();
    let node = match (&built.nodes[place], given) {
        // PyTorch notes the versions of its layers beside the weights.
        (Node::Dict(_), _) => return Ok(()),
        (&Node::Type(Type { code, .. }), &[Value::Int(_), Value::Text(order), ..]) => {
            Node::Type(Type { code, order })
        }
        (Node::Array(_), &[Value::Int(_), sizes, dtype, Value::Bool(fortran), data]) => {
            let dtype = type_of(built, dtype)?;
            Node::Array(Some(Array { dtype, sizes: axes(built, sizes)?, fortran, data }))
        }
        _ => {
            let kind = object.kind(&built.nodes);
            return Err(Error::data(format!("{kind} is given a state that it never has")));
        }
    };
    built.nodes[place] = node;
    Ok(())
}

/// The storage that PyTorch's persistent identifier stands for: `("storage", type, key, device,
/// length)`, and in old files what it is a view of.
pub(super) fn storage<'a>(built: &mut Built<'a>, id: Value<'a>) -> Result<Value<'a>> {
    let storage = match built.tuple(id) {
        Some(
            &[
                Value::Text("storage"),
                Value::Global(&Global { kind: Kind::Storage(dtype), .. }),
                Value::Text(key),
                _,
                Value::Int(len),
                ref view @ ..,
            ],
        ) if matches!(view, [] | [Value::None]) => Storage { key, dtype, len: not_negative(len)? },
        _ => {
            return Err(Error::data("a persistent identifier is not of one of PyTorch's storages"));
        }
    };
    Ok(built.node(Node::Storage(storage)))
}

fn not_negative(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| Error::data(format!("a size or place is {number}")))
}

/// A tuple of sizes or strides.
fn axes(built: &Built<'_>, value: Value<'_>) -> Result<Vec<u64>> {
    let elements = match value {
        Value::Node(place) => match &built.nodes[place] {
            Node::Tuple(elements) if elements.len() <= MOST_AXES => Some(elements),
            _ => None,
        },
        _ => None,
    };
    let elements = elements
        .ok_or_else(|| Error::data(format!("sizes should be a tuple of at most {MOST_AXES}")))?;
    let axis = |element: &Value<'_>| match *element {
        Value::Int(size) => not_negative(size),
        _ => Err(Error::data(format!("a size is {}", element.kind(&built.nodes)))),
    };
    elements.iter().map(axis).collect()
}

fn type_of<'a>(built: &Built<'a>, value: Value<'a>) -> Result<Type<'a>> {
    let known = match value {
        Value::Node(place) => match built.nodes[place] {
            Node::Type(known) => Some(known),
            _ => None,
        },
        _ => None,
    };
    known.ok_or_else(|| {
        let kind = value.kind(&built.nodes);
        Error::data(format!("an array's type of numbers is {kind}"))
    })
}

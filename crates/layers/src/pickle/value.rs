//! What a pickle builds: plain values, and nodes for those that are referred to.

use safetensors::Dtype;

use super::globals::Global;

/// A value. Texts and bytes lie in the file, lists and the like among the [`Loaded`] nodes, so that
/// a copy is cheap, a list may contain itself, and nothing is dropped recursively.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// A number whose value nothing here needs: with digits behind the point, or of more than 64 bits.
    Number,
    Text(&'a str),
    Bytes(&'a [u8]),
    Global(&'static Global),
    Node(usize),
}

/// Something that is built step by step.
#[derive(Debug)]
pub(super) enum Node<'a> {
    List(Vec<Value<'a>>),
    Tuple(Vec<Value<'a>>),
    Dict(Vec<(Value<'a>, Value<'a>)>),
    Set(Vec<Value<'a>>),
    /// Something beside the weights that nothing here looks into, such as a device.
    Other(&'static str),
    /// Bytes that the pickle had as text.
    Bytes(Vec<u8>),
    /// PyTorch's numbers, which lie elsewhere in the file under a key.
    Storage(Storage<'a>),
    /// A view of a storage.
    Tensor(View),
    /// NumPy's type of numbers.
    Type(Type<'a>),
    /// NumPy's array, which is made first and told its contents later.
    Array(Option<Array<'a>>),
}

/// PyTorch's numbers of one type, in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage<'a> {
    pub(super) key: &'a str,
    pub(super) dtype: Dtype,
    pub(super) len: u64,
}

/// Which numbers of a storage a tensor has: element i, j, … is number `offset + i·strides[0] +
/// j·strides[1] + …`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct View {
    /// The storage's node.
    pub(super) storage: usize,
    pub(super) offset: u64,
    pub(super) sizes: Vec<u64>,
    pub(super) strides: Vec<u64>,
}

/// NumPy's type of numbers: a letter with the number of bytes, such as `f4`, and the order of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type<'a> {
    pub(super) code: &'a str,
    pub(super) order: &'a str,
}

/// What NumPy's array holds.
#[derive(Clone, Debug)]
pub(super) struct Array<'a> {
    pub(super) dtype: Type<'a>,
    pub(super) sizes: Vec<u64>,
    /// Whether the first axis is the one whose elements are neighbours.
    pub(super) fortran: bool,
    pub(super) data: Value<'a>,
}

/// Everything that a pickle has built.
#[derive(Debug)]
pub(super) struct Loaded<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) root: Value<'a>,
}

impl Value<'_> {
    /// What it is, for errors.
    pub(super) fn kind(&self, nodes: &[Node<'_>]) -> String {
        match self {
            Self::None => "None".to_owned(),
            Self::Bool(_) => "a truth value".to_owned(),
            Self::Int(number) => format!("the number {number}"),
            Self::Number => "a number".to_owned(),
            Self::Text(_) => "a text".to_owned(),
            Self::Bytes(_) => "bytes".to_owned(),
            Self::Global(global) => format!("`{global}`"),
            Self::Node(node) => match &nodes[*node] {
                Node::List(_) => "a list",
                Node::Tuple(_) => "a tuple",
                Node::Dict(_) => "a dictionary",
                Node::Set(_) => "a set",
                Node::Other(what) => what,
                Node::Bytes(_) => "bytes",
                Node::Storage(_) => "a storage",
                Node::Tensor(_) => "a tensor",
                Node::Type(_) => "a type of numbers",
                Node::Array(_) => "an array",
            }
            .to_owned(),
        }
    }
}

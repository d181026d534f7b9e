//! What a pickle has built so far.

use super::value::{Node, Value};

pub(super) struct Built<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    /// How many more bytes may be made of texts, and elements of lists. Each is made into something else
    /// once, so all of them are no more than the file's bytes; of one in the memo two million instructions
    /// could make terabytes.
    pub(super) room: usize,
}

impl<'a> Built<'a> {
    /// A new node.
    pub(super) fn node(&mut self, node: Node<'a>) -> Value<'a> {
        self.nodes.push(node);
        Value::Node(self.nodes.len() - 1)
    }

    /// The elements of a tuple.
    pub(super) fn tuple(&self, value: Value<'a>) -> Option<&[Value<'a>]> {
        match value {
            Value::Node(place) => match &self.nodes[place] {
                Node::Tuple(elements) => Some(elements),
                _ => None,
            },
            _ => None,
        }
    }
}

//! The machine that pickles are programs for.
//!
//! It has a stack, marks in it, and a memo of values that come again. Of the instructions of
//! protocols 2 to 5 it knows those that weights are made of.
//!
//! Source: CPython's `Lib/pickletools.py` describes each instruction.

use std::collections::HashMap;

use plywood_tensor::{Error, Result};

use super::built::Built;
use super::bytes::Bytes;
use super::globals::Global;
use super::objects;
use super::value::{Loaded, Node, Value};

/// The most instructions of one pickle: each adds at most one value, so this bounds the memory. The
/// 934 tensors of ResNet-152 take 55,000.
const MOST_STEPS: usize = 1 << 21;

struct Machine<'a> {
    stack: Vec<Value<'a>>,
    /// The heights of the stack at which a mark stands.
    marks: Vec<usize>,
    memo: HashMap<u32, Value<'a>>,
    built: Built<'a>,
}

/// Runs one pickle, up to its end.
pub(super) fn load<'a>(bytes: &mut Bytes<'a>) -> Result<Loaded<'a>> {
    let mut machine = Machine {
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        built: Built { nodes: Vec::new(), room: bytes.left() },
    };
    for _ in 0..MOST_STEPS {
        let place = bytes.place();
        let end = machine.step(bytes).map_err(|error| match error.place() {
            "" => error.at(place),
            // Cut short: the place within the instruction says more.
            _ => error,
        })?;
        if let Some(root) = end {
            return Ok(Loaded { nodes: machine.built.nodes, root });
        }
    }
    Err(Error::data(format!("the pickle has more than {MOST_STEPS} instructions"))
        .at(bytes.place()))
}

impl<'a> Machine<'a> {
    /// Does one instruction. The last one gives what the pickle has built.
    fn step(&mut self, bytes: &mut Bytes<'a>) -> Result<Option<Value<'a>>> {
        let instruction = bytes.byte()?;
        let value = match instruction {
            // PROTO, FRAME: how it was written.
            0x80 => {
                let version = bytes.byte()?;
                if !(2..=5).contains(&version) {
                    return Err(Error::data(format!("pickle protocol {version} is not known"))
                        .hint("protocols 2 to 5 are"));
                }
                return Ok(None);
            }
            0x95 => {
                bytes.u64()?;
                return Ok(None);
            }
            // MARK
            b'(' => {
                self.marks.push(self.stack.len());
                return Ok(None);
            }
            // STOP
            b'.' => {
                let root = self.pop()?;
                return match self.stack[..] {
                    [] => Ok(Some(root)),
                    _ => Err(Error::data("the pickle ends in the middle of something")),
                };
            }
            // POP, POP_MARK
            b'0' => {
                self.pop()?;
                return Ok(None);
            }
            b'1' => {
                self.above_mark()?;
                return Ok(None);
            }
            // What the stack's top is told.
            b'a' | b'e' | b's' | b'u' | b'b' | 0x90 => {
                return self.tell(instruction).map(|()| None);
            }
            // BINPUT, LONG_BINPUT, MEMOIZE
            b'q' | b'r' | 0x94 => {
                let place = match instruction {
                    b'q' => u32::from(bytes.byte()?),
                    b'r' => bytes.u32()?,
                    _ => self.memo.len() as u32,
                };
                let top = self.top()?;
                self.memo.insert(place, top);
                return Ok(None);
            }
            // BINGET, LONG_BINGET
            b'h' | b'j' => {
                let place = match instruction {
                    b'h' => u32::from(bytes.byte()?),
                    _ => bytes.u32()?,
                };
                let value = self.memo.get(&place).copied();
                value.ok_or_else(|| {
                    Error::data(format!("nothing is in place {place} of the memo"))
                })?
            }
            _ => match constant(instruction, bytes)? {
                Some(value) => value,
                None => self.made(instruction, bytes)?,
            },
        };
        self.stack.push(value);
        Ok(None)
    }

    /// What is made of values on the stack.
    fn made(&mut self, instruction: u8, bytes: &mut Bytes<'a>) -> Result<Value<'a>> {
        Ok(match instruction {
            // EMPTY_LIST, LIST
            b']' => self.built.node(Node::List(Vec::new())),
            b'l' => {
                let elements = self.above_mark()?;
                self.built.node(Node::List(elements))
            }
            // EMPTY_SET, FROZENSET
            0x8F => self.built.node(Node::Set(Vec::new())),
            0x91 => {
                let elements = self.above_mark()?;
                self.built.node(Node::Set(elements))
            }
            // EMPTY_TUPLE, TUPLE, TUPLE1, TUPLE2, TUPLE3
            b')' => self.built.node(Node::Tuple(Vec::new())),
            b't' => {
                let elements = self.above_mark()?;
                self.built.node(Node::Tuple(elements))
            }
            0x85..=0x87 => {
                let mut elements = Vec::new();
                for _ in 0x84..instruction {
                    elements.insert(0, self.pop()?);
                }
                self.built.node(Node::Tuple(elements))
            }
            // EMPTY_DICT, DICT
            b'}' => self.built.node(Node::Dict(Vec::new())),
            b'd' => {
                let pairs = pairs(&self.above_mark()?)?;
                self.built.node(Node::Dict(pairs))
            }
            // GLOBAL, STACK_GLOBAL
            b'c' => {
                let module = bytes.line()?;
                Value::Global(Global::named(module, bytes.line()?)?)
            }
            0x93 => match (self.pop()?, self.pop()?) {
                (Value::Text(name), Value::Text(module)) => {
                    Value::Global(Global::named(module, name)?)
                }
                _ => return Err(Error::data("a name in Python should be two texts")),
            },
            // REDUCE, NEWOBJ
            b'R' | 0x81 => {
                let arguments = self.pop()?;
                let function = self.pop()?;
                objects::call(&mut self.built, function, arguments)?
            }
            // BINPERSID
            b'Q' => {
                let id = self.pop()?;
                objects::storage(&mut self.built, id)?
            }
            _ => {
                return Err(Error::data(format!(
                    "the pickle's instruction {instruction:#04x} is not one that weights need"
                )));
            }
        })
    }

    /// Tells something that is on the stack what it contains.
    fn tell(&mut self, instruction: u8) -> Result<()> {
        let told = match instruction {
            // APPEND, SETITEM, BUILD
            b'a' | b'b' => vec![self.pop()?],
            b's' => {
                let value = self.pop()?;
                vec![self.pop()?, value]
            }
            // APPENDS, SETITEMS, ADDITEMS
            _ => self.above_mark()?,
        };
        let top = self.top()?;
        if instruction == b'b' {
            return objects::build(&mut self.built, top, told[0]);
        }
        let place = if let Value::Node(place) = top { place } else { usize::MAX };
        match (instruction, self.built.nodes.get_mut(place)) {
            (b'a' | b'e', Some(Node::List(list))) => list.extend(told),
            (b's' | b'u', Some(Node::Dict(dict))) => dict.extend(pairs(&told)?),
            (0x90, Some(Node::Set(set))) => set.extend(told),
            _ => {
                let top = top.kind(&self.built.nodes);
                return Err(Error::data(format!("{top} can't be given elements")));
            }
        }
        Ok(())
    }

    /// The lowest place of the stack that isn't below the last mark.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Value<'a>> {
        let top = self.stack[self.floor()..].last();
        top.copied().ok_or_else(nothing)
    }

    fn pop(&mut self) -> Result<Value<'a>> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    /// Everything above the last mark, and the mark itself.
    fn above_mark(&mut self) -> Result<Vec<Value<'a>>> {
        let mark = self.marks.pop().ok_or_else(nothing)?;
        Ok(self.stack.split_off(mark))
    }
}

fn nothing() -> Error {
    Error::data("the pickle takes more from its stack than it has put there")
}

fn pairs<'a>(values: &[Value<'a>]) -> Result<Vec<(Value<'a>, Value<'a>)>> {
    if values.len() % 2 == 1 {
        return Err(Error::data("a dictionary's last key has no value"));
    }
    Ok(values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

/// A value that the instruction carries with it.
fn constant<'a>(instruction: u8, bytes: &mut Bytes<'a>) -> Result<Option<Value<'a>>> {
    Ok(Some(match instruction {
        b'N' => Value::None,
        0x88 => Value::Bool(true),
        0x89 => Value::Bool(false),
        // BININT, BININT1, BININT2, LONG1, LONG4
        b'J' => Value::Int(i64::from(bytes.u32()?.cast_signed())),
        b'K' => Value::Int(i64::from(bytes.byte()?)),
        b'M' => Value::Int(i64::from(bytes.u16()?)),
        0x8A => {
            let length = bytes.byte()?;
            long(bytes.take(u64::from(length))?)
        }
        0x8B => {
            let length = bytes.u32()?;
            long(bytes.take(u64::from(length))?)
        }
        // BINFLOAT: nothing here needs the number.
        b'G' => {
            bytes.u64()?;
            Value::Number
        }
        // SHORT_BINUNICODE, BINUNICODE, BINUNICODE8
        0x8C => {
            let length = bytes.byte()?;
            Value::Text(bytes.text(u64::from(length))?)
        }
        b'X' => {
            let length = bytes.u32()?;
            Value::Text(bytes.text(u64::from(length))?)
        }
        0x8D => {
            let length = bytes.u64()?;
            Value::Text(bytes.text(length)?)
        }
        // SHORT_BINBYTES, BINBYTES, BINBYTES8, BYTEARRAY8
        b'C' => {
            let length = bytes.byte()?;
            Value::Bytes(bytes.take(u64::from(length))?)
        }
        b'B' => {
            let length = bytes.u32()?;
            Value::Bytes(bytes.take(u64::from(length))?)
        }
        0x8E | 0x96 => {
            let length = bytes.u64()?;
            Value::Bytes(bytes.take(length)?)
        }
        // SHORT_BINSTRING, BINSTRING: Python 2 has one type for texts and bytes.
        b'U' => {
            let length = bytes.byte()?;
            text_or_bytes(bytes.take(u64::from(length))?)
        }
        b'T' => {
            let length = bytes.u32()?;
            text_or_bytes(bytes.take(u64::from(length))?)
        }
        _ => return Ok(None),
    }))
}

fn text_or_bytes(bytes: &[u8]) -> Value<'_> {
    std::str::from_utf8(bytes).map_or(Value::Bytes(bytes), Value::Text)
}

/// A whole number. One of more than 8 bytes, such as the state of a random generator, is no size of
/// anything.
fn long<'a>(digits: &[u8]) -> Value<'a> {
    if digits.len() > 8 {
        return Value::Number;
    }
    let negative = digits.last().is_some_and(|&byte| byte >= 0x80);
    let mut number = [if negative { 0xFF } else { 0 }; 8];
    number[..digits.len()].copy_from_slice(digits);
    Value::Int(i64::from_le_bytes(number))
}
